"""What a customer's words say in facts: amounts, times, places, names, references, and which of several is meant.

Everything here is pure: text in, facts out, None where it is unclear, so that the action asks back. Nothing is guessed
and nothing is looked up in the wallet. Importing is cheap; what the libraries need is built at the first use, or by
`warm_up`.
"""

from __future__ import annotations

from datetime import UTC, datetime


def warm_up() -> None:
    """Build the tables that parsing needs (half a second), so that no customer waits for them."""
    from actions.facts import amounts, places, times  # noqa: PLC0415 - importing the package alone must cost nothing

    amounts.amounts_in("$1, 两百块, ten euros")
    places.countries_in("in Japan, 日本")
    times.period_in("last friday, 3pm", now=datetime.now(UTC), time_zone="UTC")
