"""What may go wrong between Twilio and us, switched on by whoever tries how we take it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class Faults:
    """`fail_next` refuses the next REST request, `hang_next` never answers it."""

    duplicate: bool = False  # every webhook is sent twice
    reorder: bool = False  # a call's or message's status events come last first
    lose_status_events: bool = False
    fail_next: dict[str, int] | None = None  # {"status": 503, "code": 20503}
    hang_next: bool | str = False  # True: done, but the answer is lost; "before": not even done
    undeliverable: dict[str, int] = field(default_factory=dict)  # number: error code, such as 30003
    advanced_opt_out: bool = False  # webhooks carry OptOutType, as with Advanced Opt-Out

    def change(self, wanted: dict[str, Any]) -> None:
        """Switch what is named; the rest stays.

        Raises:
            KeyError: there is no such fault.
        """
        known = {one.name for one in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise KeyError(name)
            setattr(self, name, value)

    def clear(self) -> None:
        self.change(asdict(Faults()))

    def view(self) -> dict[str, Any]:
        return asdict(self)
