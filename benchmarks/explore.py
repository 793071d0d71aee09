"""Seconds from a choice on page 15 to its figures, charts and table, beside plain averages of the same sessions.

    .venv/bin/python benchmarks/explore.py [--patients 25000] [--rounds 5]

Plain averages (pandas, no interval, no chart) are what a user would type instead: the floor.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import outcomes as oc
from outcomes.pages.explore import show_choice
from outcomes.pages.page import Page
from outcomes.questions.explore import chosen

CHOICES: tuple[dict[str, str], ...] = (
    {},
    {"condition": "neck_pain"},
    {"sex": "female", "session": "first"},
    {"condition": "low_back_pain", "chronicity": "over_a_year", "technique": "deep_pistoning"},
)


NAMES = ["pain_relief_post", "pain_relief_48h", "soreness_h", "twitch_count"]


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Median of several runs."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=25_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sessions = oc.read_sessions(oc.simulate_sessions(options.patients, seed=1)[0])
    Page._display = staticmethod(lambda *_: None)
    page, coded = oc.open_page("15_explore", sessions), chosen(sessions, {})
    show_choice(page, coded, {})  # what is loaded once is not counted
    print(f"{len(sessions):,} sessions; seconds a choice, and of plain averages")
    for choice in CHOICES:
        ours = seconds(lambda choice=choice: show_choice(page, coded, choice), options.rounds)
        plain = seconds(lambda choice=choice: chosen(coded, choice)[NAMES].mean(), options.rounds)
        print(f"  {ours:5.2f}  {plain:5.2f}  {choice or 'all'}", flush=True)


if __name__ == "__main__":
    main()
