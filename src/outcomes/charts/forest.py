"""The drawing of a forest chart: a row per condition, its marks, what to hold them against, columns of numbers.

Comes in: a :class:`Forest`, which says what is drawn. Goes out: the Axes. A row without an estimate is left out and
named below the chart with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels, size_in_points
from outcomes.charts.panels import LEVEL, annotate, expected_handle, label_lines, rows_axis
from outcomes.charts.rows import ends_text, known_numbers, most_of, records, row_label
from outcomes.charts.sheet import Sheet
from outcomes.charts.style import (
    EXPECTED,
    EXPECTED_EDGE,
    EXPECTED_LABEL,
    GREY,
    INK,
    Mark,
    mark_of,
    text_width,
)
from outcomes.words import count_text, interval_text, number, percent_text, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["INTERVALS", "MATTERS", "PATIENTS", "Forest", "draw_forest", "interval_column"]

SIDES_ROOM = 27.0
"""Room above the rows, points, for what lies on either side of the null value."""
LANE, GAP = 11.0, 12.0
"""Height of a series within a row, and what a row adds to its lanes, points."""
LEAST_BAND = 4.0
"""Points of width below which a band could be taken for a line."""
MATTERS: Any = [(-0.12, -1.0), (0.12, -1.0), (0.12, 1.0), (-0.12, 1.0), (-0.12, -1.0)]
"""Outline of the tick that marks the smallest change that matters."""


INTERVALS = "Lines: 95% CI, allowing for repeat visits."
"""What every forest says of its intervals."""


@dataclass(frozen=True)
class Forest:
    """Everything a forest chart draws.

    Attributes
    ----------
    rows : pandas.DataFrame
        ``condition, estimate``; ``time`` where there are series; ``conf_low, conf_high, patients`` where there.
    series : mapping of str to str
        Keys of the marks within a row (e.g. readings) and their labels.
    axis, unit : str
        Label of the axis; what the numbers are in, for the alt text.
    null : float, optional
        Value at which nothing happened, and ``sides``: what lies left of, at, and right of it.
    expected : mapping
        Lowest and highest value expected without any effect, by row and series: the pale band.
    smallest : mapping
        The smallest change that matters, by row, and ``smallest_label``, what it is called.
    columns : tuple
        Heading and text of each column of numbers at the right: the text of a row of ``rows``.
    """

    rows: pd.DataFrame
    series: Mapping[str, str]
    axis: str
    unit: str = ""
    null: float | None = None
    sides: tuple[str, str, str] | None = None
    expected: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    smallest: Mapping[str, float] = field(default_factory=dict)
    smallest_label: str = "smallest change that matters"
    columns: tuple[tuple[str, Callable[[Any], str]], ...] = ()
    share: bool = False
    decimals: int = 1
    limits: tuple[float, float] | None = None

    @property
    def groups(self) -> dict[str, pd.DataFrame]:
        """Rows from top to bottom, those of one condition together."""
        return {
            name: self.rows[self.rows["condition"] == name] for name in dict.fromkeys(self.rows["condition"])
        }

    @property
    def offsets(self) -> dict[str, float]:
        """Height of every series within a row, in rows."""
        step, middle = LANE / (LANE * len(self.series) + GAP), (len(self.series) - 1) / 2
        return {key: (place - middle) * step for place, key in enumerate(self.series)}

    def show(self, value: float) -> str:
        """A value as text."""
        return percent_text(value) if self.share else number(value, self.decimals)


PATIENTS = ("patients", lambda row: count_text(getattr(row, "patients", float("nan"))))
"""The column of how many patients a row rests on."""


def interval_column(title: str, **form: Any) -> tuple[str, Callable[[Any], str]]:
    """A column of estimates and their intervals; ``form`` as for :func:`outcomes.words.interval_text`."""

    def show(row: Any) -> str:
        low, high = getattr(row, "conf_low", np.nan), getattr(row, "conf_high", np.nan)
        return interval_text(row.estimate, low, high, **form)

    return f"{title} (95% CI)", show


def draw_forest(sheet: Sheet, forest: Forest, question: str, note: str) -> Axes:
    """Draw a forest chart and return its Axes; ``note`` is what it rests on."""
    labels = [row_label(name) for name in forest.groups]
    left = 6 + max([text_width(label, 7.8) for label in labels] + [60.0])
    right = 6.0 if sheet.phone else 8 + sum(_column_widths(forest))
    axis = label_lines(forest.axis, sheet.width, left, right)
    above = SIDES_ROOM if forest.sides else 8.0 if sheet.phone else 20.0
    height = max(len(labels), 1) * (LANE * len(forest.series) + GAP)
    drawn = sheet.lay_out(
        question,
        Panels((height,), left=left, right=right, above=above, below=20.0 + 11 * len(axis)),
        note=note,
        finding=_findings(forest),
        key=_key(forest),
    )[0]
    rows_axis(drawn, labels)
    drawn.set_xlabel("\n".join(axis))
    _limits(drawn, forest)
    _null_line(drawn, forest)
    for place, (name, rows) in enumerate(forest.groups.items()):
        _row(drawn, forest, (place, name), rows)
        if sheet.phone and "patients" in rows.columns:
            _count_below(drawn, place, most_of(rows, "patients"))
    if not sheet.phone:
        _number_columns(drawn, forest)
    return drawn


def _key(forest: Forest) -> Key:
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"markersize": 5, "lw": 1.2 if "conf_low" in forest.rows.columns else 0}
    marks: list[tuple[Any, str]] = [
        (
            Line2D([], [], color=mark.colour, marker=mark.marker, mfc=_face(mark), **look),
            label,
        )
        for (key, label), place in zip(forest.series.items(), range(9), strict=False)
        if label and (mark := mark_of(key, place))
    ]
    if forest.rows.empty or (len(forest.series) == 1 and not forest.expected and not forest.smallest):
        return ()
    if forest.expected:
        marks.append((expected_handle(), EXPECTED_LABEL))
    if forest.smallest:
        tick = Line2D([], [], ls="", marker=MATTERS, markersize=9, color=INK)
        marks.append((tick, forest.smallest_label))
    return tuple(marks)


def _face(mark: Mark) -> str:
    return mark.colour if mark.filled else "white"


def _row(ax: Axes, forest: Forest, at: tuple[int, str], rows: pd.DataFrame) -> None:
    """Draw one condition: estimates with their intervals, and what to hold them against."""
    place, name = at
    for row in records(rows):
        series = getattr(row, "time", "")
        y = place + forest.offsets[series]
        if ends := forest.expected.get((name, series)):
            _band(ax, ends, y, 7.5 / (LANE * len(forest.series) + GAP))
        _estimate(ax, row, y, mark_of(series, list(forest.series).index(series)))
    if name in forest.smallest:
        size = 5.0 + 5.0 * len(forest.series)
        ax.plot(forest.smallest[name], place, ls="", marker=MATTERS, ms=size, color=INK, mew=1.0, zorder=2)


def _band(ax: Axes, ends: tuple[float, float], y: float, thick: float) -> None:
    """Draw what is expected without any effect, never narrower than can be seen."""
    low, high = ax.get_xlim()
    width = max(ends[1] - ends[0], LEAST_BAND * (high - low) / size_in_points(ax)[0])
    left = (ends[0] + ends[1] - width) / 2
    look: dict[str, Any] = {"facecolor": EXPECTED, "edgecolor": EXPECTED_EDGE, "linewidth": 0.6}
    ax.barh(y, width, left=left, height=thick, zorder=0.5, **look)


def _estimate(ax: Axes, row: Any, y: float, mark: Mark) -> None:
    low, high = getattr(row, "conf_low", np.nan), getattr(row, "conf_high", np.nan)
    if np.isfinite(low) and np.isfinite(high):
        ax.plot([low, high], [y, y], color=mark.colour, lw=1.5, zorder=3)
    ax.plot(
        row.estimate, y, ls="", marker=mark.marker, ms=5, mec=mark.colour, mew=1.2, mfc=_face(mark), zorder=4
    )


def _count_below(ax: Axes, place: int, patients: float) -> None:
    """On a phone, where no columns fit: how many patients, under the name of the row."""
    ax.get_yticklabels()[place].set_verticalalignment("bottom")
    look: dict[str, Any] = {"ha": "right", "va": "center", "size": 6.5, "color": GREY}
    annotate(ax, count_text(patients, "patient"), (0, place), (-4, -6), coords=LEVEL, **look)


def _limits(ax: Axes, forest: Forest) -> None:
    """Show every interval, and leave room to see worsening on the far side of the null value."""
    marks = [*forest.smallest.values(), *(end for ends in forest.expected.values() for end in ends)]
    values = np.append(known_numbers(forest.rows, "estimate", "conf_low", "conf_high"), marks)
    if forest.share:
        values = np.append(values, [0.0, 0.1])
    if forest.null is not None:
        values = np.append(values, forest.null)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    high = high if high > low else low + 1.0
    pad = 0.06 * (high - low)
    low, high = low - pad, high + pad
    if forest.null is not None:
        low = min(low, forest.null - 0.22 * (high - forest.null))
        high = max(high, forest.null + 0.22 * (forest.null - low))
    if forest.share:
        low, high = max(low, 0.0), min(high, 1.0)
    ax.set_xlim(*(forest.limits or (low, high)))
    _ticks(ax, share=forest.share)


def _ticks(ax: Axes, *, share: bool) -> None:
    """Ticks at round values, with as many digits as their distance needs."""
    from matplotlib.ticker import MaxNLocator

    most = max(int(size_in_points(ax)[0] // 34), 3)
    locator = MaxNLocator(nbins=min(most, 8), steps=[1, 2, 5, 10])
    ax.xaxis.set_major_locator(locator)
    places = np.asarray(locator.tick_values(*ax.get_xlim())) * (100 if share else 1)
    step = float(np.diff(places).min()) if len(places) > 1 else 1.0
    digits = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    ax.xaxis.set_major_formatter(lambda value, _: number(value * (100 if share else 1), digits))


def _null_line(ax: Axes, forest: Forest) -> None:
    if forest.null is None:
        return
    ax.axvline(forest.null, color=INK, lw=0.9, zorder=1)
    if forest.sides is None:
        return
    below, at, above = forest.sides
    look: dict[str, Any] = {"va": "bottom", "size": 7, "color": GREY, "coords": ("data", "axes fraction")}
    annotate(ax, f"← {below}", (forest.null, 1), (-4, 4), ha="right", **look)
    annotate(ax, f"{above} →", (forest.null, 1), (4, 4), ha="left", **look)
    annotate(ax, at, (forest.null, 1), (0, 14), ha="center", **look)


def _column_widths(forest: Forest) -> list[float]:
    texts = [[*title.split(" (", 1), *map(show, records(forest.rows))] for title, show in forest.columns]
    return [12 + max(text_width(text, 7) for text in column) for column in texts]


def _number_columns(ax: Axes, forest: Forest) -> None:
    """Write the numbers of every row at the right, each reading level with its mark."""
    edge, look = 2.0, {"ha": "right", "size": 7}
    for (title, show), room in zip(forest.columns, _column_widths(forest), strict=True):
        edge += room
        heading = title.replace(" (", "\n(")
        annotate(ax, heading, (1, 1), (edge, 3), coords="axes fraction", color=GREY, **look)
        for place, rows in enumerate(forest.groups.values()):
            for row in records(rows):
                y = place + forest.offsets[getattr(row, "time", "")]
                annotate(ax, show(row), (1, y), (edge, 0), coords=LEVEL, va="center", **look)


def _findings(forest: Forest) -> Sequence[str]:
    """Say from where to where the estimates of every series run, each against what is expected without any effect."""
    unit = f" {forest.unit}" if forest.unit else ""
    said = []
    for key, label in forest.series.items():
        rows = forest.rows[forest.rows["time"] == key] if "time" in forest.rows.columns else forest.rows
        if rows.empty:
            continue
        places = rows if len(forest.series) < 3 else rows.drop(columns="condition")
        text = f"{ends_text(places, 'estimate', forest.show)}{unit}{_against(forest, key)}"
        said.append(sentence(f"{label}: {text}" if len(forest.series) > 1 else text))
    return said


def _against(forest: Forest, key: str) -> str:
    """What is expected of one series without any effect, from the lowest to the highest row."""
    ends = [end for (_, series), band in forest.expected.items() if series == key for end in band]
    texts = dict.fromkeys(forest.show(end) for end in (min(ends), max(ends))) if ends else {}
    return f"; {EXPECTED_LABEL}: {' to '.join(texts)}" if texts else ""
