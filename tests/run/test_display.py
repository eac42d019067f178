"""What is promised: every line under its process's name, and a terminal that went away stops nothing."""

from __future__ import annotations

import io

from bot.supervisor.display import Display


def test_lines_carry_the_name_of_the_process() -> None:
    stream = io.StringIO()

    Display(stream).say("rasa", "Rasa server is up and running.")

    assert stream.getvalue() == "rasa    │ Rasa server is up and running.\n"


def test_there_is_no_colour_where_there_is_no_terminal() -> None:
    stream = io.StringIO()

    Display(stream).say("gateway", "ready")

    assert "\x1b" not in stream.getvalue()


def test_libraries_that_warn_about_each_other_are_not_shown() -> None:
    stream = io.StringIO()

    Display(stream).say("rasa", "/x/site-packages/sanic_cors/extension.py:39: DeprecationWarning: distutils Version")

    assert stream.getvalue() == ""


def test_a_terminal_that_went_away_stops_nothing() -> None:
    stream = io.StringIO()
    display = Display(stream)
    stream.close()

    display.say("rasa", "one")
    display.say("rasa", "two")
