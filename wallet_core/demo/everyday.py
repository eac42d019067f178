"""What an ordinary wallet sees in six weeks: income, shopping, a journey, a friend paid back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from wallet_core.demo.people import DemoState
from wallet_core.demo.wallet import DemoWallet
from wallet_core.models import TransactionKind
from wallet_core.money import Money

_DAYS = range(40, 2, -1)  # the last two days are left to the stories
_SALARY_DAYS = (41, 11)
_TOP_UP_DAYS = (30, 16)
_JOURNEY_DAY = 22
_FRIEND_DAYS = (19, 6)


@dataclass(frozen=True)
class Surroundings:
    """Where a customer earns, shops and travels; amounts in the wallet's currency, shops with their usual range."""

    employer: str
    salary: str
    top_up: str
    shops: tuple[tuple[str, int, int], ...]
    cents: tuple[str, ...]
    friend: str
    friend_amount: str
    journey: tuple[str, str, Money]  # merchant, what it cost here, what was charged there


_CHINA = Surroundings(
    employer="云帆科技有限公司",
    salary="9800.00",
    top_up="500.00",
    shops=(
        ("鲜果时光超市", 28, 190),
        ("晨光咖啡", 16, 42),
        ("老街面馆", 18, 56),
        ("顺达出行", 9, 68),
        ("南山书店", 35, 160),
    ),
    cents=(".00", ".50", ".80", ".90"),
    friend="李娜",
    friend_amount="260.00",
    journey=("Sakura Konbini", "71.60", Money(1542, "JPY")),
)
_AMERICA = Surroundings(
    employer="Brightwater Studio",
    salary="2450.00",
    top_up="100.00",
    shops=(
        ("Maple Grocery", 18, 96),
        ("Harbor Coffee", 4, 12),
        ("City Transit", 3, 28),
        ("Bright Books", 11, 42),
        ("Riverside Pharmacy", 7, 38),
    ),
    cents=(".00", ".25", ".49", ".99"),
    friend="Sam Rivera",
    friend_amount="45.00",
    journey=("Café du Canal", "32.75", Money(2790, "EUR")),
)
_EUROPE = Surroundings(
    employer="Nordlicht Design GmbH",
    salary="2280.00",
    top_up="100.00",
    shops=(
        ("Bäckerei Lindner", 3, 14),
        ("GreenGrocer Market", 15, 82),
        ("Metro Mobil", 3, 24),
        ("Librairie Voltaire", 9, 40),
        ("Streamly", 12, 13),
    ),
    cents=(".00", ".20", ".49", ".95"),
    friend="Noah Byrne",
    friend_amount="38.50",
    journey=("Camden Records", "29.30", Money(2550, "GBP")),
)
_HONG_KONG = Surroundings(
    employer="維港創意有限公司",
    salary="16800.00",
    top_up="1000.00",
    shops=(
        ("港灣茶餐廳", 38, 120),
        ("維景超市", 60, 420),
        ("天星渡輪碼頭小賣", 12, 45),
        ("Peak Books", 70, 260),
        ("山頂咖啡", 32, 78),
    ),
    cents=(".00", ".50", ".90"),
    friend="梁子軒",
    friend_amount="320.00",
    journey=("老街面馆", "62.40", Money(5700, "CNY")),
)
_JAPAN = Surroundings(
    employer="隅田デザイン株式会社",
    salary="248000",
    top_up="10000",
    shops=(
        ("さくらストア", 480, 3200),
        ("Sumida Transit", 180, 960),
        ("Ueno Books", 900, 4200),
        ("下町珈琲", 420, 1100),
        ("まるや食堂", 780, 2400),
    ),
    cents=("",),
    friend="田中さくら",
    friend_amount="4500",
    journey=("維景超市", "5210", Money(26350, "HKD")),
)
_SURROUNDINGS = {"CNY": _CHINA, "USD": _AMERICA, "EUR": _EUROPE, "HKD": _HONG_KONG, "JPY": _JAPAN}


def plan_everyday(wallet: DemoWallet) -> None:
    """Six weeks up to three days ago. A wallet that is not verified only takes money in; one has little left of it."""
    around = _SURROUNDINGS[wallet.person.currency]
    state = wallet.person.state
    for day in _TOP_UP_DAYS:
        top_up = partial(wallet.receive, counterparty="Bank card", amount=around.top_up, kind=TransactionKind.TOP_UP)
        wallet.at(wallet.days_ago(day, 20, 14), top_up)
    if state is DemoState.UNVERIFIED:
        return
    for day in _SALARY_DAYS[: 1 if state is DemoState.LOW_BALANCE else None]:
        salary = partial(wallet.receive, counterparty=around.employer, amount=around.salary)
        wallet.at(wallet.days_ago(day, 9, 2), salary)
    for day in _DAYS:
        if wallet.dice.random() < 0.45:
            _plan_shopping(wallet, around, day)
    for day in _FRIEND_DAYS:
        friend = partial(wallet.send, counterparty=around.friend, amount=around.friend_amount)
        wallet.at(wallet.days_ago(day, 13, 40), friend)
    merchant, cost, original = around.journey
    wallet.at(
        wallet.days_ago(_JOURNEY_DAY, 15, 20),
        partial(wallet.buy, counterparty=merchant, amount=cost, original=original),
    )


def _plan_shopping(wallet: DemoWallet, around: Surroundings, day: int) -> None:
    shop, least, most = wallet.dice.choice(around.shops)
    amount = f"{wallet.dice.randint(least, most)}{wallet.dice.choice(around.cents)}"
    moment = wallet.days_ago(day, wallet.dice.randint(8, 20), wallet.dice.randint(0, 59))
    wallet.at(moment, partial(wallet.buy, counterparty=shop, amount=amount))
