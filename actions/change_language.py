"""Switching between Chinese and English in words."""

from __future__ import annotations

import re

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction

_NAMES = {
    "en": re.compile(r"english|英文|英语|英語|ingl[eé]s|anglais|yingyu", re.IGNORECASE),
    "zh": re.compile(
        r"chinese|mandarin|cantonese|中文|汉语|漢語|华语|華語|国语|國語|普通话|普通話|粤语|粵語|广东话|廣東話|zhongwen|putonghua",
        re.IGNORECASE,
    ),
}
_OTHER_LANGUAGES = re.compile(
    r"spanish|french|german|japanese|korean|hindi|arabic|portuguese|russian|italian|thai|malay|vietnamese|indonesian|tamil"
    r"|español|日语|日文|韩语|韓語|法语|德语|西班牙语|俄语|泰语|马来",
    re.IGNORECASE,
)


class ActionChangeLanguage(WalletAction):
    """The language that was named last wins ("not Chinese, English please"); none named: the other of the two."""

    action_name = "action_change_language"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        wanted = self._wanted(turn)
        if wanted is None:
            turn.say("utter_language_unknown")
            return []
        # The replies' own language follows the slot, which is set only after this.
        turn.say(f"utter_language_changed_to_{wanted}")
        return [SlotSet("language", wanted)]

    def _wanted(self, turn: Turn) -> str | None:
        for entity in turn.tracker.latest_message.get("entities") or []:
            if entity.get("entity") == "wanted_language" and entity.get("value") in _NAMES:
                return str(entity["value"])
        places = {
            language: max((found.start() for found in names.finditer(turn.text)), default=-1)
            for language, names in _NAMES.items()
        }
        named = max(places, key=lambda language: places[language])
        if places[named] >= 0:
            return named
        if _OTHER_LANGUAGES.search(turn.text):
            return None
        return "en" if turn.language == "zh" else "zh"
