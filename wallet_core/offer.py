"""What the wallet offers, as customers ask about it: the facts of `offer.yml`."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from wallet_core.datafiles import fault, load_data
from wallet_core.errors import InvalidAmount, UnknownCurrency
from wallet_core.fees import Country
from wallet_core.models import Language
from wallet_core.money import Money
from wallet_core.rates import CurrencyCode


def _in_each_language(words: dict[Language, str]) -> dict[Language, str]:
    missing = [language.value for language in Language if not words.get(language)]
    if missing:
        raise ValueError(f"has no words in {', '.join(missing)}")
    return words


InWords = Annotated[dict[Language, str], AfterValidator(_in_each_language)]


class UsualLimits(BaseModel, frozen=True, extra="forbid"):
    """In major units: of one payment, transfer or withdrawal, and of all that goes out in a day."""

    payment: Annotated[Decimal, Field(gt=0)]
    day: Annotated[Decimal, Field(gt=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.day < self.payment:
            raise ValueError("the day's limit is below that of one payment")
        return self


class Offer(BaseModel, frozen=True, extra="forbid"):
    """The offer file; countries are ISO 3166, `identity_review_hours` says how soon an identity is usually checked."""

    limits: dict[CurrencyCode, UsualLimits]
    places: Annotated[tuple[InWords, ...], Field(min_length=1)]
    not_served: frozenset[Country]
    transfers_to: frozenset[Country]
    documents: Annotated[tuple[InWords, ...], Field(min_length=1)]
    identity_review_hours: Annotated[int, Field(gt=0)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for currency, limits in self.limits.items():
            try:
                Money.of(limits.payment, currency), Money.of(limits.day, currency)
            except InvalidAmount:
                raise fault("too large, or finer than the currency", "limits", currency) from None
        both = self.not_served & self.transfers_to
        if both:
            raise ValueError(f"not served, and yet money can be sent there: {', '.join(sorted(both))}")
        return self

    def usual_limits(self, currency: str) -> tuple[Money, Money]:
        """The limits of one payment and of a day, for a wallet in this currency with nothing else agreed.

        Raises:
            UnknownCurrency: no wallet has this currency.
        """
        if currency not in self.limits:
            raise UnknownCurrency(currency=currency[:8])
        limits = self.limits[currency]
        return Money.of(limits.payment, currency), Money.of(limits.day, currency)


def load_offer(path: Path) -> Offer:
    """Read `offer.yml`.

    Raises:
        BrokenFile: with file, line and field of the first fault.
    """
    return load_data(path, Offer)
