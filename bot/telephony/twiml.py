"""TwiML for a call: lines are said in their language's voice, then the caller is asked, sent on, or hung up on (pure).

Twilio's rules are kept here: 4,500 URL-encoded characters at most in one Say (500 Chinese ones), Say, Play and Pause
alone inside Gather, `cmn-Hans-CN` for Chinese speech but `zh-CN` for a Chinese voice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from twilio.twiml.voice_response import Dial, Gather, Say, VoiceResponse

from bot.telephony.spoken import Characters, Part, Words, parts_of
from wallet_core.models import Language

VOICES = {Language.ZH: "Polly.Zhiyu-Neural", Language.EN: "Polly.Joanna-Neural"}
SAY_LANGUAGES = {Language.ZH: "zh-CN", Language.EN: "en-US"}
SPEECH_LANGUAGES = {Language.ZH: "cmn-Hans-CN", Language.EN: "en-US"}

_LONGEST_SAY = 4000  # URL-encoded; what Twilio allows less some room for the marks inside
_MOST_HINTS, _LONGEST_HINT = 500, 100
_PAUSE_BEFORE_GROUP = {False: "200ms", True: "700ms"}
_SLOW = "75%"
_SENTENCE_ENDS = re.compile(r"(?<=[。！？!?；;])|(?<=\. )|\n")
_CLAUSE_ENDS = re.compile(r"(?<=[，、,：:])|(?<= )")


@dataclass(frozen=True)
class Spoken:
    """Something to say; `slow` so that it can be written down."""

    text: str
    language: Language
    slow: bool = False


@dataclass(frozen=True)
class Ask:
    """What may be pressed or said next, and where it goes.

    Args:
        speech: whether the caller may speak; else they press keys.
        digits: how many keys there are at most; None: as many as come before `#`, or before they pause.
        timeout: seconds of silence after which the caller has said nothing.
    """

    action: str
    language: Language
    speech: bool = True
    digits: int | None = 1
    timeout: int = 6
    hints: Sequence[str] = field(default=())


def document(lines: Iterable[Spoken], *, ask: Ask | None = None, then: str | None = None) -> str:
    """Say the lines; then listen by `ask`; then go on at the URL `then`, or hang up where there is none.

    With an `ask` and no `then`, silence goes where an answer goes, so that nothing is left to come after it.
    """
    response = VoiceResponse()
    if ask is None:
        _say(response, lines)
    else:
        gather = _gather(ask, silence_too=then is None)
        _say(gather, lines)
        response.append(gather)
    if then is not None:
        response.redirect(then, method="POST")
    elif ask is None:
        response.hangup()
    return str(response)


def line_document(lines: Iterable[Spoken], *, place: str, wait: str, then: str) -> str:
    """Say the lines; then wait in the queue called `place`, hearing what `wait` says; go on at `then` after it."""
    response = VoiceResponse()
    _say(response, lines)
    response.enqueue(place, action=then, method="POST", wait_url=wait, wait_url_method="POST")
    return str(response)


def waiting_document(lines: Iterable[Spoken], *, ask: Ask, music: str | None = None) -> str:
    """What is heard in a queue: the lines, then music, or silence for as long as `ask` is patient; and so on by `ask`.

    Keys are heard all the time. Where nothing is asked again, Twilio asks for the next document by itself.
    """
    response = VoiceResponse()
    gather = _gather(ask, silence_too=True)
    _say(gather, lines)
    if music is not None:
        gather.play(music)
    response.append(gather)
    return str(response)


def silent_document(seconds: int) -> str:
    """Nothing is heard for a while, and nobody is hung up on: in a queue, another document is asked for then."""
    response = VoiceResponse()
    response.pause(length=seconds)
    return str(response)


def leaving_document(lines: Iterable[Spoken]) -> str:
    """Say the lines and leave the queue; the call goes on where `line_document` said."""
    response = VoiceResponse()
    _say(response, lines)
    response.leave()
    return str(response)


def said_document(lines: Iterable[Spoken]) -> str:
    """Say the lines, and let happen what was about to: for a caller who is just being connected."""
    response = VoiceResponse()
    _say(response, lines)
    return str(response)


def meeting_document(lines: Iterable[Spoken], *, place: str, first: str, then: str, patience: int, longest: int) -> str:
    """Say the lines to an agent, then connect them with whoever waits in the queue called `place`.

    Args:
        first: says something to who waited, before they are connected.
        then: asked for how it was, and for what comes after it.
        patience: seconds in which somebody has to be there.
        longest: seconds that they may talk.
    """
    response = VoiceResponse()
    _say(response, lines)
    dial = Dial(action=then, method="POST", timeout=patience, time_limit=longest)
    dial.queue(place, url=first, method="POST")
    response.append(dial)
    return str(response)


def _gather(ask: Ask, *, silence_too: bool) -> Gather:
    listening = {}
    if ask.speech:
        listening = {"speech_timeout": "auto", "hints": _hints(ask.hints) or None}
    return Gather(
        input="dtmf speech" if ask.speech else "dtmf",
        action=ask.action,
        method="POST",
        timeout=ask.timeout,
        language=SPEECH_LANGUAGES[ask.language],
        barge_in="true",
        num_digits=ask.digits,
        finish_on_key="" if ask.digits == 1 else "#",
        action_on_empty_result="true" if silence_too else "false",
        **listening,
    )


def _hints(hints: Sequence[str]) -> str:
    plain = (" ".join(re.sub(r"[,，]", " ", hint).split())[:_LONGEST_HINT] for hint in hints)
    return ",".join(list(dict.fromkeys(hint for hint in plain if hint))[:_MOST_HINTS])


def _say(parent: VoiceResponse | Gather, lines: Iterable[Spoken]) -> None:
    for line in lines:
        for parts in says_of(line.text, line.language):
            parent.append(_one_say(parts, line))


def says_of(text: str, language: Language) -> list[list[Part]]:
    """The text's parts, in as many Says as it takes; split at the ends of sentences."""
    says: list[list[Part]] = [[]]
    room = _LONGEST_SAY
    for part in parts_of(text, language):
        for piece in _pieces(part):
            weight = len(quote(piece.text))
            if weight > room:
                says.append([])
                room = _LONGEST_SAY
            room -= weight
            says[-1].append(piece)
    return [say for say in says if say]


def _pieces(part: Part) -> list[Part]:
    if isinstance(part, Characters) or len(quote(part.text)) <= _LONGEST_SAY // 2:
        return [part]
    return [Words(text) for text in _split(part.text, (_SENTENCE_ENDS, _CLAUSE_ENDS))]


def _split(text: str, ends: tuple[re.Pattern[str], ...]) -> list[str]:
    """In pieces that fit: at sentence ends, within a sentence that is too long at commas, at last anywhere."""
    if len(quote(text)) <= _LONGEST_SAY:
        return [text] if text.strip() else []
    if not ends:
        step = _LONGEST_SAY // 12  # a character takes 12 at most
        return [text[place : place + step] for place in range(0, len(text), step)]
    pieces: list[str] = []
    for found in ends[0].split(text):
        if pieces and len(quote(pieces[-1] + found)) <= _LONGEST_SAY:
            pieces[-1] += found
        else:
            pieces.append(found)
    return [piece for whole in pieces for piece in _split(whole, ends[1:])]


def _one_say(parts: Sequence[Part], line: Spoken) -> Say:
    say = Say(voice=VOICES[line.language], language=SAY_LANGUAGES[line.language])
    inside = say.prosody(rate=_SLOW) if line.slow else say
    for part in parts:
        if isinstance(part, Words):
            inside.append(part.text)
            continue
        for place, group in enumerate(part.text.split(", ")):
            if place:
                inside.append(", ")
            inside.break_(time=_PAUSE_BEFORE_GROUP[line.slow])
            inside.say_as(group, interpret_as="characters")
    return say
