"""The services outside that the core's ports stand for: Twilio, simulated in the demo, refused where nothing is connected."""

from __future__ import annotations

from bot.demo_inbox import DemoInbox
from bot.settings import Environment, Settings
from bot.telephony.account import telephony_account
from wallet_core.built_in_login import BuiltInLoginService
from wallet_core.codes import BuiltInCodeSender
from wallet_core.database import Database
from wallet_core.errors import ServiceUnavailable
from wallet_core.models import ContactKind, Language
from wallet_core.ports import Clock, CodeSender, LoginService, Random

_DEMO_RESET_LINKS = "https://login.example/reset"


class NotConnected:
    """Stands where no real service is connected yet: whatever is asked of it is refused, so nothing is promised."""

    def __init__(self, service: str) -> None:
        self._service = service

    def send(self, *, destination: str, kind: ContactKind, language: Language) -> str:
        raise ServiceUnavailable(service=self._service)

    def check(self, *, reference: str, destination: str, code: str) -> bool:
        raise ServiceUnavailable(service=self._service)

    def send_reset_link(self, *, customer_id: str, destination: str, language: Language, request_key: str) -> None:
        raise ServiceUnavailable(service=self._service)

    def unlock(self, *, customer_id: str, request_key: str) -> None:
        raise ServiceUnavailable(service=self._service)


def build_code_sender(settings: Settings, database: Database, *, clock: Clock, random: Random) -> CodeSender:
    """Sends one-time codes: by Twilio, or the simulator in its place; in a demo without a phone, to the inbox."""
    account = telephony_account(settings)
    if account is not None:
        # 8 MB and a tenth of a second, which whoever has no phone need not spend.
        from bot.telephony.client import build_client  # noqa: PLC0415
        from bot.telephony.verify import VerifyCodeSender  # noqa: PLC0415

        return VerifyCodeSender(build_client(account, answer_seconds=settings.twilio_answer_seconds), account)
    if settings.env is not Environment.DEMO:
        return NotConnected("codes")
    inbox = DemoInbox.of(settings)
    return BuiltInCodeSender(
        database,
        secret_key=settings.secret_key.get_secret_value(),
        clock=clock,
        random=random,
        deliver=lambda destination, code: inbox.deliver(to=destination, kind="code", content=code),
    )


def build_login_service(settings: Settings) -> LoginService:
    """The wallet's own login: in the demo one that sends its links to the inbox."""
    if settings.env is not Environment.DEMO:
        return NotConnected("login")
    inbox = DemoInbox.of(settings)
    return BuiltInLoginService(
        base_url=_DEMO_RESET_LINKS,
        secret_key=settings.secret_key.get_secret_value(),
        deliver=lambda destination, link: inbox.deliver(to=destination, kind="link", content=link),
    )
