"""How far clinicians differ, as one number for all of them. No clinician is named, shown or ranked.

Clinicians also treat different patients, so a difference between them need not come from what they do. Fewer than five
clinicians: no answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.questions.answers import (
    LEAST_CLINICIANS,
    blank,
    fit_or_why,
    needed_columns,
    only_condition,
    size_of,
)
from outcomes.questions.sentences.clinicians import clinician_sentences
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = ["FEW", "clinician_sentences", "clinician_variation"]

LATER = "pain_relief_48h"
FEW = LEAST_CLINICIANS
FEW_CLINICIANS = "fewer than five clinicians: their spread cannot be estimated"
_NUMBERS = ("std_dev", "conf_low", "conf_high", "ratio")


def clinician_variation(sessions: Any) -> pd.DataFrame:
    """How much of the variation of later relief lies between clinicians; no clinician is named or ranked.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table

    Returns
    -------
    pandas.DataFrame
        One row: ``quantity, patients, sessions, std_dev, conf_low, conf_high, ratio, note``: the standard deviation
        between clinicians (points), its profile interval, and their share of all variation.

    Notes
    -----
    ``relief ~ condition + pain before + (1 | clinician/patient)`` by REML. With fewer than five clinicians nothing is
    said: a variance of two or three is not estimable.
    """
    frame = needed_columns(sessions, "clinician_id", "condition", LATER)
    frame = frame[frame[LATER].notna() & frame["clinician_id"].notna()]
    return pd.DataFrame([{"quantity": "between clinicians", **size_of(frame), **_between(frame)}])


def _between(frame: pd.DataFrame) -> dict[str, Any]:
    from outcomes.models.mixed.fit import fit_mixed

    clinicians = len(frame["clinician_id"].unique())
    why = "" if clinicians >= FEW else FEW_CLINICIANS if clinicians else NOT_RECORDED
    formula = active_plan().model("clinicians", without=only_condition(frame))
    fit, why = fit_or_why(lambda: fit_mixed(formula, frame), why)
    if fit is None:
        return blank(_NUMBERS, why)
    parts = fit.variances
    own = parts[parts["group"] == "clinician_id"].to_dict("records")
    if not own or pd.isna(own[0]["variance"]):
        return blank(_NUMBERS, "; ".join(fit.notes) or TOO_FEW)
    variance = float(own[0]["variance"])
    low, high = (float(np.sqrt(max(end, 0.0))) for end in fit.variance_interval("clinician_id"))
    share = variance / float(parts["variance"].sum())
    return {
        "std_dev": float(np.sqrt(variance)),
        "conf_low": low,
        "conf_high": high,
        "ratio": share,
        "note": "",
    }
