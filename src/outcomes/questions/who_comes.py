"""Sessions in, who comes with what out: activities, where it came from, how long it has lasted, symptoms.

Whether relief differs between such groups is asked among patients with the same condition, twice: as it is, and at
equal pain before. Beside each difference stands what none would show where pain before differs. No group is ranked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.models.ratio import clustered_error
from outcomes.models.shrinkage import shrunk
from outcomes.questions.answers import (
    fit_or_why,
    in_order,
    is_recorded,
    needed_columns,
    only_condition,
    why_none,
    with_limits,
)
from outcomes.questions.change import relief
from outcomes.questions.expected import verdicts
from outcomes.questions.levels import ASKED, SHARE, answer_shares, tag_flags
from outcomes.questions.sentences.who_comes import (
    ALIKE,
    AS_THEY_COME,
    AT_EQUAL_PAIN,
    SAME_CONDITION,
    average_sentences,
    difference_sentences,
    mix_sentences,
)
from outcomes.record.columns import column
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED

__all__ = [
    "average_sentences",
    "difference_sentences",
    "group_differences",
    "mix_averages",
    "mix_sentences",
    "of_variable",
    "patient_mix",
]

LATER = "pain_relief_48h"
ASKS = ("activity", "onset", "chronicity", "symptoms")
"""What is asked of who comes: one answer (activity, chronicity) or several (onset, symptoms)."""
FAMILY = "who comes"
_EFFECTS = ["estimate", "estimate_unshrunk", "std_error", "df", "conf_low", "conf_high"]
_EXPECTED = ["null_benchmark", "null_benchmark_flare"]
_DIFFERENCES = [
    *["variable", "value", "model", "patients", "sessions"],
    *[*_EFFECTS, *_EXPECTED, "verdict", "note"],
]


def _answers(frame: pd.DataFrame, name: str) -> dict[str, pd.Series[Any]]:
    """A flag for each answer to a question, in order: of several answers, or of one."""
    if column(name).kind == "tags":
        return tag_flags(frame, name)
    kinds, codes = pd.factorize(frame[name])
    place = {code: at for at, code in enumerate(codes)}
    return {
        column(name).label_of(code): pd.Series(
            np.where(kinds < 0, np.nan, kinds == place[code]), index=frame.index
        )
        for code in in_order(list(codes), name)
    }


def _first_sessions(sessions: Any, *names: str) -> pd.DataFrame:
    """The first session of each patient and condition that the records hold."""
    frame = needed_columns(sessions, *names, "session_number", by="condition")
    ordered = frame.sort_values("session_number", kind="stable")
    return ordered.drop_duplicates(["patient_id", "condition"]).sort_index()


# --- who comes --------------------------------------------------------------------------------------------------------


def patient_mix(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Share of patients with each activity, origin, duration and symptom, of all conditions and of each.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition`` (``all`` first), ``variable, label, patients, sessions, sessions_eligible, capture_rate,
        proportion, conf_low, conf_high, note``. ``sessions`` are the first ones of each patient and condition. Where
        there may be several answers, the shares need not add up.
    """
    first = _first_sessions(sessions, *ASKS)
    rows = [_shares(first, name, of, conf_level) for of in (None, "condition") for name in ASKS]
    columns = ["condition", "variable", "label", *ASKED, *SHARE, "note"]
    return pd.concat(rows, ignore_index=True).reindex(columns=columns)


def _shares(first: pd.DataFrame, name: str, by: str | None, conf_level: float) -> pd.DataFrame:
    variable = column(name).label.lower()
    flags = _answers(first, name) if is_recorded(first, name) else {}
    if flags:
        return answer_shares(first, flags, by, conf_level=conf_level).assign(variable=variable)
    groups = ["all"] if by is None else in_order(first["condition"].dropna().unique())
    rows = pd.DataFrame({"condition": groups, "variable": variable, "label": "any", "patients": 0})
    return rows.assign(sessions=0, note=NOT_RECORDED)


def of_variable(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of one question over all conditions, their answers as the rows of a chart.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`patient_mix` or :func:`group_differences`, protected.
    name : str
        A column of the record.
    """
    mine = rows[rows["variable"] == column(name).label.lower()]
    if "condition" in mine:
        mine = (
            mine[mine["condition"] == "all"].drop(columns="condition").rename(columns={"label": "condition"})
        )
    mine.attrs = dict(rows.attrs)
    return mine


# --- whether relief differs -------------------------------------------------------------------------------------------


def group_differences(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Relief at the follow-up of each group against all others with the same condition, shrunk within each question.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``variable, value, model, patients, sessions, estimate, estimate_unshrunk, std_error, df, conf_low, conf_high,
        null_benchmark, null_benchmark_flare, verdict, note``: points of relief more than others. ``model`` is the same
        condition, or the same condition and equal pain before. The benchmarks are the difference without any effect:
        where pain before differs as the usual pain of the groups does, and where it differs by the day alone. The
        verdict is that of the unshrunk figure, all rows of a model together.

    Notes
    -----
    ``relief ~ condition [+ pain before] + group + (1 | patient)`` by REML, a group at a time. With ``b`` the slope of
    relief on pain before and ``d`` by how much the group's pain before is higher in the same condition, no effect shows
    0 (usual pain differs) to ``b d`` (the day differs) as it is, and ``-b d`` to 0 at equal pain before: Lord's paradox
    (1967, Psychol Bull 68:304). Shrunk as in :func:`outcomes.models.shrinkage.shrunk`.
    """
    frame = needed_columns(sessions, *ASKS, LATER, "condition")
    frame = frame.assign(condition=frame["condition"].astype("category"))
    known = frame[frame[[LATER, "pain_pre", "condition", "patient_id"]].notna().all(axis=1)]
    rows = pd.concat([_of_question(known, name, conf_level) for name in ASKS], ignore_index=True)
    rows = rows.reindex(columns=[*_DIFFERENCES])
    said = [_verdicts(part) for _, part in rows.groupby("model")]
    return rows.assign(verdict=pd.concat(said).reindex(rows.index).fillna(""))


def _verdicts(rows: pd.DataFrame) -> pd.Series[str]:
    df = rows["df"].astype("float64").fillna(np.inf)
    reach = stdtrit(df, 0.975) * rows["std_error"].astype("float64")
    plain = rows["estimate_unshrunk"].astype("float64")
    unshrunk = rows.assign(estimate=plain, conf_low=plain - reach, conf_high=plain + reach)
    numbers = dict.fromkeys([*_EXPECTED, "std_error", "df"], "float64")
    return verdicts(unshrunk.astype(numbers), FAMILY, expected=(_EXPECTED[0], _EXPECTED[1]))


def _of_question(known: pd.DataFrame, name: str, conf_level: float) -> pd.DataFrame:
    """Every group of a question in both models, shrunk."""
    variable = column(name).label.lower()
    asked = known[known[name].notna()]
    asked = asked.assign(condition=asked["condition"].cat.remove_unused_categories())
    flags = {value: flag for value, flag in _answers(asked, name).items() if flag.any()}
    if not is_recorded(known, name) or not flags:
        row = {"variable": variable, "value": "all", "patients": 0, "sessions": 0, "note": NOT_RECORDED}
        return pd.DataFrame([{**row, "model": model} for model in (SAME_CONDITION, AT_EQUAL_PAIN)])
    rows = pd.DataFrame(_groups(asked, flags)).assign(variable=variable)
    return pd.concat([_shrunk(part, conf_level) for _, part in rows.groupby("model", sort=False)])


def _groups(asked: pd.DataFrame, flags: Mapping[str, pd.Series[Any]]) -> list[dict[str, Any]]:
    """A row per group and model; the sessions are reduced once for all groups of a question."""
    from outcomes.models.mixed.reduce import reduce_moments

    terms = {value: f"group_{place}" for place, value in enumerate(flags)}
    marked = asked.assign(**{terms[value]: flag for value, flag in flags.items()})
    whole = active_plan().model("who_comes", group=" + ".join(terms.values()), without=only_condition(asked))
    moments, broken = fit_or_why(lambda: reduce_moments(whole, marked))
    rows = []
    for value, term in terms.items():
        mine, others = (asked.loc[marked[term] == answer, "patient_id"] for answer in (1, 0))
        size = {"patients": mine.nunique(), "sessions": len(mine)}
        few = why_none(size["patients"]) or why_none(others.nunique()) or broken
        rows += [{"value": value, **size, **row} for row in _both_models(moments, marked, term, few)]
    return rows


def _both_models(moments: Any, marked: pd.DataFrame, term: str, few: str) -> list[dict[str, Any]]:
    """The difference of a group from the others in both models, and what no effect would show of it."""
    alone = only_condition(marked)
    fits: list[Any] = []
    rows: list[dict[str, Any]] = []
    for model, without in ((SAME_CONDITION, ["pain_pre"]), (AT_EQUAL_PAIN, [])):
        formula = active_plan().model("who_comes", group=term, without=[*alone, *without])
        fit, why = fit_or_why(partial(_coefficients, moments, formula, ["pain_pre", term]), few)
        fits.append(fit)
        rows.append({"model": model, "note": why})
    if any(fit is None for fit in fits):
        return rows
    slope = float(fits[1]["estimate"].fillna(0.0)["pain_pre"])  # of pain that never varies there is none
    anyway = slope * _higher_before(marked, term)
    for row, found, ends in zip(rows, fits, ((0.0, anyway), (-anyway, 0.0)), strict=True):
        row |= {name: float(found.loc[term, name]) for name in ("estimate", "std_error", "df")}
        row |= dict(zip(_EXPECTED, ends, strict=True))
    return rows


def _coefficients(moments: Any, formula: str, names: list[str]) -> pd.DataFrame:
    """Coefficients by name; missing where a column does not vary, or only with others."""
    from outcomes.models.mixed.fit import fit_moments

    return fit_moments(moments.narrowed(formula)).coefficients.set_index("term").reindex(names)


def _higher_before(marked: pd.DataFrame, term: str) -> float:
    """By how much pain before is higher in a group than in others with the same condition."""
    means = marked.groupby("condition", observed=True)[[term, "pain_pre"]].transform("mean")
    apart = marked[[term, "pain_pre"]] - means
    squares = float((apart[term] ** 2).sum())
    return float((apart[term] * apart["pain_pre"]).sum()) / squares if squares > 0 else np.nan


def _shrunk(rows: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """Differences of one question in one model, moved towards their common mean."""
    rows = rows.reindex(columns=[*dict.fromkeys([*rows.columns, "estimate", "std_error", "df", *_EXPECTED])])
    plain, error, df = (rows[name].to_numpy(np.float64) for name in ("estimate", "std_error", "df"))
    found = shrunk(plain, error, conf_level, df=np.where(np.isnan(df), np.inf, df))
    limits = {name: found[name] for name in ("estimate", "conf_low", "conf_high")}
    return rows.assign(estimate_unshrunk=plain, **limits)


# --- what the mix means for the averages ------------------------------------------------------------------------------


def mix_averages(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Mean relief at the follow-up as patients come, and as if every condition came alike often.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``label, patients, sessions, estimate, std_error, df, conf_low, conf_high, null_benchmark, null_benchmark_flare,
        note``: points. In the second row every condition with enough patients has the same weight.

    Notes
    -----
    With ``K`` conditions and ``n`` sessions in a session's condition its weight is ``1 / (K n)``. The variance is
    that of the weighted deviations from the condition's mean, summed within patients, times ``P / (P - 1)``.
    """
    frame = needed_columns(sessions, LATER, "session_number", "condition")
    used = frame[frame[[LATER, "condition", "patient_id"]].notna().all(axis=1)]
    rows = [
        {"label": label, "patients": 0, "sessions": 0, "note": NOT_RECORDED}
        for label in (AS_THEY_COME, ALIKE)
    ]
    if len(used):
        come, each = (relief(used, times=["48h"], overall=of, conf_level=conf_level) for of in (True, False))
        rows = [{**rows[0], **come.iloc[0]}, {**rows[1], **_alike(used, each, conf_level)}]
    found = pd.DataFrame(rows).rename(columns={"expected_change": "null_benchmark"})
    numbers = ["estimate", "std_error", "df", "conf_low", "conf_high", *_EXPECTED]
    return found.reindex(columns=["label", "patients", "sessions", *numbers, "note"])


def _alike(used: pd.DataFrame, each: pd.DataFrame, conf_level: float) -> dict[str, Any]:
    """The mean with every condition alike often; of ``each`` condition what is expected without any effect."""
    known = each[each["estimate"].notna()]
    enough = known["condition"].astype("str")
    kept = used[used["condition"].astype("str").isin(enough)]
    size = {"patients": kept["patient_id"].nunique(), "sessions": len(kept)}
    if why := why_none(size["patients"]):
        return {**size, "note": why}
    expected = {name: float(known[name].mean()) for name in ("expected_change", "null_benchmark_flare")}
    groups = kept.groupby(kept["condition"].astype("str"))[LATER]
    weight = 1.0 / (len(enough) * groups.transform("size"))
    apart = (weight * (kept[LATER] - groups.transform("mean"))).to_numpy(np.float64)
    error = clustered_error(apart, kept["patient_id"].to_numpy())
    mean = float((weight * kept[LATER]).sum())
    limits = with_limits(mean, error, float(size["patients"] - 1), conf_level)
    return {**size, **expected, **limits, "note": ""}
