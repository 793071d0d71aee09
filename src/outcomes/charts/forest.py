"""The drawing of a forest chart: rows, marks, what to hold them against, columns of numbers, alt text.

Comes in: a :class:`Forest`, which says what is drawn. Goes out: the Axes. A row without an estimate is drawn
in grey with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels, size_in_points
from outcomes.charts.panels import LEVEL, annotate, label_lines, rows_axis, write_reason
from outcomes.charts.rows import known, most_of, ordered_conditions, reasons_note, records, row_label
from outcomes.charts.sheet import Sheet
from outcomes.charts.style import GREY, INK, PALE, Mark, mark_of, text_width
from outcomes.words import count_text, listed, number, percent_text, sentence, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BAR", "CARET", "Forest", "Reference", "draw_forest"]

SIDES_ROOM = 27.0
"""Room above the rows, points, for what lies on either side of the null value."""
BAR = [(-0.12, -1.0), (0.12, -1.0), (0.12, 1.0), (-0.12, 1.0), (-0.12, -1.0)]
"""Outline of the tick that marks the smallest change that matters."""
CARET = 6
"""Matplotlib's caret whose tip is the value: it sits below the line of the estimate and hides nothing."""
BAND_LABEL = "trials: more than a comparison group"
"""What a published band is called; the sentences beside the chart cite it."""


@dataclass(frozen=True)
class Reference:
    """Something to hold estimates against: one value per row of a forest (or per row and series)."""

    label: str
    marker: Any
    size: float
    colour: str
    values: Mapping[tuple[str, str], float]
    hollow: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Forest:
    """Everything a forest chart draws.

    Attributes
    ----------
    series : mapping of str to str
        Keys of the marks within a row (e.g. readings) and their labels.
    sides : tuple of str
        What lies left of, at, and right of the null value; empty where there is none.
    bands : mapping
        Published intervals per row and series, drawn pale behind the estimates.
    columns : tuple
        Heading and text of each column of numbers at the right: the text of a row of ``rows``.
    """

    rows: pd.DataFrame
    series: Mapping[str, str]
    null: float | None
    axis: str
    sides: tuple[str, str, str] | None = None
    references: tuple[Reference, ...] = ()
    bands: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    columns: tuple[tuple[str, Callable[[Any], str]], ...] = ()
    share: bool = False
    decimals: int = 1
    groups: Sequence[str] = field(default=())

    @property
    def order(self) -> list[str]:
        """Rows, top to bottom."""
        return list(self.groups) or ordered_conditions(self.rows["condition"])


def draw_forest(sheet: Sheet, forest: Forest, question: str, note: str) -> Axes:
    """Draw a forest chart and return its Axes; ``note`` is what it rests on."""
    pitch = (9.0 + 11.0 * max(len(forest.series), 1)) + (5.0 if sheet.phone else 3.0)
    order = [row_label(name) for name in forest.order]
    left = 6 + max([text_width(name, 7.8) for name in order] + [60.0])
    right = 6.0 if sheet.phone else 8 + sum(_column_widths(forest))
    axis = label_lines(forest.axis, sheet.width, left, right)
    above = SIDES_ROOM if forest.sides else 8.0 if sheet.phone else 20.0
    height, below = max(len(order), 1) * pitch, 20.0 + 11 * len(axis)
    drawn = sheet.lay_out(
        question,
        Panels((height,), left=left, right=right, above=above, below=below),
        note=_full_note(forest, note),
        alt=_sentences(forest),
        key=_key(forest),
    )[0]
    rows_axis(drawn, order)
    drawn.set_xlabel("\n".join(axis))
    for place, name in enumerate(forest.order):
        _row(drawn, forest, name, place, phone=sheet.phone)
    _limits(drawn, forest)
    _null_line(drawn, forest)
    if not sheet.phone:
        _number_columns(drawn, forest)
    return drawn


def _full_note(forest: Forest, note: str) -> str:
    intervals = "Lines are 95 % intervals; sessions of one patient are not taken as independent."
    return " ".join(part for part in (intervals, note, reasons_note(forest.rows)) if part)


def _key(forest: Forest) -> Key:
    from matplotlib.lines import Line2D

    def handle(mark: Mark) -> Line2D:
        face = mark.colour if mark.filled else "white"
        return Line2D(
            [], [], color=mark.colour, marker=mark.marker, markersize=5, markerfacecolor=face, lw=1.2
        )

    marks = [
        (handle(mark_of(key, place)), label)
        for place, (key, label) in enumerate(forest.series.items())
        if label
    ]
    if len(forest.series) == 1 and not forest.references:
        marks = []
    shown = bool(np.isfinite(forest.rows["estimate"]).any())
    for found in forest.references if shown else ():
        face = "white" if found.hollow and len(found.hollow) == len(forest.order) else found.colour
        bar = Line2D([], [], ls="", marker=found.marker, markersize=9 if found.marker is BAR else 5,
                     markeredgecolor=found.colour, markerfacecolor=face)  # fmt: skip
        marks.append((bar, found.label))
    if shown and _bands_shown(forest):
        marks.append((Line2D([], [], color=PALE, lw=6, solid_capstyle="butt"), BAND_LABEL))
    return tuple(marks)


def _bands_shown(forest: Forest) -> dict[tuple[str, str], tuple[float, float]]:
    """Bands of the rows that have an estimate."""
    rows = known(forest.rows, "estimate")
    series = rows["time"] if "time" in rows.columns else [""] * len(rows)
    keys = set(zip(rows["condition"], series, strict=True))
    return {key: ends for key, ends in forest.bands.items() if key in keys}


def _offsets(forest: Forest) -> dict[str, float]:
    keys = list(forest.series)
    step = 0.34 if len(keys) < 3 else 0.7 / len(keys)
    return {key: (place - (len(keys) - 1) / 2) * step for place, key in enumerate(keys)}


def _of(forest: Forest, name: str) -> pd.DataFrame:
    return forest.rows[forest.rows["condition"] == name]


def _series_shown(forest: Forest, name: str) -> set[str]:
    """Series of one row that have an estimate."""
    return {getattr(row, "time", "") for row in records(known(_of(forest, name), "estimate"))}


def _row(ax: Axes, forest: Forest, name: str, place: int, *, phone: bool) -> None:
    """Draw one condition: estimates, what to hold them against, the reason where there is none."""
    mine = _of(forest, name)
    offsets = _offsets(forest)
    absent = mine[~np.isfinite(mine["estimate"])]
    for row in records(known(mine, "estimate")):
        series = getattr(row, "time", "")
        _estimate(ax, row, place + offsets[series], mark_of(series, list(offsets).index(series)))
    for (owner, series), ends in _bands_shown(forest).items():
        if owner == name:
            y = place + offsets[series]
            ax.plot(ends, [y, y], color=PALE, lw=7, solid_capstyle="butt", zorder=0.5)
    _reference_marks(ax, forest, name, place)
    if len(absent) == len(mine) and len({why_missing(note) for note in absent["note"]}) == 1:
        write_reason(ax, why_missing(absent["note"].iloc[0]), place)
    else:
        for row in records(absent):
            write_reason(ax, why_missing(row.note), place + offsets[getattr(row, "time", "")])
    if absent.shape[0] == mine.shape[0]:
        ax.get_yticklabels()[place].set_color(GREY)
    if phone and "patients" in mine.columns:
        most = most_of(mine, "patients")
        ax.get_yticklabels()[place].set_verticalalignment("bottom")
        look: dict[str, Any] = {"ha": "right", "va": "center", "size": 6.5, "color": GREY}
        annotate(ax, count_text(most, "patient"), (0, place), (-4, -6), coords=LEVEL, **look)


def _reference_marks(ax: Axes, forest: Forest, name: str, place: int) -> None:
    """Mark what to hold the estimates of one condition against; nothing beside an estimate that is not there."""
    offsets = _offsets(forest)
    shown = _series_shown(forest, name)
    for found in forest.references:
        level = found.marker == BAR
        for (owner, series), value in found.values.items():
            if owner == name and (series in shown or (level and shown)):
                face = "white" if name in found.hollow else found.colour
                y = place if level else place + offsets.get(series, 0.0)
                look: dict[str, Any] = {
                    "ms": found.size,
                    "mec": found.colour,
                    "mfc": face,
                    "mew": 1.0,
                    "zorder": 2,
                }
                ax.plot(value, y, ls="", marker=found.marker, **look)


def _estimate(ax: Axes, row: Any, y: float, mark: Mark) -> None:
    if np.isfinite(row.conf_low) and np.isfinite(row.conf_high):
        ax.plot([row.conf_low, row.conf_high], [y, y], color=mark.colour, lw=1.5, zorder=3)
    ax.plot(row.estimate, y, ls="", marker=mark.marker, ms=5, mec=mark.colour, mew=1.2,
            mfc=mark.colour if mark.filled else "white", zorder=4)  # fmt: skip


def _limits(ax: Axes, forest: Forest) -> None:
    """Show every interval, and leave room to see worsening on the far side of the null value."""
    columns = forest.rows[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float).ravel()
    marks = [value for found in forest.references for value in found.values.values()]
    marks += [end for ends in _bands_shown(forest).values() for end in ends]
    all_values = np.concatenate([columns, np.array(marks, dtype=float)])
    known = all_values[np.isfinite(all_values)]
    if forest.share:
        known = np.append(known, [0.0, 0.1])
    if forest.null is not None:
        known = np.append(known, forest.null)
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    high = high if high > low else low + 1.0
    pad = 0.06 * (high - low)
    low, high = low - pad, high + pad
    if forest.null is not None:
        low = min(low, forest.null - 0.22 * (high - forest.null))
        high = max(high, forest.null + 0.22 * (forest.null - low))
    ax.set_xlim(max(low, 0.0) if forest.share else low, min(high, 1.0) if forest.share else high)
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


def _texts(forest: Forest, show: Callable[[Any], str]) -> list[str]:
    return [show(row) for row in records(forest.rows)]


def _column_widths(forest: Forest) -> list[float]:
    return [
        12 + max([text_width(text, 7) for text in [*title.split(" (", 1), *_texts(forest, show)]])
        for title, show in forest.columns
    ]


def _number_columns(ax: Axes, forest: Forest) -> None:
    """Write the numbers of every row at the right, each reading level with its mark."""
    offsets, edge = _offsets(forest), 2.0
    for (title, show), room in zip(forest.columns, _column_widths(forest), strict=True):
        edge += room
        look: dict[str, Any] = {"ha": "right", "size": 7}
        annotate(
            ax, title.replace(" (", "\n("), (1, 1), (edge, 3), coords="axes fraction", color=GREY, **look
        )
        for place, name in enumerate(forest.order):
            for row in records(_of(forest, name)):
                y = place + offsets[getattr(row, "time", "")]
                colour = INK if np.isfinite(row.estimate) else GREY
                annotate(ax, show(row), (1, y), (edge, 0), coords=LEVEL, va="center", color=colour, **look)


def _sentences(forest: Forest) -> list[str]:
    """Say what the chart shows, condition by condition."""
    kind = f"Forest chart: {forest.axis}, one row each, with 95 % intervals."
    sides = ""
    if forest.sides and forest.null is not None:
        sides = f"The line at {number(forest.null, 0)} means {forest.sides[1]}; to its right is {forest.sides[2]}."
    return [kind, sides, *(_alt_row(forest, name) for name in forest.order)]


def _alt_row(forest: Forest, name: str) -> str:
    parts = []
    mine = _of(forest, name)
    for row in records(mine):
        when = forest.series.get(getattr(row, "time", ""), "")
        show = forest.columns[0][1]
        value = show(row) if np.isfinite(row.estimate) else why_missing(row.note)
        parts.append(f"{when} {value}".strip() if len(forest.series) > 1 else value)
    if "patients" in mine.columns:
        parts.append(count_text(most_of(mine, "patients"), "patient"))
    parts += [_alt_reference(forest, found, name) for found in forest.references]
    parts += [
        f"{BAND_LABEL} {number(low)} to {number(high)} {forest.series.get(series, '')}".strip()
        for (owner, series), (low, high) in _bands_shown(forest).items()
        if owner == name
    ]
    parts = [part for part in parts if part]
    return sentence(f"{row_label(name)}: {', '.join(dict.fromkeys(parts))}")


def _alt_reference(forest: Forest, found: Reference, name: str) -> str:
    """Say what one condition is held against; empty where nothing is."""
    seen = _series_shown(forest, name)
    level = found.marker == BAR
    mine = ((series, value) for (owner, series), value in found.values.items() if owner == name)
    values = [(series, value) for series, value in mine if series in seen or (level and seen)]
    shown = [
        f"{percent_text(value) if forest.share else number(value, forest.decimals)} "
        f"{forest.series.get(series, '') if len(forest.series) > 1 else ''}".strip()
        for series, value in values
    ]
    label = found.label.split(" (")[0] + (
        " (borrowed)" if name in found.hollow and found.marker == BAR else ""
    )
    return f"{label} {listed(shown)}" if shown else ""
