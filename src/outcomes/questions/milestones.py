"""Courses of care in, who reached a change that matters out: at any later session, at the last, and after how many.

Each later reading is compared with the one before the first session. Of pain at the last session stands beside it what
no effect would show; at any of several sessions a rule is reached by readings alone more often.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.chance.null_benchmark import null_benchmark
from outcomes.models.chance.variation import on_bad_days
from outcomes.questions.answers import size_of, why_none
from outcomes.questions.course_of_care import LAST, as_two_readings, chart_rows, courses_of, weeks_later
from outcomes.questions.levels import answer_shares, flag_of
from outcomes.questions.sentences.course_of_care import (
    FURTHER,
    KEPT,
    REACHED,
    STOPPED,
    reached_sentences,
    time_sentences,
)
from outcomes.record.measures import QUESTIONNAIRES, measure, questionnaire
from outcomes.record.outcomes import ResponderRule, meets, reaches
from outcomes.words import NOT_RECORDED

__all__ = ["change_reached", "reached_sentences", "sessions_to_change", "time_rows", "time_sentences"]

_SHARES = ["proportion", "conf_low", "conf_high", "null_benchmark", "null_benchmark_flare"]
_TIMES = ["label", "threshold", "patients", "sessions", "proportion", "conf_low", "conf_high", "note"]


def change_reached(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Share of courses in which a change that matters was reached at some later session, and was there at the last.

    Returns
    -------
    pandas.DataFrame
        ``condition`` (``all``), ``variable`` (pain, function, a questionnaire), ``label, patients, sessions`` (courses
        of two readings or more), ``proportion, conf_low, conf_high, null_benchmark, null_benchmark_flare, note``. Pain
        by the plan's rule, function and questionnaires (at the last session only) by their smallest change. The
        benchmark is of pain at the last session; at any of several, readings alone reach a rule more often.
    """
    held = courses_of(sessions)
    rows = [
        _reached(held, "pain_pre", "pain", conf_level),
        _reached(held, "function_pre", "function", conf_level),
    ]
    rows += [
        _reached(held[held["prom"].astype("object") == name], "prom_score", name, conf_level)
        for name in _asked(held)
    ]
    columns = ["condition", "variable", "label", "patients", "sessions", *_SHARES, "note"]
    return pd.concat(rows, ignore_index=True).reindex(columns=columns)


def _asked(held: pd.DataFrame) -> list[str]:
    """Questionnaires that any course has, in the order of the record."""
    there = set(held["prom"].dropna().astype("str"))
    return [name for name in QUESTIONNAIRES if name in there]


def _reached(held: pd.DataFrame, name: str, variable: str, conf_level: float) -> pd.DataFrame:
    known = held[held[name].notna()]
    first = known.groupby("course")[name].transform("first")
    met = _met(first, known[name].astype("float64"), variable)
    later = known.assign(met=met)[known.groupby("course").cumcount() > 0]
    of = later[later["met"].notna()].groupby("course")
    ends = of[["patient_id", "condition"]].first().assign(any=of["met"].max(), last=of["met"].last())
    label = variable if variable in ("pain", "function") else questionnaire(variable).label
    if ends.empty:
        rows = pd.DataFrame({"condition": "all", "label": [REACHED, KEPT], "patients": 0, "sessions": 0})
        return rows.assign(variable=label, note=NOT_RECORDED)
    flags = {REACHED: ends["any"], KEPT: ends["last"]} if variable == label else {KEPT: ends["last"]}
    shares = answer_shares(ends, flags, conf_level=conf_level)
    return _with_null(shares, later, variable).assign(variable=label)


def _met(first: pd.Series[Any], now: pd.Series[Any], variable: str) -> pd.Series[Any]:
    """1 where a later reading is better than the first by what matters, 0 where not, missing where it cannot be."""
    if variable == "pain":
        rule = ResponderRule()
        return flag_of(first.where(reaches(first, rule.least_baseline)), meets(first - now, first, rule))
    if variable == "function":
        return flag_of(first, reaches(now - first, measure("function_gain").smallest_change))
    found = questionnaire(variable)
    better = now - first if found.direction == "higher is better" else first - now
    return flag_of(first, reaches(better, found.smallest_change))


def _with_null(shares: pd.DataFrame, later: pd.DataFrame, variable: str) -> pd.DataFrame:
    """The share that pain at the last session would show without any effect."""
    if variable != "pain":
        return shares
    last = as_two_readings(later[later["met"].notna()].groupby("course", as_index=False).last())
    asked = null_benchmark(last, "pain_responder_48h", None, variation=weeks_later(on_bad_days())).iloc[0]
    kept = shares["label"] == KEPT
    ends = {name: np.where(kept, float(asked[name]), np.nan) for name in _SHARES[-2:]}
    return shares.assign(**ends)


# --- how many sessions it took ----------------------------------------------------------------------------------------


def sessions_to_change(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """After how many sessions clearly less pain was first told, competing with stopping before.

    Returns
    -------
    pandas.DataFrame
        ``label, threshold`` (sessions had), ``patients, sessions`` (courses), ``proportion, conf_low, conf_high,
        note``. ``label``: reached by then; stopped before reaching it; reached, had those who stopped gone on like the
        others.

    Notes
    -----
    Every course ends by reaching it or by stopping, so the Aalen-Johansen estimate of the share that reached it by
    then is the plain share of courses, clustered on patients. The third is one minus Kaplan-Meier with stopping as
    censoring (:func:`outcomes.soreness_curve`), which holds only if those who stopped were like those who went on.
    """
    ends = _ends(courses_of(sessions))
    if ends.empty:
        rows = [
            {"label": label, "threshold": 1, "patients": 0, "sessions": 0}
            for label in (REACHED, STOPPED, FURTHER)
        ]
        return pd.DataFrame(rows).assign(note=NOT_RECORDED).reindex(columns=_TIMES)
    parts = [_by_then(ends, had, conf_level) for had in range(1, LAST)]
    return pd.concat([*parts, _had_nobody_stopped(ends, conf_level)], ignore_index=True).reindex(
        columns=_TIMES
    )


def time_rows(times: pd.DataFrame) -> pd.DataFrame:
    """The rows of a chart: by which session, a mark for each share."""
    by = [f"by session {had + 1:.0f}" for had in times["threshold"]]
    return chart_rows(times, by, "label")


def _ends(held: pd.DataFrame) -> pd.DataFrame:
    """A row a course that could reach it: after how many sessions it ended, and whether by reaching it."""
    known = held[held["pain_first"].notna() & held["pain_pre"].notna()]
    known = known.assign(met=_met(known["pain_first"], known["pain_pre"], "pain"))
    known = known[known["met"].notna()]
    reached = known[known["met"] == 1].groupby("course")["number"].min() - 1
    of = known.groupby("course")
    ends = of[["patient_id", "condition"]].first().assign(held=of["number"].max())
    return ends.assign(
        had=reached.reindex(ends.index).fillna(ends["held"]), met=ends.index.isin(reached.index)
    )


def _by_then(ends: pd.DataFrame, had: int, conf_level: float) -> pd.DataFrame:
    over = ends["had"] <= had
    flags = {REACHED: (over & ends["met"]).astype(float), STOPPED: (over & ~ends["met"]).astype(float)}
    return answer_shares(ends, flags, conf_level=conf_level).assign(threshold=had)


def _had_nobody_stopped(ends: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    from outcomes.models.survival.curves import soreness_curve

    watched = ends.assign(soreness_h=ends["had"].astype(float), soreness_ongoing=~ends["met"])
    curve = soreness_curve(watched, by=None, conf_level=conf_level)
    size = size_of(ends)
    why, rows = why_none(size["patients"]), []
    for had in range(1, LAST):
        past = curve[curve["time_h"] <= had]
        left: dict[Any, Any] = {} if why or past.empty else past.iloc[-1].to_dict()
        share = {to: 1.0 - left[of] for to, of in _FROM_CURVE.items() if of in left}
        rows.append({"label": FURTHER, "threshold": had, **size, **share, "note": why})
    return pd.DataFrame(rows).reindex(columns=_TIMES)


_FROM_CURVE = {"proportion": "still_sore", "conf_low": "conf_high", "conf_high": "conf_low"}
"""A share that reached it, from the share that has not yet."""
