"""Numbers as they are written: 1,999.50, 49,90, 1.5万, 3k, 三百五."""

from __future__ import annotations

import re
from decimal import Decimal

HAN_DIGITS = "零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖"
_VALUES = dict(zip(HAN_DIGITS, (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_TENS = {"廿": 20, "卅": 30}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10**4, "亿": 10**8}
_LARGE = 10**4
_SCALES = {**_UNITS, "k": 1000, "thousand": 1000, "million": 10**6}

HAN = f"[{HAN_DIGITS}{''.join(_UNITS)}{''.join(_TENS)}]+"
_GROUPED = r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d{1,2}"
_ARABIC = rf"(?:{_GROUPED}|\d+(?:[.,]\d+)?)"
# Such as 1.5万, 1万5, 3k: a scale, and in Chinese one digit of the next lower one.
NUMBER = rf"{_ARABIC}(?:\s?(?:thousand|million)\b|k(?![a-z])|[十百千万亿](?:[1-9](?!\d)|[一二三四五六七八九])?)?|{HAN}"

_PARTS = re.compile(rf"(?P<arabic>{_ARABIC})\s?(?P<scale>k|thousand|million|[十百千万亿])?(?P<rest>.)?", re.IGNORECASE)


def value_of(written: str) -> Decimal | None:
    """The value of what matches `NUMBER`; None where it can be read in two ways ("1.500") or in none."""
    parts = _PARTS.fullmatch(written)
    if parts is None:
        return chinese_number(written)
    number = _arabic(parts["arabic"])
    if number is None or parts["scale"] is None:
        return number
    scale = _SCALES[parts["scale"].casefold()]
    rest = parts["rest"]
    lower = 0 if rest is None else (int(rest) if rest.isdigit() else _VALUES[rest]) * scale // 10
    return number * scale + lower


def chinese_number(written: str) -> Decimal | None:
    """Such as 三百五 (350), 一万两千, 二〇二六; None for what only looks like one (万一, 百)."""
    if all(character in _VALUES for character in written):
        return Decimal("".join(str(_VALUES[character]) for character in written)) if written else None
    if written[0] in _UNITS and written[0] not in "十拾":
        return None
    total, section, number, last = 0, 0, 0, 1
    for character in written:
        if character in _VALUES:
            number = _VALUES[character]
            last = 1 if number == 0 else last
        elif character in _TENS:
            section, last = section + _TENS[character], 10
        elif (unit := _UNITS[character]) < _LARGE:
            section, number, last = section + (number or 1) * unit, 0, unit
        elif total + section + number == 0:
            return None
        elif unit > _LARGE:
            total, section, number, last = (total + section + number) * unit, 0, 0, unit
        else:
            total, section, number, last = total + (section + number) * unit, 0, 0, unit
    return Decimal(total + section + (number * last // 10 if last >= 100 else number))


def _arabic(written: str) -> Decimal | None:
    if re.fullmatch(_GROUPED, written):
        comma_last = written.rfind(",") > written.rfind(".") and "." in written
        decimal = written.replace(".", "").replace(",", ".") if comma_last else written.replace(",", "")
        return Decimal(decimal)
    whole, mark, fraction = re.fullmatch(r"(\d+)([.,]?)(\d*)", written).groups()  # type: ignore[union-attr]
    if len(fraction) == 3 and len(whole) <= 3 and whole != "0":
        return None  # a thousand and a half in one country, one and a half in another
    return Decimal(f"{whole}.{fraction}" if mark else whole)
