"""How far clinicians differ, in words that rank nobody."""

from __future__ import annotations

import pandas as pd

from outcomes.words import percent, why, with_interval

__all__ = ["clinician_sentences"]


def clinician_sentences(found: pd.DataFrame) -> list[str]:
    """Say how far clinicians differ, and that this is no ranking."""
    row = found.iloc[0]
    if pd.isna(row["std_dev"]):
        return [f"Differences between clinicians: {why(row['note'])}."]
    return [
        "Average relief varies between clinicians with a standard deviation of "
        f"{with_interval(row, 'points', name='std_dev', digits=2)}, {percent(row['ratio'])} of all variation.",
        "Published shares are under 3%. Clinicians treat different patients, so this ranks nobody.",
    ]
