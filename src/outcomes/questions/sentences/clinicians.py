"""How far clinicians differ, in words that rank nobody."""

from __future__ import annotations

import pandas as pd

from outcomes.words import interval, number, percent, why

__all__ = ["clinician_sentences"]


def clinician_sentences(found: pd.DataFrame) -> list[str]:
    """Say how far clinicians differ, and that this is no ranking."""
    row = found.iloc[0]
    if pd.isna(row["std_dev"]):
        return [f"Differences between clinicians: {why(row['note'])}."]
    return [
        f"Between clinicians, mean relief differs with a standard deviation of {number(row['std_dev'], 2)} points "
        f"({interval(row['conf_low'], row['conf_high'], 2)}), {percent(row['ratio'])} of all variation; published "
        "shares are below 3 %. Whom a clinician treats differs too, so this ranks nobody."
    ]
