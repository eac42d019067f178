"""sms_threads"""

from __future__ import annotations

revision = "2026_11_22_0003"
down_revision = "2026_11_22_0002"
branch_labels = None
depends_on = None


def upgrade() -> None: ...
