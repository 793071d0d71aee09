"""Sessions in, how the reading right after relates to the later one out: slopes, correlation, prediction.

A second reading of the same day foretells a later one even where nothing helps, because both are readings of the same
pain; and two reliefs that share their baseline are tied by arithmetic. So every slope is at equal baseline and stands
beside the slope that no effect at all would give. Within patients and between them are kept apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from outcomes.errors import OutcomesError
from outcomes.models.chance.variation import Variation
from outcomes.models.groups import narrow_and_code
from outcomes.questions.answers import size_of
from outcomes.record.conditions import CONDITIONS
from outcomes.record.outcomes import with_outcomes, within_between
from outcomes.record.plan import TOO_FEW_PATIENTS, active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, called, counted, interval, listed, named, number, why

__all__ = [
    "LATER",
    "NOW",
    "condition_slopes",
    "correlation",
    "correlation_sentences",
    "for_table",
    "nothing_to_say",
    "null_slope",
    "slope_sentences",
    "with_both",
    "within_between_sentences",
    "within_between_slopes",
]

Floats = npt.NDArray[np.float64]
NOW, LATER = "pain_relief_post", "pain_relief_48h"
_INTERVAL = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")


def null_slope(*, within: bool = False, variation: Variation | None = None) -> float:
    """Slope of later relief on relief right after, at equal baseline, with no effect at all.

    Parameters
    ----------
    within : bool
        Of the deviations from each patient's own mean, in place of over all sessions.
    variation : Variation, optional
        Spreads; the published ones by default.

    Returns
    -------
    float

    Notes
    -----
    Readings before and right after have variance v and covariance d (same usual pain, same flare), each covariance c
    with the later one; the slope at equal baseline is ``c / (v + d)``. Within patients usual pain drops out. Rounding
    and the ends of the scale are left out of the reckoning.

    Examples
    --------
    >>> round(null_slope(), 2), round(null_slope(within=True), 2)
    (0.31, 0.14)
    """
    v = variation or Variation.published()
    usual = 0.0 if within else v.usual_pain_sd**2
    reading = usual + v.flare_sd**2 + v.reading_error_sd**2
    same_day = usual + v.flare_correlation_post * v.flare_sd**2
    later = usual + v.flare_correlation_48h * v.flare_sd**2
    return float(later / (reading + same_day))


_NEEDED = ("patient_id", "condition", "followup_h", "pain_pre", "pain_post", "pain_48h", NOW, LATER)


def with_both(sessions: pd.DataFrame) -> pd.DataFrame:
    """Sessions with both reliefs; empty where either was not recorded."""
    frame = with_outcomes(sessions[[name for name in _NEEDED if name in sessions.columns]], [NOW, LATER])
    kept = frame[frame[NOW].notna() & frame[LATER].notna()]
    return kept.assign(condition=kept["condition"].astype("str"))


def nothing_to_say(part: pd.DataFrame, recorded: bool) -> str:
    """Why nothing can be said of these sessions, or an empty text."""
    if not recorded:
        return NOT_RECORDED
    return TOO_FEW if part["patient_id"].nunique() < TOO_FEW_PATIENTS else ""


# --- within and between patients --------------------------------------------------------------------------------------


def within_between_slopes(sessions: pd.DataFrame, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Later relief per point of relief right after: within patients, between them, and over all sessions.

    Parameters
    ----------
    sessions : pandas.DataFrame
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``part, patients, sessions, estimate, std_error, df, statistic, p_value, conf_low, conf_high, null_benchmark,
        note``; ``part`` is ``within patients``, ``between patients`` or ``all sessions``.

    Notes
    -----
    Mundlak's split (1978, Econometrica 46:69) of relief right after and of pain before, both, with the condition:
    ``later ~ condition + now_within + now_between + before_within + before_between + (1 | patient)``. The slope over
    all sessions is that of ``later ~ condition + now + before + (1 | patient)``.
    """
    both = narrow_and_code(with_both(sessions), _NEEDED)
    note = nothing_to_say(both, len(both) > 0)
    split = within_between(within_between(both, NOW), "pain_pre")
    fits = {formula: _terms(split, formula, conf_level, note) for formula in (_SPLIT, _OVERALL)}
    rows = [
        {"part": part, **size_of(both), **_slope(*fits[formula], term), "null_benchmark": nothing}
        for part, formula, term, nothing in _PARTS
    ]
    order = ["part", "patients", "sessions", *_INTERVAL, "null_benchmark", "note"]
    return pd.DataFrame(rows)[order]


def for_table(slopes: pd.DataFrame) -> pd.DataFrame:
    """What a table shows of :func:`within_between_slopes`, protected; what protected it stays on the frame."""
    shown = ["part", "patients", "sessions", "estimate", "conf_low", "conf_high", "null_benchmark", "note"]
    return slopes[shown].rename(columns={"null_benchmark": "with no effect at all"})


_SPLIT = "relation_split"
_OVERALL = "relation_overall"
_PARTS: tuple[tuple[str, str, str, float], ...] = (
    ("within patients", _SPLIT, f"{NOW}_within", null_slope(within=True)),
    ("between patients", _SPLIT, f"{NOW}_between", np.nan),
    ("all sessions", _OVERALL, NOW, null_slope()),
)


def _terms(
    part: pd.DataFrame, model: str, conf_level: float, note: str
) -> tuple[dict[str, dict[Any, Any]], str]:
    """Coefficients of a model by their terms, or none and the reason."""
    from outcomes.models.mixed.fit import fit_mixed

    if note:
        return {}, note
    formula = active_plan().model(model, without=["condition"] if part["condition"].nunique() < 2 else [])
    try:
        fitted = fit_mixed(formula, part, conf_level=conf_level).coefficients.to_dict("records")
    except OutcomesError as error:
        return {}, f"no estimate: {error}"
    return {str(row["term"]): row for row in fitted}, ""


def _slope(terms: Mapping[str, Mapping[Any, Any]], note: str, term: str) -> dict[str, Any]:
    """One coefficient of a model, or blanks and the reason."""
    blank: dict[str, Any] = dict.fromkeys(_INTERVAL, np.nan)
    if note:
        return {**blank, "note": note}
    found = terms.get(term)
    if found is None or pd.isna(found["std_error"]):
        return {**blank, "note": "no estimate: too little variation of relief right after"}
    return {**{name: float(found[name]) for name in _INTERVAL}, "note": ""}


# --- per condition ----------------------------------------------------------------------------------------------------


def condition_slopes(sessions: pd.DataFrame, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Later relief per point of relief right after in each condition, shrunk towards the common slope.

    Parameters
    ----------
    sessions : pandas.DataFrame
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, patients, sessions, estimate, std_error, conf_low, conf_high, estimate_unshrunk, null_benchmark,
        note``. ``estimate_unshrunk`` takes the condition alone.

    Notes
    -----
    Each condition's slope is fitted apart (``later ~ now + before + (1 | patient)``); the slopes are then taken as
    draws from a normal law around a common one, its variance by Paule and Mandel (1982), as for a meta-analysis.
    The shrunken slope is the best linear prediction, its error with that of the common slope; that of the variance
    is left out.
    """
    both = narrow_and_code(with_both(sessions), _NEEDED)
    present = set(sessions["condition"].dropna().unique().astype("str"))
    names = [*(name for name in CONDITIONS if name in present), *sorted(present - set(CONDITIONS))]
    rows = []
    for name in names:
        part = both[both["condition"] == name]
        terms = _terms(part, "relation", conf_level, nothing_to_say(part, len(both) > 0))
        rows.append({"condition": name, **size_of(part), **_slope(*terms, NOW)})
    frame = pd.DataFrame(rows)
    shrunk = _shrunk(frame["estimate"].to_numpy(float), frame["std_error"].to_numpy(float), conf_level)
    frame = frame.assign(estimate_unshrunk=frame["estimate"], **shrunk, null_benchmark=null_slope())
    order = ["patients", "sessions", "estimate", "std_error", "conf_low", "conf_high", "estimate_unshrunk"]
    return frame[["condition", *order, "null_benchmark", "note"]]


def _shrunk(slopes: Floats, errors: Floats, conf_level: float) -> dict[str, Floats]:
    """Shrink slopes towards their common mean; two or fewer are left as they are."""
    known = np.isfinite(slopes) & np.isfinite(errors) & (errors > 0)
    estimate, error = slopes.copy(), errors.copy()
    if known.sum() > 2:
        b, variance = slopes[known], errors[known] ** 2
        between = _paule_mandel(b, variance)
        weight = 1.0 / (variance + between)
        common, common_variance = float(weight @ b / weight.sum()), 1.0 / float(weight.sum())
        kept = between / (between + variance)
        estimate[known] = common + kept * (b - common)
        error[known] = np.sqrt(kept * variance + (1.0 - kept) ** 2 * common_variance)
    reach = float(ndtri(0.5 + conf_level / 2.0)) * error
    return {
        "estimate": estimate,
        "std_error": error,
        "conf_low": estimate - reach,
        "conf_high": estimate + reach,
    }


def _paule_mandel(values: Floats, variances: Floats) -> float:
    """Variance between groups at which the weighted squares equal their degrees of freedom; 0 where they are fewer."""
    from scipy.optimize import brentq

    def excess(between: float) -> float:
        weight = 1.0 / (variances + between)
        return float(weight @ (values - weight @ values / weight.sum()) ** 2) - (len(values) - 1)

    if excess(0.0) <= 0.0:
        return 0.0
    high = 10.0 * float(np.var(values) + variances.max())
    return float(brentq(excess, 0.0, high))


# --- correlation within patients --------------------------------------------------------------------------------------


def correlation(sessions: pd.DataFrame, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Repeated-measures correlation of the two reliefs, plain and at equal baseline.

    Parameters
    ----------
    sessions : pandas.DataFrame
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
    both = narrow_and_code(with_both(sessions), _NEEDED)
    repeated = both[both.groupby("patient_id")["patient_id"].transform("size") > 1] if len(both) else both
    note = nothing_to_say(repeated, len(both) > 0)
    rows = []
    for quantity, equal_baseline in (("plain", False), ("at equal baseline", True)):
        found = _within_correlation(repeated, equal_baseline, conf_level) if not note else {}
        blank = dict.fromkeys(("correlation", "df", "conf_low", "conf_high"), np.nan)
        nothing = _null_correlation(equal_baseline)
        rows.append(
            {
                "quantity": quantity,
                **size_of(repeated),
                **blank,
                **found,
                "null_benchmark": nothing,
                "note": note,
            }
        )
    return pd.DataFrame(rows)


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


def _null_correlation(equal_baseline: bool) -> float:
    """Correlation within patients with no effect at all."""
    v = Variation.published()
    reading = v.flare_sd**2 + v.reading_error_sd**2
    same_day, later = v.flare_correlation_post * v.flare_sd**2, v.flare_correlation_48h * v.flare_sd**2
    if equal_baseline:
        joint = later - same_day * later / reading
        left = (reading - same_day**2 / reading) * (reading - later**2 / reading)
        return float(joint / np.sqrt(left))
    joint = reading - same_day - later + later
    return float(joint / np.sqrt((2 * reading - 2 * same_day) * (2 * reading - 2 * later)))


# --- in words ---------------------------------------------------------------------------------------------------------


def within_between_sentences(slopes: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say what one more point of relief right after goes with later, and what it would with no effect at all."""
    words, rows = called(times), {str(row["part"]): row for row in slopes.to_dict("records")}
    row = rows["all sessions"]
    if pd.isna(row["estimate"]):
        return [f"Relief {words['post']} against relief {words['48h']}: {why(row['note'])}."]
    said = [
        f"At equal pain before, each further point of relief {words['post']} was associated with {_told(row)} "
        "points of relief "
        f"{words['48h']} ({counted(row['patients'], 'patient')}, {counted(row['sessions'], 'session')}). "
        f"{_against(row)}"
    ]
    inside = rows["within patients"]
    if pd.notna(inside["estimate"]):
        said.append(
            f"In one and the same patient, a session with a point more relief than usual {words['post']} was "
            "followed by "
            f"{_told(inside)} points more relief than usual {words['48h']}. {_against(inside)}"
        )
    return said


def _told(row: Mapping[Any, Any]) -> str:
    return f"{number(row['estimate'], 2)} ({interval(row['conf_low'], row['conf_high'], 2)})"


def _against(row: Mapping[Any, Any]) -> str:
    nothing = row["null_benchmark"]
    said = (
        f"With no effect at all it would be {number(nothing, 2)}, because both are readings of the same pain"
    )
    if row["conf_low"] > nothing:
        return f"{said}; the relation seen is closer than that."
    if row["conf_high"] < nothing:
        return f"{said}; the relation seen is looser than that."
    return f"{said}; what was seen cannot be told from that."


def slope_sentences(slopes: pd.DataFrame) -> list[str]:
    """Say where the relation is closer or looser than no effect would make it, and whether the conditions differ."""
    known = slopes[slopes["conf_low"].notna()]
    said = []
    if len(known):
        nothing = known["null_benchmark"]
        parts = {
            "closer than that": known[known["conf_low"] > nothing],
            "looser than that": known[known["conf_high"] < nothing],
            "not to be told from that": known[
                (known["conf_low"] <= nothing) & (known["conf_high"] >= nothing)
            ],
        }
        told = [f"{words} in {_names(part)}" for words, part in parts.items() if len(part)]
        said.append(
            f"With no effect at all the slope would be {number(nothing.iloc[0], 2)}, because both are readings of the "
            f"same pain. The relation seen is {'; '.join(told)}."
        )
    if len(known) > 2:
        low, high = known["estimate"].min(), known["estimate"].max()
        alike = high - low < 0.05
        said.append(
            "The slopes of the conditions are no more spread than chance would spread them, so each is taken "
            "as the common one."
            if alike
            else f"After shrinking, the slopes run from {number(low, 2)} to {number(high, 2)}."
        )
    absent = slopes[slopes["conf_low"].isna()]
    for reason, part in absent.groupby(absent["note"].map(why), sort=False):
        said.append(f"{str(reason).capitalize()}: {_names(part)}.")
    return said


def _names(rows: pd.DataFrame) -> str:
    return listed(named(str(name)) for name in rows["condition"])


def correlation_sentences(found: pd.DataFrame) -> list[str]:
    """Say how close the two reliefs lie together from session to session of one patient."""
    rows = {str(row["quantity"]): row for row in found.to_dict("records")}
    row, plain = rows["at equal baseline"], rows["plain"]
    if pd.isna(row["correlation"]) or pd.isna(plain["correlation"]):
        return [f"Correlation within patients: {why(row['note'])}."]
    return [
        "From session to session of one patient, the two reliefs correlate at "
        f"{number(plain['correlation'], 2)}; much of that "
        f"is arithmetic, because both are counted from the same pain before (with no effect at all: "
        f"{number(plain['null_benchmark'], 2)}). At equal pain before the correlation is "
        f"{number(row['correlation'], 2)} "
        f"({interval(row['conf_low'], row['conf_high'], 2)}; {counted(row['patients'], 'patient')} with two "
        "sessions or more), "
        f"where no effect at all would give {number(row['null_benchmark'], 2)}."
    ]
