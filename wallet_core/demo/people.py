"""Who lives in the demo world. Names are invented; numbers come from ranges that regulators keep for fiction."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel

from wallet_core.models import AgentRole, Language


class DemoState(StrEnum):
    """What is going on with a demo customer."""

    ORDINARY = "ordinary"
    LOW_BALANCE = "low_balance"  # a payment failed for the balance
    FROZEN = "frozen"  # asked for the freeze; a payment failed for it
    LOCKED = "locked"  # too many wrong passwords; a payment failed for it
    UNVERIFIED = "unverified"  # identity not verified; a payment failed for it
    LATE_TRANSFER = "late_transfer"  # a transfer is overdue, and a merchant did not take the wallet
    OVER_LIMIT = "over_limit"  # a payment was above the limit
    PENDING_REFUND = "pending_refund"  # a refund is on its way, and a bank declined a transfer
    HELD_PAYMENT = "held_payment"  # a large payment waits for confirmation, and the network failed another


class DemoCustomer(BaseModel, frozen=True):
    """A demo customer with what their phone, mailbox and papers would say.

    `birth_date` and `document_tail` are the owner facts (8 digits; last four of the document, `*` for X).
    """

    id: str
    name: str
    language: Language
    country: str
    time_zone: str
    currency: str
    phone: str
    email: str
    birth_date: str
    document_tail: str
    state: DemoState

    @property
    def account_id(self) -> str:
        return f"W{self.id[1:]}"


class DemoAgent(BaseModel, frozen=True):
    """Someone who answers customers in the demo world, for which queues and in which languages.

    `password` opens the desk, and is written on its sign-in page; the hash is its own, made beforehand.
    """

    id: str
    name: str
    queues: list[str]
    languages: list[str]
    phone: str
    on_duty: bool
    role: AgentRole
    argon2: str

    @property
    def password(self) -> str:
        return f"demo-desk-{self.id}"


AGENTS: tuple[DemoAgent, ...] = (
    DemoAgent(
        id="ana",
        name="Ana Ribeiro",
        queues=["general", "payments", "account", "fraud"],
        languages=["en"],
        phone="+12025550191",
        on_duty=True,
        role=AgentRole.AGENT,
        argon2="$argon2id$v=19$m=65536,t=3,p=4$wQCI4T46+gH64p6FDtYfNw$FgHarSc2Rac5uQal1m7rXxGk/83//mZEbAm2YtKGN08",
    ),
    DemoAgent(
        id="jing",
        name="周静",
        queues=["general", "payments", "account", "fraud"],
        languages=["zh", "en"],
        phone="+12025550192",
        on_duty=True,
        role=AgentRole.AGENT,
        argon2="$argon2id$v=19$m=65536,t=3,p=4$3GP5i0ifAN4lLlAsTIXrQw$vez0qD+w8K64L8VEz0qgioRWO15XwpocyAJ1Kr/z19c",
    ),
    DemoAgent(
        id="ning",
        name="许宁",
        queues=["general", "payments", "account", "fraud"],
        languages=["zh"],
        phone="+12025550196",
        on_duty=True,
        role=AgentRole.AGENT,
        argon2="$argon2id$v=19$m=65536,t=3,p=4$UhLGERcyDOx+2B1ID04E6g$dRKFcd2pDHkhKLyGPdAAQnicdyzgmdiL1B24X/b7s5A",
    ),
    DemoAgent(
        id="tom",
        name="Tom Becker",
        queues=["general", "fraud"],
        languages=["en"],
        phone="+12025550193",
        on_duty=False,
        role=AgentRole.AGENT,
        argon2="$argon2id$v=19$m=65536,t=3,p=4$rN/vy0l+rPqNdCyt3v4cqA$60JY7w5wrfP/icd0OoZym/08CxNOrM4UkqYlIOZkhww",
    ),
    DemoAgent(
        id="sue",
        name="Susan Park",
        queues=["general", "payments", "account", "fraud"],
        languages=["zh", "en"],
        phone="+12025550194",
        on_duty=False,
        role=AgentRole.SUPERVISOR,
        argon2="$argon2id$v=19$m=65536,t=3,p=4$jK35n1loXbEszKVBHTxR0A$TZfSLf8+l4kyqOAZZwp6D1DIjWJbgZCDzf0s92FxY2o",
    ),
    DemoAgent(
        id="adil",
        name="Adil Rahman",
        queues=[],
        languages=["en"],
        phone="+12025550195",
        on_duty=False,
        role=AgentRole.AUDITOR,
        argon2="$argon2id$v=19$m=65536,t=3,p=4$BLbmGwOuVXtVK1KKEqa7Eg$qvlS/0ZZaZj1pOFYTXXMTyt1Ls/+ANoMRhKDoJtU5PI",
    ),
)

CUSTOMERS: tuple[DemoCustomer, ...] = (
    DemoCustomer(
        id="C1001",
        name="陈思雨",
        language=Language.ZH,
        country="CN",
        time_zone="Asia/Shanghai",
        currency="CNY",
        phone="+12025550101",
        email="siyu.chen@example.com",
        birth_date="19960318",
        document_tail="4021",
        state=DemoState.LOW_BALANCE,
    ),
    DemoCustomer(
        id="C1002",
        name="Emily Carter",
        language=Language.EN,
        country="US",
        time_zone="America/New_York",
        currency="USD",
        phone="+12125550112",
        email="emily.carter@example.com",
        birth_date="19880704",
        document_tail="7719",
        state=DemoState.FROZEN,
    ),
    DemoCustomer(
        id="C1003",
        name="王建国",
        language=Language.ZH,
        country="CN",
        time_zone="Asia/Shanghai",
        currency="CNY",
        phone="+12025550103",
        email="jianguo.wang@example.com",
        birth_date="19721101",
        document_tail="273*",
        state=DemoState.LOCKED,
    ),
    DemoCustomer(
        id="C1004",
        name="Lukas Weber",
        language=Language.EN,
        country="DE",
        time_zone="Europe/Berlin",
        currency="EUR",
        phone="+4915228817386",
        email="lukas.weber@example.com",
        birth_date="20010922",
        document_tail="9054",
        state=DemoState.UNVERIFIED,
    ),
    DemoCustomer(
        id="C1005",
        name="黄嘉欣",
        language=Language.ZH,
        country="HK",
        time_zone="Asia/Hong_Kong",
        currency="HKD",
        phone="+442079460105",
        email="kayan.wong@example.com",
        birth_date="19930515",
        document_tail="6382",
        state=DemoState.LATE_TRANSFER,
    ),
    DemoCustomer(
        id="C1006",
        name="林美玲",
        language=Language.ZH,
        country="JP",
        time_zone="Asia/Tokyo",
        currency="JPY",
        phone="+61491570156",
        email="meiling.lin@example.com",
        birth_date="19850827",
        document_tail="1548",
        state=DemoState.OVER_LIMIT,
    ),
    DemoCustomer(
        id="C1007",
        name="Oliver Grant",
        language=Language.EN,
        country="IE",
        time_zone="Europe/Dublin",
        currency="EUR",
        phone="+442079460107",
        email="oliver.grant@example.com",
        birth_date="19791230",
        document_tail="3367",
        state=DemoState.PENDING_REFUND,
    ),
    DemoCustomer(
        id="C1008",
        name="Hannah Lee",
        language=Language.EN,
        country="HK",
        time_zone="Asia/Hong_Kong",
        currency="HKD",
        phone="+46701740608",
        email="hannah.lee@example.com",
        birth_date="19910209",
        document_tail="8810",
        state=DemoState.HELD_PAYMENT,
    ),
    DemoCustomer(
        id="C1009",
        name="张伟",
        language=Language.ZH,
        country="US",
        time_zone="America/Los_Angeles",
        currency="USD",
        phone="+12135550109",
        email="wei.zhang@example.com",
        birth_date="19830611",
        document_tail="5526",
        state=DemoState.ORDINARY,
    ),
    DemoCustomer(
        id="C1010",
        name="Grace Miller",
        language=Language.EN,
        country="US",
        time_zone="America/Chicago",
        currency="USD",
        phone="+14155550110",
        email="grace.miller@example.com",
        birth_date="19940426",
        document_tail="2093",
        state=DemoState.ORDINARY,
    ),
)
