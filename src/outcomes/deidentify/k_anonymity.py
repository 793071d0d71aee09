"""How many patients share what they could be known by, and what is made coarser until enough do.

Comes in: sessions of the record's columns. Goes out: the number of patients per combination of age band, sex, activity,
condition and clinic; or the sessions with age bands widened (20 years, 30 years, none), rare activities and conditions
under ``other``, and, where that is not enough, clinic, activity or sex left out: of all ways that reach ``k``, the one
that loses least. Refuses a ``k`` that no way reaches.

The counts are for the clinic, which decides what to widen: they are small, and do not pass the gate of ``disclosure/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pandas as pd

from outcomes.errors import DisclosureError
from outcomes.record.columns import wide_age_band

__all__ = [
    "NOT_RECORDED",
    "QUASI_IDENTIFIERS",
    "Generalisation",
    "generalise",
    "k_anonymity",
]

QUASI_IDENTIFIERS = ("age_band", "sex", "activity", "condition", "clinic_id")
"""What somebody who knows a patient is likely to know as well."""
NOT_RECORDED = "not recorded"


def k_anonymity(sessions: Any, quasi_identifiers: Sequence[str] = QUASI_IDENTIFIERS) -> pd.DataFrame:
    """Count the patients who share each combination of quasi-identifiers.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
        Sessions with ``patient_id``.
    quasi_identifiers : sequence of str
        Columns somebody may know from elsewhere. Those the table lacks, or that are empty throughout, are left
        out. A missing value is a value of its own.

    Returns
    -------
    pandas.DataFrame
        One row per combination found, the smallest groups first: the quasi-identifiers, ``patients``.
        ``attrs["k"]`` is the size of the smallest group (0 without patients). A patient with several
        combinations (two conditions) counts in each.

    Raises
    ------
    DisclosureError
        Where ``patient_id`` is absent.

    Notes
    -----
    Sweeney L (2002) k-anonymity: a model for protecting privacy. Int J Uncertain Fuzz 10:557.

    Examples
    --------
    >>> sessions = pd.DataFrame({"patient_id": list("aabc"), "sex": ["female", "female", "female", "male"]})
    >>> report = k_anonymity(sessions)
    >>> report.values.tolist(), report.attrs["k"]
    ([['male', 1], ['female', 2]], 1)
    """
    columns = list(sessions.columns)
    if "patient_id" not in columns:
        raise DisclosureError(
            "the table has no column patient_id, so patients cannot be counted; read it with read_sessions."
        )
    names = [name for name in dict.fromkeys(quasi_identifiers) if name in columns and name != "patient_id"]
    wanted = sessions[["patient_id", *names]]
    distinct = (
        wanted.drop_duplicates() if isinstance(sessions, pd.DataFrame) else wanted.distinct().to_pandas()
    )
    return _report(distinct[distinct["patient_id"].notna()], names)


def _report(distinct: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    used = [name for name in names if distinct[name].notna().any()]
    as_text = {
        name: distinct[name].astype("str").where(distinct[name].notna(), NOT_RECORDED) for name in used
    }
    frame = pd.DataFrame({"patient_id": distinct["patient_id"], **as_text}).drop_duplicates()
    if used:
        counted = frame.groupby(used, observed=True, sort=True).size().reset_index(name="patients")
    else:
        counted = pd.DataFrame({"patients": [frame["patient_id"].nunique()]})
    report = counted.sort_values("patients", kind="stable", ignore_index=True)
    report.attrs["k"] = int(report["patients"].min()) if len(distinct) else 0
    return report


# --- made coarser --------------------------------------------------------------------------------------------

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


def generalise(sessions: pd.DataFrame, k: int) -> Generalisation:
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
                lambda band, step=step: wide_age_band(band, int(step[:2])), na_action="ignore"
            )
    return new


def _rare_as_other(frame: pd.DataFrame, name: str, k: int) -> pd.Series:
    patients = frame.groupby(name, observed=True)["patient_id"].nunique()
    rare = set(patients[patients < k].index)
    return frame[name].map(lambda value: "other" if value in rare else value, na_action="ignore")
