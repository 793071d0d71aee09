"""Shares of sessions as bars: better, the same and worse; and how many follow-ups were reached.

Comes in: protected shares per condition. Goes out: the Axes. Worse starts at the left edge and better ends at the
right one, so that both can be read off the axis. A row without numbers keeps its place, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, Words, beside, lay_out, size_in_points
from outcomes.charts.rows import (
    counts_note,
    most_of,
    ordered_conditions,
    reasons_note,
    records,
    row_label,
    tidy_rows,
    time_labels,
    times_shown,
)
from outcomes.charts.style import BETTER, FAINT, GREY, INK, PALE, WORSE, house_style, one_line, text_width
from outcomes.words import count_text, listed, percent_text, sentence, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["better_same_worse", "capture"]

LEVEL = ("axes fraction", "data")
OUTCOMES: Mapping[str, tuple[str, str, str]] = {
    "worse": (WORSE, "white", "////"),
    "same": (PALE, INK, ""),
    "better": (BETTER, "white", ""),
}
"""Colour of the bar, of the text in it, and hatching, left to right."""
SAID = (("better", "better"), ("same", "about the same"), ("worse", "worse"))


@house_style
def better_same_worse(
    estimates: pd.DataFrame,
    ax: Axes | None = None,
    *,
    times: Mapping[str, str] | None = None,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw the share of sessions that were better, about the same and worse, one bar per reading.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, better, same, worse`` (shares that add to 1); used where there: ``time``, ``patients``,
        ``sessions``, ``note``. Protected.
    ax, times, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`; say in ``source_note`` which cut was used.

    Returns
    -------
    matplotlib Axes
    """
    rows = tidy_rows(estimates, ["condition", "better", "same", "worse"], chart="better_same_worse")
    labels = time_labels(estimates, times)
    series = {time: labels.get(time, time) for time in times_shown(rows)}
    order = ordered_conditions(rows["condition"])
    when = listed([label for label in series.values() if label], none="")
    asked = title or f"Better, about the same or worse: how many sessions{f', {when}' if when else ''}?"
    words = Words(
        asked,
        " ".join(part for part in (counts_note(rows, estimates), source_note, reasons_note(rows)) if part),
        _shares_alt(rows, order, series, asked),
    )
    bars = _bars(order, series, words, ax, width, right=100.0 if width >= 4.5 else 10.0)
    for number, name in enumerate(order):
        for time, y in _levels(series, number, width).items():
            mine = rows[rows["condition"] == name]
            found = list(records(mine[mine["time"] == time] if "time" in mine.columns else mine))
            if series[time]:
                beside(
                    bars,
                    series[time],
                    (0, y),
                    (-4, 0),
                    coords=LEVEL,
                    size=6.5,
                    color=GREY,
                    ha="right",
                    va="center",
                )
            if found and _complete(found[0]):
                _stack(bars, found[0], y)
            else:
                _reason(bars, why_missing(found[0].note) if found else "not recorded", y)
        if width >= 4.5:
            _counts_beside(bars, rows[rows["condition"] == name], _levels(series, number, width))
    _heads(bars, width)
    return bars


def _bars(
    order: Sequence[str],
    series: Mapping[str, str],
    words: Words,
    ax: Axes | None,
    width: float,
    *,
    right: float,
) -> Axes:
    """Rows for bars on an axis from 0 to 100 %: conditions at the left, one level per reading."""
    names = max([text_width(row_label(name), 7.8) for name in order] + [60.0])
    whens = max([text_width(label, 6.5) for label in series.values()] + [0.0])
    stacked = width < 4.5 and whens > 0
    left = (max(names, whens) if stacked else names + whens + (10 if whens else 0)) + 10
    pitch = 13.0 * (len(series) + stacked) + 7.0
    shape = Panels((max(len(order), 1) * pitch,), left=left, right=right, above=16, below=32)
    bars = lay_out(ax, words, shape, width)[0]
    bars.set_xlim(0, 1)
    bars.set_ylim(max(len(order), 1) - 0.5, -0.5)
    lift = -0.5 + 0.5 / (len(series) + 1) if stacked else 0.0
    bars.set_yticks(
        [number + lift for number in range(len(order))], [row_label(name) for name in order], fontsize=7.8
    )
    bars.tick_params(axis="y", length=0, pad=4 if stacked or not whens else whens + 9)
    for label in bars.get_yticklabels():
        label.set_parse_math(False)
    bars.spines["left"].set_visible(False)
    bars.xaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f}")
    bars.set_xlabel("sessions (%)")
    for edge in range(1, len(order)):
        bars.axhline(edge - 0.5, color=FAINT, lw=0.7, zorder=0)
    if not order:
        bars.text(0.5, 0.5, "No rows to draw", transform=bars.transAxes, ha="center", color=GREY)
    return bars


def _levels(series: Mapping[str, str], number: int, width: float) -> dict[str, float]:
    """Height of every bar of a row; on a phone the row's name stands above its bars."""
    names_above = width < 4.5 and any(series.values())
    if names_above:
        return {time: number - 0.5 + (place + 1.5) / (len(series) + 1) for place, time in enumerate(series)}
    middle = (len(series) - 1) / 2
    return {time: number + 0.8 * (place - middle) / len(series) for place, time in enumerate(series)}


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


def _reason(bars: Axes, text: str, y: float) -> None:
    said = one_line(text, max(size_in_points(bars)[0] - 8, 60), 6.8)
    beside(bars, said, (0, y), (4, 0), coords=LEVEL, size=6.8, color=GREY, style="italic", va="center")


def _counts_beside(bars: Axes, mine: pd.DataFrame, levels: Mapping[str, float]) -> None:
    for row in records(mine):
        y = levels[getattr(row, "time", "")]
        for name, shift in (("patients", 44), ("sessions", 92)):
            if hasattr(row, name):
                text = count_text(float(getattr(row, name)))
                beside(bars, text, (1, y), (shift, 0), coords=LEVEL, size=7, ha="right", va="center")


def _heads(bars: Axes, width: float) -> None:
    """Name the parts where they start and end, and head the columns of counts."""
    look: dict[str, Any] = {"coords": "axes fraction", "size": 7, "va": "bottom"}
    beside(bars, "worse", (0, 1), (0, 3), color=WORSE, weight="bold", **look)
    beside(bars, "about the same", (0.5, 1), (0, 3), color=GREY, ha="center", **look)
    beside(bars, "better", (1, 1), (0, 3), color=BETTER, weight="bold", ha="right", **look)
    if width >= 4.5:
        beside(bars, "patients", (1, 1), (44, 3), color=GREY, ha="right", **look)
        beside(bars, "sessions", (1, 1), (92, 3), color=GREY, ha="right", **look)


def _shares_alt(rows: pd.DataFrame, order: Sequence[str], series: Mapping[str, str], title: str) -> str:
    parts = [sentence(title), "Bars per condition: share of sessions worse, about the same and better."]
    for name in order:
        mine = rows[rows["condition"] == name]
        told = []
        for row in records(mine):
            when = f"{series.get(getattr(row, 'time', ''), '')} "
            known = [(getattr(row, name), said) for name, said in SAID]
            shares = ", ".join(f"{percent_text(share)} {said}" for share, said in known)
            told.append((when + (shares if _complete(row) else why_missing(row.note))).strip())
        patients = (
            f"; {count_text(most_of(mine, 'patients'), 'patient')}" if "patients" in mine.columns else ""
        )
        parts.append(sentence(f"{row_label(name)}: {'; '.join(told)}{patients}"))
    return " ".join(parts)


@house_style
def capture(
    captured: pd.DataFrame,
    ax: Axes | None = None,
    *,
    times: Mapping[str, str] | None = None,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw the share of sessions whose 2-day follow-up was reached, per condition.

    Parameters
    ----------
    captured : pandas.DataFrame
        ``condition, capture_rate`` (share of 1); used where there: ``reached``, ``patients``, ``sessions``, ``note``.
    ax, times, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
    """
    rows = tidy_rows(captured, ["condition", "capture_rate"], chart="capture")
    labels = time_labels(captured, times)
    order = ordered_conditions(rows["condition"])
    asked = title or f"How many sessions have a reading {labels['48h']}?"
    note = "Who is not reached may differ from who is: every figure at follow-up speaks of those reached."
    words = Words(
        asked, f"{note} {counts_note(rows, captured)} {source_note}".strip(), _capture_alt(rows, order, asked)
    )
    bars = _bars(order, {"": ""}, words, ax, width, right=74.0 if width >= 4.5 else 10.0)
    if width >= 4.5 and "sessions" in rows.columns:
        look: dict[str, Any] = {
            "coords": "axes fraction",
            "size": 7,
            "va": "bottom",
            "ha": "right",
            "color": GREY,
        }
        beside(bars, "reached of all" if "reached" in rows.columns else "sessions", (1, 1), (66, 3), **look)
    for number, name in enumerate(order):
        row = next(records(rows[rows["condition"] == name]))
        if not np.isfinite(row.capture_rate):
            _reason(bars, why_missing(row.note), number)
            continue
        bars.barh(number, 1, height=0.5, color=FAINT, zorder=1)
        bars.barh(number, row.capture_rate, height=0.5, color=BETTER, zorder=2)
        _capture_text(bars, row, number, width)
    return bars


def _capture_text(bars: Axes, row: Any, y: float, width: float) -> None:
    """Write the rate in the bar's end and the counts beside it."""
    inside = row.capture_rate > 0.3
    look: dict[str, Any] = {"size": 7, "va": "center", "ha": "right" if inside else "left", "zorder": 3}
    beside(bars, percent_text(row.capture_rate), (row.capture_rate, y), (-4 if inside else 4, 0),
           color="white" if inside else INK, **look)  # fmt: skip
    reached, sessions = float(getattr(row, "reached", np.nan)), float(getattr(row, "sessions", np.nan))
    if width >= 4.5 and np.isfinite(sessions):
        text = (
            f"{count_text(reached)} of {count_text(sessions)}"
            if np.isfinite(reached)
            else count_text(sessions)
        )
        beside(bars, text, (1, y), (66, 0), coords=LEVEL, size=7, ha="right", va="center")


def _capture_alt(rows: pd.DataFrame, order: Sequence[str], title: str) -> str:
    parts = [sentence(title), "Bars per condition."]
    for name in order:
        row = next(records(rows[rows["condition"] == name]))
        told = percent_text(row.capture_rate) if np.isfinite(row.capture_rate) else why_missing(row.note)
        people = count_text(float(row.patients), "patient") if "patients" in rows.columns else ""
        parts.append(sentence(f"{row_label(name)}: {', '.join(part for part in (told, people) if part)}"))
    return " ".join(parts)
