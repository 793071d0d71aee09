"""What more sessions would add: precision per condition now and later, and what a comparison would show.

More sessions narrow the interval; they never separate the change seen from the change that would have come anyway. For
that, some patients have to go without, or wait. Both are worked out from the spread found in these records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from outcomes.questions.answers import fit_or_why, needed_columns, only_condition, size_of, why_none
from outcomes.questions.change import condition_estimates
from outcomes.questions.sentences.planning import comparison_sentences, precision_sentences, wanted_width
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "comparison_designs",
    "comparison_sentences",
    "patients_needed",
    "planned",
    "precision_plan",
    "precision_sentences",
    "wanted_width",
]

LATER = "pain_relief_48h"
ONE_SESSION = "one session per patient: how far one patient's sessions differ is not known"


def precision_plan(
    sessions: Any,
    *,
    factors: Iterable[float] | None = None,
    time: str = "48h",
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Half-width of each condition's interval now, and with more patients like those there are.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    factors : iterable of float, optional
        Times as many patients as now, by default the plan's; 1 is now.
    time : {"post", "48h"}
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, scenario, factor, patients, sessions, width, note``: a row per condition and factor, points;
        patients and sessions are those there are now (:func:`planned` makes them those there would be).

    Notes
    -----
    With as many sessions per patient and as many followed up as now, the interval narrows with the square root of the
    number of patients. A condition with too few patients for an estimate takes the spread of all conditions
    together, and says so.
    """
    steps = [float(factor) for factor in (active_plan().planning.factors if factors is None else factors)]
    now = condition_estimates(sessions, times=[time], conf_level=conf_level)
    spread = _spread(sessions, time, baseline=False)
    rows = []
    for row in now.to_dict("records"):
        error, note = _error_now(row, spread)
        df = row["patients"] - 1.0 if pd.isna(row["df"]) else row["df"]
        width = float(stdtrit(max(df, 1.0), 0.5 + conf_level / 2.0)) * error
        rows += [
            {
                "condition": row["condition"],
                "scenario": "now" if factor == 1.0 else f"{factor:g} times as many",
                "factor": factor,
                "patients": row["patients"],
                "sessions": row["sessions"],
                "width": width / np.sqrt(factor),
                "note": note,
            }
            for factor in steps
        ]
    return pd.DataFrame(rows)


def _spread(sessions: Any, time: str, *, baseline: bool = True) -> tuple[float, float]:
    """Variances between and within patients of relief, or of relief at equal baseline; missing where there is none."""
    from outcomes.models.mixed.fit import fit_mixed

    outcome = f"pain_relief_{time}"
    frame = needed_columns(sessions, "condition", outcome)
    frame = frame[frame[outcome].notna()]
    without = [*only_condition(frame), *([] if baseline else ["pain_pre"])]
    formula = active_plan().model("spread", outcome=outcome, without=without)
    fit, _ = fit_or_why(lambda: fit_mixed(formula, frame), why_none(frame["patient_id"].nunique()))
    if fit is None:
        return np.nan, np.nan
    parts = fit.variances.set_index("group")["variance"]
    return float(parts.get("patient_id", np.nan)), float(parts["Residual"])


def _error_now(row: Mapping[Any, Any], spread: tuple[float, float]) -> tuple[float, str]:
    """Standard error of a condition's mean: its own, else from the spread of all together."""
    if pd.notna(row["std_error"]):
        return float(row["std_error"]), ""
    if not row["patients"] or np.isnan(spread[1]):
        return np.nan, str(row["note"])
    per_patient = row["sessions"] / row["patients"]
    error = float(np.sqrt((np.nan_to_num(spread[0]) + spread[1] / per_patient) / row["patients"]))
    return error, "too few patients to say; the spread of all conditions together is taken"


def planned(plan: pd.DataFrame) -> pd.DataFrame:
    """Patients, sessions and precision there would be, for a chart: worked out from what is shown of now.

    Parameters
    ----------
    plan : pandas.DataFrame
        From :func:`precision_plan`, protected; what protected it stays on the frame.

    Returns
    -------
    pandas.DataFrame
        The plan with ``patients`` and ``sessions`` times ``factor``, and ``width`` by the square root. Multiples of the
        true numbers, each told as closely as a number of patients may be, would tell these many times more closely.
    """
    now = plan.loc[plan.groupby("condition")["factor"].idxmin()].set_index("condition")
    times = plan["factor"] / plan["condition"].map(now["factor"])
    width: pd.Series[float] = plan["condition"].map(now["width"]) / np.sqrt(times)
    return plan.assign(
        **{name: plan["factor"] * plan[name] for name in ("patients", "sessions")}, width=width
    )


def patients_needed(plan: pd.DataFrame, *, target: float | None = None) -> pd.DataFrame:
    """Patients needed in all for the interval to be no wider than plus or minus the target.

    Parameters
    ----------
    plan : pandas.DataFrame
        From :func:`precision_plan`.
    target : float, optional
        Half-width wanted, points; by default the plan's.

    Returns
    -------
    pandas.DataFrame
        ``condition, quantity, patients, sessions, width, estimate, note``: now, and in ``estimate`` the patients
        needed.
    """
    target, now = wanted_width(target), plan[plan["scenario"] == "now"]
    needed = np.ceil(now["patients"] * (now["width"] / target) ** 2 - 1e-9)
    needed = needed.where(now["width"] > target, now["patients"]).where(now["width"].notna())
    frame = now.assign(quantity=f"patients for ±{target:g} points", estimate=needed)
    return frame[["condition", "quantity", "patients", "sessions", "width", "estimate", "note"]].reset_index(
        drop=True
    )


def comparison_designs(
    sessions: Any,
    *,
    differences: Iterable[float] | None = None,
    power: float | None = None,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Patients that a comparison would take to show a difference of so many points.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    differences : iterable of float, optional
        Points of relief more than without needling; by default the plan's.
    power : float, optional
        Chance of showing it; by default the plan's.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``scenario, delta, patients, sessions, estimate, note``: ``estimate`` is the patients to enrol in all, at the
        share followed up now; patients and sessions are those the spread was found in.

    Notes
    -----
    Two groups: ``n = 2 (z + z)^2 (b + w) / d^2`` in each, with ``b`` and ``w`` the variances between and within
    patients at equal baseline. Waiting list, every patient once waiting and once treated: ``n = 2 (z + z)^2 w / d^2``
    in all, because what differs between patients drops out; where each patient has one session, ``w`` is not known.
    The first is divided by the share of sessions followed up; the second, where a patient counts only if followed up
    both times, by the share of pairs of one patient's sessions of which both were.
    """
    frame = needed_columns(sessions, "condition", LATER)
    seen = frame[frame[LATER].notna()]
    between, within = _spread(frame, "48h")
    why = NOT_RECORDED if seen.empty else TOO_FEW if np.isnan(within) else ""
    once, twice = _followed(frame)
    planned = active_plan().planning
    z = float(ndtri(0.5 + conf_level / 2.0) + ndtri(planned.power if power is None else power))
    variances = {
        "two groups of patients": (4.0 * (np.nan_to_num(between) + within) / once, why),
        "waiting list": (2.0 * within / twice, why or (ONE_SESSION if np.isnan(between) else "")),
    }
    steps = [float(step) for step in (planned.differences if differences is None else differences)]
    rows = []
    for design, (variance, note) in variances.items():
        for step in steps:
            need = np.nan if note else float(np.ceil(z**2 * variance / step**2))
            head = {"scenario": design, "delta": step, **size_of(seen)}
            rows.append({**head, "estimate": need, "note": note})
    return pd.DataFrame(rows)


def _followed(frame: pd.DataFrame) -> tuple[float, float]:
    """Share of sessions followed up, and of pairs of one patient's sessions of which both were."""
    eligible = frame[frame["pain_pre"].notna()]
    each = eligible.groupby("patient_id")[LATER].agg(["size", "count"])
    pairs = each * (each - 1)
    once = max(float(each["count"].sum()) / max(int(each["size"].sum()), 1), 1e-9)
    twice = float(pairs["count"].sum()) / max(int(pairs["size"].sum()), 1)
    return once, twice or once**2
