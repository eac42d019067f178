"""Which of a customer's transactions their words mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actions.base import Turn
from actions.customer_words import is_command
from actions.facts.amounts import Amount, amounts_in
from actions.facts.choices import chosen, numbered_in, says_it, says_latest, says_none
from actions.facts.parties import meant_parties, party_in
from actions.facts.places import countries_in
from actions.facts.references import transaction_id_in
from actions.facts.times import Period, period_in
from actions.transaction_lists import ANOTHER_ONE, NONE_OF_THESE
from actions.wallet_owner import Owner, own_transaction
from wallet_core.transactions import TransactionView

_CLAUSES = re.compile(r"\s(?:and|plus|&)\s|[,、;，；]\s?|和|还有|以及|跟", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """What a message says of a transaction."""

    amounts: tuple[Amount, ...]
    parties: frozenset[str]  # of the candidates' names
    unknown_party: str | None  # a name that none of them has
    period: Period | None

    @property
    def anything(self) -> bool:
        return self.names_one or self.period is not None

    @property
    def names_one(self) -> bool:
        """Whether it says more than a time, which is often that of something else ("today it still is not here")."""
        return bool(self.amounts or self.parties or self.unknown_party)

    def fits(self, transaction: TransactionView, *, by_time: bool = True) -> bool:
        if self.unknown_party and not self.amounts:
            return False
        charged = [transaction.amount, *([transaction.original] if transaction.original else [])]
        return (
            (not self.amounts or any(amount.fits(money) for amount in self.amounts for money in charged))
            and (not self.parties or transaction.counterparty in self.parties)
            and (not by_time or self.period is None or self.period.holds(transaction.created_at))
        )


@dataclass(frozen=True)
class Pick:
    """What a message points at: `transactions`, newest first, none of those shown, or another one besides.

    said: something was said that tells one from another, so that an empty pick is a miss rather than silence.
    exact: all that was said fits, except perhaps the time, about which people err.
    pointed: each was pointed at by itself, in a list or by its id.
    by_time: nothing but a time was said, which is often that of something else.
    """

    transactions: tuple[TransactionView, ...] = ()
    none: bool = False
    another: bool = False
    said: bool = False
    exact: bool = True
    pointed: bool = False
    by_time: bool = False


def said_of(text: str, turn: Turn, owner: Owner, candidates: Sequence[TransactionView], *, bare: bool = False) -> Said:
    """What a text says; with `bare` it answers a question, so that a number alone is an amount."""
    parties = meant_parties(text, (candidate.counterparty for candidate in candidates))
    return Said(
        amounts=tuple(amounts_in(text, owner.wallet.currency, bare=bare)),
        parties=frozenset(parties),
        unknown_party=None if parties else _unknown_party(text),
        period=period_in(text, now=turn.now, time_zone=owner.time_zone, country=owner.country),
    )


def pick(
    turn: Turn,
    owner: Owner,
    candidates: Sequence[TransactionView],
    *,
    shown: Sequence[str],
    answering: bool,
) -> Pick:
    """What the message points at: by button, by place in the list shown, or by what it says.

    Args:
        shown: the ids that were listed last, in their order; what is said of places is about them.
        answering: the message answers the question which one.
    """
    claimed = picked_by_button(turn)
    if claimed in (NONE_OF_THESE, ANOTHER_ONE):
        return Pick(none=claimed == NONE_OF_THESE, another=claimed == ANOTHER_ONE, said=True)
    if claimed or (claimed := transaction_id_in(turn.text)):
        one = own_transaction(turn, owner, claimed)
        return Pick((one,) if one else (), said=True, pointed=True)
    if is_command(turn.text):
        return Pick()
    places = (chosen if answering else numbered_in)(turn.text, len(shown))
    if places is not None:
        return Pick(tuple(_own(turn, owner, [shown[place] for place in places])), said=True, pointed=True)
    said = said_of(turn.text, turn, owner, candidates, bare=answering)
    if each := _by_clauses(said, turn, owner, candidates, bare=answering):
        return Pick(tuple(each), said=True, pointed=True)
    found, exact = _fitting(said, candidates) if said.anything else ([], True)
    if not answering and says_latest(turn.text) and not (said.names_one and not found):
        found = [max(found or candidates, key=lambda one: one.created_at)] if found or candidates else []
    if found or (said.names_one and not (answering and says_none(turn.text))):
        return Pick(tuple(found), said=True, exact=exact, by_time=not said.names_one and not says_latest(turn.text))
    if answering and says_none(turn.text):
        return Pick(none=True, said=True)
    if len(shown) == 1 and says_it(turn.text):
        return Pick(tuple(_own(turn, owner, shown)), said=True, pointed=True)
    return Pick()


def _unknown_party(text: str) -> str | None:
    """A name that is given and that nobody in the wallet has; "to Manila" says where rather than who."""
    name = party_in(text)
    return None if name is None or countries_in(f"in {name}") else name


def picked_by_button(turn: Turn) -> str | None:
    """The id, or the word, that a button carried."""
    for entity in turn.tracker.latest_message.get("entities") or []:
        if entity.get("entity") == "picked":
            return str(entity["value"])
    return None


def _fitting(said: Said, candidates: Sequence[TransactionView]) -> tuple[list[TransactionView], bool]:
    """Those that fit all that was said; else all but the time; else the amount, or the name, alone."""
    found = [one for one in candidates if said.fits(one)]
    if found or not (said.amounts or said.parties):
        return found, True
    if found := [one for one in candidates if said.fits(one, by_time=False)]:
        return found, True
    if said.amounts and said.parties:
        by_amount = Said(said.amounts, frozenset(), None, None)
        by_name = Said((), said.parties, None, None)
        for part in (by_amount, by_name):
            if found := [one for one in candidates if part.fits(one)]:
                return found, False
    return [], True


def _by_clauses(
    said: Said, turn: Turn, owner: Owner, candidates: Sequence[TransactionView], *, bare: bool
) -> list[TransactionView]:
    """ "Nordvik and the 50 one": what each part names, where no one thing is all of it."""
    if not said.names_one or any(said.fits(one, by_time=False) for one in candidates):
        return []
    found: list[TransactionView] = []
    for clause in _CLAUSES.split(turn.text):
        part = said_of(clause, turn, owner, candidates, bare=bare)
        fitting = [one for one in candidates if part.fits(one)] if part.names_one else []
        if len(fitting) != 1:
            return []
        found += fitting
    return list(dict.fromkeys(found))


def _own(turn: Turn, owner: Owner, ids: Sequence[str]) -> list[TransactionView]:
    return [one for id_ in ids if (one := own_transaction(turn, owner, id_)) is not None]
