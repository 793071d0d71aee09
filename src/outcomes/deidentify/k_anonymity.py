"""Sessions in, how many patients share each combination of what could be known about them out.

Counts only: no pseudonym leaves this module. The report is for the clinic, which decides what to widen; it
holds small counts and does not pass the gate of ``disclosure.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from outcomes.errors import DisclosureError

__all__ = ["NOT_RECORDED", "QUASI_IDENTIFIERS", "k_anonymity"]

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
