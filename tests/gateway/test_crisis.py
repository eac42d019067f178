"""Whoever speaks of harming themselves hears kind words and is brought to a person, whatever is understood and whatever is down."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from bot.gateway.crisis import CrisisFinder, load_crisis_words
from bot.settings import PROJECT
from tests.gateway.calling import Line
from tests.gateway.client import Chat
from tests.gateway.conftest import Gateway, Start, phone_settings
from tests.gateway.texting import Telephone
from tests.wallet_core.factories import create_agent
from tests.wallet_core.routings import ROUTING
from wallet_core import handovers
from wallet_core.models import AgentRole, Channel, Conversation, HandoverReason, Owner, Priority, Ticket
from wallet_core.ports import SystemClock

CRISIS = CrisisFinder(load_crisis_words(PROJECT / "data" / "crisis.yml"))

SPOKEN = [
    "I want to kill myself",
    "i dont wanna live",
    "I DON’T WANT TO BE ALIVE ANYMORE!!!",
    "All my money is gone and I just want to die.",
    "im going to commit sucide",
    "thinking about endinggg it all",
    "he says my brother will kill himself over this debt",
    "Everyone would be better off without me",
    "I've been cutting myself since the scam",
    "我想自杀",
    "钱都没了，我不想活了",
    "我真的活不下去了",
    "唔想活啦",
    "我想 自 杀。",
    "想輕生",
    "被騙光了積蓄，我要去跳樓",
    "活着没有意义",
    "还不如死了算了",
    "我想结束自己的生命",
    "死了一了百了，想離開這個世界",
    "I lost everything 真的不想活了",
]
ONLY_SAID_SO = [
    "this app is killing me",
    "your hold music is killing me, I'm dying here",
    "my phone died while I was paying",
    "the battery wants to die",
    "I nearly killed myself laughing",
    "dying to know where my refund is",
    "kill the process and restart the app",
    "he took my life savings",
    "is there life insurance in the wallet",
    "can I buy Suicide Squad tickets with the wallet",
    "the deadline for this payment",
    "你们这个软件卡死了",
    "等得急死我了",
    "累死了，付款又失败",
    "笑死我了",
    "想死你们了，客服",
    "我想死你了",
    "联想死机了，怎么登录",
    "这家店跳楼价能用钱包付吗",
    "马上吊销我的授权",
    "各自尽快付款",
    "年轻生意人用哪个钱包",
    "手机死机了打不开",
    "我死心了，注销吧",
    "气死我了，退钱",
    "生活费什么时候到账",
    "",
    "？？？",
]


@pytest.mark.parametrize("text", SPOKEN)
def test_it_is_found_in_both_languages_however_it_is_typed(text: str) -> None:
    assert CRISIS.speaks_of_it(text)


@pytest.mark.parametrize("text", ONLY_SAID_SO)
def test_what_people_only_say_so_is_left_alone(text: str) -> None:
    assert not CRISIS.speaks_of_it(text)


@pytest.mark.parametrize(
    ("locale", "said", "line"), [("en", "I want to kill myself", "988"), ("zh", "我不想活了", "12356")]
)
def test_it_is_answered_kindly_and_an_urgent_ticket_is_opened(
    gateway: Gateway, locale: str, said: str, line: str
) -> None:
    chat = gateway.chat(customer_id=gateway.customer(), locale=locale)

    kind, passed_on = chat.say(said)

    [ticket] = _tickets(gateway, chat)
    assert line in kind["text"]
    assert passed_on["receipts"] == [ticket.reference]
    assert ticket.reference in passed_on["text"]
    assert (ticket.topic, ticket.priority, ticket.summary) == ("crisis", Priority.URGENT, said)
    assert gateway.rasa.asked == []


def test_it_does_not_need_rasa(gateway: Gateway) -> None:
    gateway.rasa.stop()
    chat = gateway.chat()

    messages = chat.say("nothing left to live for")

    assert "988" in messages[0]["text"]
    assert len(_tickets(gateway, chat)) == 1


def test_said_again_it_is_answered_again_with_the_same_ticket(gateway: Gateway) -> None:
    chat = gateway.chat()

    first = chat.say("I want to die")
    second = chat.say("I really want to die")

    assert second[1]["receipts"] == first[1]["receipts"]
    assert second[0]["text"] == first[0]["text"]


def test_the_conversation_goes_on_where_it_was(gateway: Gateway) -> None:
    chat = gateway.chat()
    chat.say("my payment failed")
    chat.say("I want to die")

    [answer] = chat.say("the payment to the shop")

    assert answer["text"] == "#2 the payment to the shop"


@pytest.mark.parametrize(("owner", "answered"), [(Owner.QUEUE, True), (Owner.AGENT, False)])
def test_while_nobody_reads_yet_it_is_answered_too_and_an_agent_is_not_talked_over(
    gateway: Gateway, owner: Owner, answered: bool
) -> None:
    chat = gateway.chat()
    with gateway.database.transaction() as session:
        session.execute(update(Conversation).where(Conversation.id == chat.id).values(owner=owner))

    messages = chat.say("I want to die")

    assert bool(messages) == answered


@pytest.mark.parametrize(
    ("locale", "said", "word"), [("en", "I want to kill myself", "calling a person"), ("zh", "我不想活了", "人工同事")]
)
@pytest.mark.parametrize("waits_already", [False, True])
def test_a_person_is_called_before_everybody_else(
    start: Start, locale: str, said: str, word: str, waits_already: bool
) -> None:
    gateway = start()
    _at_desk(gateway)
    first, chat = gateway.chat(), gateway.chat(locale=locale)
    _queue(gateway, first)
    if waits_already:
        _queue(gateway, chat)

    kind, called = chat.say(said)

    with gateway.database.reading() as session:
        handover, other = handovers.waiting(session)
    assert (handover.conversation_id, other.conversation_id) == (chat.id, first.id)
    assert (handover.topic, handover.priority) == ("crisis", Priority.URGENT)
    assert word in called["text"] and called["receipts"] == [_tickets(gateway, chat)[0].reference]
    assert kind["buttons"] == []


def test_by_text_too(start: Start) -> None:
    gateway = start(**phone_settings())
    _at_desk(gateway)
    phone = Telephone(gateway)

    answer = phone.says("I want to die")

    with gateway.database.reading() as session:
        [handover] = handovers.waiting(session)
    assert (handover.channel, handover.reason) == (Channel.SMS, HandoverReason.CRISIS)
    assert "988" in answer and "calling a person" in answer


def test_a_caller_hears_the_kind_words_and_is_put_through(start: Start) -> None:
    gateway = start(**phone_settings())
    _at_desk(gateway)
    line = Line(gateway.http, gateway.settings)

    call = line.call().press("1").speak("I want to kill myself")

    assert "you matter more than money" in call.heard
    assert "<Enqueue" in call.document
    with gateway.database.reading() as session:
        [ticket] = session.scalars(select(Ticket))
        assert (ticket.topic, ticket.priority) == ("crisis", Priority.URGENT)
        assert handovers.waiting(session) == []


def _at_desk(gateway: Gateway) -> None:
    with gateway.database.transaction() as session:
        create_agent(
            session,
            id="ana",
            role=AgentRole.AGENT,
            queues=["fraud"],
            seen_at=SystemClock().now(),
        )


def _queue(gateway: Gateway, chat: Chat) -> None:
    with gateway.database.transaction() as session:
        joined = handovers.join(
            session,
            conversation_id=chat.id,
            topic="report_scam",
            reason=HandoverReason.ASKED,
            routing=ROUTING,
            now=SystemClock().now(),
        )
    assert joined is not None


def _tickets(gateway: Gateway, chat: Chat) -> list[Ticket]:
    with gateway.database.reading() as session:
        return list(session.scalars(select(Ticket).where(Ticket.conversation_id == chat.id)))
