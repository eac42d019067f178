"""What a number can be reached by is known before anything is promised."""

from __future__ import annotations

import pytest

from bot.telephony.reach import CodeChannel, Reach, reach_of


@pytest.mark.parametrize(
    ("number", "reach"),
    [
        ("+12025550101", Reach(texts=True, calls=True, codes_by=CodeChannel.SMS)),
        ("+85261234567", Reach(texts=True, calls=True, codes_by=CodeChannel.SMS)),
        ("+8613800138000", Reach(texts=False, calls=True, codes_by=CodeChannel.SMS)),
        ("+861065529988", Reach(texts=False, calls=True, codes_by=None)),
        ("+442079460105", Reach(texts=True, calls=True, codes_by=CodeChannel.CALL)),
        ("+49301234567", Reach(texts=False, calls=True, codes_by=CodeChannel.CALL)),
        ("+989121234567", Reach(texts=False, calls=False, codes_by=None)),
        ("+881612345678", Reach(texts=False, calls=False, codes_by=None)),
        ("anonymous", Reach(texts=False, calls=False, codes_by=None)),
    ],
    ids=[
        "US", "Hong Kong mobile", "mainland mobile", "mainland landline", "British landline", "German landline",
        "Iran", "satellite", "no number",
    ],
)  # fmt: skip
def test_a_number_says_what_it_can_be_reached_by(number: str, reach: Reach) -> None:
    assert reach_of(number) == reach
