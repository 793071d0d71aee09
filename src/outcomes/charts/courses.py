"""Courses: pain before, right after and at two days, per condition, with its spread.

Comes in: protected summaries per condition and reading. Goes out: the first Axes of small multiples, one panel
per condition in the fixed order. A condition without numbers keeps its panel, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels
from outcomes.charts.panels import annotate, columns_that_fit, small_multiples
from outcomes.charts.rows import known, records, sentence_per_group
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import BETTER, GREY, INK, PALE, text_width, wrapped
from outcomes.words import count_text, number, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["pain_course"]

TICK_SIZE = 6.8
SPREAD = ("p10", "p25", "median", "p75", "p90")


@chart("condition", "time", "mean")
def pain_course(sheet: Sheet) -> None:
    """Draw the mean pain of every condition over the three readings, with the spread of sessions around it.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, time`` (pre, post, 48h), ``mean``; used where there: ``p10, p25, median, p75, p90``,
        ``patients``, ``sessions``, ``note``. Pain in points of 0-10. Protected.
    """
    groups = sheet.groups()
    series = {time: label for time, label in sheet.series.items() if time}
    columns = columns_that_fit(len(groups), sheet.width, least=_least_panel(series))
    lines, size = _tick_lines(series, sheet.width * 72 / columns - 40)
    below = 8.0 + 9 * max([text.count("\n") + 1 for text in lines] + [1])
    panels = sheet.lay_out(
        f"How does pain run, in each condition: {', '.join(series.values())}?",
        Panels.grid(len(groups), columns, 78.0, left=25, right=7, above=26, below=below),
        note=_note(sheet),
        alt=["Small charts, one per condition: mean pain from 0 to 10, lower is better.",
             *sentence_per_group(groups, lambda rows: _course_text(rows, sheet.labels))],
        key=_key(sheet.rows),
    )  # fmt: skip
    for panel in panels if groups else ():
        panel.set_xlim(-0.45, len(series) - 0.25)
        panel.set_ylim(0, 10)
        panel.set_xticks(range(len(series)), lines, fontsize=size)
        panel.set_yticks([0, 5, 10])
        panel.set_ylabel("pain", size=7, labelpad=1)
    draw = partial(_course_panel, shown=list(series))
    small_multiples(panels, groups, draw, ["mean"], counts=_counts)


def _note(sheet: Sheet) -> str:
    spread = "Thick bars hold the middle half of sessions, thin ones the middle 80 %."
    fewer = "Fewer patients are read at the later readings; they need not be the same."
    parts = (
        "Pain 0–10, lower is better.",
        spread if "p25" in sheet.rows.columns else "",
        fewer,
        sheet.counts(),
    )
    return " ".join(part for part in parts if part)


def _tick_lines(series: Mapping[str, str], room: float) -> tuple[list[str], float]:
    """Labels of the readings, broken to fit between the ticks, and the type size at which they do."""
    each = max(room / (len(series) + 0.2), 20)
    longest = max(_word_widths(series, TICK_SIZE), default=1.0)
    size = TICK_SIZE * min(1.0, max(each / longest, 0.75))
    return ["\n".join(wrapped(label, each, size)) for label in series.values()], size


def _word_widths(series: Mapping[str, str], size: float) -> list[float]:
    return [text_width(word, size) for label in series.values() for word in label.split()]


def _least_panel(series: Mapping[str, str]) -> float:
    """Narrowest panel, in points, whose tick labels do not touch."""
    return max(118.0, 34 + (len(series) + 0.2) * (max(_word_widths(series, 5.6), default=0.0) + 2))


def _counts(rows: pd.DataFrame) -> str:
    """Patients at the first reading and at the last, where they differ."""
    if "patients" not in rows.columns or not np.isfinite(rows["patients"]).any():
        return "patients withheld" if "patients" in rows.columns else ""
    first, last = float(rows["patients"].iloc[0]), float(rows["patients"].iloc[-1])
    return count_text(first, "patient") + (f", later {count_text(last)}" if last != first else "")


def _course_panel(panel: Axes, rows: pd.DataFrame, shown: Sequence[str]) -> None:
    """Draw one condition: spread behind, means in front, the number at each mean."""
    place = {time: x for x, time in enumerate(shown)}
    means = known(rows, "mean")
    for row in records(means):
        _spread(panel, place[row.time], row)
    panel.plot(means["time"].map(place), means["mean"], color=BETTER, marker="o", ms=4.5, lw=1.6, zorder=4)
    look: dict[str, Any] = {"size": 6.8, "color": BETTER, "weight": "bold", "zorder": 5}
    for row in records(means):
        annotate(panel, number(row.mean), (place[row.time], row.mean), (6, 4), **look)
    reasons = dict(zip(rows["time"], rows["note"], strict=True))
    for time in [time for time in shown if time not in set(means["time"])]:
        why = why_missing(reasons[time]) if time in reasons else "not recorded"
        _absent(panel, place[time], why, means["mean"].max())


def _absent(panel: Axes, x: float, reason: str, highest: float) -> None:
    """Say why one reading is not drawn, where no mean is."""
    top = highest < 6.5
    text = "\n".join(wrapped(reason, 40, 6))
    look: dict[str, Any] = {
        "ha": "center",
        "va": "top" if top else "bottom",
        "size": 6,
        "color": GREY,
        "style": "italic",
    }
    panel.text(x, 9.8 if top else 0.3, text, **look)


def _spread(panel: Axes, x: float, row: Any) -> None:
    low, first, middle, third, high = (float(getattr(row, name, float("nan"))) for name in SPREAD)
    if np.isfinite(low) and np.isfinite(high):
        panel.plot([x, x], [low, high], color=GREY, lw=0.9, zorder=1)
    if np.isfinite(first) and np.isfinite(third):
        panel.plot([x, x], [first, third], color=PALE, lw=7, zorder=2, solid_capstyle="butt")
    if np.isfinite(middle):
        panel.plot([x - 0.1, x + 0.1], [middle, middle], color=INK, lw=1.1, zorder=3, solid_capstyle="butt")


def _key(rows: pd.DataFrame) -> Key:
    from matplotlib.lines import Line2D

    marks: list[tuple[Any, str]] = [(Line2D([], [], color=BETTER, marker="o", ms=4.5, lw=1.6), "mean")]
    if "median" in rows.columns:
        marks.append((Line2D([], [], color=INK, lw=1.2), "median"))
    if "p25" in rows.columns:
        marks.append((Line2D([], [], color=PALE, lw=6, solid_capstyle="butt"), "middle half"))
    if "p10" in rows.columns:
        marks.append((Line2D([], [], color=GREY, lw=0.9), "middle 80 %"))
    return tuple(marks)


def _course_text(rows: pd.DataFrame, labels: Mapping[str, str]) -> str:
    texts = [
        f"{labels.get(row.time, row.time)} "
        f"{number(row.mean) if np.isfinite(row.mean) else why_missing(row.note)}"
        for row in records(rows)
    ]
    return ", ".join(text for text in (*texts, _counts(rows)) if text)
