"""Which language a message is in."""

from __future__ import annotations

import pytest

from bot.gateway.language import accepted_language, decide_language
from wallet_core.models import Language

ZH, EN = Language.ZH, Language.EN


@pytest.mark.parametrize(
    ("text", "current", "decided"),
    [
        ("我的付款失败了", EN, ZH),
        ("冻结", EN, ZH),
        ("我的 PayPal app 打不开", EN, ZH),
        ("帮我check一下transaction", EN, ZH),
        ("付款失敗", EN, ZH),
        ("my payment failed", ZH, EN),
        ("hello there", ZH, EN),
        ("Ｈｅｌｌｏ ｔｈｅｒｅ", ZH, EN),
        ("how do I say 钱包 in your app", ZH, EN),
        ("don't know", ZH, EN),
        ("hello", ZH, ZH),
        ("ok", ZH, ZH),
        ("ok", EN, EN),
        ("hello", None, EN),
        ("123.45", ZH, ZH),
        ("T-7KM4RXA FRZ-9XWPNTA", ZH, ZH),
        ("•••• 1111", ZH, ZH),
        ("😀", ZH, ZH),
        ("？！", EN, EN),
        ("", ZH, ZH),
        ("こんにちは", EN, EN),
        ("私の財布を凍結してください", EN, EN),
        ("私の財布を凍結してください", ZH, ZH),
        ("지갑을 凍結 해주세요", EN, EN),
        ("鲜の每日能用钱包付吗", EN, ZH),
        ("محفظتي لا تعمل", ZH, ZH),
        ("hello 你好 bonjour مرحبا привет", EN, ZH),
    ],
)
def test_the_language_of_a_message(text: str, current: Language | None, decided: Language) -> None:
    assert decide_language(text, current) is decided


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", ZH),
        ("en;q=0.8, zh;q=0.9", ZH),
        ("fr,en-US;q=0.5", EN),
        ("zh;q=0", None),
        ("fr", None),
        ("*", None),
        ("zh;q=nonsense", ZH),
        (None, None),
        ("," * 1000, None),
    ],
)
def test_what_a_browser_asks_for(header: str | None, language: Language | None) -> None:
    assert accepted_language(header) is language
