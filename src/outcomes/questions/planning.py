"""Sessions in, what more of them would buy out: precision per condition now and later, and what a comparison would add.

More sessions narrow the interval; they never tell the change seen from the change that would have come anyway. For that
somebody has to go without, or wait. Both are reckoned from the spread found in these records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from outcomes.errors import OutcomesError
from outcomes.models.groups import narrow_and_code
from outcomes.questions.change import condition_estimates
from outcomes.record.outcomes import with_outcomes
from outcomes.record.plan import TOO_FEW_PATIENTS, active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, called, counted, listed, named, number, why

__all__ = [
    "FACTORS",
    "comparison_designs",
    "comparison_sentences",
    "patients_needed",
    "precision_plan",
    "precision_sentences",
    "with_now",
]

FACTORS = active_plan().planning.factors
"""Times as many patients as now."""
TARGET = active_plan().planning.target
"""Half-width wanted, points: a quarter of the change that patients call worthwhile."""
POWER = active_plan().planning.power
DIFFERENCES = active_plan().planning.differences
"""Chance that a comparison shows the difference it is planned for."""
LATER = "pain_relief_48h"
_NEEDED = (
    *("patient_id", "condition", "followup_h", "pain_pre", "pain_post", "pain_48h"),
    *("pain_relief_post", LATER),
)


def precision_plan(
    sessions: pd.DataFrame, *, factors: Iterable[float] = FACTORS, time: str = "48h", conf_level: float = 0.95
) -> pd.DataFrame:
    """Half-width of each condition's interval now, and with more patients like those there are.

    Parameters
    ----------
    sessions : pandas.DataFrame
    factors : iterable of float
        Times as many patients as now; 1 is now.
    time : {"post", "48h"}
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, scenario, patients, sessions, width, note``: a row per condition and factor, points.

    Notes
    -----
    With as many sessions per patient and as many followed up as now, the standard error falls with the square root of
    the number of patients. A condition with too few patients for an estimate takes the spread of all conditions
    together, and says so.
    """
    steps = [float(factor) for factor in factors]
    now = condition_estimates(sessions, times=[time], conf_level=conf_level)
    spread = _spread(sessions, time)
    rows = []
    for row in now.to_dict("records"):
        error, note = _error_now(row, spread)
        reach = float(ndtri(0.5 + conf_level / 2.0))
        rows += [
            {
                "condition": row["condition"],
                "scenario": "now" if factor == 1.0 else f"{factor:g} times as many",
                "patients": round(factor * row["patients"]),
                "sessions": round(factor * row["sessions"]),
                "width": reach * error / np.sqrt(factor),
                "note": note,
            }
            for factor in steps
        ]
    return pd.DataFrame(rows)


def _spread(sessions: pd.DataFrame, time: str) -> tuple[float, float]:
    """Variances between patients and within them, of relief at equal baseline; missing where they cannot be had."""
    from outcomes.models.mixed.fit import fit_mixed

    outcome = f"pain_relief_{time}"
    frame = with_outcomes(narrow_and_code(sessions, _NEEDED), [outcome])
    frame = frame[frame[outcome].notna()]
    if frame["patient_id"].nunique() < TOO_FEW_PATIENTS:
        return np.nan, np.nan
    alone = ["condition"] if len(frame["condition"].unique()) < 2 else []
    try:
        fit = fit_mixed(active_plan().model("spread", outcome=outcome, without=alone), frame)
    except OutcomesError:
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


def with_now(plan: pd.DataFrame) -> pd.DataFrame:
    """Withdraw the plan of a condition whose present row was withheld: what is planned would give it away.

    Parameters
    ----------
    plan : pandas.DataFrame
        From :func:`precision_plan`, protected; what protected it stays on the frame.
    """
    now = plan[plan["scenario"] == "now"].set_index("condition")
    withheld = plan["condition"].map(now["patients"].isna() | now["width"].isna())
    note = plan["condition"].map(now["note"])
    return plan.assign(
        patients=plan["patients"].where(~withheld),
        sessions=plan["sessions"].where(~withheld),
        width=plan["width"].where(~withheld),
        note=plan["note"].where(~withheld, note),
    )


def patients_needed(plan: pd.DataFrame, *, target: float = TARGET) -> pd.DataFrame:
    """Patients needed in all for the interval to be no wider than plus or minus the target.

    Parameters
    ----------
    plan : pandas.DataFrame
        From :func:`precision_plan`.
    target : float
        Points.

    Returns
    -------
    pandas.DataFrame
        ``condition, quantity, patients, sessions, width, estimate, note``: now, and in ``estimate`` the patients
        needed.
    """
    now = plan[plan["scenario"] == "now"]
    needed = np.ceil(now["patients"] * (now["width"] / target) ** 2 - 1e-9)
    needed = needed.where(now["width"] > target, now["patients"]).where(now["width"].notna())
    frame = now.assign(quantity=f"patients for ±{target:g} points", estimate=needed)
    return frame[["condition", "quantity", "patients", "sessions", "width", "estimate", "note"]].reset_index(
        drop=True
    )


def comparison_designs(
    sessions: pd.DataFrame,
    *,
    differences: Iterable[float] = DIFFERENCES,
    power: float = POWER,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Patients that a comparison would take to show a difference of so many points.

    Parameters
    ----------
    sessions : pandas.DataFrame
    differences : iterable of float
        Points of relief more than without needling.
    power : float
        Chance of showing it.
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
    Each is divided by the share followed up.
    """
    sessions = narrow_and_code(sessions, _NEEDED)
    frame = with_outcomes(sessions, [LATER])
    seen = frame[frame[LATER].notna()]
    counts = {"patients": int(seen["patient_id"].nunique()), "sessions": len(seen)}
    between, within = _spread(sessions, "48h")
    note = NOT_RECORDED if seen.empty else TOO_FEW if np.isnan(within) else ""
    followed = len(seen) / max(int(frame["pain_pre"].notna().sum()), 1)
    z = float(ndtri(0.5 + conf_level / 2.0) + ndtri(power))
    alone = ONE_SESSION if np.isnan(between) and not note else note
    variances = {
        "two groups of patients": (4.0 * (np.nan_to_num(between) + within), note),
        "waiting list": (2.0 * within, alone),
    }
    rows = []
    for design, (variance, reason) in variances.items():
        for difference in differences:
            need = float(np.ceil(z**2 * variance / difference**2 / followed)) if not reason else np.nan
            rows.append(
                {"scenario": design, "delta": float(difference), **counts, "estimate": need, "note": reason}
            )
    return pd.DataFrame(rows)


ONE_SESSION = "one session per patient: how far one patient's sessions differ is not known"


# --- in words ---------------------------------------------------------------------------------------------------------


def precision_sentences(
    needed: pd.DataFrame, times: Mapping[str, str] | None = None, *, target: float = TARGET
) -> list[str]:
    """Say which conditions are precise enough now, and how many patients the others lack."""
    when, known = called(times)["48h"], needed[needed["estimate"].notna() & needed["patients"].notna()]
    if known.empty:
        return [
            f"Precision of relief {when}: {why(needed['note'].iloc[0] if len(needed) else NOT_RECORDED)}."
        ]
    enough = known[known["estimate"] <= known["patients"]]
    said = []
    if len(enough):
        names = listed(named(str(name)) for name in enough["condition"])
        said.append(f"Relief {when} is known to within {number(target)} points for {names}.")
    lacking = known[known["estimate"] > known["patients"]].to_dict("records")
    if lacking:
        told = [f"{named(str(row['condition']))} {_more(row)}" for row in lacking]
        said.append(
            f"To be known to within {number(target)} points, it would take, followed up {when}: {'; '.join(told)}."
        )
    return [*said, "Every further halving of the interval takes four times the patients."]


def _more(row: Mapping[Any, Any]) -> str:
    """How many more patients and sessions than now, at as many sessions per patient."""
    lacking = row["estimate"] - row["patients"]
    sessions = np.ceil(lacking * row["sessions"] / row["patients"])
    more = f"{counted(lacking, 'more patient')} (about {counted(sessions, 'more session')}; now "
    return f"{more}{counted(row['patients'], 'patient')}, {counted(row['sessions'], 'session')})"


def comparison_sentences(designs: pd.DataFrame) -> list[str]:
    """Say what a comparison group and a waiting list would take, and what only they can tell."""
    only = "No number of sessions without a comparison tells relief after needling from relief that would come anyway."
    said = [only]
    for scenario, rows in designs.groupby("scenario", sort=False):
        known, design = rows[rows["estimate"].notna()].to_dict("records"), _DESIGNS[str(scenario)]
        told = [
            f"{counted(row['estimate'], 'patient')} for a difference of {number(row['delta'])} points"
            for row in known
        ]
        if told:
            said.append(f"With {design}: {listed(told)}.")
        else:
            said.append(f"With {design}: {why(rows['note'].iloc[0])}.")
    return [*said, _reckoned(designs)] if designs["estimate"].notna().any() else said


def _reckoned(designs: pd.DataFrame) -> str:
    row = designs[designs["estimate"].notna()].iloc[0]
    found_in = f"{counted(row['patients'], 'patient')} and {counted(row['sessions'], 'session')}"
    return (
        f"Reckoned for {100 * POWER:.0f} chances in 100 of showing such a difference if there is one, at the 5 % "
        f"level, with the spread found in {found_in} and as many lost to follow-up as now."
    )


_DESIGNS = {
    "two groups of patients": "two groups, one without needling, drawn by lot",
    "waiting list": "a waiting list, every patient once waiting and once treated",
}
