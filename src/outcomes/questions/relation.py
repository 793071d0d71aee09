"""How the reading right after relates to the later one: means, slopes, correlation.

A second reading of the same day predicts a later one even where nothing helps, because both are readings of the same
pain; and two reliefs that share their baseline are related by arithmetic. So every slope is at equal baseline and is
shown next to the slope expected without any effect. Within patients and between them are kept apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy.special import ndtri

from outcomes.models import Floats
from outcomes.models.chance.slopes import null_slopes
from outcomes.models.chance.variation import null_correlation, null_slope
from outcomes.models.groups import narrow_and_code
from outcomes.models.proportions.responders import BENCHMARKS
from outcomes.models.shrinkage import shrunk
from outcomes.questions.answers import (
    blank,
    fit_or_why,
    in_order,
    least_patients,
    needed_columns,
    only_condition,
    size_of,
    why_none,
    with_reasons,
)
from outcomes.questions.change import for_change
from outcomes.questions.counting import Counting, collected, column_names
from outcomes.questions.sentences.relation import (
    correlation_sentences,
    slope_sentences,
    within_between_sentences,
)
from outcomes.record.outcomes import with_outcomes, within_between
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "LATER",
    "NOW",
    "condition_slopes",
    "correlation",
    "correlation_sentences",
    "for_table",
    "immediate_to_two_day",
    "null_of",
    "null_slope",
    "slope_sentences",
    "with_both",
    "within_between_sentences",
    "within_between_slopes",
]

NOW, LATER = "pain_relief_post", "pain_relief_48h"
_INTERVAL = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
_ALIKE = "no estimate: too little variation of relief right after"


def with_both(sessions: Any) -> pd.DataFrame:
    """Sessions with both reliefs, coded; none where either was not recorded."""
    frame = needed_columns(sessions, "condition", "pain_pre", NOW, LATER)
    kept = frame[frame[NOW].notna() & frame[LATER].notna()]
    return narrow_and_code(kept.assign(condition=kept["condition"].astype("str")), kept.columns)


def _why_none(part: pd.DataFrame, *, recorded: bool) -> str:
    return why_none(part["patient_id"].nunique(), recorded=recorded)


# --- by whole points of relief right after ----------------------------------------------------------------------------

_MEANS = ["estimate", "std_error", "df", "conf_low", "conf_high"]
_BINNED = [
    *["relief_post", "patients", "sessions", *_MEANS],
    *["line", "slope", "slope_conf_low", "slope_conf_high", *BENCHMARKS, "note"],
]


def immediate_to_two_day(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Relief at two days of sessions that had the same relief right after.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        One row per whole point of immediate relief (the rarest at both ends joined): ``relief_post, patients, sessions,
        estimate, std_error, df, conf_low, conf_high, line, slope, slope_conf_low, slope_conf_high, null_benchmark,
        null_benchmark_flare, note``. ``line`` and ``slope`` come from ``pain_relief_48h ~ pain_relief_post + pain_pre +
        (1 | patient_id)`` at the mean baseline: the extra relief at two days that goes with one more point of relief
        right after, at equal baseline; ``null_benchmark`` and ``null_benchmark_flare`` are that slope with no effect at
        all, with visits booked ahead and on bad days.
    """
    narrow = for_change(sessions, "pain_relief", "patient_id")
    table = nw.from_native(with_outcomes(narrow, [NOW, LATER]))
    if not {NOW, LATER}.issubset(column_names(table)):
        return _not_binned(NOT_RECORDED)
    both = table.filter(~nw.col(NOW).is_null(), ~nw.col(LATER).is_null())
    whole_points = nw.col(NOW).round(0).clip(-3, 6).cast(nw.Int64).cast(nw.String)
    binned = both.with_columns(relief_bin=whole_points).to_native()
    sizes = Counting.of(binned, "relief_bin").group_sizes(NOW)
    enough = sizes.loc[sizes["patients"] >= least_patients(), "relief_bin"].tolist()
    if not enough:
        return _not_binned(TOO_FEW)
    line, why = fit_or_why(lambda: _line(both, conf_level))
    if line is None or np.isnan(line["slope"]):
        return _not_binned(why or _ALIKE)
    means, why = fit_or_why(lambda: _bin_means(binned, enough, conf_level))
    blanks = pd.DataFrame(columns=["relief_bin", *_MEANS])
    frame = with_reasons(sizes.merge(blanks if means is None else means, on="relief_bin", how="left"), why)
    frame["relief_post"] = frame["relief_bin"].astype(float)
    start = line.pop("start")
    nothing = _benchmarks(_sessions_each(both), "all sessions")
    frame = frame.assign(line=start + line["slope"] * frame["relief_post"], **line, **nothing)
    return frame.sort_values("relief_post").reset_index(drop=True)[_BINNED]


def _benchmarks(sessions: Any, part: str) -> dict[str, float]:
    """Both ends of the slope that no effect at all would give, for patients of so many sessions."""
    return dict(
        zip(BENCHMARKS, (null_slopes(sessions, bad_days=bad)[part] for bad in (False, True)), strict=True)
    )


def null_of(binned: pd.DataFrame) -> tuple[float, float] | None:
    """Both ends of the slope that no effect at all would give, of :func:`immediate_to_two_day`; None if withheld."""
    known = binned[BENCHMARKS].dropna()
    return None if known.empty else tuple(known.iloc[0].tolist())


def _not_binned(note: str) -> pd.DataFrame:
    return pd.DataFrame([{**blank(_BINNED, note), "patients": 0, "sessions": 0}])[_BINNED]


def _bin_means(binned: Any, enough: list[str], conf_level: float) -> pd.DataFrame:
    """Later relief of sessions of like relief right after, all at the mean baseline."""
    from outcomes.models.mixed.fit import fit_mixed

    kept = nw.from_native(binned).filter(nw.col("relief_bin").is_in(enough)).to_native()
    fit = fit_mixed(active_plan().model("relation_groups", group="relief_bin"), kept, conf_level=conf_level)
    return fit.marginal_means("relief_bin")[["relief_bin", *_MEANS]]


def _sessions_each(both: Any) -> list[int]:
    """Sessions of each patient."""
    sizes = both.group_by("patient_id").agg(n=nw.len()).group_by("n").agg(patients=nw.len())
    counted = collected(sizes)
    return np.repeat(counted["n"].to_numpy(np.int64), counted["patients"].to_numpy(np.int64)).tolist()


def _line(both: Any, conf_level: float) -> dict[str, float]:
    """Slope of later relief on relief right after, and where the line starts, at the mean baseline."""
    from outcomes.models.mixed.fit import fit_mixed

    fit = fit_mixed(active_plan().model("relation"), both.to_native(), conf_level=conf_level)
    terms = fit.coefficients.set_index("term").reindex(["Intercept", "pain_pre", NOW])
    slope = terms.loc[[NOW]].iloc[0]
    level = terms["estimate"].fillna(0.0)  # what does not vary is in the intercept
    baseline = float(collected(both.select(nw.col("pain_pre").mean()))["pain_pre"].iloc[0])
    return {
        "start": float(level["Intercept"] + level["pain_pre"] * baseline),
        "slope": float(slope["estimate"]),
        "slope_conf_low": float(slope["conf_low"]),
        "slope_conf_high": float(slope["conf_high"]),
    }


# --- within and between patients --------------------------------------------------------------------------------------

_SPLIT, _OVERALL = "relation_split", "relation_overall"
_PARTS = {
    "within patients": (_SPLIT, f"{NOW}_within"),
    "between patients": (_SPLIT, f"{NOW}_between"),
    "all sessions": (_OVERALL, NOW),
}
"""Each slope's model in the plan, and its term."""


def within_between_slopes(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Later relief per point of relief right after: within patients, between them, and over all sessions.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``part, patients, sessions, estimate, std_error, df, statistic, p_value, conf_low, conf_high, null_benchmark,
        null_benchmark_flare, note``; ``part`` is ``within patients``, ``between patients`` or ``all sessions``.

    Notes
    -----
    Mundlak's split (1978, Econometrica 46:69) of relief right after and of pain before, both, with the condition:
    ``later ~ condition + now_within + now_between + before_within + before_between + (1 | patient)``. The slope over
    all sessions is that of ``later ~ condition + now + before + (1 | patient)``.
    """
    both = with_both(sessions)
    why = _why_none(both, recorded=len(both) > 0)
    each = both.groupby("patient_id").size()
    split = within_between(within_between(both, NOW), "pain_pre")
    fits = {model: _terms(split, model, conf_level, why) for model in (_SPLIT, _OVERALL)}
    rows = [
        {"part": part, **size_of(both), **_slope(*fits[model], term), **_benchmarks(each, part)}
        for part, (model, term) in _PARTS.items()
    ]
    order = ["part", "patients", "sessions", *_INTERVAL, *BENCHMARKS, "note"]
    return pd.DataFrame(rows)[order]


def for_table(slopes: pd.DataFrame) -> pd.DataFrame:
    """What a table shows of :func:`within_between_slopes`, protected; what protected it stays on the frame."""
    return slopes[["part", "patients", "sessions", "estimate", "conf_low", "conf_high", *BENCHMARKS, "note"]]


def _terms(
    part: pd.DataFrame, model: str, conf_level: float, why: str
) -> tuple[dict[str, dict[Any, Any]], str]:
    """Coefficients of a model by their terms, or none and the reason."""
    from outcomes.models.mixed.fit import fit_mixed

    formula = active_plan().model(model, without=only_condition(part))
    fit, why = fit_or_why(lambda: fit_mixed(formula, part, conf_level=conf_level), why)
    rows = [] if fit is None else fit.coefficients.to_dict("records")
    return {str(row["term"]): row for row in rows}, why


def _slope(terms: Mapping[str, Mapping[Any, Any]], why: str, term: str) -> dict[str, Any]:
    """One coefficient of a model, or blanks and the reason."""
    found = terms.get(term)
    if why:
        return blank(_INTERVAL, why)
    if found is None or pd.isna(found["std_error"]):
        return blank(_INTERVAL, _ALIKE)
    return {**{name: float(found[name]) for name in _INTERVAL}, "note": ""}


# --- per condition ----------------------------------------------------------------------------------------------------


def condition_slopes(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Later relief per point of relief right after in each condition, shrunk towards the common slope.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, patients, sessions, estimate, std_error, conf_low, conf_high, estimate_unshrunk, null_benchmark,
        null_benchmark_flare, note``. ``estimate_unshrunk`` takes the condition alone.

    Notes
    -----
    Each condition's slope is fitted apart (``later ~ now + before + (1 | patient)``); the slopes are then taken as
    draws from a normal law around a common one, its variance by Paule and Mandel (1982), as for a meta-analysis.
    The shrunken slope is the best linear prediction; its limits hold the error of the common slope and of the variance
    and use Student's t on one degree of freedom fewer than there are conditions, as Hartung and Knapp do
    (:func:`outcomes.models.shrinkage.shrunk`). The benchmark is that of the common slope.
    """
    both = with_both(sessions)
    names = in_order(needed_columns(sessions, "condition")["condition"].dropna().unique())
    rows = []
    for name in names:
        part = both[both["condition"] == name]
        terms = _terms(part, "relation", conf_level, _why_none(part, recorded=len(both) > 0))
        rows.append({"condition": name, **size_of(part), **_slope(*terms, NOW)})
    frame = pd.DataFrame(rows)
    values, errors, df = (frame[name].to_numpy(float) for name in ("estimate", "std_error", "df"))
    estimates = shrunk(values, errors, conf_level, df=df)
    nothing = _benchmarks(both.groupby(["condition", "patient_id"], observed=True).size(), "all sessions")
    frame = frame.assign(estimate_unshrunk=frame["estimate"], **estimates, **nothing)
    order = ["patients", "sessions", "estimate", "std_error", "conf_low", "conf_high", "estimate_unshrunk"]
    return frame[["condition", *order, *BENCHMARKS, "note"]]


# --- correlation within patients --------------------------------------------------------------------------------------


def correlation(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Repeated-measures correlation of the two reliefs, plain and at equal baseline.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``quantity, patients, sessions, correlation, df, conf_low, conf_high, null_benchmark, note``. Patients with one
        session say nothing about it and are left out.

    Notes
    -----
    Bland & Altman 1995 (BMJ 310:446), Bakdash & Marusich 2017 (Front Psychol 8:456): the correlation of deviations from
    each patient's mean, with ``sessions - patients - 1`` degrees of freedom and Fisher's interval. At equal baseline
    the deviations of pain before are taken out of both first, which costs one more.
    """
    both = with_both(sessions)
    repeated = both[both.groupby("patient_id")["patient_id"].transform("size") > 1] if len(both) else both
    why = _why_none(repeated, recorded=len(both) > 0)
    rows = []
    for quantity, equal_baseline in (("plain", False), ("at equal baseline", True)):
        row = {"quantity": quantity, **size_of(repeated), **blank(_CORRELATION, why)}
        row |= {} if why else _within_correlation(repeated, equal_baseline, conf_level)
        rows.append({**row, "null_benchmark": null_correlation(equal_baseline=equal_baseline)})
    return pd.DataFrame(rows)[["quantity", "patients", "sessions", *_CORRELATION, "null_benchmark", "note"]]


_CORRELATION = ("correlation", "df", "conf_low", "conf_high")


def _within_correlation(repeated: pd.DataFrame, equal_baseline: bool, conf_level: float) -> dict[str, float]:
    values = repeated[[NOW, LATER, "pain_pre"]].astype(float)
    now, later, before = (values - values.groupby(repeated["patient_id"]).transform("mean")).to_numpy(float).T
    df = float(len(repeated) - repeated["patient_id"].nunique() - 1)
    if equal_baseline:
        now, later, df = _without(now, before), _without(later, before), df - 1.0
    spread = float(np.sqrt(now @ now * (later @ later)))
    if spread <= 1e-12 or df < 3:
        return {}
    r = float(np.clip(now @ later / spread, -1.0, 1.0))
    reach = float(ndtri(0.5 + conf_level / 2.0)) / np.sqrt(df - 1.0)
    low, high = np.tanh(np.arctanh(np.clip(r, -0.999999, 0.999999)) + np.array([-reach, reach]))
    return {"correlation": r, "df": df, "conf_low": float(low), "conf_high": float(high)}


def _without(values: Floats, taken_out: Floats) -> Floats:
    scale = float(taken_out @ taken_out)
    return values - taken_out * (float(values @ taken_out) / scale) if scale > 0 else values
