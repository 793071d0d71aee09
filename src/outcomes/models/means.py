"""Sessions in, the mean of each group out, with an error that is the group's own and respects the patient.

No model is shared between groups: ranges of motion in degrees and in millimetres, conditions that vary more and less
have each their own spread. Nothing is assumed of how sessions of a patient resemble one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.errors import EstimationError
from outcomes.models import Floats
from outcomes.models.groups import number_groups
from outcomes.models.totals import TotalTable, reduce_totals

__all__ = ["clustered_means", "cr2_error", "means_of_all", "slopes_of"]

NUMBERS = ["estimate", "std_error", "df", "conf_low", "conf_high"]
NO_VALUE = "no session has a value"
ONE_PATIENT = "one patient: no interval"
ALL_ALIKE = "every session has the same value: no interval"
ROUNDING = 1e-13
"""Squares no greater than this part of what they are the difference of are none but for rounding."""


def clustered_means(
    sessions: Any, outcome: str, by: str | Sequence[str] | None = "condition", *, conf_level: float = 0.95
) -> pd.DataFrame:
    """Mean of an outcome over the sessions of each group, with intervals clustered on patients.

    Parameters
    ----------
    sessions : pandas.DataFrame, ibis.Table or TotalTable
        Needs ``patient_id``, the outcome (or what it is derived from) and the ``by`` columns; or a reduction of
        sessions, whose own outcome and grouping then hold.
    outcome : str
        A numeric column, such as ``"pain_relief_48h"``; sessions without a value are left out.
    by : str or list of str or None
        Grouping columns; None for one group.
    conf_level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        A row per group: ``<by>, patients, sessions, estimate, std_error, df, conf_low, conf_high, note``.

    Raises
    ------
    EstimationError
        Where a column is absent, or a value is infinite.

    Notes
    -----
    With N sessions, ``n`` of a patient whose values add up to ``s``, ``e = s - n mean`` and leverage ``h = n / N``, the
    variance is ``sum e^2 / (1 - h) / N^2``: the bias-reduced cluster variance CR2 of a regression on one constant
    [1]_. Degrees of freedom are Bell and McCaffrey's Satterthwaite ones [1]_ with sessions alike as working model,
    ``N^2 / (sum n^2 + (sum b)^2 - sum b^2)``, ``b = n^2 / (N (1 - h))``. With one session a patient both are those of
    the plain mean. The error of a baseline that would be subtracted or adjusted for is in it.

    References
    ----------
    .. [1] Bell & McCaffrey (2002), Survey Methodology 28:169.
    .. [2] Pustejovsky & Tipton (2018), J Bus Econ Stat 36:672.

    Examples
    --------
    >>> sessions = pd.DataFrame({"patient_id": list("aabc"), "gain": [1.0, 3.0, 2.0, 6.0]})
    >>> clustered_means(sessions, "gain", by=None)[["estimate", "std_error"]].round(3).values.tolist()
    [[3.0, 1.155]]
    """
    if not 0 < conf_level < 1:
        raise EstimationError(f"conf_level is {conf_level}; give a share between 0 and 1, such as 0.95.")
    table = sessions if isinstance(sessions, TotalTable) else reduce_totals(sessions, outcome, by)
    group = number_groups(table.classes, table.by)
    classes = [table.classes[group.codes == place] for place in range(len(group.keys))]
    rows = [_row(of_group, table.centre, conf_level) for of_group in classes]
    return pd.concat(
        [group.keys, pd.DataFrame(rows, columns=["patients", "sessions", *NUMBERS, "note"])], axis=1
    )


def _row(classes: pd.DataFrame, centre: float, conf_level: float) -> dict[str, Any]:
    """Mean of one group from its patients, counted and summed about a centre by how many sessions they have."""
    used = classes[classes["n"] > 0]
    people, n, total = (used[name].to_numpy(dtype=np.float64) for name in ("patients", "n", "total"))
    patients, sessions = int(people.sum()), int(people @ n)
    row: dict[str, Any] = {"patients": patients, "sessions": sessions} | dict.fromkeys(NUMBERS, np.nan)
    if not patients:
        return row | {"note": NO_VALUE}
    off = float(total.sum()) / sessions
    row["estimate"] = mean = centre + off
    if patients < 2:
        return row | {"note": ONE_PATIENT}
    squares = used["total_squared"].to_numpy(dtype=np.float64)
    apart = squares - 2.0 * off * n * total + (n * off) ** 2 * people
    apart[apart < ROUNDING * squares] = 0.0
    least = 1e-9 * np.hypot(np.sqrt(float(used["squares"].sum()) / sessions), mean)
    return row | _interval(mean, cr2_error(people, n, apart), least, conf_level)


def _interval(mean: float, spread: tuple[float, float], least: float, conf_level: float) -> dict[str, Any]:
    """Limits from a standard error and its degrees of freedom; none where the error is no more than rounding."""
    std_error, df = spread
    if std_error <= least:
        return {"note": ALL_ALIKE}
    reach = float(stdtrit(df, 0.5 + conf_level / 2.0)) * std_error
    return {"std_error": std_error, "df": df, "conf_low": mean - reach, "conf_high": mean + reach, "note": ""}


def cr2_error(people: Floats, n: Floats, squares: Floats) -> tuple[float, float]:
    """CR2 standard error of a mean and its degrees of freedom, from patients counted by their sessions.

    ``squares`` are those of what each patient's residuals add up to, summed over the ``people`` with ``n`` sessions.
    """
    whole = float(people @ n)
    left = 1.0 - n / whole
    b = n**2 / (whole * left)
    df = whole**2 / float(people @ n**2 + (people @ b) ** 2 - people @ b**2)
    return float(np.sqrt((squares / left).sum())) / whole, df


def means_of_all(
    frame: pd.DataFrame,
    outcome: str,
    slopes: Mapping[str, float],
    *,
    by: str = "condition",
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Mean of an outcome over all sessions of each group, those without it taken as sessions alike in some readings.

    Parameters
    ----------
    frame : pandas.DataFrame
        All sessions: ``patient_id``, the outcome (missing where it is not known), the readings and the groups.
    outcome : str
    slopes : mapping of str to float
        Readings, each with the outcome's slope on it.
    by : str
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        As :func:`clustered_means`; patients and sessions are those with the outcome.

    Notes
    -----
    The regression estimator of survey sampling (Sarndal, Swensson & Wretman 1992, chapter 6): the mean of those seen,
    moved by the slopes times how far the readings of all lie from those of the seen. The error is that of a
    clustered mean, of what each patient adds to both, so the error of the readings' own means is in it; that of the
    slopes, which come from all groups together, is left out. Where nothing is missing it is :func:`clustered_means`.
    """
    parts = frame.groupby(by, observed=True, sort=True)
    rows = [{by: name, **_mean_of_all(part, outcome, slopes, conf_level)} for name, part in parts]
    return pd.DataFrame(rows, columns=[by, "patients", "sessions", *NUMBERS, "note"])


def _mean_of_all(
    part: pd.DataFrame, outcome: str, slopes: Mapping[str, float], conf_level: float
) -> dict[str, Any]:
    readings = part[list(slopes)].astype(float)
    moved = (readings - readings.mean()).fillna(0.0).to_numpy() @ np.array(list(slopes.values()), dtype=float)
    value = part[outcome].to_numpy(float)
    seen = ~np.isnan(value)
    sessions, patients = int(seen.sum()), int(part.loc[seen, "patient_id"].nunique())
    row: dict[str, Any] = {"patients": patients, "sessions": sessions} | dict.fromkeys(NUMBERS, np.nan)
    if not sessions:
        return row | {"note": NO_VALUE}
    left = np.where(seen, value - moved, 0.0)
    row["estimate"] = mean = float(left.sum()) / sessions
    if patients < 2:
        return row | {"note": ONE_PATIENT}
    person, _ = pd.factorize(part["patient_id"])
    adds = moved * (sessions / len(part)) + np.where(seen, left - mean, 0.0)
    n, residual = (np.bincount(person, each).astype(np.float64) for each in (seen, adds))
    least = 1e-9 * float(np.sqrt(np.mean(value[seen] ** 2)))
    return row | _interval(mean, cr2_error(np.ones(len(n)), n, residual**2), least, conf_level)


def slopes_of(fit: Any, readings: Sequence[str]) -> dict[str, float]:
    """Slopes of a fit on some readings; none where the records cannot tell a reading's from the rest."""
    known = fit.coefficients.set_index("term")["estimate"]
    return {name: float(np.nan_to_num(known.get(name, 0.0))) for name in readings}
