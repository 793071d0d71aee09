"""Sessions in, what a twitch foretells out: explained variance of relief in patients the model has not seen.

A sign is clear where knowing it lets one say more about a new patient than one could without. Each patient is
predicted from the other patients only (grouped cross-validation), once from pain before and condition, once from these
and the twitches.
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

from outcomes.errors import OutcomesError
from outcomes.questions.twitches import outcome_phrase, recorded_columns
from outcomes.record.outcomes import with_outcomes
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, interval, number, rests_on, why

__all__ = ["GAIN", "sentences", "twitch_value"]

FOLDS = active_plan().twitches.folds
LEAST_PATIENTS = active_plan().twitches.least_patients
"""Fewer patients than this, and a fifth of them is too few to be foretold from the others."""
WITHOUT, WITH, GAIN = "explained without twitches", "explained with twitches", "gained by twitches"
RARE = "rare"
Floats = npt.NDArray[np.float64]
_COLUMNS = [
    *["outcome", "quantity", "patients", "sessions", "sessions_eligible", "capture_rate"],
    *["estimate", "std_error", "df", "conf_low", "conf_high", "note"],
]


def twitch_value(
    sessions: Any, *, folds: int = FOLDS, seed: int | None = None, conf_level: float = 0.95
) -> pd.DataFrame:
    """Share of the variance of relief foretold in new patients, with and without the twitches.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    folds : int
        Groups of patients; each is predicted from the others.
    seed : int, optional
        Of the draw of these groups; by default the plan's.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        Three rows per outcome (``pain_relief_post``, ``pain_relief_48h``): ``outcome, quantity, patients, sessions,
        sessions_eligible, capture_rate, estimate, std_error, df, conf_low, conf_high, note``. ``estimate`` is 1 minus
        the squared error of prediction over that of the others' mean (below 0 = worse than the mean), for the last row
        the gain. Its interval is clustered on patients, given the fitted models.
    """
    names = ["twitch_count", "pain_pre", "condition", "pain_relief_post", "pain_relief_48h"]
    names = ["patient_id", *names]
    frame = recorded_columns(with_outcomes(sessions, names), names)[names]
    counted = frame[frame["twitch_count"].notna() & frame["patient_id"].notna()]
    rows: list[dict[str, Any]] = []
    for outcome in ("pain_relief_post", "pain_relief_48h"):
        used = counted[counted[[outcome, "pain_pre", "condition"]].notna().all(axis=1)]
        patients = int(used["patient_id"].nunique())
        rate = len(used) / len(counted) if len(counted) else np.nan
        who = {
            "patients": patients,
            "sessions": len(used),
            "sessions_eligible": len(counted),
            "capture_rate": rate,
        }
        found = _explained(
            used, outcome, (folds, active_plan().estimates.seed if seed is None else seed), conf_level
        )
        rows += [{"outcome": outcome, **who, **row} for row in found]
    return pd.DataFrame(rows).reindex(columns=_COLUMNS)


def _explained(
    used: pd.DataFrame, outcome: str, draw: tuple[int, int], conf_level: float
) -> list[dict[str, Any]]:
    patients = used["patient_id"].nunique()
    reason = NOT_RECORDED if used.empty else TOO_FEW if patients < max(LEAST_PATIENTS, 2 * draw[0]) else ""
    if not reason:
        try:
            return _rows(_squared_errors(_prepared(used), outcome, draw), conf_level)
        except OutcomesError as error:
            reason = f"no estimate: {error}"
    return [{"quantity": quantity, "note": reason} for quantity in (WITHOUT, WITH, GAIN)]


def _prepared(used: pd.DataFrame) -> pd.DataFrame:
    """Join conditions with too few patients to be in every group of patients; mark sessions with any twitch."""
    condition = used["condition"].astype("str").astype("category").cat
    patient = pd.factorize(used["patient_id"], sort=True)[0]
    people = pd.Series(patient).groupby(condition.codes.to_numpy()).nunique()
    common = [
        name if people.get(code, 0) >= LEAST_PATIENTS // 2 else RARE
        for code, name in enumerate(condition.categories)
    ]
    named = sorted(set(common))
    place = np.array([named.index(name) for name in common])[condition.codes]
    return used.assign(
        patient_id=patient,
        condition=pd.Categorical.from_codes(place, pd.Index(named)),
        any_twitch=(used["twitch_count"] > 0).astype(float),
    )


def _squared_errors(used: pd.DataFrame, outcome: str, draw: tuple[int, int]) -> pd.DataFrame:
    """Squared errors per patient, each predicted from the other groups' patients: of the mean, and of both models."""
    fold = _folds(used["patient_id"], draw)
    y = used[outcome].to_numpy(dtype=np.float64)
    errors = {name: np.empty(len(used)) for name in ("mean", "base", "more")}
    models = _Models(used, outcome, fold)
    for number_of in range(draw[0]):
        out = fold == number_of
        errors["mean"][out] = (y[out] - y[~out].mean()) ** 2
        for name, predicted in models.predict(number_of).items():
            errors[name][out] = (y[out] - predicted) ** 2
    return pd.DataFrame(errors).groupby(used["patient_id"].to_numpy()).sum()


def _folds(patient: pd.Series[Any], draw: tuple[int, int]) -> npt.NDArray[np.intp]:
    """Group of each session's patient: patients in order of their name, dealt out by the seed."""
    codes, names = pd.factorize(patient, sort=True)
    dealt = np.random.default_rng(draw[1]).permutation(len(names)) % draw[0]
    return np.asarray(dealt[codes], dtype=np.intp)


class _Models:
    """Models of relief fitted to all groups of patients but one: moments add, so each group is reduced once."""

    def __init__(self, used: pd.DataFrame, outcome: str, fold: npt.NDArray[np.intp]) -> None:
        from outcomes.models.reduce import reduce_moments

        alone = ["condition"] if len(used["condition"].unique()) < 2 else []
        self.formulas = {
            name: active_plan().model(f"twitch_foretold_{model}", outcome=outcome, without=alone)
            for name, model in (("base", "without"), ("more", "with"))
        }
        self.parts = [used[fold == i] for i in range(int(fold.max()) + 1)]
        self.moments = [reduce_moments(self.formulas["more"], part) for part in self.parts]

    def predict(self, left_out: int) -> dict[str, Floats]:
        """What each model foretells of the group left out."""
        from outcomes.models.mixed.fit import fit_moments

        others = reduce(add, (moments for i, moments in enumerate(self.moments) if i != left_out))
        return {
            name: np.asarray(
                fit_moments(others.narrowed(formula)).predict(self.parts[left_out]), dtype=np.float64
            )
            for name, formula in self.formulas.items()
        }


def _rows(errors: pd.DataFrame, conf_level: float) -> list[dict[str, Any]]:
    mean, base, more = (errors[name].to_numpy() for name in ("mean", "base", "more"))
    if not mean.sum() > 0:
        return [
            {"quantity": q, "note": "relief was the same in every session"} for q in (WITHOUT, WITH, GAIN)
        ]
    gain = (base.sum() - more.sum()) / mean.sum()
    n = len(errors)
    influence = (base - more) - gain * mean
    error = float(np.sqrt((influence**2).sum() * n / (n - 1.0)) / mean.sum())
    reach = float(stdtrit(n - 1, 0.5 + conf_level / 2.0)) * error
    limits = {"std_error": error, "df": n - 1.0, "conf_low": gain - reach, "conf_high": gain + reach}
    return [
        {"quantity": WITHOUT, "estimate": 1.0 - base.sum() / mean.sum(), "note": ""},
        {"quantity": WITH, "estimate": 1.0 - more.sum() / mean.sum(), "note": ""},
        {"quantity": GAIN, "estimate": gain, **limits, "note": ""},
    ]


def sentences(value: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Say whether knowing the twitches foretold relief in patients the model had not seen."""
    said = []
    for outcome in dict.fromkeys(value["outcome"]):
        rows = value[value["outcome"] == outcome].set_index("quantity")
        phrase, gain = outcome_phrase(outcome, times), rows.loc[GAIN]
        if pd.isna(gain["estimate"]):
            said.append(f"Do twitches foretell {phrase}? {why(gain['note'] or NOT_RECORDED).capitalize()}.")
            continue
        size, low, high = (100.0 * float(gain[name]) for name in ("estimate", "conf_low", "conf_high"))
        told = "added to" if low > 0 else "took from" if high < 0 else "added nothing clear to"
        before = number(100.0 * float(rows.loc[WITHOUT, "estimate"]), 0)
        said.append(
            f"Pain before and condition foretold {before} % of the differences in {phrase} between sessions of new "
            f"patients. Knowing the twitches {told} that: {number(size)} percentage points, 95 % interval "
            f"{interval(low, high)} ({rests_on(gain)})."
        )
    return said
