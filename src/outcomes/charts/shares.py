"""Shares of sessions as bars: better, the same and worse; and how many follow-ups were reached.

Comes in: protected shares per condition. Goes out: the Axes. Worse starts at the left edge and better ends at the
right one, so that both can be read off the axis. A row without numbers keeps its place, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, size_in_points
from outcomes.charts.panels import LEVEL, annotate, rows_axis, write_reason
from outcomes.charts.rows import most_of, reasons_note, records, row_label, sentence_per_group
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import BETTER, FAINT, GREY, INK, PALE, WORSE, text_width
from outcomes.words import count_text, listed, percent_text, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["better_same_worse", "capture"]

OUTCOMES: Mapping[str, tuple[str, str, str]] = {
    "worse": (WORSE, "white", "////"),
    "same": (PALE, INK, ""),
    "better": (BETTER, "white", ""),
}
"""Colour of the bar, of the text in it, and hatching, left to right."""
PARTS = (("better", "better"), ("same", "about the same"), ("worse", "worse"))


@chart("condition", "better", "same", "worse")
def better_same_worse(sheet: Sheet) -> None:
    """Draw the share of sessions that were better, about the same and worse, one bar per reading.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, better, same, worse`` (shares that add to 1); used where there: ``time``, ``patients``,
        ``sessions``, ``note``. Protected. Say in ``source_note`` which cut was used.
    """
    groups, series = sheet.groups(), sheet.series
    when = listed([label for label in series.values() if label], none="")
    bars = _bars(
        sheet,
        series,
        f"Better, about the same or worse: how many sessions{f', {when}' if when else ''}?",
        right=100.0,
        note=f"{sheet.counts()} {reasons_note(sheet.rows)}".strip(),
        alt=["Bars per condition: share of sessions worse, about the same and better.",
             *sentence_per_group(groups, lambda rows: _shares_text(rows, series))],
    )  # fmt: skip
    for place, rows in enumerate(groups.values()):
        levels = _levels(series, place, phone=sheet.phone)
        _reading_bars(bars, rows, series, levels)
        if not sheet.phone:
            _write_counts(bars, rows, levels)
    _part_names(bars, phone=sheet.phone)


def _reading_bars(
    bars: Axes, rows: pd.DataFrame, series: Mapping[str, str], levels: Mapping[str, float]
) -> None:
    """Draw the bars of one condition, each beside the name of its reading."""
    look: dict[str, Any] = {"size": 6.5, "color": GREY, "ha": "right", "va": "center"}
    for time, y in levels.items():
        row = next(records(rows[rows["time"] == time] if "time" in rows.columns else rows), None)
        if series[time]:
            annotate(bars, series[time], (0, y), (-4, 0), coords=LEVEL, **look)
        if row is not None and _complete(row):
            _stack(bars, row, y)
        else:
            write_reason(bars, why_missing(row.note) if row is not None else "not recorded", y)


def _bars(
    sheet: Sheet, series: Mapping[str, str], question: str, *, right: float, alt: list[str], note: str = ""
) -> Axes:
    """Rows for bars on an axis from 0 to 100 %: conditions at the left, one level per reading."""
    order = list(map(row_label, sheet.groups()))
    names = max([text_width(name, 7.8) for name in order] + [60.0])
    whens = max([text_width(label, 6.5) for label in series.values()] + [0.0])
    stacked = sheet.phone and whens > 0
    left = (max(names, whens) if stacked else names + whens + (10 if whens else 0)) + 10
    pitch = 13.0 * (len(series) + stacked) + 7.0
    shape = Panels(
        (max(len(order), 1) * pitch,), left=left, right=10.0 if sheet.phone else right, above=16, below=32
    )
    bars = sheet.lay_out(question, shape, note=note, alt=alt)[0]
    bars.set_xlim(0, 1)
    bars.xaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f}")
    bars.set_xlabel("sessions (%)")
    rows_axis(bars, order, lift=-0.5 + 0.5 / (len(series) + 1) if stacked else 0.0)
    bars.tick_params(axis="y", pad=4 if stacked or not whens else whens + 9)
    return bars


def _levels(series: Mapping[str, str], row: int, *, phone: bool) -> dict[str, float]:
    """Height of every bar of a row; on a phone the row's name stands above its bars."""
    if phone and any(series.values()):
        return {time: row - 0.5 + (place + 1.5) / (len(series) + 1) for place, time in enumerate(series)}
    middle = (len(series) - 1) / 2
    return {time: row + 0.8 * (place - middle) / len(series) for place, time in enumerate(series)}


def _complete(row: Any) -> bool:
    """Whether all three shares are known: a bar of two would show the third."""
    return all(np.isfinite(getattr(row, name)) for name in OUTCOMES)


def _stack(bars: Axes, row: Any, y: float) -> None:
    """Draw one bar; a share is written in its part where it fits."""
    start, (points, tall) = 0.0, size_in_points(bars)
    height = 9.5 / tall * abs(bars.get_ylim()[0] - bars.get_ylim()[1])
    for name, (colour, ink, hatch) in OUTCOMES.items():
        share = float(getattr(row, name))
        bars.barh(
            y,
            share,
            left=start,
            height=height,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            lw=0.5,
            zorder=2,
        )
        text = percent_text(share).removesuffix(" %")
        if share * points > text_width(text, 6.5) + 5:
            box = {"facecolor": colour, "edgecolor": "none", "pad": 0.8} if hatch else None
            look: dict[str, Any] = {"size": 6.5, "color": ink, "ha": "center", "va": "center", "zorder": 3}
            bars.text(start + share / 2, y, text, bbox=box, **look)
        start += share


def _write_counts(bars: Axes, rows: pd.DataFrame, levels: Mapping[str, float]) -> None:
    for row in records(rows):
        y = levels[getattr(row, "time", "")]
        for name, shift in (("patients", 44), ("sessions", 92)):
            if hasattr(row, name):
                text = count_text(float(getattr(row, name)))
                annotate(bars, text, (1, y), (shift, 0), coords=LEVEL, size=7, ha="right", va="center")


def _part_names(bars: Axes, *, phone: bool) -> None:
    """Name the parts where they start and end, and head the columns of counts."""
    look: dict[str, Any] = {"coords": "axes fraction", "size": 7, "va": "bottom"}
    annotate(bars, "worse", (0, 1), (0, 3), color=WORSE, weight="bold", **look)
    annotate(bars, "about the same", (0.5, 1), (0, 3), color=GREY, ha="center", **look)
    annotate(bars, "better", (1, 1), (0, 3), color=BETTER, weight="bold", ha="right", **look)
    if not phone:
        annotate(bars, "patients", (1, 1), (44, 3), color=GREY, ha="right", **look)
        annotate(bars, "sessions", (1, 1), (92, 3), color=GREY, ha="right", **look)


def _shares_text(rows: pd.DataFrame, series: Mapping[str, str]) -> str:
    said = []
    for row in records(rows):
        shares = ", ".join(f"{percent_text(getattr(row, name))} {part}" for name, part in PARTS)
        when = series.get(getattr(row, "time", ""), "")
        said.append(f"{when} {shares if _complete(row) else why_missing(row.note)}".strip())
    patients = f"; {count_text(most_of(rows, 'patients'), 'patient')}" if "patients" in rows.columns else ""
    return f"{'; '.join(said)}{patients}"


@chart("condition", "capture_rate")
def capture(sheet: Sheet) -> None:
    """Draw the share of sessions whose 2-day follow-up was reached, per condition.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, capture_rate`` (share of 1); used where there: ``reached``, ``patients``, ``sessions``, ``note``.
    """
    groups = sheet.groups()
    note = "Who is not reached may differ from who is: every figure at follow-up speaks of those reached."
    bars = _bars(
        sheet,
        {"": ""},
        f"How many sessions have a reading {sheet.labels['48h']}?",
        right=74.0,
        note=f"{note} {sheet.counts()}".strip(),
        alt=["Bars per condition.", *sentence_per_group(groups, _capture_words)],
    )
    if not sheet.phone and "sessions" in sheet.rows.columns:
        look: dict[str, Any] = {"size": 7, "va": "bottom", "ha": "right", "color": GREY}
        text = "reached of all" if "reached" in sheet.rows.columns else "sessions"
        annotate(bars, text, (1, 1), (66, 3), coords="axes fraction", **look)
    for place, rows in enumerate(groups.values()):
        row = next(records(rows))
        if not np.isfinite(row.capture_rate):
            write_reason(bars, why_missing(row.note), place)
            continue
        bars.barh(place, 1, height=0.5, color=FAINT, zorder=1)
        bars.barh(place, row.capture_rate, height=0.5, color=BETTER, zorder=2)
        _capture_text(bars, row, place, phone=sheet.phone)


def _capture_text(bars: Axes, row: Any, y: float, *, phone: bool) -> None:
    """Write the rate in the bar's end and the counts beside it."""
    inside = row.capture_rate > 0.3
    look: dict[str, Any] = {"size": 7, "va": "center", "ha": "right" if inside else "left", "zorder": 3}
    annotate(bars, percent_text(row.capture_rate), (row.capture_rate, y), (-4 if inside else 4, 0),
           color="white" if inside else INK, **look)  # fmt: skip
    reached, sessions = float(getattr(row, "reached", np.nan)), float(getattr(row, "sessions", np.nan))
    if not phone and np.isfinite(sessions):
        text = (
            f"{count_text(reached)} of {count_text(sessions)}"
            if np.isfinite(reached)
            else count_text(sessions)
        )
        annotate(bars, text, (1, y), (66, 0), coords=LEVEL, size=7, ha="right", va="center")


def _capture_words(rows: pd.DataFrame) -> str:
    row = next(records(rows))
    rate = percent_text(row.capture_rate) if np.isfinite(row.capture_rate) else why_missing(row.note)
    return f"{rate}, {count_text(float(row.patients), 'patient')}" if "patients" in rows.columns else rate
