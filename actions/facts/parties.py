"""Whose payment it was: the names that a text has, and which of the known ones it means."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from actions.facts.reading import has_han, legible

# Words that so many names have, or so many messages, that they tell nothing.
_COMMON = frozenset(
    "the and of for a an my shop store market bank card payment payments online company co ltd limited llc inc gmbh corp"
    " group pay to in at by with from on de du la le app wallet money transfer transfers mr mrs ms dr new old big good"
    " services service customer support international global city record records history transaction transactions refund"
    " refunds balance account accounts charge charges statement purchase purchases list recent last".split()
)
_COMMON_HAN = (
    "银行卡 公司 有限 科技 银行 商店 付款 先生 女士 小姐 集团 中国 国际 钱包 服务 网络 交易 记录 转账 退款 消费 数码 电子"
).split()
_WORD = re.compile(r"[a-z0-9']{3,}")
_NOT_NAME = re.compile(r"[^\w\u4e00-\u9fff]+")
_SHORTEST = 5  # letters of a name that may be misspelt
_ALIKE = 85

_QUOTED = re.compile(r"[\"“「『《‘]([^\"”」』》’]{2,40})[\"”」』》’]")
# What a screen or a person says is in quotation marks too: it says "declined".
_SPOKEN = re.compile(
    r"(?:\b(?:says?|said|saying|reads|shows?|showing|gets?|getting|got|error|message|code|does|prints?|printed|mean(?:s|ing)?)"
    r"|[显顯]示|提示|[说說]|[写寫](?:着|著)?|[报報](?:错|錯)?|[弹彈]出|跳出?|出[现現]|收到)了?[\s:：,，]*$",
    re.IGNORECASE,
)
_OUTCOME = re.compile(
    r"declined|failed|failure|error|rejected|insufficient|unsuccessful"
    r"|失[败敗]|未(?:完成|成功)|不成功|不足|拒[绝絕]|[拦攔]截",
    re.IGNORECASE,
)
_TO_A_NAME = re.compile(
    r"\b(?:to|at|from|with|by|called|named|paid|merchant|shop|store|via)\s+"
    r"([A-Z][\w&'.*-]*(?:\s+(?:[A-Z&][\w&'.*-]*|and|of|du|de|the)(?=\s|$|[,.?!])){0,5})"
)
_HAN_NAME = re.compile(
    r"(?:付给|转给|打给|汇给|叫做|叫)了?([\u4e00-\u9fffA-Za-z]{2,12}?)(?=的|那|这|付|转|多|$|[,.，。?!？！\d“”])"
)
_PRONOUNS = tuple(
    "谁 我 你 他 她 它 别人 对方 人家 自己 什么 哪个 哪里 老板 妈妈 爸爸 朋友 同学 客户 房东 商家 商户 店家".split()
)
_NO_NAMES = frozenset(
    "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december today yesterday it you me him her them us uk usa english chinese hi hello"
    " please thanks ok okay visa mastercard amex unionpay fps qr nfc pos atm android iphone ios".split()
)


def meant_parties(text: str, names: Iterable[str]) -> list[str]:
    """Those of the known names that a text means: the whole name, a telling part of it, or nearly the name."""
    said = _comparable(text)
    words = set(_WORD.findall(said))
    scores = {name: _score(said, words, _comparable(name)) for name in dict.fromkeys(names)}
    best = max(scores.values(), default=0.0)
    return [name for name, score in scores.items() if score and score >= best - 0.1]


def party_in(text: str) -> str | None:
    """A name that the text gives, known or not: in quotation marks, or where names stand ("to Lidl", "付给海底捞的")."""
    read = legible(text)
    for quoted in _QUOTED.finditer(read):
        if not _SPOKEN.search(read[: quoted.start()]) and not _OUTCOME.search(quoted[1]):
            return quoted[1].strip()
    if named := _TO_A_NAME.search(read):
        name = named[1].strip(" .,'")
        return None if name.casefold().split()[0] in _NO_NAMES else name
    said = _HAN_NAME.search(read)
    return None if said is None or said[1].startswith(_PRONOUNS) else said[1]


def _score(said: str, words: set[str], name: str) -> float:
    """How much of the name is said: 1 for all of it, 0 for nothing that tells."""
    if not name:
        return 0.0
    whole = name.replace(" ", "")
    if re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", said) or (
        has_han(whole) and whole in said.replace(" ", "")
    ):
        return 1.0
    parts = [word for word in _WORD.findall(name) if word not in _COMMON]
    told = [word for word in parts if word in words]
    if told:
        return 0.4 + 0.5 * sum(map(len, told)) / sum(map(len, parts))
    if has_han(name) and (shared := _shared_han(said, name)):
        return 0.4 + 0.5 * len(shared) / len(whole)
    if (
        _SHORTEST <= len(name) <= len(said) + 1
        and not has_han(name)
        and fuzz.partial_ratio(name, said, score_cutoff=_ALIKE)
    ):
        return 0.8
    return 0.0


def _shared_han(said: str, name: str) -> str:
    """The longest run of Chinese characters, two at least, that text and name share and that tells something."""
    for length in range(len(name), 1, -1):
        for start in range(len(name) - length + 1):
            part = name[start : start + length]
            if part in said and all("\u4e00" <= c <= "\u9fff" for c in part) and not _says_little(part):
                return part
    return ""


def _says_little(part: str) -> bool:
    for common in _COMMON_HAN:
        part = part.replace(common, "")
    return len(part) < 2


def _comparable(text: str) -> str:
    return " ".join(_NOT_NAME.sub(" ", legible(text).casefold()).split())
