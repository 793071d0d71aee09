"""Sessions in, how much regression to the mean could account for, the lower usual pain lies, out.

Patients choose when to come, so the pain they come with does not tell how bad it usually is. It is varied.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.models.chance.null_benchmark import expected_change
from outcomes.models.groups import narrow_and_code
from outcomes.record.outcomes import with_outcomes
from outcomes.record.plan import TOO_FEW_PATIENTS
from outcomes.words import NOT_RECORDED, TOO_FEW, called, listed, number, why

__all__ = ["regression_sensitivity", "regression_sentences"]


_NEEDED = ("patient_id", "condition", "session_number", "followup_h", "pain_pre", "pain_post", "pain_48h")


def regression_sensitivity(sessions: pd.DataFrame, *, time: str = "48h") -> pd.DataFrame:
    """Change that regression to the mean alone would give, the further below the day's pain the usual pain lies.

    Parameters
    ----------
    sessions : pandas.DataFrame
    time : {"post", "48h"}

    Returns
    -------
    pandas.DataFrame
        ``delta, patients, sessions, observed, expected_change, note``: ``delta`` is how far the patients' usual pain
        lies below the mean pain they came with, points.

    Notes
    -----
    The mean of usual pain cannot be read from records of people who chose when to come, so it is varied, as Ostermann
    2008 (BMC Med Res Methodol 8:52) extends Mee and Chua.
    """
    came_with = float(sessions["pain_pre"].mean())
    relief = f"pain_relief_{time}"
    narrow = with_outcomes(narrow_and_code(sessions, [*_NEEDED, relief]), [relief])
    rows = []
    for below in (0.0, 0.5, 1.0, 1.5, 2.0):
        found = expected_change(narrow, relief, None, usual_pain=came_with - below).iloc[0]
        few = int(found["patients"]) < TOO_FEW_PATIENTS
        recorded = int(found["sessions"]) > 0
        rows.append(
            {
                "delta": below,
                "patients": int(found["patients"]),
                "sessions": int(found["sessions"]),
                "observed": np.nan if few else float(found["observed_change"]),
                "expected_change": np.nan if few else float(found["expected_change"]),
                "note": (TOO_FEW if recorded else NOT_RECORDED) if few else "",
            }
        )
    return pd.DataFrame(rows)


def regression_sentences(
    found: pd.DataFrame, times: Mapping[str, str] | None = None, *, time: str = "48h"
) -> list[str]:
    """Say how far below the day's pain usual pain would have to lie for regression to the mean to give it all."""
    when, known = called(times)[time], found[found["expected_change"].notna() & found["observed"].notna()]
    if known.empty:
        return [f"Regression to the mean {when}: {why(found['note'].iloc[0])}."]
    observed = float(known["observed"].iloc[0])
    rows = known.to_dict("records")
    below = listed(number(row["delta"]) for row in rows)
    gives = listed(number(row["expected_change"]) for row in rows)
    said = (
        f"Seen was a mean relief {when} of {number(observed)} points. If patients' usual pain lies {below} "
        "points below "
        f"the pain they came with, regression to the mean alone would give {gives}."
    )
    enough = known[known["expected_change"] >= observed]
    if observed <= 0:
        return [said]
    if enough.empty:
        return [said, "Within this range it does not reach what was seen."]
    return [said, f"From {number(enough['delta'].iloc[0])} points below, it would give all that was seen."]
