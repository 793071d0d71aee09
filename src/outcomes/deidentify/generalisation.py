"""What patients could be known by, made coarser until every combination is shared by k of them.

Comes in: sessions of the record's columns. Goes out: the same with age bands widened (20 years, 30 years, none), rare
activities and conditions under ``other``, and, where that is not enough, clinic, activity or sex left out: of all ways
that reach k, the one that loses least. Refuses where no way does.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from outcomes.deidentify.k_anonymity import QUASI_IDENTIFIERS, k_anonymity
from outcomes.errors import DisclosureError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WIDE_AGE_BANDS", "Generalisation", "generalised", "wide_band"]

WIDE_AGE_BANDS = {20: ("0-19", "20-39", "40-59", "60-79", "80+"), 30: ("0-29", "30-59", "60+")}
"""Age bands wider than the record's ten years; the last one is open, so that the oldest are not alone."""

_STEPS: dict[str, tuple[tuple[str, float], ...]] = {
    "age_band": (("", 0), ("20-year bands", 1), ("30-year bands", 2), ("left out", 4)),
    "activity": (("", 0), ("rare ones are other", 1), ("left out", 3)),
    "clinic_id": (("", 0), ("left out", 2.5)),
    "sex": (("", 0), ("left out", 4)),
    "condition": (("", 0), ("rare ones are other", 5)),
}
"""For each column, the ways to make it coarser and what each costs: an order of preference, no more."""


@dataclass(frozen=True)
class Generalisation:
    """Sessions made coarser.

    Attributes
    ----------
    sessions : pandas.DataFrame
    done : dict of str to str
        What was done, by column; empty where nothing had to be.
    """

    sessions: pd.DataFrame
    done: dict[str, str]


def generalised(sessions: pd.DataFrame, k: int) -> Generalisation:
    """Make the quasi-identifiers coarser until every combination is shared by at least ``k`` patients.

    Parameters
    ----------
    sessions : pandas.DataFrame
        With ``patient_id`` and any of ``age_band, sex, activity, condition, clinic_id``.
    k : int
        At least 2.

    Raises
    ------
    DisclosureError
        Where ``k`` makes no sense, or no way reaches it; the message says how far the best one gets.
    """
    if k < 2:
        raise DisclosureError(f"k is {k}; a group of fewer than 2 protects nobody. Choose 2 or more.")
    present = [name for name in QUASI_IDENTIFIERS if name in sessions and sessions[name].notna().any()]
    distinct = sessions[["patient_id", *present]].drop_duplicates()
    ways = sorted(
        product(*(range(len(_STEPS[name])) for name in present)),
        key=lambda way: sum(_STEPS[name][step][1] for name, step in zip(present, way, strict=True)),
    )
    reached = 0
    for way in ways:
        steps = {name: _STEPS[name][step][0] for name, step in zip(present, way, strict=True)}
        smallest = int(k_anonymity(_coarser(distinct, steps, k)).attrs["k"])
        if smallest >= k:
            done = {name: step for name, step in steps.items() if step}
            return Generalisation(_coarser(sessions, done, k), done)
        reached = max(reached, smallest)
    raise DisclosureError(
        f"No way of making age, sex, activity, clinic and condition coarser puts every patient in a group of {k}: "
        f"the best one leaves a group of {reached}, of {distinct['patient_id'].nunique():,} patients in all. "
        "Choose a smaller k, add records, or leave the rarest conditions out."
    )


def _coarser(frame: pd.DataFrame, steps: dict[str, str], k: int) -> pd.DataFrame:
    new = frame.copy()
    for name, step in steps.items():
        if step == "left out":
            new[name] = None
        elif step == "rare ones are other":
            new[name] = _rare_as_other(frame, name, k)
        elif step:
            new[name] = frame[name].map(
                lambda band, step=step: wide_band(band, int(step[:2])), na_action="ignore"
            )
    return new


def _rare_as_other(frame: pd.DataFrame, name: str, k: int) -> pd.Series:
    patients = frame.groupby(name, observed=True)["patient_id"].nunique()
    rare = set(patients[patients < k].index)
    return frame[name].map(lambda value: "other" if value in rare else value, na_action="ignore")


def wide_band(band: str, years: int) -> str | None:
    """Age band of 20 or 30 years that holds a narrower one; None where it is no band.

    Examples
    --------
    >>> wide_band("30-39", 20), wide_band("90+", 30), wide_band("unknown", 20)
    ('20-39', '60+', None)
    """
    low = band.rstrip("+").split("-")[0]
    if not low.isdigit():
        return None
    bands = WIDE_AGE_BANDS[years]
    return bands[min(int(low) // years, len(bands) - 1)]
