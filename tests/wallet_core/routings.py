"""A small routing for tests: an office in Shanghai, and fraud round the clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wallet_core.routing import Routing

DATA = Path(__file__).resolve().parents[2] / "data"

LEVEL = {"urgent": 30, "high": 60, "normal": 540, "low": 1080}


def make_routing(**overrides: Any) -> Routing:
    """Office hours 09:00-18:00 on weekdays, closed on 2026-12-25; an office day is 540 minutes."""
    content: dict[str, Any] = {
        "hours": {
            "office": {
                "time_zone": "Asia/Shanghai",
                "weekly": {"mon-fri": ["09:00-18:00"]},
                "holidays": {"2026-12-25": "Christmas Day"},
                "other_days": {"2026-12-26": ["10:00-12:00"]},
            },
            "always": {"time_zone": "UTC", "weekly": {"mon-sun": ["00:00-24:00"]}},
        },
        "queues": {
            "general": {"hours": "office", "minutes_per_contact": 6, "service_level": LEVEL},
            "fraud": {"hours": "always", "minutes_per_contact": 10, "service_level": LEVEL},
        },
        "default": {"queue": "general", "priority": "normal"},
        "topics": {
            "report_scam": {"queue": "fraud", "priority": "high"},
            "unauthorized_transaction": {"queue": "fraud", "priority": "high", "priority_signed_in": "urgent"},
        },
    }
    return Routing.model_validate({**content, **overrides})


ROUTING = make_routing()
