"""Sessions in, how well the later relief of patients never seen is foretold, without and with the reading right after.

Patients are split into folds, and each fold is foretold from the moments of the others, which add. Refuses fewer than
two folds; too few patients is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from outcomes.errors import EstimationError, OutcomesError
from outcomes.models.groups import narrow_and_code
from outcomes.questions.answers import size_of
from outcomes.questions.relation import LATER, nothing_to_say, with_both
from outcomes.record.plan import active_plan
from outcomes.words import TOO_FEW, called, counted, number, percent, why

__all__ = ["FOLDS", "foretold", "foretold_sentences"]

Floats = npt.NDArray[np.float64]
FOLDS = active_plan().foretelling.folds


def foretold(
    sessions: pd.DataFrame, *, folds: int = FOLDS, seed: int | None = None, conf_level: float = 0.95
) -> pd.DataFrame:
    """How well the later relief of patients never seen is foretold, without and with the reading right after.

    Parameters
    ----------
    sessions : pandas.DataFrame
    folds : int
        The patients are split into so many parts; each is foretold from the others.
    seed : int, optional
        Of the split; by default the plan's.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``model, quantity, patients, sessions, estimate, std_error, conf_low, conf_high, note``. ``quantity`` is
        ``typical miss`` (root of the mean squared error, points) and ``share foretold`` (of the variation around
        the mean, out of sample; below 0 is worse than the mean). The last row, ``gain``, is the second
        model's share less the first's.

    Raises
    ------
    EstimationError
        For fewer than two folds.

    Notes
    -----
    Moments add: each fold is reduced once, and the moments of the others are their sum. Errors are patient-clustered
    linearised errors of the ratio of sums of squares, given the split.
    """
    if folds < 2:
        raise EstimationError(f"folds is {folds}; patients are split into at least 2 parts, usually 10.")
    both = with_both(sessions)
    note = nothing_to_say(both, len(both) > 0)
    if not note and both["patient_id"].nunique() < 2 * folds:
        note = TOO_FEW
    if note:
        return _not_foretold(both, note)
    codes, names = pd.factorize(both["patient_id"], sort=True)
    fold = _fold_of_patient(codes, len(names), folds, active_plan().estimates.seed if seed is None else seed)
    both = narrow_and_code(both.assign(patient_id=codes), both.columns)
    try:
        missed = _missed(both, fold)
    except OutcomesError as error:
        return _not_foretold(both, f"no estimate: {error}")
    return _scored(both, missed, conf_level)


_BASE = f"{LATER} ~ 1 + (1 | patient_id)"
_MODELS = {
    "the mean alone": _BASE,
    "condition and pain before": active_plan().model("foretold_without"),
    "and relief right after": active_plan().model("foretold_with"),
}


def _fold_of_patient(
    patient: npt.NDArray[np.intp], patients: int, folds: int, seed: int
) -> npt.NDArray[np.intp]:
    """A fold for every session: that of its patient, patients numbered in the order of their names."""
    shuffled = np.random.default_rng(seed).permutation(patients) % folds
    return np.asarray(shuffled[patient], dtype=np.intp)


def _missed(both: pd.DataFrame, fold: npt.NDArray[np.intp]) -> dict[str, Floats]:
    """Errors of prediction of each model, each session foretold from the folds its patient is not in."""
    from outcomes.models.mixed.fit import fit_moments
    from outcomes.models.mixed.reduce import reduce_moments

    several = len(both["condition"].unique()) > 1
    models = {
        model: formula if several else formula.replace("condition + ", "")
        for model, formula in _MODELS.items()
    }
    largest = list(models.values())[-1]
    parts = [reduce_moments(largest, both[fold == k]) for k in range(int(fold.max()) + 1)]
    missed = {model: np.full(len(both), np.nan) for model in models}
    for k in range(len(parts)):
        total = reduce(add, (part for j, part in enumerate(parts) if j != k))
        seen = both["condition"][fold != k].unique()
        here = np.flatnonzero((fold == k) & both["condition"].isin(seen).to_numpy())
        rows = both.iloc[here]
        for model, formula in models.items():
            guess = fit_moments(total.narrowed(formula)).predict(rows)
            missed[model][here] = rows[LATER].to_numpy(float) - guess.to_numpy(float)
    return missed


def _scored(both: pd.DataFrame, missed: Mapping[str, Floats], conf_level: float) -> pd.DataFrame:
    known = np.all([np.isfinite(error) for error in missed.values()], axis=0)
    both, patients = both[known], both["patient_id"][known]
    square = {model: error[known] ** 2 for model, error in missed.items()}
    base, now, last = (square[model] for model in _MODELS)
    reach = float(stdtrit(max(patients.nunique() - 1, 1), 0.5 + conf_level / 2.0))
    counts, rows = size_of(both), []
    for model, values in square.items():
        mean, error = float(values.mean()), _clustered_error(values - values.mean(), patients, len(values))
        root = float(np.sqrt(mean))
        rows.append(
            {
                "model": model,
                "quantity": "typical miss",
                **counts,
                **_with_limits(root, error / (2 * root), reach),
            }
        )
    for model, numerator in (
        ("condition and pain before", base - now),
        ("and relief right after", base - last),
        ("gain", now - last),
    ):
        share = float(numerator.sum() / base.sum())
        error = _clustered_error(numerator - share * base, patients, float(base.sum()))
        rows.append(
            {"model": model, "quantity": "share foretold", **counts, **_with_limits(share, error, reach)}
        )
    return pd.DataFrame(rows).assign(note="")


def _clustered_error(deviations: Floats, patients: pd.Series, below: float) -> float:
    sums = pd.Series(deviations).groupby(patients.to_numpy()).sum().to_numpy(float)
    n = len(sums)
    return float(np.sqrt((sums**2).sum() * n / max(n - 1, 1)) / below)


def _with_limits(estimate: float, error: float, reach: float) -> dict[str, float]:
    low, high = estimate - reach * error, estimate + reach * error
    return {"estimate": estimate, "std_error": error, "conf_low": low, "conf_high": high}


def _not_foretold(both: pd.DataFrame, note: str) -> pd.DataFrame:
    blank: dict[str, Any] = dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high"), np.nan)
    row = {"model": "gain", "quantity": "share foretold", **size_of(both), **blank, "note": note}
    return pd.DataFrame([row])


def foretold_sentences(found: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how far a new patient's later relief can be foretold, and what the reading right after adds."""
    words = called(times)
    rows = {(str(row["model"]), str(row["quantity"])): row for row in found.to_dict("records")}
    gain = rows[("gain", "share foretold")]
    if pd.isna(gain["estimate"]):
        return [f"Foretelling relief {words['48h']}: {why(gain['note'])}."]
    last, miss = (
        rows[("and relief right after", "share foretold")],
        rows[("and relief right after", "typical miss")],
    )
    sure = f"{number(100 * gain['conf_low'], 0)} to {number(100 * gain['conf_high'], 0)}"
    adds = "adds" if gain["conf_low"] > 0 else "does not clearly add"
    return [
        f"For patients the model never saw, condition, pain before and relief {words['post']} together foretell "
        f"{percent(max(last['estimate'], 0.0))} of how relief {words['48h']} varies; the guess misses by "
        f"{number(miss['estimate'])} points on a typical session.",
        f"The reading {words['post']} {adds} to that: {number(100 * gain['estimate'], 0)} percentage points "
        f"(95 % interval {sure}; {counted(gain['patients'], 'patient')}, {counted(gain['sessions'], 'session')}). It "
        "would add something with no effect at all, because both readings are of the same pain; for one patient on one "
        "day it says little.",
    ]
