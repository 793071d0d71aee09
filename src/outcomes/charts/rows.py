"""Estimates in, ordered rows and their notes out: what charts and tables say, before anything is drawn.

Comes in: a tidy, protected frame. Goes out: a copy with plain dtypes in the fixed order of conditions, and
what it rests on in words. Refuses a frame that lacks the columns a chart needs, saying which.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.record.columns import COLUMNS
from outcomes.record.conditions import CONDITIONS, condition_label, in_order, is_condition
from outcomes.record.measures import MOVEMENTS, TIME_LABELS, Measure, measure, movement
from outcomes.words import called, count_text, named, sentence, uncapitalized

__all__ = [
    "NO_ROWS",
    "bins_note",
    "column_label",
    "counts_note",
    "ends_text",
    "in_sentence",
    "kind_of_rows",
    "known",
    "known_measure",
    "known_numbers",
    "most_of",
    "ordered_conditions",
    "records",
    "rests_on",
    "row_label",
    "tidy_rows",
    "time_labels",
    "times_shown",
]

TEXT_COLUMNS = frozenset(
    {"condition", "time", "measure", "note", "movement", "step", "column", "outcome", "label"}
)
NO_ROWS = "No rows to draw"
COUNT_COLUMNS = frozenset({"patients", "sessions", "reached", "at_risk", "resolved", "censored"})


def tidy_rows(frame: pd.DataFrame, needed: Iterable[str], *, chart: str) -> pd.DataFrame:
    """Copy a frame for drawing: text as ``str``, numbers as floats, a ``note`` column always there.

    Parameters
    ----------
    frame : pandas.DataFrame
        Tidy, protected; rows may be of movements (``rom_movement``) in place of conditions. Counts may be withheld
        (missing, or text such as ``"<11"``: shown as missing).
    needed : iterable of str
        Columns without which there is nothing to draw.
    chart : str
        Name of the chart, for the message.

    Raises
    ------
    EstimationError
        Where it is no pandas frame or a needed column is absent.
    """
    if not isinstance(frame, pd.DataFrame):
        raise EstimationError(
            f"{chart} draws a pandas DataFrame of estimates; found a {type(frame).__name__}."
        )
    needed = tuple(needed)
    if "condition" in needed and "condition" not in frame.columns and "rom_movement" in frame.columns:
        frame = frame.assign(condition=frame["rom_movement"], movement=frame["rom_movement"])
    absent = [name for name in needed if name not in frame.columns]
    if absent:
        raise EstimationError(
            f"{chart} needs the column(s) {', '.join(absent)}; the table has "
            f"{', '.join(map(str, frame.columns))}. "
            "Pass the table the matching estimator returns, or rename its columns."
        )
    texts = {name for name in frame.columns if name in TEXT_COLUMNS}
    columns: dict[str, Any] = {}
    for name in frame.columns:
        values = frame[name]
        if name in texts:
            columns[name] = values.astype(object).where(values.notna(), "").astype(str).to_numpy(dtype=object)
        elif pd.api.types.is_bool_dtype(values) and name not in needed:
            columns[name] = values.to_numpy(dtype=object)
        elif pd.api.types.is_numeric_dtype(values) or name in COUNT_COLUMNS or name in needed:
            columns[name] = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        else:
            columns[name] = values.to_numpy(dtype=object)
    columns.setdefault("note", np.full(len(frame), "", dtype=object))
    rows = pd.DataFrame(columns)
    if "time" not in rows.columns:
        return rows
    rank = {time: place for place, time in enumerate(TIME_LABELS)}
    return rows.sort_values("time", key=lambda times: times.map(rank).fillna(len(rank)), kind="stable")


def records(rows: pd.DataFrame) -> Iterator[Any]:
    """Rows of a frame, one at a time, columns as attributes."""
    row = _row(tuple(map(str, rows.columns)))
    yield from map(row, rows.to_numpy(dtype=object))


@cache
def _row(names: tuple[str, ...]) -> Any:
    """The type of a row, made once: charts ask for the rows of many small frames."""
    kind: Any = namedtuple("Row", list(names), rename=True)  # type: ignore[misc] # known only when it runs
    return kind._make


def ordered_conditions(values: Iterable[Any]) -> list[str]:
    """Distinct conditions: those the suite knows in its fixed order, then the others as first seen."""
    return in_order(values, (*CONDITIONS, *MOVEMENTS))


def row_label(name: str) -> str:
    """Label of what a row is of: a condition, a movement with its unit, or any other name as it is."""
    if name in MOVEMENTS:
        return movement(name).label_with_unit
    return "All conditions" if name == "all" else condition_label(name)


def column_label(name: str) -> str:
    """What a column of the record is called; any other name without its underscores."""
    labels = {column.name: column.label for column in COLUMNS}
    return labels.get(name, name.replace("_", " "))


def known(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Rows in which all of some columns hold a number."""
    there: npt.NDArray[np.bool_] = np.isfinite(rows[list(names)].to_numpy(dtype=float)).all(axis=1)
    return rows.loc[there]


def in_sentence(name: str) -> str:
    """What a row is of, inside a sentence: a condition, a movement without its unit, or any other name."""
    if is_condition(name):
        return named(name)
    label = movement(name).label if name in MOVEMENTS else row_label(name)
    return uncapitalized(label) if label[1:2].islower() else label


def ends_text(rows: pd.DataFrame, value: str, show: Callable[[float], str]) -> str:
    """Say the lowest and the highest of some values and whose they are; what all share is nobody's."""
    order = known(rows, value).sort_values(value, kind="stable")
    ends = list(records(order.iloc[[0, -1]]))
    texts = [show(getattr(row, value)) for row in ends]
    if "condition" in order.columns and (len(order) == 1 or texts[0] != texts[1]):
        texts = [f"{text} ({in_sentence(row.condition)})" for text, row in zip(texts, ends, strict=True)]
    return " to ".join(dict.fromkeys(texts))


def known_numbers(rows: pd.DataFrame, *names: str) -> npt.NDArray[np.float64]:
    """All finite values of some columns, those that are there."""
    there = [name for name in names if name in rows.columns]
    values = rows[there].to_numpy(dtype=float).ravel()
    found: npt.NDArray[np.float64] = values[np.isfinite(values)]
    return found


def time_labels(frame: pd.DataFrame, times: Mapping[str, str] | None = None) -> dict[str, str]:
    """Labels of the readings: as given, else as the frame carries them, else the usual ones."""
    carried = frame.attrs.get("outcomes", {})
    found = carried.get("times", {}) if isinstance(carried, Mapping) else {}
    return called({**found, **(times or {})})


def times_shown(rows: pd.DataFrame) -> list[str]:
    """Readings present in a frame, in the order of time."""
    if "time" not in rows.columns:
        return [""]
    seen = dict.fromkeys(str(value) for value in rows["time"])
    return [time for time in TIME_LABELS if time in seen] + [time for time in seen if time not in TIME_LABELS]


def known_measure(rows: pd.DataFrame, default: str, *, chart: str) -> Measure:
    """Return the one measure a frame holds; refuse several on one axis."""
    names = list(dict.fromkeys(str(v) for v in rows["measure"] if v)) if "measure" in rows.columns else []
    stems = dict.fromkeys(measure(name).name for name in names)
    if len(stems) > 1:
        raise EstimationError(
            f"{chart} draws one measure; found {', '.join(stems)}. "
            f"Choose first, e.g. estimates[estimates['measure'] == {names[0]!r}]."
        )
    return measure(next(iter(stems), default))


def most_of(mine: pd.DataFrame, column: str) -> float:
    """Greatest known count of some rows; missing where it may be withheld."""
    values = mine[column].to_numpy(dtype=float) if column in mine.columns else np.array([])
    known = values[np.isfinite(values)]
    top = float(known.max()) if known.size else float("nan")
    return float("nan") if top == 0 and known.size < values.size else top


def rests_on(mine: pd.DataFrame) -> str:
    """Patients and sessions behind one panel: the most any of its rows has."""
    parts = [
        count_text(most_of(mine, name), name.removesuffix("s"))
        for name in ("patients", "sessions")
        if name in mine.columns and len(mine)
    ]
    return ", ".join(dict.fromkeys("withheld" if part.endswith("withheld") else part for part in parts))


def counts_note(rows: pd.DataFrame, frame: pd.DataFrame, *, by: str = "condition") -> str:
    """Say what a chart rests on: patients and sessions, as totals where known, else as a range over rows."""
    carried = frame.attrs.get("outcomes", {})
    carried = carried if isinstance(carried, Mapping) else {}
    parts = []
    for noun in ("patient", "session"):
        total = carried.get(f"{noun}s")
        if isinstance(total, (int, float)) and not isinstance(total, bool):
            parts.append(f"{count_text(float(total), noun)} in all")
        elif f"{noun}s" in rows.columns:
            parts.append(_range_text(rows, by, noun))
    words = [part for part in parts if part]
    return sentence("; ".join(words)) if words else ""


def kind_of_rows(names: pd.Series[Any]) -> str:
    """What the rows of a chart are of, in a word: conditions, movements, or other groups."""
    if any(name in MOVEMENTS for name in names):
        return "movement"
    return "condition" if any(name == "all" or is_condition(name) for name in names) else "group"


def bins_note(rows: pd.DataFrame, *, by: str = "condition", disjoint: bool = True) -> str:
    """Say what bins rest on: patients per bin, and their sessions, which add up.

    ``disjoint`` is False where one session may stand in several groups of ``by`` (several outcomes of it).
    """
    parts = []
    if "patients" in rows.columns and np.isfinite(rows["patients"]).any():
        low, high = float(rows["patients"].min()), float(rows["patients"].max())
        parts.append(f"{count_text(low)} to {count_text(high)} patients per dot")
    if "sessions" in rows.columns and np.isfinite(rows["sessions"]).any():
        sums = (
            rows.groupby(by, sort=False)["sessions"].sum() if by in rows.columns else rows[["sessions"]].sum()
        )
        parts.append(count_text(float(sums.sum() if disjoint else sums.max()), "session") + " shown")
    return sentence("; ".join(parts))


def _range_text(rows: pd.DataFrame, by: str, noun: str) -> str:
    column = f"{noun}s"
    known = rows[np.isfinite(rows[column]) & (rows[column] > 0)]
    if known.empty:
        return f"{column} withheld" if rows[column].isna().any() else f"no {column}"
    row = kind_of_rows(known[by]) if by == "condition" and by in known.columns else by
    if by not in known.columns:
        return count_text(float(known[column].max()), noun)
    most = known.groupby(by, sort=False)[column].max()
    if len(most) == 1:
        return count_text(float(most.iloc[0]), noun)
    if noun == "session":
        return count_text(float(most.sum()), noun)
    low, high = float(most.min()), float(most.max())
    spread = count_text(low) if low == high else f"{count_text(low)} to {count_text(high)}"
    return f"{spread} {column} per {row}"
