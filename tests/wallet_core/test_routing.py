"""Routing: each topic reaches a queue, with a deadline that its hours can keep, by a pure function."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.wallet_core.factories import NOW
from tests.wallet_core.routings import DATA, LEVEL, ROUTING, make_routing
from wallet_core.errors import BrokenFile, NotFound
from wallet_core.models import Assurance, Language, Priority
from wallet_core.routing import AgentOn, Routing, load_routing, route

SHIPPED = load_routing(DATA / "routing.yml")
EVENING = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai
TOPICS = """
    greeting thanks goodbye affirm deny bot_challenge change_language repeat what_is_wallet choose_wallet
    wallet_security protect_personal_info supported_merchants limits international_payments international_fees
    exchange_rate
    contact_support wallet_calls_you rewards_points bill_management link_bank_card verify_identity change_phone_number
    close_account app_problem forgot_password account_locked freeze_account unfreeze lost_device stolen_funds crisis
    unauthorized_transaction payment_failed cancel_payment refund_request transfer_delayed check_transactions
    check_balance open_ticket ticket_status request_callback talk_to_human verify_official_number report_scam
    out_of_scope
""".split()


def agent(id: str, **overrides: object) -> AgentOn:
    return AgentOn.model_validate(
        {"id": id, "queues": ("general", "fraud"), "languages": ("zh", "en"), "busy": False, **overrides}
    )


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", Language)
def test_every_topic_reaches_a_queue_that_speaks_the_language(topic: str, language: Language) -> None:
    way = route(SHIPPED, topic=topic, language=language, now=NOW)

    assert topic in SHIPPED.topics
    assert language in SHIPPED.queue(way.queue).languages
    assert way.due_at > NOW


def test_the_shipped_file_names_no_topic_that_does_not_exist() -> None:
    assert set(SHIPPED.topics) == set(TOPICS)


@pytest.mark.parametrize("topic", ["stolen_funds", "unauthorized_transaction", "report_scam", "freeze_account"])
def test_what_may_cost_money_goes_to_fraud_which_is_open_day_and_night(topic: str) -> None:
    night = datetime(2026, 12, 25, 19, 0, tzinfo=UTC)

    way = route(SHIPPED, topic=topic, language=Language.ZH, now=night, assurance=Assurance.SIGNED_IN)

    assert (way.queue, way.open, way.opens_at) == ("fraud", True, None)
    assert way.due_at == night + way.due_after <= night + timedelta(hours=1)


@pytest.mark.parametrize(
    ("on", "queue"),
    [(("fraud", "general"), "fraud"), (("general",), "general"), ((), "fraud"), (("account",), "fraud")],
)
def test_who_may_be_in_danger_goes_to_whoever_is_there(on: tuple[str, ...], queue: str) -> None:
    agents = [agent(name, queues=(name,)) for name in on]  # account is closed in the evening

    way = route(SHIPPED, topic="crisis", language=Language.ZH, now=EVENING, agents=agents)

    assert (way.queue, way.priority) == (queue, Priority.URGENT)


def test_a_topic_that_the_file_does_not_name_takes_the_default() -> None:
    way = route(ROUTING, topic="something_new", language=Language.EN, now=NOW)

    assert (way.queue, way.priority) == ("general", Priority.NORMAL)


def test_a_normal_queue_counts_its_service_hours_alone() -> None:
    way = route(ROUTING, topic="app_problem", language=Language.EN, now=EVENING)

    assert (way.open, way.opens_at) == (False, datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
    assert way.due_after == timedelta(minutes=LEVEL["normal"])
    assert way.due_at == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def test_fraud_counts_round_the_clock() -> None:
    way = route(ROUTING, topic="report_scam", language=Language.EN, now=EVENING)

    assert way.due_at == EVENING + timedelta(minutes=LEVEL["high"])


def test_who_is_signed_in_may_be_more_urgent() -> None:
    anonymous = route(ROUTING, topic="unauthorized_transaction", language=Language.EN, now=NOW, assurance=1)
    signed_in = route(ROUTING, topic="unauthorized_transaction", language=Language.EN, now=NOW, assurance=2)

    assert (anonymous.priority, signed_in.priority) == (Priority.HIGH, Priority.URGENT)
    assert signed_in.due_at < anonymous.due_at


def test_a_language_that_a_queue_does_not_speak_goes_to_the_one_that_does() -> None:
    routing = make_routing(
        queues={
            "general": {
                "hours": "office",
                "minutes_per_contact": 6,
                "service_level": LEVEL,
                "languages": ["zh"],
                "other_languages": "fraud",
            },
            "fraud": {"hours": "always", "minutes_per_contact": 10, "service_level": LEVEL},
        }
    )

    assert route(routing, topic="app_problem", language=Language.ZH, now=NOW).queue == "general"
    assert route(routing, topic="app_problem", language=Language.EN, now=NOW).queue == "fraud"


def test_only_agents_of_the_queue_who_speak_the_language_are_on() -> None:
    agents = [agent("b"), agent("a"), agent("c", queues=("fraud",)), agent("d", languages=("zh",))]

    way = route(ROUTING, topic="app_problem", language=Language.EN, now=NOW, agents=agents)

    assert way.agents == ("a", "b")


@pytest.mark.parametrize(
    ("busy", "waiting", "minutes"),
    [
        ((False,), 0, 0),
        ((False, True), 0, 0),
        ((True,), 0, 6),
        ((True, True), 0, 3),
        ((True, True), 3, 12),
        ((False, True), 2, 6),
        ((True, True, True), 0, 2),
    ],
)
def test_the_wait_is_the_turns_ahead_shared_among_those_who_are_on(
    busy: tuple[bool, ...], waiting: int, minutes: int
) -> None:
    agents = [agent(str(number), busy=is_busy) for number, is_busy in enumerate(busy)]

    way = route(ROUTING, topic="app_problem", language=Language.EN, now=NOW, agents=agents, waiting=waiting)

    assert way.wait == timedelta(minutes=minutes)


def test_no_wait_is_told_where_nobody_is_on_or_it_is_closed() -> None:
    nobody = route(ROUTING, topic="app_problem", language=Language.EN, now=NOW)
    closed = route(ROUTING, topic="app_problem", language=Language.EN, now=EVENING, agents=[agent("a")])

    assert (nobody.open, nobody.wait) == (True, None)
    assert (closed.open, closed.wait) == (False, None)


def test_routing_is_pure() -> None:
    before = SHIPPED.model_dump_json()

    first = route(SHIPPED, topic="payment_failed", language=Language.EN, now=NOW, agents=[agent("a")])
    second = route(SHIPPED, topic="payment_failed", language=Language.EN, now=NOW, agents=[agent("a")])

    assert first == second
    assert SHIPPED.model_dump_json() == before


def test_an_unknown_queue_is_an_error_but_an_old_tickets_one_falls_back() -> None:
    with pytest.raises(NotFound):
        ROUTING.queue("golf")

    assert ROUTING.standing_queue("golf") == "general"
    assert ROUTING.standing_queue("fraud") == "fraud"


GOOD = """\
hours:
  office:
    time_zone: Asia/Shanghai
    weekly:
      mon-fri: ["09:00-18:00"]
queues:
  general:
    hours: office
    minutes_per_contact: 6
    service_level: {urgent: 30, high: 60, normal: 540, low: 1080}
default:
  queue: general
topics:
  payment_failed: {queue: general, priority: high}
"""


def load(tmp_path: Path, content: str | bytes) -> Routing:
    file = tmp_path / "routing.yml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_routing(file)


def test_a_file_is_read(tmp_path: Path) -> None:
    routing = load(tmp_path, GOOD)

    assert routing.topics["payment_failed"].priority is Priority.HIGH
    assert routing.default.priority is Priority.NORMAL


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("Asia/Shanghai", "Asia/Shangai", 3, "hours.office.time_zone"),
        ("mon-fri", "mon-fry", 5, "hours.office.weekly.mon-fry"),
        ('["09:00-18:00"]', '["09:00-18:00", "17:00-19:00"]', 5, "hours.office.weekly.mon-fri"),
        ("hours: office", "hours: offce", 8, "queues.general.hours"),
        ("minutes_per_contact: 6", "minutes_per_contact: 0", 9, "queues.general.minutes_per_contact"),
        ("minutes_per_contact: 6", "minutes_per_contact: true", 9, "queues.general.minutes_per_contact"),
        ("minutes_per_contact: 6", "minutes_per_contact: six", 9, "queues.general.minutes_per_contact"),
        ("    minutes_per_contact: 6\n", "", 7, "queues.general.minutes_per_contact"),
        ("normal: 540", "normal: -1", 10, "queues.general.service_level.normal"),
        ("    service_level", "    languages: [fr]\n    service_level", 10, "queues.general.languages.0"),
        ("    service_level", "    languages: [zh]\n    service_level", 7, "queues.general.other_languages"),
        ("default:\n  queue: general", "default:\n  queue: genral", 12, "default.queue"),
        ("default:\n  queue: general\n", "", 1, "default"),
        ("{queue: general, priority: high}", "{queue: genral}", 14, "topics.payment_failed.queue"),
        ("priority: high", "priority: hgh", 14, "topics.payment_failed.priority"),
        ("priority: high", "priorty: high", 14, "topics.payment_failed.priorty"),
        ("priority: high}", "priority: high}\n  payment_failed: {queue: general}", 15, "topics.payment_failed"),
        ("topics:\n", "topics: [\n", 15, None),
        ("office:\n", "office: \t\n\t", 2, None),
    ],
)
def test_a_broken_file_is_one_error_that_names_file_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str | None
) -> None:
    assert old in GOOD

    with pytest.raises(BrokenFile) as refused:
        load(tmp_path, GOOD.replace(old, new, 1))

    assert refused.value.facts["file"].endswith("routing.yml")
    assert (refused.value.facts["line"], refused.value.facts["field"]) == (line, field)
    assert f"line {line}" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content", ["", "# nothing\n", b"\xff\xfe", "hours: \x01", "- a list", "hours: {2026-02-30: x}", "just words"]
)
def test_what_is_no_such_file_is_an_error_too(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(BrokenFile) as refused:
        load(tmp_path, content)

    assert "routing.yml" in str(refused.value)


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile) as refused:
        load_routing(tmp_path / "routing.yml")

    assert refused.value.facts["line"] is None
    assert "routing.yml" in str(refused.value)
