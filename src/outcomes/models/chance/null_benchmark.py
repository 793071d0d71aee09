"""Sessions in, what chance alone would show out: responders and change with no effect at all.

Pain on the day is a patient's usual pain, plus the day's flare, plus reading error. A session is booked on a day,
often a bad one; two days later much of the flare has passed and the error is drawn anew. So some patients "respond"
to nothing, and pain falls on average: regression to the mean. Given the pain before, the later reading
is a draw from a normal law seen in whole points from 0 to 10, and the expected share follows from
how many sessions began at each pain. The spreads are data (``reference/variation.csv``), most of them assumed:
read the benchmark as an order of magnitude.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models import Floats, Ints
from outcomes.models.chance.readings import ReadingTable, reduce_readings
from outcomes.models.chance.variation import POINTS, Variation, later_readings, pain_on_the_day
from outcomes.models.groups import (
    by_columns,
    number_groups,
)
from outcomes.record.outcomes import ResponderRule, with_outcomes

__all__ = [
    "Variation",
    "expected_change",
    "later_readings",
    "null_benchmark",
    "usual_pains",
]

TIMES = {f"pain_{kind}_{time}": time for kind in ("responder", "worse", "relief") for time in ("post", "48h")}
NO_SPREAD = "no published spread of {}: no benchmark"
NOT_DEFINED = "no session in which the outcome is defined"


def null_benchmark(
    sessions: Any,
    outcome: str,
    by: str | Sequence[str] | None = "condition",
    *,
    rule: ResponderRule | None = None,
    usual_pain: float | Mapping[str, float] | None = None,
    variation: Variation | None = None,
) -> pd.DataFrame:
    """Share of responders (or of worse, or mean relief) that no effect at all would show.

    Parameters
    ----------
    sessions : pandas.DataFrame, ibis.Table or ReadingTable
        Needs ``pain_pre`` and what the outcome is derived from; ``condition``, ``session_number`` and
        ``patient_id`` are used where present. Or a reduction of sessions, whose own outcome and grouping then hold.
    outcome : str
        ``pain_responder_*``, ``pain_worse_*`` or ``pain_relief_*``, with ``post`` or ``48h``.
    by : str or list of str or None
        Grouping columns; None for one group.
    rule : ResponderRule, optional
        The rule behind the flag; the default rule by default.
    usual_pain : float or mapping, optional
        Mean pain on the day (0-10), or one per condition, in place of the records' own mean: for a sensitivity
        analysis.
    variation : Variation, optional
        Spreads; the published ones by default.

    Returns
    -------
    pandas.DataFrame
        A row per group: ``<by>, patients, sessions, observed, usual_pain, null_benchmark, null_benchmark_flare,
        note``. Sessions are those in which the outcome is defined. ``null_benchmark`` takes sessions as booked
        in advance, ``null_benchmark_flare`` as booked when worse than usual; ``usual_pain`` is the mean (before
        rounding to 0-10) behind the first. Missing, with the reason in ``note``, for outcomes without published
        spreads.

    Raises
    ------
    EstimationError
        Where a column is absent.

    Notes
    -----
    Readings before and after are jointly normal with variance ``usual^2 + flare^2 + error^2`` and covariance
    ``usual^2 + r flare^2``, rounded to whole points and cut at 0 and 10; ``r`` is the flare's correlation
    between the two times. Booking when worse than usual, with a chance that grows exponentially with the
    flare, shifts the flare on the day and leaves its spread. The mean is that of all sessions of the condition
    with a reading before, of first and of later sessions apart (``session_number``): patients who came back after they
    improved are not expected to regress to where they began.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"patient_id": list("abcd"), "pain_pre": [4, 5, 6, 7], "pain_48h": [4, 5, 6, 7]})
    >>> float(null_benchmark(sessions, "pain_responder_48h", by=None)["null_benchmark"].round(2)[0])
    0.19
    """
    reduced = isinstance(sessions, ReadingTable)
    found = sessions if reduced else reduce_readings(sessions, outcome, by, rule=rule)
    return _expected(found, rule, usual_pain, variation or Variation.published())


def expected_change(
    sessions: Any,
    outcome: str = "pain_relief_48h",
    by: str | Sequence[str] | None = "condition",
    *,
    usual_pain: float | Mapping[str, float] | None = None,
    variation: Variation | None = None,
) -> pd.DataFrame:
    """Mean relief that regression to the mean alone would show, beside the mean observed.

    Parameters
    ----------
    sessions, by, usual_pain, variation
        As for :func:`null_benchmark`.
    outcome : str
        ``pain_relief_post`` or ``pain_relief_48h``, points, positive = better.

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, observed_change, expected_change, expected_change_flare, usual_pain, note``.

    Raises
    ------
    EstimationError
        Where a column is absent.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"patient_id": list("abc"), "pain_pre": [3, 5, 7], "pain_48h": [3, 5, 7]})
    >>> float(expected_change(sessions, by=None)["expected_change"].abs().round(6)[0])
    0.0
    """
    frame = null_benchmark(sessions, outcome, by, usual_pain=usual_pain, variation=variation)
    if isinstance(sessions, ReadingTable):
        by = sessions.by
    frame = frame.rename(
        columns={
            "observed": "observed_change",
            "null_benchmark": "expected_change",
            "null_benchmark_flare": "expected_change_flare",
        }
    )
    last = ["observed_change", "expected_change", "expected_change_flare", "usual_pain", "note"]
    return frame[[*by_columns(by), "patients", "sessions", *last]]


def _expected(
    found: ReadingTable,
    rule: ResponderRule | None,
    usual_pain: float | Mapping[str, float] | None,
    variation: Variation,
) -> pd.DataFrame:
    by, outcome = found.by, found.outcome
    cells = found.cells.sort_values(["_condition", "_first", "_pain"], kind="stable", ignore_index=True)
    if cells.empty:
        raise EstimationError("no session has pain_pre and a group; check the records.")
    flare = variation.booking_flare * variation.flare_sd
    cells = cells.assign(_mean=usual_pains(cells, usual_pain, variation))
    value = _values(cells, outcome, rule)
    scheduled, booked = np.full((2, len(cells)), np.nan)
    if outcome in TIMES:
        scheduled = _averaged(value, cells, (TIMES[outcome], variation, 0.0))
        booked = _averaged(value, cells, (TIMES[outcome], variation, flare))
    cells = cells.assign(_scheduled=scheduled, _booked=booked)
    return _grouped(cells, found.people, by, outcome)


def usual_pains(
    cells: pd.DataFrame, usual_pain: float | Mapping[str, float] | None, variation: Variation
) -> Floats:
    """Mean pain on the day, before rounding, behind each kind of session: of its condition, first and later apart."""
    kind = number_groups(cells, ["_condition", "_first"])
    sessions = cells["sessions"].to_numpy(dtype=np.float64)
    pain = np.bincount(kind.codes, weights=sessions * cells["_pain"].to_numpy(dtype=np.float64))
    readings = pain / np.bincount(kind.codes, weights=sessions)
    if isinstance(usual_pain, Mapping):
        asked = zip(kind.keys["_condition"], readings, strict=True)
        readings = np.array([usual_pain.get(str(name), reading) for name, reading in asked], dtype=np.float64)
    elif usual_pain is not None:
        readings = np.full(len(readings), float(usual_pain))
    return np.array([pain_on_the_day(reading, variation) for reading in readings.tolist()])[kind.codes]


def _values(cells: pd.DataFrame, outcome: str, rule: ResponderRule | None) -> Floats:
    """Outcome of every cell's pain before (rows) with every later reading (columns), by the library's own rule."""
    later = np.tile(POINTS, len(cells))
    grid = pd.DataFrame(
        {
            "condition": np.repeat(cells["_condition"].to_numpy(), len(POINTS)),
            "pain_pre": np.repeat(cells["_pain"].to_numpy(dtype=np.float64), len(POINTS)),
            "pain_post": later,
            "pain_48h": later,
        }
    )
    grid = with_outcomes(grid, [outcome], rule=rule)
    if outcome not in grid:
        return np.full((len(cells), len(POINTS)), np.nan)
    return np.asarray(
        grid[outcome].to_numpy(dtype=np.float64, na_value=np.nan).reshape(len(cells), len(POINTS))
    )


def _averaged(value: Floats, cells: pd.DataFrame, law: tuple[str, Variation, float]) -> Floats:
    """Mean outcome of each cell under the law of later readings."""
    time, variation, flare = law
    kind = number_groups(cells, ["_pain", "_mean"])
    before, usual = (kind.keys[name].to_numpy(dtype=np.float64) for name in ("_pain", "_mean"))
    chances = later_readings(before, usual, time, variation, flare=flare)
    return np.asarray((value * chances[kind.codes]).sum(axis=1))


def _grouped(cells: pd.DataFrame, people: pd.DataFrame, by: tuple[str, ...], outcome: str) -> pd.DataFrame:
    """Average the cells of each group over the sessions in which the outcome is defined."""
    group = number_groups(cells, by)
    size = len(group.keys)
    defined = cells["defined"].to_numpy(dtype=np.float64)

    def total(weight: npt.NDArray[Any]) -> Floats:
        return np.bincount(group.codes, weights=np.asarray(weight, dtype=np.float64), minlength=size).astype(
            float
        )

    def mean(name: str) -> Floats:
        value = cells[name].to_numpy(dtype=np.float64)
        inside = (defined > 0) & ~np.isnan(value)
        below = total(defined * inside)
        return total(np.where(inside, defined * value, 0.0)) / np.where(below > 0, below, np.nan)

    sessions = total(defined)
    scheduled = mean("_scheduled")
    note = np.where(sessions > 0, "" if outcome in TIMES else NO_SPREAD.format(outcome), NOT_DEFINED)
    return group.keys.assign(
        patients=_patients(people, group.keys, by),
        sessions=sessions.astype(np.int64),
        observed=total(np.nan_to_num(cells["total"].to_numpy(dtype=np.float64)))
        / np.where(sessions > 0, sessions, np.nan),
        usual_pain=mean("_mean"),
        null_benchmark=scheduled,
        null_benchmark_flare=mean("_booked"),
        note=note.tolist(),
    )


def _patients(people: pd.DataFrame, keys: pd.DataFrame, by: tuple[str, ...]) -> Ints:
    if not by:
        return people["patients"].to_numpy(dtype=np.int64)
    joined = keys.astype(object).merge(people.astype(dict.fromkeys(by, object)), how="left", on=list(by))
    return joined["patients"].fillna(0).to_numpy(dtype=np.int64)
