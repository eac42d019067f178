"""desk"""

from __future__ import annotations

revision = "2026_11_22_0005"
down_revision = "2026_11_22_0004"
branch_labels = None
depends_on = None


def upgrade() -> None: ...
