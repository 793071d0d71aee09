"""Sessions or counts in, responder proportions out, with intervals that respect the patient.

The variance is the linearised one, summed within patients; the interval is on the logit scale with Student's t on
``patients - 1`` degrees of freedom, and exact with patients as the sample where the proportion is 0 or 1. Next to each
proportion of the pain flags stands what no effect at all would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit, stdtrit

from outcomes.errors import EstimationError
from outcomes.models.chance.null_benchmark import TIMES, Variation, null_benchmark
from outcomes.models.proportions.counts import CountTable, reduce_counts
from outcomes.models.proportions.limits import exact_limits
from outcomes.record.outcomes import ResponderRule, with_outcomes

__all__ = ["responders"]

BENCHMARKS = ["null_benchmark", "null_benchmark_flare"]
"""Both ends of what is expected without any effect: visits booked ahead, bad days."""


def responders(
    sessions: Any,
    flag: str | None = None,
    by: str | Sequence[str] | None = "condition",
    *,
    conf_level: float = 0.95,
    rule: ResponderRule | None = None,
    variation: Variation | None = None,
) -> pd.DataFrame:
    """Proportion of sessions that met a flag.

    Parameters
    ----------
    sessions : pandas.DataFrame, ibis.Table or CountTable
        Sessions with ``patient_id`` and the flag or what it is derived from; or a reduction of them, whose own
        flag and grouping then hold (and which has no benchmark).
    flag : str
        Column of 0 and 1, missing where undefined: ``"pain_responder_48h"``, ``"pain_worse_48h"``, ...
    by : str or list of str or None
        Grouping columns; None for one group.
    conf_level : float
        Confidence level.
    rule : ResponderRule, optional
        Rule behind a derived pain flag; the default rule by default.
    variation : Variation, optional
        Spreads behind the benchmarks; the published ones by default.

    Returns
    -------
    pandas.DataFrame
        A row per group: ``<by>, patients, sessions, responders, proportion, std_error, conf_low, conf_high,
        null_benchmark, null_benchmark_flare, left_out, note``. Sessions where the flag is undefined are left out
        and counted in ``left_out``. The benchmarks (see :func:`outcomes.null_benchmark`) are missing
        where they do not apply.

    Raises
    ------
    EstimationError
        Where a column is absent, or the flag holds anything but 0 and 1.

    Notes
    -----
    R's ``svyciprop(~ flag, svydesign(ids = ~ patient_id), method = "logit")`` on the group's sessions. The variance
    takes the group's own patients as its sample, so that a condition's row does not change with
    which other conditions are in the table.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"patient_id": list("aabbcc"), "better": [1, 0, 1, 1, 0, 0]})
    >>> responders(sessions, "better", by=None)[["proportion", "std_error"]].round(4).values.tolist()
    [[0.5, 0.2887]]
    """
    if not 0 < conf_level < 1:
        raise EstimationError(f"conf_level is {conf_level}; give a share between 0 and 1, such as 0.95.")
    if isinstance(sessions, CountTable):
        table = sessions
        benchmark = _no_benchmark(table)
    else:
        if flag is None:
            raise EstimationError("responders needs a flag, such as 'pain_responder_48h'.")
        derived = with_outcomes(sessions, [flag], rule=rule)
        table = reduce_counts(derived, flag, by)
        benchmark = _benchmark(derived, table, rule, variation)
    if table.groups.empty:
        raise EstimationError(
            "no sessions: the table has no rows with a group. Check the file that was read."
        )
    rows = pd.DataFrame([_row(group, conf_level) for group in table.groups.to_dict("records")])
    keys = table.groups[list(table.by)]
    return pd.concat(
        [keys, rows.drop(columns=["left_out", "note"]), benchmark, rows[["left_out", "note"]]], axis=1
    )


def _no_benchmark(table: CountTable) -> pd.DataFrame:
    return pd.DataFrame(np.nan, index=table.groups.index, columns=BENCHMARKS)


def _benchmark(
    sessions: Any, table: CountTable, rule: ResponderRule | None, variation: Variation | None
) -> pd.DataFrame:
    """Null benchmarks of each group of ``table``; missing for flags they do not apply to."""
    if table.flag not in TIMES or "pain_pre" not in sessions.columns or not table.groups["sessions"].any():
        return _no_benchmark(table)
    frame = null_benchmark(sessions, table.flag, list(table.by) or None, rule=rule, variation=variation)
    if not table.by:
        return frame[BENCHMARKS]
    keys = table.groups[list(table.by)].astype(object)
    return keys.merge(frame.astype(dict.fromkeys(table.by, object)), how="left", on=list(table.by))[
        BENCHMARKS
    ]


def _row(group: dict[Any, Any], conf_level: float) -> dict[str, Any]:
    """Proportion, error and limits of one group from its six sums."""
    m, n, r = int(group["patients"]), int(group["sessions"]), int(group["responders"])
    row: dict[str, Any] = {"patients": m, "sessions": n, "responders": r}
    row |= dict.fromkeys(("proportion", "std_error", "conf_low", "conf_high"), np.nan)
    left_out = int(group["left_out"])
    if n == 0:
        return row | {"left_out": left_out, "note": "no session in which the flag is defined"}
    share = r / n
    row["proportion"] = share
    if m < 2:
        return row | {"left_out": left_out, "note": "one patient: no interval"}
    squares = (
        group["responders_squared"] - 2.0 * share * group["cross"] + share**2 * group["sessions_squared"]
    )
    error = float(np.sqrt(max(squares, 0.0) * m / (m - 1.0))) / n
    low, high, note = _limits(share, error, m, conf_level)
    return row | {"std_error": error, "conf_low": low, "conf_high": high, "left_out": left_out, "note": note}


def _limits(share: float, error: float, patients: int, conf_level: float) -> tuple[float, float, str]:
    if error <= 1e-9:
        low, high = exact_limits(share * patients, patients, conf_level)
        why = "none or all" if share in (0.0, 1.0) else "every patient alike"
        return low, high, f"{why}: exact interval with patients as the sample"
    reach = float(stdtrit(patients - 1, 0.5 + conf_level / 2.0)) * error / (share * (1.0 - share))
    centre = logit(share)
    return float(expit(centre - reach)), float(expit(centre + reach)), ""
