"""Amounts of money as a customer reads or hears them, in their language."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency, format_decimal, get_currency_name

from wallet_core.money import Money

_LOCALES = {"zh": "zh_CN", "en": "en_GB"}
_CURRENCY_NAMES = {("zh", "CNY"): "元人民币"}  # the lists' own name is that of the money, not of its unit


def money(amount: Money, language: str, *, spoken: bool = False) -> str:
    """Such as "¥300.00" or "US$20.00", with the currency's own number of decimals; in speech "300 Chinese yuan"."""
    if not spoken:
        return format_currency(amount.decimal, amount.currency, locale=_LOCALES[language])
    whole = amount.decimal == amount.decimal.to_integral_value()
    return with_name(amount.decimal.to_integral_value() if whole else amount.decimal, amount.currency, language)


def with_name(amount: Decimal, currency: str, language: str) -> str:
    """Such as "7.085 Chinese yuan" or "7.085元人民币", with just the digits that the number has."""
    number = format_decimal(amount, format=f"#,##0.{'0' * _decimals(amount)}", locale=_LOCALES[language])
    name = _CURRENCY_NAMES.get((language, currency)) or get_currency_name(currency, amount, _LOCALES[language])
    return f"{number}{'' if language == 'zh' else ' '}{name}"


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
