"""What the demo customers' phones and mailboxes get, for whoever tries the demo to read: a file of its own.

Codes and links are secrets, so that no table and no log has them; this file stands for the telephone in the customer's
pocket. It exists in the demo only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from bot.settings import Settings

_LARGEST = 200_000  # bytes; what came before is then forgotten

Kind = Literal["code", "link", "notice"]


class Mail(BaseModel, frozen=True):
    """One text or e-mail. `content` is the code or the link alone, or a notice's words."""

    at: str
    to: str
    kind: Kind
    content: str


class DemoInbox:
    """Any process may deliver and read: each line is written at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of(cls, settings: Settings) -> DemoInbox:
        return cls(settings.state_dir / "demo_inbox.jsonl")

    def deliver(self, *, to: str, kind: Kind, content: str) -> None:
        mail = Mail(at=datetime.now(UTC).isoformat(), to=to, kind=kind, content=content)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        too_large = self._path.exists() and self._path.stat().st_size > _LARGEST
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if too_large else 0)
        file = os.open(self._path, flags, 0o600)
        try:
            os.write(file, (mail.model_dump_json() + "\n").encode())
        finally:
            os.close(file)

    def read(self, *, to: Collection[str], limit: int = 20) -> list[Mail]:
        """What came to these numbers and addresses, the newest last."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        mails = [Mail.model_validate(json.loads(line)) for line in lines if line.endswith("}")]
        return [mail for mail in mails if mail.to in to][-limit:]

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)
