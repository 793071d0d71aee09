"""How well relief is predicted in patients never seen, in words.

Comes in: protected frames of :mod:`outcomes.questions.prediction`, and what the readings are called.
Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.questions.sentences.twitches import outcome_phrase
from outcomes.words import NOT_RECORDED, called, counted, interval, number, percent, rests_on, why

__all__ = [
    "BOTH",
    "GAIN",
    "MISS",
    "SHARE",
    "TWITCHES_ADD",
    "WITHOUT_TWITCHES",
    "WITH_TWITCHES",
    "predicted_sentences",
    "twitch_value_sentences",
]

BOTH, GAIN = "and relief right after", "gain"
MISS, SHARE = "typical miss", "share foretold"
"""Models and quantities of the frame that a sentence speaks of."""
WITHOUT_TWITCHES, WITH_TWITCHES = "explained without twitches", "explained with twitches"
TWITCHES_ADD = "gained by twitches"


def predicted_sentences(found: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how far a new patient's later relief can be foretold, and what the reading right after adds."""
    words = called(times)
    rows = {(str(row["model"]), str(row["quantity"])): row for row in found.to_dict("records")}
    gain = rows[(GAIN, SHARE)]
    if pd.isna(gain["estimate"]):
        return [f"Foretelling relief {words['48h']}: {why(gain['note'])}."]
    last, miss = rows[(BOTH, SHARE)], rows[(BOTH, MISS)]
    sure = f"{number(100 * gain['conf_low'], 0)} to {number(100 * gain['conf_high'], 0)}"
    adds = "adds" if gain["conf_low"] > 0 else "does not clearly add"
    return [
        f"For patients the model never saw, condition, pain before and relief {words['post']} together foretell "
        f"{percent(max(last['estimate'], 0.0))} of how relief {words['48h']} varies; the guess misses by "
        f"{number(miss['estimate'])} points on a typical session.",
        f"The reading {words['post']} {adds} to that: {number(100 * gain['estimate'], 0)} percentage points "
        f"(95 % interval {sure}; {counted(gain['patients'], 'patient')}, {counted(gain['sessions'], 'session')}). It "
        "would add something with no effect at all, because both readings are of the same pain; for one patient on one "
        "day it says little.",
    ]


def twitch_value_sentences(value: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Say whether knowing the twitches helps to predict relief in patients the model had not seen."""
    said = []
    for outcome in dict.fromkeys(value["outcome"]):
        rows = value[value["outcome"] == outcome].set_index("quantity")
        phrase, gain = outcome_phrase(outcome, times), rows.loc[TWITCHES_ADD]
        if pd.isna(gain["estimate"]):
            said.append(f"Do twitches foretell {phrase}? {why(gain['note'] or NOT_RECORDED).capitalize()}.")
            continue
        size, low, high = (100.0 * float(gain[name]) for name in ("estimate", "conf_low", "conf_high"))
        added = "added to" if low > 0 else "took from" if high < 0 else "added nothing clear to"
        before = number(100.0 * float(rows.loc[WITHOUT_TWITCHES, "estimate"]), 0)
        said.append(
            f"Pain before and condition foretold {before} % of the differences in {phrase} between sessions of new "
            f"patients. Knowing the twitches {added} that: {number(size)} percentage points, 95 % interval "
            f"{interval(low, high)} ({rests_on(gain)})."
        )
    return said
