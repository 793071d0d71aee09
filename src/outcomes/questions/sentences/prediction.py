"""How well relief is predicted in patients never seen, in words.

Comes in: protected frames of :mod:`outcomes.questions.prediction`, and what the readings are called.
Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.models.multiplicity import adjusted
from outcomes.questions.expected import direction
from outcomes.questions.sentences.twitches import outcome_phrase
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, called, counted, interval, number, percent, rests_on, why

__all__ = [
    "BOTH",
    "GAIN",
    "MISS",
    "RESPONSE_ADDS",
    "SHARE",
    "TWITCHES_ADD",
    "WITHOUT_RESPONSE",
    "WITHOUT_TWITCHES",
    "WITH_RESPONSE",
    "WITH_TWITCHES",
    "adds_to_prediction",
    "course_value_sentences",
    "predicted_sentences",
    "twitch_value_sentences",
]

BOTH, GAIN = "and relief right after", "gain"
MISS, SHARE = "typical error", "variation explained"
"""Models and quantities of the frame that a sentence speaks of."""
WITHOUT_TWITCHES, WITH_TWITCHES = "explained without twitches", "explained with twitches"
TWITCHES_ADD = "gained by twitches"
WITHOUT_RESPONSE, WITH_RESPONSE = "explained without the first response", "explained with the first response"
RESPONSE_ADDS = "gained by the first response"


def predicted_sentences(found: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how well a new patient's later relief can be predicted, and what the reading right after adds."""
    words = called(times)
    rows = {(str(row["model"]), str(row["quantity"])): row for row in found.to_dict("records")}
    gain = rows[(GAIN, SHARE)]
    if pd.isna(gain["estimate"]):
        return [f"Predicting relief {words['48h']}: {why(gain['note'])}."]
    last, miss = rows[(BOTH, SHARE)], rows[(BOTH, MISS)]
    sure = f"{number(100 * gain['conf_low'], 0)} to {number(100 * gain['conf_high'], 0)}"
    return [
        f"For new patients, condition, pain before and relief {words['post']} explain "
        f"{percent(max(last['estimate'], 0.0))} of the variation in relief {words['48h']}. A typical "
        "prediction is "
        f"off by {number(miss['estimate'])} points.",
        f"Of that, the reading {words['post']} accounts for {number(100 * gain['estimate'], 0)} "
        "percentage points "
        f"(95% CI {sure}; {counted(gain['patients'], 'patient')}). It would account for "
        "some even without any effect, because both readings are of the same pain.",
    ]


def twitch_value_sentences(value: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Say whether knowing the twitches helps to predict relief in patients the model had not seen."""
    gains = value[value["quantity"] == TWITCHES_ADD].set_index("outcome")
    useful = adds_to_prediction(gains)
    return [
        _twitch_value(
            value[value["outcome"] == outcome].set_index("quantity"),
            str(outcome),
            times,
            useful=bool(useful[outcome]),
        )
        for outcome in dict.fromkeys(value["outcome"])
    ]


def adds_to_prediction(gains: pd.DataFrame) -> pd.Series[bool]:
    """Whether each gain is clear of none among all of them: by its own test where it has one, else by its interval.

    A useless predictor makes predictions worse on average, so that a loss says nothing and is never spoken of.
    """
    if "p_value" not in gains:
        clear = direction(gains, "twitches").to_numpy() > 0
        return pd.Series(clear, index=gains.index)
    known = gains["p_value"].notna().to_numpy()
    clear = np.zeros(len(gains), dtype=bool)
    clear[known] = (
        adjusted(gains["p_value"].to_numpy(float)[known], "holm") <= active_plan().page_error["twitches"]
    )
    return pd.Series(clear, index=gains.index)


def _twitch_value(rows: pd.DataFrame, outcome: str, times: Mapping[str, str], *, useful: bool) -> str:
    phrase, gain = outcome_phrase(outcome, times), rows.loc[TWITCHES_ADD]
    if pd.isna(gain["estimate"]):
        return f"Do twitches predict {phrase}? {why(gain['note'] or NOT_RECORDED).capitalize()}."
    size, low, high = (100.0 * float(gain[name]) for name in ("estimate", "conf_low", "conf_high"))
    before = percent(max(float(rows.loc[WITHOUT_TWITCHES, "estimate"]), 0.0))
    what = "improved that prediction" if useful else "added nothing clear"
    return (
        f"Pain before and condition explain {before} of the variation in {phrase} among new patients. "
        "Knowing the "
        f"twitches {what}: {number(size)} percentage points (95% CI {interval(low, high)}; {rests_on(gain)})."
    )


def course_value_sentences(value: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Say how much of the change over the course the response to the first session tells of, in new patients.

    Two readings of the same pain tell of a third even without any effect, so no direction is said.
    """
    words, rows = called(times), value.set_index("quantity")
    gain = rows.loc[RESPONSE_ADDS]
    if pd.isna(gain["estimate"]):
        return [f"Predicting the course from the first session: {why(gain['note'] or NOT_RECORDED)}."]
    before, after = (
        percent(max(float(rows.loc[of, "estimate"]), 0.0)) for of in (WITHOUT_RESPONSE, WITH_RESPONSE)
    )
    size, low, high = (100.0 * float(gain[name]) for name in ("estimate", "conf_low", "conf_high"))
    return [
        f"Condition and pain before the first session explain {before} of the variation in the change over the course. "
        f"With relief {words['post']} and {words['48h']} of that session it is {after}.",
        f"The difference is {number(size)} percentage points (95% CI {interval(low, high)}; {rests_on(gain)}). "
        "Further readings of the same pain tell of a later one even without any effect.",
    ]
