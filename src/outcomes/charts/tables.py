"""Tables a journal would print, from the same protected estimates the charts draw.

Comes in: tidy estimates. Goes out: a great-tables ``GT``: labels and units in the head, numbers rounded for reading,
"—" where a number is withheld or missing with the reason as a footnote, everything escaped. Never rounds the
estimates themselves: a copy is formatted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.rows import (
    column_label,
    counts_note,
    known_measure,
    ordered_conditions,
    records,
    row_label,
    tidy_rows,
    time_labels,
    times_shown,
)
from outcomes.errors import EstimationError
from outcomes.record.measures import measure
from outcomes.words import (
    NOT_SHOWN,
    capitalized,
    count_text,
    interval_text,
    number,
    percent_text,
    unbroken,
    why_missing,
)

if TYPE_CHECKING:
    from great_tables import GT

__all__ = ["as_table", "condition_table"]

DASH = "—"
LABELS: Mapping[str, str] = {
    "condition": "Condition",
    "time": "Reading",
    "measure": "Measure",
    "patients": "Patients",
    "sessions": "Sessions",
    "patients_eligible": "Patients eligible",
    "sessions_eligible": "Sessions eligible",
    "responders": "Responders",
    "capture_rate": "Recorded",
    "estimate": "Estimate",
    "observed": "Plain mean",
    "std_error": "Standard error",
    "df": "Degrees of freedom",
    "statistic": "Statistic",
    "p_value": "p",
    "conf_low": "95% from",
    "conf_high": "95% to",
    "better": "Better",
    "same": "About the same",
    "worse": "Worse",
    "proportion": "Share",
    "null_benchmark": "Expected without any effect",
    "null_benchmark_flare": "Expected without any effect, on bad days",
    "missing_rate": "Missing",
    "share": "Share",
    "share_at_floor": "At the lowest value",
    "share_at_ceiling": "At the highest value",
    "share_below_3": "Below 3",
    "age_band": "Age",
    "variable": "By",
    "value": "Group",
    "expected_change": "Expected without any effect",
    "term": "Term",
    "claim": "Claim",
    "verdict": "Verdict",
    "why": "Why",
}
"""What columns are called on paper."""
COUNTS = frozenset(
    {"patients", "sessions", "patients_eligible", "sessions_eligible", "responders", "reached", "at_risk", "resolved",
     "censored", "session_number", "value"}
)  # fmt: skip
SHARES = frozenset(
    {
        "capture_rate",
        "better",
        "same",
        "worse",
        "proportion",
        "null_benchmark",
        "missing",
        "missing_rate",
        "still_sore",
        "share",
        "share_at_floor",
        "share_at_ceiling",
        "share_below_3",
    }
)
"""Columns shown as percentages; so are the limits beside a ``proportion``, and what is expected of it."""


def condition_table(
    estimates: pd.DataFrame,
    *,
    times: Mapping[str, str] | None = None,
    title: str | None = None,
    source_note: str = "",
) -> GT:
    """Lay out the change in every condition: estimate and interval per reading, patients and sessions.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, estimate, conf_low, conf_high``; used where there: ``time`` (a group of columns each), ``measure``,
        ``patients``, ``sessions``, ``capture_rate``, ``better``, ``worse``, ``note``. Protected.
    times : mapping, optional
        Labels of the readings.
    title, source_note : str, optional

    Returns
    -------
    great_tables.GT
        One row per condition in the fixed order; reasons for missing numbers as footnotes.

    Raises
    ------
    EstimationError
        Where needed columns are absent, or several measures are mixed.
    """
    rows = tidy_rows(estimates, ["condition", "estimate", "conf_low", "conf_high"], chart="condition_table")
    what = known_measure(rows, "pain_relief", chart="condition_table")
    labels = time_labels(estimates, times)
    shown = times_shown(rows) if len(rows) else [""]
    order = ordered_conditions(rows["condition"])
    fields = [field for field in _FIELDS if field[0] in rows.columns]
    body, notes = _body(rows, order, shown, fields)
    unit = "unit of each movement" if what.unit == "per movement" else what.unit
    table = _begin(body, title or f"{what.label} per condition ({unit}; above 0 is better)", "Condition")
    table = table.cols_label({f"{time}/{name}": label for time in shown for name, label, _ in fields})
    for time in shown:
        if time:
            columns = [f"{time}/{name}" for name, _, _ in fields]
            table = table.tab_spanner(label=labels.get(time, time), columns=columns, id=f"reading-{time}")
    note = "Intervals are 95%; sessions of one patient are not taken as independent."
    return _end(
        table, notes, " ".join(part for part in (note, counts_note(rows, estimates), source_note) if part)
    )


def _estimate(row: Any) -> str:
    return interval_text(row.estimate, row.conf_low, row.conf_high)


_FIELDS: Sequence[tuple[str, str, Callable[[Any], str]]] = (
    ("estimate", "Estimate (95% CI)", _estimate),
    ("better", "Better", lambda row: percent_text(row.better)),
    ("worse", "Worse", lambda row: percent_text(row.worse)),
    ("patients", "Patients", lambda row: count_text(row.patients)),
    ("sessions", "Sessions", lambda row: count_text(row.sessions)),
    ("capture_rate", "Recorded", lambda row: percent_text(row.capture_rate)),
)


def _body(
    rows: pd.DataFrame,
    order: Sequence[str],
    shown: Sequence[str],
    fields: Sequence[tuple[str, str, Callable[[Any], str]]],
) -> tuple[pd.DataFrame, list[tuple[str, int, str]]]:
    """Text of every cell, and (column, row, reason) of every estimate that is missing."""
    columns: dict[str, list[str]] = {"condition": [row_label(name) for name in order]}
    columns |= {f"{time}/{name}": [DASH] * len(order) for time in shown for name, _, _ in fields}
    notes = []
    place = {name: number for number, name in enumerate(order)}
    for row in records(rows):
        time, number = getattr(row, "time", ""), place[row.condition]
        for name, _, show in fields:
            columns[f"{time}/{name}"][number] = show(row)
        if not np.isfinite(row.estimate):
            notes.append((f"{time}/estimate", number, _why(row.note)))
    return pd.DataFrame(columns), notes


def as_table(
    frame: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    decimals: int | Mapping[str, int] = 1,
    times: Mapping[str, str] | None = None,
    title: str | None = None,
    source_note: str = "",
) -> GT:
    """Lay out any tidy frame: readable labels, rounded numbers, a dash and a footnote where a number is missing.

    Parameters
    ----------
    frame : pandas.DataFrame
        Protected. The first column heads the rows; ``note`` becomes footnotes; counts, shares and p-values are shown
        as such.
    labels : mapping, optional
        Labels of columns, with their units; usual columns have one already.
    decimals : int or mapping
        Digits shown after the point, for all columns or by column.
    times : mapping, optional
        Labels of the readings.
    title, source_note : str, optional

    Returns
    -------
    great_tables.GT

    Examples
    --------
    >>> table = as_table(pd.DataFrame({"condition": ["jaw_pain"], "patients": [1234], "estimate": [0.25]}))
    >>> "1,234" in table.as_raw_html() and "Jaw pain" in table.as_raw_html()
    True
    """
    tidy_rows(frame, [], chart="as_table")
    named = [str(name) for name in frame.columns if name != "note"]
    beside = {"conf_low", "conf_high", "null_benchmark_flare"}
    shares = SHARES | (beside if "proportion" in named else set())
    if "estimate" in named and "proportion" not in named:
        shares -= {"null_benchmark"}  # in the unit of the estimate
    readings = time_labels(frame, times)
    names: dict[str, Callable[[str], str]] = {**NAMES, "time": lambda time: readings.get(time) or time}
    digits = {name: decimals if isinstance(decimals, int) else decimals.get(name, 1) for name in named}
    body = pd.DataFrame(
        {name: [*map(_cell(name, names, digits[name], shares), frame[name])] for name in named}
    )
    notes = _reasons(frame, named)
    table = _begin(body, title or "", _label(named[0], labels) if named else "")
    table = table.cols_label({name: _label(name, labels) for name in named[1:]})
    texts = [name for name in named[1:] if not pd.api.types.is_numeric_dtype(frame[name])]
    if texts:
        table = table.cols_align("left", columns=texts)
    return _end(table, notes, source_note)


def _label(name: str, labels: Mapping[str, str] | None) -> str:
    text = (labels or {}).get(name) or LABELS.get(name) or name.replace("_", " ")
    return unbroken(capitalized(text))


def _measure_label(name: str) -> str:
    try:
        return measure(name).label
    except EstimationError:
        return name


NAMES: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("condition", "movement", "rom_movement"), row_label),
    **dict.fromkeys(("variable", "value", "group"), lambda code: code.replace("_", " ")),
    "column": column_label,
    "measure": _measure_label,
}
"""How the names and codes of the record are said, by column."""


def _cell(
    name: str, names: Mapping[str, Callable[[str], str]], digits: int, shares: Set[str]
) -> Callable[[Any], str]:
    """How the cells of one column are shown."""

    def shown(value: Any) -> str:
        if value is None or value is pd.NA or (not isinstance(value, str) and value != value):
            return DASH
        if isinstance(value, (bool, np.bool_)):
            return "yes" if value else "no"
        if isinstance(value, str):
            return names.get(name, str)(value)
        if not isinstance(value, (int, float, np.number)):
            return str(value)
        return _number(name, value, digits, shares)

    return shown


def _number(name: str, value: Any, digits: int, shares: Set[str]) -> str:
    """A number as what its column holds: a count, a share, a p-value, or rounded to some digits."""
    if name in COUNTS:
        return count_text(float(value))
    if name in shares:
        return percent_text(float(value))
    if name == "p_value":
        return "<0.001" if value < 0.001 else number(value, 3)
    return number(value, 0 if isinstance(value, (int, np.integer)) else digits)


def _why(note: Any) -> str:
    """One of three reasons, for a footnote; what is neither withheld nor unrecorded is said as it is noted."""
    said = why_missing(note)
    return NOT_SHOWN if said.startswith("withheld") else said


def _reasons(frame: pd.DataFrame, named: Sequence[str]) -> list[tuple[str, int, str]]:
    """Footnotes: at the first missing number of a row, else at its head (named by an empty text)."""
    if "note" not in frame.columns:
        return []
    notes = []
    for place, note in enumerate(frame["note"]):
        if note is None or note is pd.NA or note != note or not str(note).strip():
            continue
        absent = [name for name in named[1:] if bool(pd.isna(frame[name].iloc[place]))]
        notes.append((absent[0] if absent else "", place, _why(note)))
    return notes


def _begin(body: pd.DataFrame, title: str, head: str) -> GT:
    """Start a table whose id follows from its content, so that the same table is the same text."""
    from great_tables import GT

    body = body.map(unbroken)
    digest = hashlib.sha256("\x1f".join([title, body.to_csv(index=False)]).encode()).hexdigest()[:10]
    stub = str(body.columns[0]) if len(body.columns) else None
    table = GT(body, rowname_col=stub, id=f"table-{digest}", auto_align=False)
    if title:
        table = table.tab_header(title=title)
    if len(body.columns) > 1:
        table = table.cols_align("right", columns=[str(name) for name in body.columns[1:]])
    return table.tab_stubhead(label=head) if head else table


def _end(table: GT, notes: Sequence[tuple[str, int, str]], source_note: str) -> GT:
    """Add footnotes, the source note and the look of the suite."""
    from great_tables import loc

    for column, place, reason in notes:
        where = loc.body(columns=column, rows=[place]) if column else loc.stub(rows=[place])
        table = table.tab_footnote(reason, locations=where)
    if source_note:
        table = table.tab_source_note(source_note)
    return table.tab_options(
        table_font_size="14px",
        heading_align="left",
        heading_title_font_weight="bold",
        heading_title_font_size="16px",
        column_labels_font_weight="bold",
        table_body_hlines_color="#e9e9e9",
        source_notes_font_size="12px",
        container_overflow_x="auto",
    )
