"""Shares of sessions beyond every threshold: the whole responder curve, not one cut.

Each share is shown next to that expected without any effect, and better next to worse, by the same cut. A session
that began below the rule's least pain is in no denominator. Intervals respect the patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.chance.variation import Variation, on_bad_days
from outcomes.models.proportions.responders import responders
from outcomes.models.proportions.rules import rule_shares
from outcomes.questions.answers import (
    blank,
    is_recorded,
    needed_columns,
    sorted_rows,
    with_too_few_blanked,
)
from outcomes.questions.sentences.thresholds import curve_sentences, share_sentences
from outcomes.record.measures import TIMES, published_rules
from outcomes.record.outcomes import ResponderRule, reaches
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "curve_sentences",
    "responder_curve",
    "responder_shares",
    "share_of",
    "share_sentences",
    "shares_by_rule",
]

NO_LIMIT = -1e6
"""A rule without this part."""
_SHARE = ("proportion", "conf_low", "conf_high")
_NUMBERS = ("proportion", "std_error", "conf_low", "conf_high")
_BENCHMARKS = ("null_benchmark", "null_benchmark_flare")
_NEEDED = ("condition", "session_number", "pain_pre", "pain_post", "pain_48h")


def responder_curve(
    sessions: Any,
    *,
    by: str | None = None,
    times: Sequence[str] = TIMES,
    unit: str = "points",
    thresholds: Iterable[float] | None = None,
) -> pd.DataFrame:
    """Share of sessions with at least so much relief, for every threshold.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str, optional
        Grouping column; one curve for all by default.
    times : sequence of {"post", "48h"}
    unit : {"points", "percent"}
        Of the thresholds.
    thresholds : iterable of float, optional
        By default the plan's; those below zero count everybody who is not much worse.

    Returns
    -------
    pandas.DataFrame
        ``[<by>,] time, threshold, patients, sessions, proportion, conf_low, conf_high, null_benchmark, note``; sessions
        are those that began with pain of at least 3. Below zero, the share that was not worse by more than that.

    Raises
    ------
    EstimationError
        For a unit other than the two.
    """
    if unit not in ("points", "percent"):
        raise EstimationError(f"{unit!r} is no unit of relief; choose points or percent.")
    curve = active_plan().curve
    usual = curve.points if unit == "points" else curve.percent
    values = usual if thresholds is None else tuple(thresholds)
    rules = [
        ResponderRule(percent=NO_LIMIT, points=value) if unit == "points" else ResponderRule(value, NO_LIMIT)
        for value in values
    ]
    frame, parts = needed_columns(sessions, *_NEEDED, by=by), []
    for time in times:
        asked = rules if is_recorded(frame, f"pain_{time}") else rules[:1]
        found = rule_shares(frame, time, asked, by=by)
        parts.append(found.assign(time=time, threshold=found["order"].map(lambda place: values[place])))
    names = ["time", "threshold", "patients", "sessions", *_SHARE, "null_benchmark", "note"]
    return _sorted(pd.concat(parts, ignore_index=True), by, names)


def _sorted(frame: pd.DataFrame, by: str | None, names: Sequence[str]) -> pd.DataFrame:
    """The columns named, those of one group together."""
    return sorted_rows(frame, by)[[by, *names]].reset_index(drop=True) if by else frame[[*names]]


def responder_shares(
    sessions: Any, *, by: str | None = "condition", times: Sequence[str] = TIMES
) -> pd.DataFrame:
    """Share of sessions better, and worse, by the default rule, with the null benchmark.

    Returns
    -------
    pandas.DataFrame
        ``[<by>,] outcome, time, patients, sessions, sessions_eligible, capture_rate, responders, proportion, std_error,
        conf_low, conf_high, null_benchmark, null_benchmark_flare, note``. ``outcome`` is ``better`` or ``worse``; the
        second benchmark is for everybody coming on a bad day (pain more than a point above usual). Eligible are the
        sessions that began with the rule's least pain.
    """
    frame = needed_columns(sessions, *_NEEDED, by=by)
    rows = [
        share_of(frame, f"{stem}_{time}", by, variation=on_bad_days()).assign(outcome=outcome, time=time)
        for outcome, stem in (("better", "pain_responder"), ("worse", "pain_worse"))
        for time in times
    ]
    names = ["outcome", "time", "patients", "sessions", "sessions_eligible", "capture_rate", "responders"]
    names = [*names, *_NUMBERS, "null_benchmark", "null_benchmark_flare", "note"]
    return _sorted(_with_capture(pd.concat(rows, ignore_index=True), frame, by), by, names)


def share_of(
    frame: pd.DataFrame, flag: str, by: str | None, *, variation: Variation | None = None
) -> pd.DataFrame:
    """Share of sessions with a flag, per group; those with too few patients, or without the reading, say so.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the pain readings, from :func:`outcomes.questions.answers.needed_columns`.
    flag : str
        ``pain_responder_*`` or ``pain_worse_*``.
    by : str or None
    variation : Variation, optional
        Spreads behind the benchmarks.
    """
    if is_recorded(frame, f"pain_{flag.rpartition('_')[2]}"):
        return with_too_few_blanked(
            responders(frame, flag, by, variation=variation), _NUMBERS, unrecorded=TOO_FEW
        )
    groups = frame[by].dropna().astype("str").drop_duplicates().tolist() if by else [""]
    nobody = {"patients": 0, "sessions": 0, "responders": 0, **blank((*_NUMBERS, *_BENCHMARKS), NOT_RECORDED)}
    return pd.DataFrame([{by or "group": group, **nobody} for group in groups])


def _with_capture(frame: pd.DataFrame, sessions: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Join how many sessions began with enough pain, and the share of them that has the reading."""
    sore = sessions[reaches(sessions["pain_pre"], ResponderRule().least_baseline)]
    if by is None:
        eligible = pd.Series(len(sore), index=frame.index)
    else:
        eligible = frame[by].astype("str").map(sore[by].astype("str").value_counts()).fillna(0)
    rate = frame["sessions"] / eligible.where(eligible > 0)
    return frame.assign(sessions_eligible=eligible.astype("int64"), capture_rate=rate)


def shares_by_rule(sessions: Any, *, times: Sequence[str] = TIMES) -> pd.DataFrame:
    """Share of sessions that respond by each published rule, all conditions together, with its null benchmark.

    Returns
    -------
    pandas.DataFrame
        ``rule, label, time, patients, sessions, proportion, conf_low, conf_high, null_benchmark,
        null_benchmark_flare, note``.
    """
    published = published_rules()
    frame = needed_columns(sessions, *_NEEDED)
    rules = [ResponderRule(known.percent, known.points, known.least_baseline) for known in published]
    named = {"rule": [known.name for known in published], "label": [known.label for known in published]}
    parts = [rule_shares(frame, time, rules).assign(time=time, **named) for time in times]
    frame = pd.concat(parts, ignore_index=True).sort_values(
        ["order", "time"], ascending=[True, False], kind="stable"
    )
    names = ["rule", "label", "time", "patients", "sessions", *_SHARE, *_BENCHMARKS, "note"]
    return frame[names].reset_index(drop=True)
