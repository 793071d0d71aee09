"""One patient's changes and next session, in words: for the clinic that treats them.

Comes in: frames of :mod:`outcomes.questions.patient`, and what the readings are called. Goes out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.models.chance.variation import share_apart
from outcomes.record.conditions import condition_label
from outcomes.record.measures import measure
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, counted, number, percent

__all__ = ["BETTER", "WITHIN", "WORSE", "coverage_of", "next_sentences", "reliable_sentences"]

BETTER, WORSE = "better, beyond measurement error", "worse, beyond measurement error"
WITHIN = "within measurement error"
UNCHANGED = (
    "Even when pain has not changed, two whole-number readings differ by 2 points or more {} of the time."
)


def coverage_of(asked: float | None) -> float:
    """Share of like sessions that a range is to hold: as asked, else the plan's."""
    return active_plan().one_patient.coverage if asked is None else asked


def reliable_sentences(changes: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Say how many of the patient's changes went beyond measurement error, either way."""
    said = []
    for (name, change, time), rows in changes.groupby(["condition", "measure", "time"], sort=False):
        known = rows[rows["estimate"].notna()]
        what = f"{condition_label(str(name))}, {measure(str(change)).label.lower()} {times.get(str(time), str(time))}"
        if known.empty:
            said.append(f"{what}: {NOT_RECORDED}.")
            continue
        better, worse = (int((known["verdict"] == verdict).sum()) for verdict in (BETTER, WORSE))
        error = f"{number(float(known['measurement_error'].iloc[0]))}{_unit(known)}"
        said.append(
            f"{what}: of {counted(len(known), 'session')} with a reading, {better} better and {worse} "
            "worse by more "
            f"than measurement error ({error})."
        )
    pain = changes["measure"].eq("pain_relief") & changes["estimate"].notna()
    return [*said, UNCHANGED.format(percent(share_apart()))] if pain.any() else said


def _unit(known: pd.DataFrame) -> str:
    units = list(dict.fromkeys(str(unit) for unit in known["unit"].dropna()))
    return f" {units[0]}".rstrip() if len(units) == 1 else ""


def next_sentences(
    ahead: pd.DataFrame, times: Mapping[str, str], *, coverage: float | None = None
) -> list[str]:
    """Say what the next session may bring; most of the range is what no record can predict."""
    said, share = [], coverage_of(coverage)
    for _, row in ahead.iterrows():
        what = f"{condition_label(str(row['condition']))}, {times.get(row['time'], row['time'])}"
        if pd.isna(row["estimate"]):
            said.append(f"{what}: {row['note'] or NOT_RECORDED}.")
            continue
        said.append(
            f"{what}: about {number(row['estimate'])} points of relief after the next session. "
            f"{percent(share)} of "
            f"such sessions are expected between {number(row['conf_low'])} and "
            f"{number(row['conf_high'])} points (below "
            "0 is more pain)."
        )
    return said
