"""Courses: pain before, right after and at two days, per condition, with its spread.

Comes in: protected summaries per condition and reading. Goes out: the first Axes of small multiples, one panel
per condition in the fixed order. A condition without numbers keeps its panel, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, Words, beside, lay_out
from outcomes.charts.panels import columns_that_fit, empty_panel, panel_heading
from outcomes.charts.rows import (
    counts_note,
    ordered_conditions,
    records,
    row_label,
    tidy_rows,
    time_labels,
    times_shown,
)
from outcomes.charts.style import BETTER, GREY, INK, PALE, house_style, text_width, wrapped
from outcomes.record.measures import TIME_LABELS
from outcomes.words import count_text, number, sentence, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["pain_course"]

TICK_SIZE = 6.8
SPREAD = ("p10", "p25", "median", "p75", "p90")


@house_style
def pain_course(
    course: pd.DataFrame,
    ax: Axes | None = None,
    *,
    times: Mapping[str, str] | None = None,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw the mean pain of every condition over the three readings, with the spread of sessions around it.

    Parameters
    ----------
    course : pandas.DataFrame
        ``condition, time`` (pre, post, 48h), ``mean``; used where there: ``p10, p25, median, p75, p90``,
        ``patients``, ``sessions``, ``note``. Pain in points of 0-10. Protected.
    ax, times, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`; several panels are drawn inside ``ax`` as insets.

    Returns
    -------
    matplotlib Axes
        The first panel, or ``ax``; all panels are in its figure.
    """
    rows = tidy_rows(course, ["condition", "time", "mean"], chart="pain_course")
    labels = time_labels(course, times)
    shown = [time for time in times_shown(rows) if time]
    order = ordered_conditions(rows["condition"])
    columns = columns_that_fit(len(order), width, least=_least_panel(labels, shown))
    when = ", ".join(labels.get(time, time) for time in shown)
    asked = title or f"How does pain run, in each condition: {when}?"
    words = Words(asked, _note(rows, course, source_note), _alt(rows, order, labels, asked), _key(rows))
    lines, size = _tick_lines(shown, labels, width * 72 / columns - 40)
    shape = Panels(
        heights=(78.0,) * max(-(-len(order) // columns), 1),
        count=max(len(order), 1),
        columns=columns,
        left=25,
        right=7,
        above=26,
        below=8 + 9 * max([text.count("\n") + 1 for text in lines] + [1]),
    )
    panels = lay_out(ax, words, shape, width)
    for panel, name in zip(panels, order, strict=False):
        _course_panel(panel, rows[rows["condition"] == name], shown, lines, size)
        panel_heading(panel, row_label(name), _counts(rows[rows["condition"] == name]))
    if not order:
        empty_panel(panels[0], "No rows to draw")
    return panels[0] if ax is None else ax


def _note(rows: pd.DataFrame, course: pd.DataFrame, source_note: str) -> str:
    spread = (
        "Thick bars hold the middle half of sessions, thin ones the middle 80 %. "
        if "p25" in rows.columns
        else ""
    )
    fewer = "Fewer patients are read at the later readings; they need not be the same. "
    return f"Pain 0–10, lower is better. {spread}{fewer}{counts_note(rows, course)} {source_note}".strip()


def _tick_lines(shown: Sequence[str], labels: Mapping[str, str], room: float) -> tuple[list[str], float]:
    """Labels of the readings, broken to fit between the ticks, and the type size at which they do."""
    each = max(room / (len(shown) + 0.2), 20)
    words = [word for time in shown for word in labels.get(time, time).split()]
    longest = max([text_width(word, TICK_SIZE) for word in words] + [1.0])
    size = TICK_SIZE * min(1.0, max(each / longest, 0.75))
    return ["\n".join(wrapped(labels.get(time, time), each, size)) for time in shown], size


def _least_panel(labels: Mapping[str, str], shown: Sequence[str]) -> float:
    """Narrowest panel, in points, whose tick labels do not touch."""
    words = [word for time in shown for word in labels.get(time, time).split()]
    return max(118.0, 34 + (len(shown) + 0.2) * (max([text_width(word, 5.6) for word in words] + [0.0]) + 2))


def _counts(mine: pd.DataFrame) -> str:
    """Patients at the first reading and at the last, where they differ."""
    if "patients" not in mine.columns or not np.isfinite(mine["patients"]).any():
        return "patients withheld" if "patients" in mine.columns else ""
    order = {time: number for number, time in enumerate(TIME_LABELS)}
    sorted_counts = mine.sort_values("time", key=lambda column: column.map(order).fillna(9))["patients"]
    first, last = float(sorted_counts.iloc[0]), float(sorted_counts.iloc[-1])
    return count_text(first, "patient") + (f", later {count_text(last)}" if last != first else "")


def _course_panel(
    panel: Axes, mine: pd.DataFrame, shown: Sequence[str], lines: Sequence[str], size: float
) -> None:
    """Draw one condition: spread behind, means in front, the number beside each mean."""
    panel.set_xlim(-0.45, len(shown) - 0.25)
    panel.set_ylim(0, 10)
    panel.set_xticks(range(len(shown)), lines, fontsize=size)
    panel.set_yticks([0, 5, 10])
    panel.set_ylabel("pain", size=7, labelpad=1)
    by_time = {row.time: row for row in records(mine)}
    known = [
        (x, by_time[time])
        for x, time in enumerate(shown)
        if time in by_time and np.isfinite(by_time[time].mean)
    ]
    if not known:
        empty_panel(panel, why_missing(mine["note"].iloc[0]))
        return
    for x, row in known:
        _spread(panel, x, row)
    means = [row.mean for _, row in known]
    panel.plot([x for x, _ in known], means, color=BETTER, marker="o", ms=4.5, lw=1.6, zorder=4)
    for x, row in known:
        look: dict[str, Any] = {"size": 6.8, "color": BETTER, "weight": "bold", "zorder": 5}
        beside(panel, number(row.mean), (x, row.mean), (6, 4), **look)
    for x, time in enumerate(shown):
        if x not in dict(known):
            _absent(
                panel, x, why_missing(by_time[time].note) if time in by_time else "not recorded", max(means)
            )


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


def _key(rows: pd.DataFrame) -> tuple[tuple[Any, str], ...]:
    from matplotlib.lines import Line2D

    marks: list[tuple[Any, str]] = [(Line2D([], [], color=BETTER, marker="o", ms=4.5, lw=1.6), "mean")]
    if "median" in rows.columns:
        marks.append((Line2D([], [], color=INK, lw=1.2), "median"))
    if "p25" in rows.columns:
        marks.append((Line2D([], [], color=PALE, lw=6, solid_capstyle="butt"), "middle half"))
    if "p10" in rows.columns:
        marks.append((Line2D([], [], color=GREY, lw=0.9), "middle 80 %"))
    return tuple(marks)


def _alt(rows: pd.DataFrame, order: Sequence[str], labels: Mapping[str, str], title: str) -> str:
    parts = [sentence(title), "Small charts, one per condition: mean pain from 0 to 10, lower is better."]
    for name in order:
        mine = rows[rows["condition"] == name]
        texts = [
            f"{labels.get(row.time, row.time)} {number(row.mean)}"
            if np.isfinite(row.mean)
            else f"{labels.get(row.time, row.time)} {why_missing(row.note)}"
            for row in records(mine)
        ]
        parts.append(sentence(f"{row_label(name)}: {', '.join([*texts, _counts(mine)])}".rstrip(", ")))
    return " ".join(parts)
