"""Reading facts costs next to nothing: importing them no more than their modules, a message about a millisecond."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime

from actions.facts import warm_up
from actions.facts.amounts import amounts_in
from actions.facts.choices import chosen
from actions.facts.currencies import currencies_in
from actions.facts.parties import meant_parties, party_in
from actions.facts.places import countries_in
from actions.facts.times import period_in
from bot.settings import PROJECT

SENTENCES = [
    "I go through my statement with a pencil every month and there's a payment of 23.60 to Nordvik from last Friday",
    "昨天下午三点在屈臣氏付了二十块,这笔不是我刷的,请帮我查一下",
    "check whether I sent 60 to Aisha between 1 and 15 August",
    "请列出本人近三十日的交易明细,特别是付给“鑫源建材”的1.5万",
    "hello, what's my balance",
]
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def read_everything(text: str) -> None:
    amounts_in(text, "HKD")
    currencies_in(text, "HKD")
    countries_in(text)
    meant_parties(text, [f"Merchant {number} Trading" for number in range(50)])
    party_in(text)
    period_in(text, now=NOW, time_zone="Asia/Shanghai")
    chosen(text, 5)


def test_reading_all_the_facts_of_a_message_takes_about_a_millisecond() -> None:
    warm_up()
    times = []

    for text in SENTENCES * 20:
        before = time.process_time()
        read_everything(text)
        times.append(time.process_time() - before)

    assert statistics.median(times) < 0.005  # all of them together, on a slow machine


def test_importing_the_facts_builds_no_tables_and_loads_no_date_parser() -> None:
    names = "amounts answers choices currencies kinds parties places references times".split()
    program = f"import sys; from actions.facts import {', '.join(names)}; print('dateparser' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


HOSTILE = [
    "1 " * 1000,
    "1" * 2000,
    "1" * 40 + "x",
    "1," * 1000,
    "12-" * 600,
    "第一" * 700,
    "昨天" * 700,
    "三点半" * 600,
    "一" * 2000,
    "the second and " * 130,
    "转给" * 900,
    "Paid Aa Bb " * 180,
    "$" * 2000,
    "between 1 and " * 140,
    "none of these " * 140,
    "\u0661" * 2000,
    "“" * 2000,
    "only " * 400,
]


def test_no_text_that_a_customer_can_send_takes_long() -> None:
    warm_up()

    for text in HOSTILE:
        before = time.process_time()
        read_everything(text)

        assert time.process_time() - before < 0.5, text[:20]
