"""What was said, as agents and auditors may read it: a callback's two words are the customer's alone.

Whoever knows them can make a false call sound true, and the transcript is where the customer was shown them.
"""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from bot.gateway.channels.schema import TELLS_PHRASE, phrase_in
from wallet_core import callback_desk, transcripts
from wallet_core.transcripts import MessageView

MASK = "•••• ••••"
_LINES = 200


class Veil:
    """Covers the phrases that may stand in a conversation, also where the customer wrote them."""

    def __init__(self, session: Session, conversation_id: str) -> None:
        phrases = callback_desk.phrases_told(session, conversation_id=conversation_id)
        # The two words, however they are put together.
        written = (r"\W*".join(map(re.escape, phrase.split())) for phrase in phrases)
        self._phrases = re.compile("|".join(written), re.IGNORECASE) if phrases else None

    def over(self, text: str) -> str:
        return self._phrases.sub(MASK, text) if self._phrases else text

    def over_line(self, line: MessageView) -> MessageView:
        covered = self.over(line.text)
        if line.name == TELLS_PHRASE and covered == line.text:  # of a callback that is no longer kept
            phrase = phrase_in(line)
            covered = line.text.replace(phrase, MASK) if phrase else MASK
        return line.model_copy(update={"text": covered}) if covered != line.text else line


def read_lines(session: Session, *, conversation_id: str, veil: Veil) -> list[MessageView]:
    """The end of what was said in a conversation, oldest first."""
    lines = transcripts.latest(session, conversation_id=conversation_id, limit=_LINES)
    return [veil.over_line(line) for line in lines]
