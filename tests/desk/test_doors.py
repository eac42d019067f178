"""The desk's doors: who comes in, what a form of another site can do, what is left after signing out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import quote_from_bytes, urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, update

from bot.desk import callbacks, changes, chats, customers, sign_in, tickets
from tests.desk.client import DeskClient, words
from tests.desk.world import PASSWORDS, World
from wallet_core import agents, desk_sessions
from wallet_core.models import AuditEntry, DeskSession
from wallet_core.ports import SystemClock

PAGES = ["", "/tickets", "/callbacks", "/unfreezes", "/customers/C1001", "/search?q=C1001", "/live", "/parts/board"]


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_a_page_without_signing_in(world: World, page: str) -> None:
    with DeskClient(world.url) as nobody:
        answer = nobody.get(page)

    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in")


def test_signed_in_the_cookie_is_for_no_script_and_no_other_site(world: World) -> None:
    with DeskClient(world.url) as ana:
        ana.sign_in("ana", PASSWORDS["ana"])
        page = ana.http.get("/desk/sign-in")  # its history has the answer that gave the cookie
        again = ana.http.post(
            "/desk/sign-in",
            data={"name": "ana", "password": PASSWORDS["ana"], "form_token": token_of(page)},
        )

    cookie = again.headers["set-cookie"]
    assert cookie.startswith("desk=")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().casefold() for part in cookie.split(";")}


def test_each_page_allows_scripts_of_our_own_only_and_is_not_kept(ana: DeskClient) -> None:
    headers = ana.get("").headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"


def test_one_answer_for_a_wrong_password_and_for_nobody(own_world: World) -> None:
    with DeskClient(own_world.url) as stranger:
        wrong = stranger.sign_in("ana", "not this one")
        unknown = stranger.sign_in("nobody", "not this one")

    assert wrong.status_code == unknown.status_code == 403
    assert words(wrong.text) == words(unknown.text)


def test_five_wrong_passwords_close_the_way_for_the_right_one_too(own_world: World) -> None:
    with DeskClient(own_world.url) as stranger:
        for _ in range(5):
            answer = stranger.sign_in("ana", "not this one")
        locked = stranger.sign_in("ana", PASSWORDS["ana"])

    assert words(locked.text) == words(answer.text)
    assert locked.status_code == 403


def test_right_passwords_do_not_use_the_tries_up(own_world: World) -> None:
    for _ in range(7):
        with own_world.desk("ana"):
            pass


def test_a_stolen_session_is_worth_nothing_after_signing_out(world: World, ana: DeskClient) -> None:
    with httpx.Client(base_url=world.url, cookies=dict(ana.http.cookies)) as thief:
        assert thief.get("/desk").status_code == 200

        ana.post("/sign-out")

        assert thief.get("/desk").status_code == 303
        assert thief.post("/desk/duty", data={"form_token": ana.form_token, "on": "true"}).status_code == 303


@pytest.mark.parametrize(
    ("column", "long_ago"), [("last_seen_at", desk_sessions.IDLE_FOR), ("created_at", desk_sessions.LONGEST)]
)
def test_a_session_does_not_last_for_ever(own_world: World, column: str, long_ago: timedelta) -> None:
    ana, then = own_world.desk("ana"), SystemClock().now() - long_ago
    with own_world.gateway.database.transaction() as session:
        session.execute(update(DeskSession).values({column: then}))

    assert ana.get("").status_code == 303


def test_a_new_password_ends_all_sign_ins(own_world: World) -> None:
    ana = own_world.desk("ana")
    with own_world.gateway.database.transaction() as session:
        agents.set_password(session, agent_id="ana", password_hash="x", now=SystemClock().now())

    assert ana.get("").status_code == 303


# All but the sign-in, whose form is shown to who has no session yet.
POSTS = sorted(
    re.sub(r"{\w+}", "x", route.path)
    for part in (sign_in, chats, tickets, callbacks, customers, changes)
    for route in part.routes.routes
    if isinstance(route, APIRoute) and "POST" in route.methods and route.path != "/sign-in"
)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("form_token", ["", "0" * 64])
def test_a_form_without_our_token_is_refused(ana: DeskClient, path: str, form_token: str) -> None:
    answer = ana.http.post(f"/desk{path}", data={"form_token": form_token, "on": "true"})

    assert answer.status_code == 403
    assert "did not come from the desk" in words(answer.text)


def test_an_auditor_changes_nothing_by_any_form(world: World) -> None:
    form = {"on": "true", "text": "x", "key": "abcdefgh-1", "seen": "1", "to": "resolved", "queue": "fraud"}
    form |= {"priority": "1", "outcome": "talked", "internal": "true"}

    with world.desk("adil") as adil:
        answers = {path: adil.post(path, **form).status_code for path in POSTS if path != "/sign-out"}

    assert answers == dict.fromkeys(answers, 403)


def test_another_agent_s_token_does_not_fit(ana: DeskClient, sue: DeskClient) -> None:
    assert ana.http.post("/desk/duty", data={"form_token": sue.form_token, "on": "true"}).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_form_on_another_site_is_refused_whatever_it_carries(ana: DeskClient, origin: str) -> None:
    form = {"form_token": ana.form_token, "on": "true"}

    assert ana.http.post("/desk/duty", data=form, headers={"Origin": origin}).status_code == 403


def test_signing_in_from_another_site_s_form_is_refused(world: World) -> None:
    with httpx.Client(base_url=world.url) as victim:
        answer = victim.post("/desk/sign-in", data={"name": "ana", "password": PASSWORDS["ana"]})

    assert answer.status_code == 403
    assert "desk" not in answer.cookies


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/desk\\@evil.example", "/deskevil"])
def test_choosing_a_language_leads_nowhere_else(ana: DeskClient, back: str) -> None:
    answer = ana.http.get("/desk/language/zh", params={"back": back})

    assert answer.headers["location"] == "/desk"


def test_the_language_is_chosen_and_remembered(ana: DeskClient) -> None:
    ana.get("/language/zh")

    assert "排队" in ana.read("")


def test_the_demo_s_passwords_stand_on_its_sign_in_page_and_fit(world: World) -> None:
    with DeskClient(world.url) as somebody:
        page = somebody.read("/sign-in")

    assert all(password in page for password in PASSWORDS.values())


def test_coming_going_and_failing_are_written_down(own_world: World) -> None:
    with DeskClient(own_world.url) as ana:
        ana.sign_in("ana", "not this one")
        ana.sign_in("ana", PASSWORDS["ana"])
        ana.post("/sign-out")

    with own_world.gateway.database.reading() as session:
        entries = session.scalars(
            select(AuditEntry.action).where(AuditEntry.chain == "agent:ana").order_by(AuditEntry.position)
        ).all()
    assert entries == ["desk_sign_in_refused", "desk_signed_in", "desk_signed_out"]


def test_in_production_the_cookie_is_secure_and_no_password_is_told(
    start: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.desk import doors  # noqa: PLC0415

    monkeypatch.setattr(doors.Desk, "production", property(lambda desk: True))
    world = start()
    with httpx.Client(base_url=world.url) as browser:
        page = browser.get("/desk/sign-in")

    assert "Secure" in page.headers["set-cookie"]


def token_of(page: httpx.Response) -> str:
    return page.text.split('name="form_token" value="')[1].split('"')[0]


HOSTILE = {
    "nul": b"a\x00b",
    "half_a_pair": b"\xed\xa0\x80",
    "no_utf8": b"\xff\xfe",
    "right_to_left": "\u202eevil\u202c".encode(),
    "header": b"a\r\nSet-Cookie: owned=1",
    "script": b"<script>owned()</script>",
    "digits": b"9" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_field_or_a_path_carries_it_is_text_or_refused(world: World, ana: DeskClient, name: str) -> None:
    value = quote_from_bytes(HOSTILE[name], safe="")
    chat, ticket = world.waiting_chat("C1006"), world.ticket("C1006")
    ana.post(f"/chats/{chat.id}/claim")
    forms = {
        f"/chats/{chat.id}/lines": f"key=abcdefgh-1&text={value}",
        f"/chats/{chat.id}/give-back": f"seen={value}",
        f"/tickets/{ticket}/comments": f"internal=true&text={value}",
        f"/tickets/{ticket}/transfer": f"priority=1&queue={value}",
        "/sign-in": f"password=x&name={value}",
    }
    paths = ("search?q=", "chats/", "tickets/", "callbacks/", "customers/", "language/en?back=", "static/")

    answers = [
        ana.http.post(
            f"/desk{path}",
            content=f"form_token={ana.form_token}&{form}",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        for path, form in forms.items()
    ] + [ana.http.get(f"/desk/{path}{value}") for path in paths]

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert not any("owned" in answer.headers.get("set-cookie", "") for answer in answers)
    for page in (f"/chats/{chat.id}", f"/tickets/{ticket}"):
        shown = ana.get(page)
        assert shown.status_code == 200 and "<script>owned" not in shown.text


@pytest.mark.parametrize("folder", ["widget", "desk/static"])
@pytest.mark.parametrize(
    "way", ["../../pyproject.toml", "%2e%2e/%2e%2e/pyproject.toml", "..%2f..%2fpyproject.toml", "/etc/passwd", "%00"]
)
def test_no_path_leads_out_of_a_folder(world: World, folder: str, way: str) -> None:
    place = urlsplit(world.url)
    line = HTTPConnection(place.hostname or "", place.port)

    line.request("GET", f"/{folder}/{way}")  # as it is: other clients tidy it up

    assert line.getresponse().status == 404


def test_a_form_of_our_own_public_address_is_taken_behind_a_proxy(start: Callable[..., World]) -> None:
    world = start(public_base_url="https://wallet.example/help")
    with world.desk("ana") as ana:
        form = {"form_token": ana.form_token, "on": "true"}
        ours = ana.http.post("/desk/duty", data=form, headers={"Origin": "https://wallet.example"})
        other = ana.http.post("/desk/duty", data=form, headers={"Origin": "https://evil.example"})

    assert ours.status_code != 403
    assert other.status_code == 403
