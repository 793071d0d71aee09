"""Shares of sessions as bars: better, the same and worse; and how many follow-ups were reached.

Comes in: protected shares per condition. Goes out: the Axes. Worse starts at the left edge and better ends at the
right one, so that both can be read off the axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, size_in_points
from outcomes.charts.panels import LEVEL, annotate, rows_axis
from outcomes.charts.rows import ends_text, records, row_label
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import BETTER, FAINT, GREY, INK, PALE, PLAIN, WORSE, text_width
from outcomes.words import count_text, listed, percent_text, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["better_same_worse", "capture"]

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "worse": (WORSE, "white"),
    "same": (PALE, INK),
    "better": (BETTER, "white"),
}
"""Colour of the bar and of the text in it, left to right."""


@chart("condition", "better", "same", "worse")
def better_same_worse(sheet: Sheet) -> None:
    """Draw the share of sessions that were better, about the same and worse, one bar per reading.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, better, same, worse`` (shares that add to 1); used where there: ``time``, ``patients``,
        ``sessions``, ``note``. Protected. Say in ``source_note`` which cut was used.
    """
    rows, series = sheet.drawn_rows(*OUTCOMES), sheet.series
    bars = _bars(
        sheet,
        series,
        f"Better, about the same or worse{_when(series)}?",
        right=100.0,
        note=sheet.counts(),
        finding=_shares_findings(rows, series),
    )
    for place, group in enumerate(sheet.groups().values()):
        levels = _levels(series, place, phone=sheet.phone)
        _reading_bars(bars, group, series, levels)
        if not sheet.phone:
            _write_counts(bars, group, levels)
    _part_names(bars, phone=sheet.phone)


def _when(series: Mapping[str, str]) -> str:
    when = listed([label for label in series.values() if label], none="")
    return f", {when}" if when else ""


def _reading_bars(
    bars: Axes, rows: pd.DataFrame, series: Mapping[str, str], levels: Mapping[str, float]
) -> None:
    """Draw the bars of one condition, each after the name of its reading."""
    look: dict[str, Any] = {"size": 6.5, "color": GREY, "ha": "right", "va": "center"}
    for row in records(rows):
        time = getattr(row, "time", "")
        _stack(bars, row, levels[time])
        if len(series) > 1:
            annotate(bars, series[time], (0, levels[time]), (-4, 0), coords=LEVEL, **look)


def _bars(
    sheet: Sheet, series: Mapping[str, str], question: str, *, right: float, finding: list[str], note: str
) -> Axes:
    """Rows for bars on an axis from 0 to 100 %: conditions at the left, one level per reading."""
    order = list(map(row_label, sheet.groups()))
    names = max([text_width(name, 7.8) for name in order] + [60.0])
    whens = max([text_width(label, 6.5) for label in series.values() if len(series) > 1] + [0.0])
    stacked = sheet.phone and whens > 0
    left = (max(names, whens) if stacked else names + whens + (10 if whens else 0)) + 10
    pitch = 13.0 * (len(series) + stacked) + 7.0
    shape = Panels(
        (max(len(order), 1) * pitch,), left=left, right=10.0 if sheet.phone else right, above=16, below=32
    )
    bars = sheet.lay_out(question, shape, note=note, finding=finding)[0]
    bars.set_xlim(0, 1)
    bars.xaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f}")
    bars.set_xlabel("sessions (%)")
    rows_axis(bars, order, lift=-0.5 + 0.5 / (len(series) + 1) if stacked else 0.0)
    bars.tick_params(axis="y", pad=4 if stacked or not whens else whens + 9)
    return bars


def _levels(series: Mapping[str, str], row: int, *, phone: bool) -> dict[str, float]:
    """Height of every bar of a row; on a phone the row's name stands above its bars."""
    if phone and len(series) > 1:
        return {time: row - 0.5 + (place + 1.5) / (len(series) + 1) for place, time in enumerate(series)}
    middle = (len(series) - 1) / 2
    return {time: row + 0.8 * (place - middle) / len(series) for place, time in enumerate(series)}


def _stack(bars: Axes, row: Any, y: float) -> None:
    """Draw one bar; a share is written in its part where it fits."""
    start, (points, tall) = 0.0, size_in_points(bars)
    height = 9.5 / tall * abs(bars.get_ylim()[0] - bars.get_ylim()[1])
    for name, (colour, ink) in OUTCOMES.items():
        share = float(getattr(row, name))
        bars.barh(y, share, left=start, height=height, color=colour, edgecolor="white", lw=0.5, zorder=2)
        text = percent_text(share).removesuffix("%")
        if share * points > text_width(text, 6.5) + 5:
            look: dict[str, Any] = {"size": 6.5, "color": ink, "ha": "center", "va": "center", "zorder": 3}
            bars.text(start + share / 2, y, text, **look)
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


def _shares_findings(rows: pd.DataFrame, series: Mapping[str, str]) -> list[str]:
    """Say from where to where the shares run, worse as well as better."""
    said = []
    for time, label in series.items():
        mine = rows[rows["time"] == time] if "time" in rows.columns else rows
        if len(mine):
            mine = mine.drop(columns="condition") if len(series) > 1 else mine
            parts = [f"{part} {ends_text(mine, part, percent_text)}" for part in ("better", "worse")]
            said.append(sentence(f"{label}: {', '.join(parts)} of sessions".removeprefix(": ")))
    return said


@chart("condition", "capture_rate")
def capture(sheet: Sheet) -> None:
    """Draw the share of sessions whose 2-day follow-up was reached, per condition.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, capture_rate`` (share of 1); used where there: ``reached``, ``patients``, ``sessions``, ``note``.
    """
    groups = sheet.drawn("capture_rate")
    note = "Patients not reached may differ; later figures describe only those reached."
    bars = _bars(
        sheet,
        {"": ""},
        f"How many sessions have a reading {sheet.labels['48h']}?",
        right=74.0,
        note=f"{note} {sheet.counts()}".strip(),
        finding=[f"{ends_text(sheet.rows, 'capture_rate', percent_text)} of sessions."] if groups else [],
    )
    if not sheet.phone and "sessions" in sheet.rows.columns:
        look: dict[str, Any] = {"size": 7, "va": "bottom", "ha": "right", "color": GREY}
        text = "reached of all" if "reached" in sheet.rows.columns else "sessions"
        annotate(bars, text, (1, 1), (66, 3), coords="axes fraction", **look)
    for place, rows in enumerate(groups.values()):
        row = next(records(rows))
        bars.barh(place, 1, height=0.5, color=FAINT, zorder=1)
        bars.barh(place, row.capture_rate, height=0.5, color=PLAIN, zorder=2)
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
