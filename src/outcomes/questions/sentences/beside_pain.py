"""Tightness and pressure threshold in words: how much they differed from before, without a direction.

Comes in: protected frames of :mod:`outcomes.questions.beside_pain`. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.record.measures import measure
from outcomes.words import NOT_RECORDED, called, rests_on, sentence, why, with_interval

__all__ = ["beside_sentences"]

NOT_ASKED = "These records do not hold tightness or pressure pain threshold."


def beside_sentences(rows: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Give the mean relief of tightness and gain in pressure threshold at each reading, with its interval.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`outcomes.questions.beside_pain.beside_pain`, of all sessions together, protected.
    times : mapping
        What the readings are called.
    """
    if rows["estimate"].isna().all() and {why(note) for note in rows["note"]} == {NOT_RECORDED}:
        return [NOT_ASKED]
    said = []
    for _, row in rows.iterrows():
        what = measure(str(row["measure"]))
        head = f"{what.label} {called(times)[str(row['time'])]}"
        if pd.isna(row["estimate"]):
            said.append(sentence(f"{head}: {why(row['note'] or NOT_RECORDED)}"))
            continue
        said.append(
            f"{head}: {with_interval(row, what.unit)} on average; {rests_on(row.drop('capture_rate'))}."
        )
    return [*said, "Nothing is known of how much they differ by themselves, so no figure stands beside them."]
