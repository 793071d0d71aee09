"""Sessions in, shares of sessions beyond every threshold out: the whole responder curve, not one cut.

Beside each share stands what no effect at all would show, and beside better stands worse, by the same cut. A session
that began below the rule's least pain is in no denominator. Intervals respect the patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.chance.bad_days import on_bad_days
from outcomes.models.groups import narrow_and_code
from outcomes.models.proportions.responders import responders
from outcomes.models.proportions.rules import rule_shares
from outcomes.record.conditions import CONDITIONS
from outcomes.record.measures import TIMES, published_rules
from outcomes.record.outcomes import ResponderRule, reaches
from outcomes.record.plan import TOO_FEW_PATIENTS, active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, called, listed, number, percent, rests_on, why

__all__ = [
    "POINTS",
    "beside",
    "curve_sentences",
    "groups_in_order",
    "in_order",
    "judged",
    "narrowed",
    "none_recorded",
    "responder_curve",
    "responder_shares",
    "share_sentences",
    "shares_by_rule",
    "was_recorded",
]

POINTS = active_plan().curve.points
"""Thresholds of the curve in points of 0-10; those below zero count everybody who is not much worse."""
PERCENT = active_plan().curve.percent
NO_LIMIT = -1e6
"""A rule without this part."""
_NUMBERS = ("proportion", "std_error", "conf_low", "conf_high")
_NEEDED = ("patient_id", "condition", "session_number", "pain_pre", "pain_post", "pain_48h", "followup_h")


def narrowed(sessions: pd.DataFrame, *more: str) -> pd.DataFrame:
    """Keep what the shares need, so that repeated counting is cheap."""
    return narrow_and_code(sessions, [*_NEEDED, *more])


def was_recorded(sessions: pd.DataFrame, time: str) -> bool:
    """Whether any session has the reading."""
    return f"pain_{time}" in sessions.columns and bool(sessions[f"pain_{time}"].notna().any())


def in_order(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Rows in the fixed order of conditions, other groups as they sort."""
    known = {name: place for place, name in enumerate(CONDITIONS)} if by == "condition" else {}
    rank = frame[by].astype("str").map(lambda name: (known.get(name, len(known)), name))
    return frame.assign(**{by: frame[by].astype("str")}).loc[rank.sort_values(kind="stable").index]


def groups_in_order(values: pd.Series, by: str) -> list[str]:
    """The groups there are, in the same order."""
    present = pd.DataFrame(
        {by: values.dropna().astype("category").cat.remove_unused_categories().cat.categories}
    )
    return [str(name) for name in in_order(present, by)[by]]


def judged(frame: pd.DataFrame) -> pd.DataFrame:
    """Withdraw shares that rest on too few patients, and say so; sessions that cannot count say what they lack."""
    few = frame["patients"] < TOO_FEW_PATIENTS
    shown = frame.assign(**{name: frame[name].where(~few) for name in _NUMBERS if name in frame.columns})
    return shown.assign(note=frame["note"].where(~few, TOO_FEW))


def responder_curve(
    sessions: pd.DataFrame,
    *,
    by: str | None = None,
    times: Sequence[str] = TIMES,
    unit: str = "points",
    thresholds: Iterable[float] | None = None,
) -> pd.DataFrame:
    """Share of sessions with at least so much relief, for every threshold.

    Parameters
    ----------
    sessions : pandas.DataFrame
    by : str, optional
        Grouping column; one curve for all by default.
    times : sequence of {"post", "48h"}
    unit : {"points", "percent"}
        Of the thresholds.
    thresholds : iterable of float, optional

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
    values = tuple(thresholds) if thresholds is not None else POINTS if unit == "points" else PERCENT
    rules = [
        ResponderRule(percent=NO_LIMIT, points=value) if unit == "points" else ResponderRule(value, NO_LIMIT)
        for value in values
    ]
    narrow = narrowed(sessions, *([by] if by else []))
    parts = []
    for time in times:
        found = rule_shares(narrow, time, rules if was_recorded(sessions, time) else rules[:1], by=by)
        parts.append(found.assign(time=time, threshold=found["order"].map(lambda place: values[place])))
    keys = [by] if by else []
    names = [
        "time",
        "threshold",
        "patients",
        "sessions",
        "proportion",
        "conf_low",
        "conf_high",
        "null_benchmark",
    ]
    frame = pd.concat(parts, ignore_index=True)[[*keys, *names, "note"]]
    return in_order(frame, by).reset_index(drop=True) if by else frame


def responder_shares(
    sessions: pd.DataFrame, *, by: str | None = "condition", times: Sequence[str] = TIMES
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
    narrow = narrowed(sessions, *([by] if by else []))
    rows = []
    for outcome, stem in (("better", "pain_responder"), ("worse", "pain_worse")):
        for time in times:
            if was_recorded(sessions, time):
                found = responders(narrow, f"{stem}_{time}", by, variation=on_bad_days())
                rows.append(judged(found).assign(outcome=outcome, time=time))
            else:
                rows.append(none_recorded(sessions, by).assign(outcome=outcome, time=time))
    frame = pd.concat(rows, ignore_index=True)
    keys = [by] if by else []
    frame = _with_capture(frame, narrow, by)
    names = ["responders", *_NUMBERS, "null_benchmark", "null_benchmark_flare", "note"]
    heads = ["patients", "sessions", "sessions_eligible", "capture_rate"]
    frame = frame[[*keys, "outcome", "time", *heads, *names]]
    return in_order(frame, by).reset_index(drop=True) if by else frame


def _with_capture(frame: pd.DataFrame, sessions: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Join how many sessions began with enough pain, and the share of them that has the reading."""
    sore = sessions[reaches(sessions["pain_pre"], ResponderRule().least_baseline)]
    if by is None:
        eligible = pd.Series(len(sore), index=frame.index)
    else:
        eligible = frame[by].astype("str").map(sore[by].astype("str").value_counts()).fillna(0)
    rate = frame["sessions"] / eligible.where(eligible > 0)
    return frame.assign(sessions_eligible=eligible.astype("int64"), capture_rate=rate)


def none_recorded(sessions: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """A row per group that says the reading was not recorded."""
    groups = sessions[by].dropna().astype("str").drop_duplicates().tolist() if by else [""]
    blank: dict[str, Any] = dict.fromkeys((*_NUMBERS, "null_benchmark", "null_benchmark_flare"), np.nan)
    rows = [
        {by or "group": group, "patients": 0, "sessions": 0, "responders": 0, **blank} for group in groups
    ]
    return pd.DataFrame(rows).assign(note=NOT_RECORDED)


def shares_by_rule(sessions: pd.DataFrame, *, times: Sequence[str] = TIMES) -> pd.DataFrame:
    """Share of sessions that respond by each published rule, all conditions together, with its null benchmark.

    Returns
    -------
    pandas.DataFrame
        ``rule, label, time, patients, sessions, proportion, conf_low, conf_high, null_benchmark, note``.
    """
    published = published_rules()
    rules = [ResponderRule(known.percent, known.points, known.least_baseline) for known in published]
    parts = []
    for time in times:
        found = rule_shares(narrowed(sessions), time, rules)
        named = {"rule": [known.name for known in published], "label": [known.label for known in published]}
        parts.append(found.assign(time=time, **named))
    frame = pd.concat(parts, ignore_index=True).sort_values(
        ["order", "time"], ascending=[True, False], kind="stable"
    )
    names = ["proportion", "conf_low", "conf_high", "null_benchmark", "note"]
    return frame[["rule", "label", "time", "patients", "sessions", *names]].reset_index(drop=True)


# --- in words ---------------------------------------------------------------------------------------------------------


def share_sentences(shares: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how many were better and how many worse, all conditions together, against no effect at all."""
    said = []
    for time in dict.fromkeys(shares["time"]):
        rows = shares[shares["time"] == time].set_index("outcome")
        when = called(times)[str(time)].capitalize()
        better, worse = rows.loc["better"], rows.loc["worse"]
        if pd.isna(better["proportion"]):
            said.append(f"{when}: {why(better['note'])}.")
            continue
        rule = ResponderRule()
        cut = f"relief of at least {rule.percent:g} % and {rule.points:g} points"
        said.append(
            f"{when}, {_share(better)} of the sessions that began with pain of {rule.least_baseline:g} or more were "
            f"followed by {cut}, and {_worse(worse)} ({rests_on(better)}). {_against_nothing(better)}"
        )
    return said


def _worse(row: pd.Series) -> str:
    if pd.isna(row["proportion"]):
        return "a share too small to show by as much worsening"
    return f"{_share(row)} by as much worsening"


def _share(row: pd.Series) -> str:
    if pd.isna(row["proportion"]) or pd.isna(row["conf_low"]):
        return percent(row["proportion"])
    low, high = percent(row["conf_low"]).removesuffix(" %"), percent(row["conf_high"])
    return f"{percent(row['proportion'])} ({low} to {high})"


def _against_nothing(row: pd.Series) -> str:
    low, high = row["null_benchmark"], row["null_benchmark_flare"]
    if pd.isna(low) or pd.isna(high):
        return ""
    same = percent(low) == percent(high)
    bad_days = "" if same else f", and {percent(high)} if all came on a bad day"
    said = f"With no effect at all, {percent(low)} would “respond”{bad_days}"
    if row["conf_high"] < low:
        return f"{said}; fewer did here."
    if row["conf_low"] > high:
        either = "that" if same else "either"
        return f"{said}; more did here than {either}, by an amount these records cannot assign to needling."
    if row["conf_low"] > low:
        return f"{said}; what was seen lies above the first and not clearly above the second."
    return f"{said}; what was seen cannot be told from that."


def curve_sentences(curve: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how the share falls as more relief is asked for."""
    said = []
    for time in dict.fromkeys(curve["time"]):
        rows = curve[(curve["time"] == time) & curve["proportion"].notna()].set_index("threshold")
        asked = [value for value in (1.0, 2.0, 4.0) if value in rows.index]
        if asked:
            points = listed(number(value, 0) for value in asked)
            shares = listed(beside(row) for row in rows.loc[asked].to_dict("records"))
            said.append(
                f"Relief {called(times)[str(time)]} of at least {points} points was seen in {shares} of the sessions."
            )
    if said:
        return [*said, "In brackets: the share with no effect at all."]
    return [f"The curve of relief: {why(curve['note'].iloc[0] if len(curve) else NOT_RECORDED)}."]


def beside(row: Mapping[Any, Any] | pd.Series) -> str:
    """A share with, in brackets, what no effect would give."""
    nothing = row["null_benchmark"]
    return f"{percent(row['proportion'])}" + ("" if pd.isna(nothing) else f" [{percent(nothing)}]")
