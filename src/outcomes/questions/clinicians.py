"""Sessions in, how far clinicians differ, as one number for all of them, out. No clinician is named, shown or ranked.

Whom a clinician treats differs too, so what differs between them is not what they do. Fewer than five clinicians: no
answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.models.groups import narrow_and_code
from outcomes.record.outcomes import with_outcomes
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, interval, number, percent, why

__all__ = ["FEW", "clinician_sentences", "clinician_variation"]

LATER = "pain_relief_48h"
FEW = 5
"""The spread of fewer clinicians cannot be estimated."""


def clinician_variation(sessions: pd.DataFrame) -> pd.DataFrame:
    """How much of the variation of later relief lies between clinicians; no clinician is named or ranked.

    Parameters
    ----------
    sessions : pandas.DataFrame

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
    needed = ["patient_id", "clinician_id", "condition", "pain_pre", "pain_48h", "followup_h", LATER]
    frame = with_outcomes(narrow_and_code(sessions, needed), [LATER])
    frame = frame[frame[LATER].notna() & frame["clinician_id"].notna()]
    clinicians = len(frame["clinician_id"].unique())
    counts = {"patients": int(frame["patient_id"].nunique()), "sessions": len(frame)}
    row: dict[str, Any] = {"quantity": "between clinicians", **counts}
    blank = dict.fromkeys(("std_dev", "conf_low", "conf_high", "ratio"), np.nan)
    if clinicians < FEW:
        return pd.DataFrame([{**row, **blank, "note": FEW_CLINICIANS if clinicians else NOT_RECORDED}])
    return pd.DataFrame([{**row, **_spread_of_clinicians(frame, blank)}])


FEW_CLINICIANS = "fewer than five clinicians: their spread cannot be estimated"


def _spread_of_clinicians(frame: pd.DataFrame, blank: dict[str, float]) -> dict[str, Any]:
    from outcomes.models.mixed.fit import fit_mixed

    alone = ["condition"] if len(frame["condition"].unique()) < 2 else []
    try:
        fit = fit_mixed(active_plan().model("clinicians", without=alone), frame)
        parts = fit.variances
    except OutcomesError as error:
        return {**blank, "note": f"no estimate: {error}"}
    own = parts[parts["group"] == "clinician_id"].to_dict("records")
    if not own or pd.isna(own[0]["variance"]):
        return {**blank, "note": "; ".join(fit.notes) or TOO_FEW}
    variance, (low, high) = float(own[0]["variance"]), fit.variance_interval("clinician_id")
    limits = {"conf_low": float(np.sqrt(max(low, 0.0))), "conf_high": float(np.sqrt(max(high, 0.0)))}
    return {
        "std_dev": float(np.sqrt(variance)),
        **limits,
        "ratio": variance / float(parts["variance"].sum()),
        "note": "",
    }


def clinician_sentences(found: pd.DataFrame) -> list[str]:
    """Say how far clinicians differ, and that this is no ranking."""
    row = found.iloc[0]
    if pd.isna(row["std_dev"]):
        return [f"Differences between clinicians: {why(row['note'])}."]
    return [
        f"Between clinicians, mean relief differs with a standard deviation of {number(row['std_dev'], 2)} points "
        f"({interval(row['conf_low'], row['conf_high'], 2)}), {percent(row['ratio'])} of all variation; "
        "published shares are below "
        f"3 %. Whom a clinician treats differs too, so this ranks nobody."
    ]
