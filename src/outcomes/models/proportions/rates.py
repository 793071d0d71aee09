"""Sessions in, twitches per session out, with errors that respect the patient.

A rate per group, its error and the correlation within patients all follow from how many patients have how many
sessions and twitches, so one small group-by serves any number of sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.errors import EstimationError
from outcomes.models import Floats, Whole
from outcomes.models.groups import by_columns, is_lazy, number_groups, numbers, require_columns
from outcomes.models.proportions.counts import patient_classes
from outcomes.record.plan import active_plan

__all__ = ["twitch_groups", "twitch_rates"]

ALIKE = "sessions of a patient more alike than a correlation can say: patients weighed about equally"
NO_TWITCH = "no twitch in any session: upper limit from the Poisson law with patients as the sample"


def twitch_groups(twitches: pd.Series[Any]) -> Whole:
    """The place of each session among the plan's groups by twitches; -1 where they were not counted."""
    count = numbers(twitches)
    known = ~np.isnan(count)
    place = np.searchsorted(active_plan().twitches.groups, np.where(known, count, 0.0), side="right") - 1
    return np.where(known, place, -1)


def twitch_rates(
    sessions: Any, by: str | Sequence[str] | None = "condition", *, conf_level: float = 0.95
) -> pd.DataFrame:
    """Local twitch responses per session.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
        Needs ``patient_id``, ``twitch_count`` and the ``by`` columns.
    by : str or list of str or None
        Grouping columns; None for one group.
    conf_level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        A row per group: ``<by>, patients, sessions, rate`` (twitches per session), ``std_error, conf_low,
        conf_high, zero_share`` (share of sessions without a twitch), ``dispersion`` (of the negative binomial,
        variance ``rate + dispersion * rate^2``), ``correlation`` (of two sessions of a patient), ``note``.

    Raises
    ------
    EstimationError
        Where a column is absent, or a count is negative or infinite.

    Notes
    -----
    The generalised estimating equations of a negative binomial with a log link and exchangeable correlation within
    patients, group by group: statsmodels' ``GEE`` with ``cov_type="bias_reduced"`` (Mancl & DeRouen 2001,
    Biometrics 57:126). With one rate per group the variance function cancels from rate, correlation and error, so the
    answer is the same for any dispersion, and all of it follows from how many patients have how many sessions
    and twitches. Limits are on the log scale with Student's t on ``patients - 1`` degrees of freedom.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"patient_id": list("aabbcc"), "twitch_count": [4, 6, 1, 3, 2, 2]})
    >>> twitch_rates(sessions, by=None)["rate"].round(6).tolist()
    [3.0]
    """
    if not 0 < conf_level < 1:
        raise EstimationError(f"conf_level is {conf_level}; give a share between 0 and 1, such as 0.95.")
    columns = by_columns(by)
    is_lazy(sessions)
    require_columns(sessions, [*columns, "patient_id", "twitch_count"])
    classes = patient_classes(
        sessions, "twitch_count", columns, lambda value: (value < 0) | (value == float("inf"))
    )
    if (odd := int(classes["odd"].sum())) > 0:
        raise EstimationError(
            f"twitch_count is negative or infinite in {odd} session(s); correct or blank it."
        )
    group = number_groups(classes, columns)
    rows = [_rate_row(classes[group.codes == i], conf_level) for i in range(len(group.keys))]
    if not len(classes):
        raise EstimationError(
            "no sessions: the table has no rows with a group. Check the file that was read."
        )
    return pd.concat([group.keys, pd.DataFrame(rows)], axis=1)


@dataclass(frozen=True)
class _Classes:
    """Patients of one group by number of sessions ``n`` and twitches ``s``, and sums over all sessions."""

    people: Floats
    n: Floats
    s: Floats
    squares: float
    zeros: float

    @property
    def sessions(self) -> float:
        return float(self.people @ self.n)


def _rate_row(frame: pd.DataFrame, conf_level: float) -> dict[str, Any]:
    used = frame[frame["n"] > 0]
    people, n, s = (used[name].to_numpy(dtype=np.float64) for name in ("patients", "n", "total"))
    c = _Classes(people, n, s, float(used["squares"].sum()), float(used["zeros"].sum()))
    patients = int(people.sum())
    row: dict[str, Any] = {"patients": patients, "sessions": int(c.sessions)}
    row |= dict.fromkeys(
        ("rate", "std_error", "conf_low", "conf_high", "zero_share", "dispersion", "correlation"), np.nan
    )
    if not patients:
        return row | {"note": "no session has a twitch count"}
    row["zero_share"] = c.zeros / c.sessions
    if not s.any():
        none = -np.log((1.0 - conf_level) / 2.0) / patients
        return row | {"rate": 0.0, "conf_low": 0.0, "conf_high": none, "note": NO_TWITCH}
    correlation, note = _correlation(c)
    weight = people / (1.0 + (n - 1.0) * correlation)
    rate = float((weight @ s) / (weight @ n))
    row |= {"rate": rate, "correlation": np.nan if note else correlation, "dispersion": _dispersion(c, rate)}
    if patients < 2:
        return row | {"note": "one patient: no interval"}
    log_error = _log_error(c, weight / people, rate)
    reach = np.exp(stdtrit(patients - 1, 0.5 + conf_level / 2.0) * log_error)
    return row | {
        "std_error": rate * log_error,
        "conf_low": rate / reach,
        "conf_high": rate * reach,
        "note": note,
    }


def _correlation(c: _Classes) -> tuple[float, str]:
    """Correlation of two sessions of one patient, from the residuals of all pairs, settled with the rate."""
    pairs = float(c.people @ (c.n * (c.n - 1.0))) / 2.0
    if pairs <= 1.0:
        return 0.0, ""
    correlation = 0.0
    lowest = -1.0 / max(float(c.n.max()) - 1.0, 1.0)
    for _ in range(500):
        weight = c.people / (1.0 + (c.n - 1.0) * correlation)
        rate = float((weight @ c.s) / (weight @ c.n))
        residual = c.s - c.n * rate
        spread = c.squares - 2.0 * rate * float(c.people @ c.s) + rate**2 * c.sessions
        if spread <= 0:
            return 0.0, "every session had as many twitches"
        together = (float(c.people @ residual**2) - spread) / 2.0
        last, correlation = correlation, together / (spread / (c.sessions - 1.0)) / (pairs - 1.0)
        if correlation <= lowest * 0.999:
            return 0.0, "no common correlation within patients fits: sessions weighed equally"
        if abs(correlation - last) < 1e-13:
            return correlation, "" if correlation < 1.0 else ALIKE
    return 1.0, ALIKE


def _dispersion(c: _Classes, rate: float) -> float:
    """Dispersion by moments: how far the variance exceeds the rate, over the squared rate; not below zero."""
    if c.sessions < 2:
        return float("nan")
    spread = c.squares - 2.0 * rate * float(c.people @ c.s) + rate**2 * c.sessions
    return max(0.0, (spread / (c.sessions - 1.0) - rate) / rate**2)


def _log_error(c: _Classes, weight: Floats, rate: float) -> float:
    """Bias-reduced standard error of the log rate, ``weight`` being each session's."""
    whole = float(c.people @ (weight * c.n))
    leverage = weight * c.n / whole
    influence = weight * (c.s - c.n * rate) / (rate * whole * (1.0 - leverage))
    return float(np.sqrt(c.people @ influence**2))
