"""The days after a session in words: what the soreness was like, and whether activity was limited.

Comes in: protected frames of :mod:`outcomes.questions.days_after`. Goes out: sentences.
"""

from __future__ import annotations

import pandas as pd

from outcomes.words import NOT_RECORDED, in_ten, percent, rests_on, why

__all__ = ["after_sentences"]

NOT_ASKED = "These records do not ask what the soreness was like, or whether activity was limited."
_SAID = ("like after a workout", "unlike the usual pain", "activity limited")


def after_sentences(after: pd.DataFrame) -> list[str]:
    """Say how often soreness was like that after a workout, unlike the usual pain, and activity was limited.

    Parameters
    ----------
    after : pandas.DataFrame
        From :func:`outcomes.questions.days_after.days_after`, protected.
    """
    rows = after[after["variable"].isin(_SAID)]
    if rows["proportion"].isna().all() and {why(note) for note in rows["note"]} == {NOT_RECORDED}:
        return [NOT_ASKED]
    said = []
    for _, row in rows.iterrows():
        if pd.isna(row["proportion"]):
            said.append(f"{row['label']}: {why(row['note'] or NOT_RECORDED)}.")
            continue
        limits = f"95% CI {percent(row['conf_low'])} to {percent(row['conf_high'])}"
        who = rests_on(row.drop("capture_rate"))
        share = f"{in_ten(row['proportion'])} ({percent(row['proportion'])}; {limits})"
        said.append(f"{row['label']}: {share}. It rests on {who}.")
    return said
