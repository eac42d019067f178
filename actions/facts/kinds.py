"""What sort of transactions a text is about: which way the money goes, what for, and how it stands."""

from __future__ import annotations

import re

from actions.facts.reading import plain
from wallet_core.models import TransactionKind, TransactionStatus

_IN = re.compile(
    r"\b(?:incoming|received?|receiving|c[ao]me in|coming in|money in|paid me|sen[dt] me|transferred me|owes? me|credits?"
    r"|credited|takings|sales|wages?|salary|pension|income|did i get|waiting (?:for|on)|expecting"
    r"|from my (?:dad|mum|mom|gran|boss|employer|client|bank|brother|sister|aunt|uncle))\b"
    r"|收到|收款|收了|收进|进账|入账|入帐|入数|进来|收入|到账|到帐|工资|薪水|出粮|转给我|打给我|付给我|给我转|给我打|发给我"
    r"|(?:客户|客人|老板|公司|朋友|同学|别人|对方|妈妈|爸爸).{0,3}(?:转|打|付|汇)(?!给他|给她)"
)
_OUT = re.compile(
    r"\b(?:outgoing|paid|pay|spent|spend|sent|send|bought|buy|purchases?|went out|going out|took|charged|debits?|debited"
    r"|shop)\b|付|花|支出|转出|转给|打给|汇给|买|消费|刷|扣|交了|交过|使咗|俾咗|给[^我]{1,4}(?:转|打|汇)"
)
_KINDS: list[tuple[re.Pattern[str], tuple[TransactionKind, ...]]] = [
    (
        re.compile(r"\brefund(?:s|ed)?\b|\breimbursements?\b|退款|退货|退的钱|退费|退钱|刷退|回水"),
        (TransactionKind.REFUND,),
    ),
    (
        re.compile(r"\btop(?:ped)?[ -]?ups?\b|\btopping up\b|\bload(?:ed)?\b|充值|充了|充钱|储值|增值|加值"),
        (TransactionKind.TOP_UP,),
    ),
    (
        re.compile(
            r"\bwithdr[ae]w(?:al|als|n)?\b|\bcash(?: ?out)?\b|\batm\b"
            r"|取现|取款|取了|提现|提款|提领|柜员机|提出"
        ),
        (TransactionKind.WITHDRAWAL,),
    ),
    (
        re.compile(
            r"\btransfer(?:s|red)?\b|\bremittance\b|\bwire\b"
            r"|转账|转帐|转给|转了|转的|转过|给我转|汇款|汇了|过数|打给|打了"
        ),
        (TransactionKind.TRANSFER_IN, TransactionKind.TRANSFER_OUT),
    ),
    (
        re.compile(r"\bpurchases?\b|\bbought\b|\bshop(?:ping|s)?\b|\bqr\b|消费|买|购物|刷卡|扫码"),
        (TransactionKind.PAYMENT,),
    ),
]
_STATUSES: list[tuple[re.Pattern[str], tuple[TransactionStatus, ...]]] = [
    (
        re.compile(
            r"\bpending\b|\bin progress\b|\bprocessing\b|\bnot (?:yet )?(?:completed|done|settled)\b"
            r"|处理中|待处理|未完成|进行中|待入账|在途"
        ),
        (TransactionStatus.PENDING, TransactionStatus.HELD),
    ),
    (re.compile(r"\bfailed\b|\bdeclined\b|\brejected\b|失败|被拒"), (TransactionStatus.FAILED,)),
    (re.compile(r"\bcancell?ed\b|已取消|已撤销|取消的"), (TransactionStatus.CANCELLED,)),
]
_BOTH_WAYS = re.compile(r"\b(?:in and out|pending and completed)\b|进出|进进出出|收支|收发")


def incoming_in(text: str) -> bool | None:
    """Whether a text is about money coming in, or going out; None where it says neither, or both."""
    said = plain(text)
    comes, goes = _IN.search(said) is not None, _OUT.search(_IN.sub(" ", said)) is not None
    if comes == goes or _BOTH_WAYS.search(said):
        return None
    return comes


def kinds_in(text: str) -> frozenset[TransactionKind]:
    """The kinds of transactions that a text names; empty where it names none."""
    said = plain(text)
    return frozenset(kind for pattern, kinds in _KINDS if pattern.search(said) for kind in kinds)


def statuses_in(text: str) -> frozenset[TransactionStatus]:
    """The states that a text asks for; empty where it names none, or several."""
    said = plain(text)
    found = [statuses for pattern, statuses in _STATUSES if pattern.search(said)]
    return frozenset(found[0]) if len(found) == 1 and not _BOTH_WAYS.search(said) else frozenset()
