"""How one patient is doing, from the patient's sessions: for the treating clinic, never to be passed on.

Each change is compared with measurement error (is it a reliable change?) and against what followed like sessions of
other patients with the same condition. What the next session may bring is a prediction with its whole spread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.errors import EstimationError
from outcomes.questions.answers import fit_or_why, recorded_columns, why_none
from outcomes.questions.sentences.patient import (
    BETTER,
    WITHIN,
    WORSE,
    coverage_of,
    next_sentences,
    reliable_sentences,
)
from outcomes.record.conditions import CONDITIONS, condition
from outcomes.record.measures import MOVEMENTS, TIMES, movement
from outcomes.record.outcomes import reaches, with_outcomes
from outcomes.record.plan import active_plan
from outcomes.record.reference import read_reference
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "most_seen",
    "next_sentences",
    "next_session",
    "one_patient",
    "pain_error",
    "patients_by_sessions",
    "reliable_changes",
    "reliable_sentences",
]

BASELINES: Mapping[str, str] = {"pain_relief": "pain_pre", "rom_gain": "rom_pre"}
_CHANGES = [
    *[
        "condition",
        "session_number",
        "measure",
        "time",
        "patients",
        "sessions",
        "unit",
        "estimate",
        "measurement_error",
    ],
    *["verdict", "expected", "conf_low", "conf_high", "note"],
]
_NEXT = [
    *["condition", "measure", "time", "patients", "sessions"],
    *["estimate", "std_error", "df", "conf_low", "conf_high", "note"],
]


def patients_by_sessions(sessions: pd.DataFrame) -> list[str]:
    """Patients, those with most sessions first, then by name."""
    counts = sessions.groupby("patient_id", observed=True).size()
    return [str(name) for name in sorted(counts.index, key=lambda name: (-int(counts[name]), str(name)))]


def most_seen(sessions: pd.DataFrame) -> str:
    """The patient with most sessions."""
    return patients_by_sessions(sessions)[0]


def one_patient(sessions: pd.DataFrame, patient: str) -> pd.DataFrame:
    """One patient's sessions, by condition and number.

    Raises
    ------
    EstimationError
        Where no session is of this patient.
    """
    own = sessions[sessions["patient_id"].astype("str") == str(patient)]
    if own.empty:
        many = sessions["patient_id"].nunique()
        raise EstimationError(
            f"no session is of the patient {patient!r}. Choose one of the {many} pseudonyms in the "
            "column patient_id."
        )
    own = own.assign(condition=own["condition"].astype("str"))
    return own.sort_values(["condition", "session_number"], kind="stable", ignore_index=True)


def pain_error(name: str) -> float:
    """Change in pain within measurement error (95 %): the condition's own where published, else from the 0-10 scale's.

    Notes
    -----
    Elsewhere ``1.96 * sqrt(2) * SEM``, with the scale's standard error of measurement (Childs 2005, Spine 30:1331). A
    value published for one reading, or at another level, is turned into that of a change at 95 %.
    """
    own = condition(name).measurement_error if name in CONDITIONS else None
    if own is not None:
        return own
    error = next(
        float(row["value"]) for row in read_reference("variation") if row["name"] == "reading_error_sd"
    )
    return float(1.96 * np.sqrt(2.0) * error)


def reliable_changes(sessions: pd.DataFrame, patient: str, *, coverage: float | None = None) -> pd.DataFrame:
    """Each change of one patient against measurement error, and against like sessions of other patients.

    Parameters
    ----------
    sessions : pandas.DataFrame
        Of all patients.
    patient : str
    coverage : float, optional
        Share of like sessions the range is to hold; by default the plan's.

    Returns
    -------
    pandas.DataFrame
        A row per session, measure (``pain_relief``, ``rom_gain``) and time: ``condition, session_number, measure,
        time, patients, sessions, unit, estimate`` (the change, positive = better), ``measurement_error, verdict,
        expected, conf_low, conf_high`` (of like sessions), ``note``. ``patients`` is 1: such a table is for the clinic
        alone.
    """
    frame = _with_changes(sessions)
    own, share = one_patient(frame, patient), coverage_of(coverage)
    rows = []
    for name in dict.fromkeys(own["condition"]):
        for change in BASELINES:
            for time in TIMES:
                others = _others(frame, name, patient, change)
                model = _fit(others, change, time)
                mine = own[own["condition"] == name]
                rows += [_change_row(row, (change, time), model, share) for _, row in mine.iterrows()]
    return (
        pd.DataFrame(rows)
        .reindex(columns=_CHANGES)
        .sort_values(["condition", "session_number"], kind="stable")
    )


def _with_changes(sessions: pd.DataFrame) -> pd.DataFrame:
    wanted = [f"{change}_{time}" for change in BASELINES for time in TIMES]
    derived = with_outcomes(sessions, wanted)
    return recorded_columns(derived, [*derived.columns, *wanted, "rom_movement", "session_number"])


def _others(frame: pd.DataFrame, name: str, patient: str, change: str) -> pd.DataFrame:
    """Sessions of other patients with the same condition; for motion, of the movement most measured in it."""
    same = frame[
        (frame["condition"].astype("str") == name) & (frame["patient_id"].astype("str") != str(patient))
    ]
    if change != "rom_gain":
        return same
    movements = same["rom_movement"].dropna().astype("str")
    return (
        same[same["rom_movement"].astype("str") == movements.mode().iloc[0]]
        if len(movements)
        else same.iloc[:0]
    )


@dataclass(frozen=True)
class _Model:
    """Change on baseline, in sessions of one condition: coefficients, their covariance, and both variances."""

    beta: np.ndarray[Any, Any]
    vcov: np.ndarray[Any, Any]
    residual: float
    between: float
    patients: int
    sessions: int

    @property
    def df(self) -> float:
        return self.patients - 1.0


def _fit(kept: pd.DataFrame, change: str, time: str) -> _Model | str:
    """Fit the model, or the reason why not."""
    from outcomes.models.mixed.fit import fit_mixed

    outcome, baseline = f"{change}_{time}", BASELINES[change]
    used = kept[kept[[outcome, baseline]].notna().all(axis=1)] if baseline in kept else kept.iloc[:0]
    formula, terms = (
        active_plan().model("one_patient", outcome=outcome, baseline=baseline),
        ["Intercept", baseline],
    )
    why = why_none(used["patient_id"].nunique(), recorded=len(used) > 0)
    fit, why = fit_or_why(lambda: fit_mixed(formula, used), why)
    if fit is None:
        return why
    beta = fit.coefficients.set_index("term")["estimate"].reindex(terms)
    vcov = fit.vcov.reindex(index=terms, columns=terms)
    if beta.isna().any() or vcov.isna().to_numpy().any():
        return TOO_FEW
    between = float(fit.ratios[0]) * fit.sigma**2
    return _Model(beta.to_numpy(), vcov.to_numpy(), fit.sigma**2, between, fit.n_patients, fit.n_sessions)


def _change_row(
    row: pd.Series[Any], what: tuple[str, str], model: _Model | str, coverage: float
) -> dict[str, Any]:
    change, time = what
    value, before = row[f"{change}_{time}"], row.get(BASELINES[change], np.nan)
    head = {name: row[name] for name in ("condition", "session_number")}
    head |= {"measure": change, "time": time, "patients": 1, "sessions": 1, "unit": _unit_of(row, change)}
    head |= {"estimate": value}
    if pd.isna(value):
        return head | {"note": NOT_RECORDED}
    error = _error(row, change)
    found = head | {"measurement_error": error, "verdict": _verdict(float(value), error), "note": ""}
    if isinstance(model, str):
        return found | {"note": f"like patients: {model}"}
    middle, low, high = _range(model, float(before), coverage)
    return found | {"expected": middle, "conf_low": low, "conf_high": high}


def _unit_of(row: pd.Series[Any], change: str) -> str:
    if change == "pain_relief":
        return "points"
    name = str(row.get("rom_movement", ""))
    unit = movement(name).unit if name in MOVEMENTS else ""
    return "degrees" if unit == "degree" else unit


def _error(row: pd.Series[Any], change: str) -> float:
    if change == "pain_relief":
        return pain_error(str(row["condition"]))
    name = str(row["rom_movement"])
    return movement(name).measurement_error if name in MOVEMENTS else float("nan")


def _verdict(change: float, error: float) -> str:
    if np.isnan(error):
        return "measurement error not known"
    return BETTER if reaches(change, error) else WORSE if reaches(-change, error) else WITHIN


def _range(model: _Model, before: float, coverage: float) -> tuple[float, float, float]:
    """Change expected in a session of another patient with this baseline, and the range that holds ``coverage``."""
    x = np.array([1.0, before])
    spread = np.sqrt(model.residual + model.between + x @ model.vcov @ x)
    reach = float(stdtrit(model.df, 0.5 + coverage / 2.0)) * float(spread)
    middle = float(x @ model.beta)
    return middle, middle - reach, middle + reach


def next_session(sessions: pd.DataFrame, patient: str, *, coverage: float | None = None) -> pd.DataFrame:
    """What the patient's next session may bring: predicted relief, and the range of ``coverage`` of such sessions.

    Parameters
    ----------
    sessions : pandas.DataFrame
        Of all patients.
    patient : str
    coverage : float, optional
        By default the plan's.

    Returns
    -------
    pandas.DataFrame
        A row per condition of the patient and time: ``condition, measure, time, patients, sessions`` (the patient's
        own, with a reading), ``estimate, std_error, df, conf_low, conf_high`` in points, ``note``. At the patient's
        mean pain before a session. ``patients`` is 1.

    Notes
    -----
    Best linear unbiased prediction in ``relief ~ pain before + (1 | patient)`` of the condition (Henderson 1975,
    Biometrics 31:423): with ``k = n t / (s + n t)`` of the patient's ``n`` sessions (``t``, ``s`` the variances
    between patients and within), ``x b + k (mean relief - mean x b)``; the error's variance is
    ``s + t (1 - k) + d V d`` with ``d = x - k mean x`` and ``V`` the covariance of ``b``. A patient without readings
    is predicted as a new one.
    """
    frame = _with_changes(sessions)
    own, share = one_patient(frame, patient), coverage_of(coverage)
    rows = []
    for name in dict.fromkeys(own["condition"]):
        same = frame[frame["condition"].astype("str") == name]
        mine = own[own["condition"] == name]
        rows += [_next_row(mine, name, time, (_fit(same, "pain_relief", time), share)) for time in TIMES]
    return pd.DataFrame(rows).reindex(columns=_NEXT)


def _next_row(mine: pd.DataFrame, name: str, time: str, how: tuple[_Model | str, float]) -> dict[str, Any]:
    model, coverage = how
    outcome = f"pain_relief_{time}"
    seen = mine[mine[[outcome, "pain_pre"]].notna().all(axis=1)]
    head = {"condition": name, "measure": "pain_relief", "time": time, "patients": 1, "sessions": len(seen)}
    if isinstance(model, str) or not mine["pain_pre"].notna().any():
        return head | {"note": model if isinstance(model, str) else NOT_RECORDED}
    before = float(mine["pain_pre"].mean())
    estimate, error = _predicted(model, seen[[outcome, "pain_pre"]].to_numpy(dtype=float), before)
    reach = float(stdtrit(model.df, 0.5 + coverage / 2.0)) * error
    low, high = np.clip([estimate - reach, estimate + reach], before - 10.0, before)
    return head | {
        "estimate": estimate,
        "std_error": error,
        "df": model.df,
        "conf_low": low,
        "conf_high": high,
        "note": "",
    }


def _predicted(model: _Model, seen: np.ndarray[Any, Any], before: float) -> tuple[float, float]:
    """Best linear unbiased prediction at a baseline, and its error, from the patient's changes and baselines."""
    n, x = len(seen), np.array([1.0, before])
    share = n * model.between / (model.residual + n * model.between) if n else 0.0
    own_x = np.array([1.0, seen[:, 1].mean()]) if n else np.zeros(2)
    own = float(seen[:, 0].mean() - own_x @ model.beta) if n else 0.0
    d = x - share * own_x
    variance = model.residual + model.between * (1.0 - share) + d @ model.vcov @ d
    return float(x @ model.beta + share * own), float(np.sqrt(variance))
