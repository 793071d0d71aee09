"""Charts of the records themselves: who is in them, what is missing, which values pile up.

Comes in: protected counts and shares. Goes out: the Axes. Withheld counts are said to be withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, Words, lay_out, size_in_points
from outcomes.charts.rows import counts_note, ordered_conditions, records, row_label, tidy_rows
from outcomes.charts.style import BETTER, GREY, MARGIN, WORSE, house_style, ink_on, text_width, wrapped
from outcomes.record.columns import COLUMNS
from outcomes.words import count_text, listed, number, percent_text, sentence, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["flow", "heaping", "missingness"]


@house_style
def missingness(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw the share of sessions without a value, per condition and column, as figures on a grid.

    Parameters
    ----------
    table : pandas.DataFrame
        ``condition, column, missing`` (share of 1); used where there: ``patients``, ``sessions``, ``note``. Protected.
    ax, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
    """
    rows = tidy_rows(table, ["condition", "column", "missing"], chart="missingness")
    order = ordered_conditions(rows["condition"])
    columns = list(dict.fromkeys(rows["column"]))
    asked = title or "Which values are missing, and where?"
    note = "Figures are percent of sessions without a value; a dash is withheld."
    words = Words(
        asked, f"{note} {counts_note(rows, table)} {source_note}".strip(), _missing_alt(rows, columns, asked)
    )
    names = [_column_label(name) for name in columns]
    above = 8 + max([text_width(name, 7) for name in names] + [10.0])
    left = 8 + max([text_width(row_label(name), 7.8) for name in order] + [40.0])
    shape = Panels((max(len(order), 1) * 16.0,), left=left, right=4, above=above, below=6)
    grid = lay_out(ax, words, shape, width)[0]
    _cells(grid, rows, order, columns)
    grid.set_xticks(range(len(columns)), names, rotation=90, fontsize=7)
    grid.set_yticks(range(len(order)), [row_label(name) for name in order], fontsize=7.8)
    grid.tick_params(length=0, labelbottom=False, labeltop=True, pad=3)
    grid.spines[:].set_visible(False)
    if not order:
        grid.text(0.5, 0.5, "No rows to draw", transform=grid.transAxes, ha="center", color=GREY)
    return grid


def _cells(grid: Axes, rows: pd.DataFrame, order: Sequence[str], columns: Sequence[str]) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    grid.set_xlim(-0.5, max(len(columns), 1) - 0.5)
    grid.set_ylim(max(len(order), 1) - 0.5, -0.5)
    size = min(7.0, size_in_points(grid)[0] / max(len(columns), 1) / text_width("100", 7.0) * 6.0)
    for row in records(rows):
        x, y = columns.index(row.column), order.index(row.condition)
        known = bool(np.isfinite(row.missing))
        face = colormaps["Blues"](0.05 + 0.85 * row.missing) if known else (1.0, 1.0, 1.0, 1.0)
        grid.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=face, edgecolor="white", lw=1))
        text = percent_text(row.missing).removesuffix(" %") if known else "—"
        ink = ink_on(face) if known else GREY
        grid.text(x, y, text, size=size, color=ink, ha="center", va="center")


def _column_label(name: str) -> str:
    known = {column.name: column.label for column in COLUMNS}
    return known.get(name, name.replace("_", " "))


def _missing_alt(rows: pd.DataFrame, columns: Sequence[str], title: str) -> str:
    parts = [
        sentence(title),
        "Grid of conditions by columns; figures are percent of sessions without a value.",
    ]
    for name in columns:
        mine = rows[(rows["column"] == name) & np.isfinite(rows["missing"])]
        if mine.empty:
            parts.append(sentence(f"{_column_label(name)}: withheld"))
            continue
        low, high = mine.loc[mine["missing"].idxmin()], mine.loc[mine["missing"].idxmax()]
        spread = f"{percent_text(float(low['missing']))} ({row_label(low['condition'])})"
        if len(mine) == 1:
            spread += ", withheld for the others"
        else:
            spread += f" to {percent_text(float(high['missing']))} ({row_label(high['condition'])})"
        parts.append(sentence(f"{_column_label(name)}: {spread}"))
    return " ".join(parts)


@house_style
def flow(
    steps: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw who is in the analysis, step by step, and who was left out where (STROBE item 13c).

    Parameters
    ----------
    steps : pandas.DataFrame
        ``step, patients, sessions``, in order; ``note`` says why fewer remain than in the step before.
    ax, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
    """
    rows = tidy_rows(steps, ["step", "patients", "sessions"], chart="flow")
    asked = title or "Which sessions are the figures based on?"
    words = Words(asked, source_note, _flow_alt(rows, asked))
    inner = width * 72 - 2 * MARGIN
    main = inner * (0.55 if width >= 4.5 else 0.56)
    boxes = [_box_lines(row, main - 16) for row in records(rows)]
    heights = [len(lines) * 10.5 + 12 for lines in boxes]
    tall = sum(heights) + 34.0 * max(len(boxes) - 1, 0) + 4
    chart = lay_out(ax, words, Panels((max(tall, 40.0),), left=0, right=0, above=4, below=4), width)[0]
    chart.set_axis_off()
    chart.set_xlim(0, inner)
    chart.set_ylim(max(tall, 40.0), 0)
    top, before = 2.0, None
    for row, lines, height in zip(records(rows), boxes, heights, strict=True):
        if before is not None:
            _arrow(chart, (main / 2, top - 34), (main / 2, top))
            _left_out(chart, before, row, (main / 2, top - 17), (main + 14, inner))
        _box(chart, lines, (1, top), (main - 2, height))
        top, before = top + height + 34, row
    if rows.empty:
        chart.text(0.5, 0.5, "No rows to draw", transform=chart.transAxes, ha="center", color=GREY)
    return chart


def _box_lines(row: Any, room: float) -> list[str]:
    counts = f"{count_text(row.patients, 'patient')}, {count_text(row.sessions, 'session')}"
    return [*wrapped(row.step, room, 8.2, bold=True), *wrapped(counts, room, 7.8)]


def _box(chart: Axes, lines: Sequence[str], corner: tuple[float, float], size: tuple[float, float]) -> None:
    from matplotlib.patches import Rectangle

    chart.add_patch(Rectangle(corner, *size, facecolor="#f4f7fa", edgecolor=GREY, lw=0.8))
    for place, line in enumerate(lines):
        last = place == len(lines) - 1
        chart.text(corner[0] + size[0] / 2, corner[1] + 11.5 + place * 10.5, line, ha="center", va="center",
                   size=7.8 if last else 8.2, weight="normal" if last else "bold")  # fmt: skip


def _arrow(chart: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": GREY, "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
    chart.annotate("", end, xytext=start, arrowprops=look)


def _left_out(chart: Axes, before: Any, row: Any, at: tuple[float, float], span: tuple[float, float]) -> None:
    """Say beside an arrow how many sessions stayed behind, and why."""
    reason = str(row.note).strip()
    gone = before.sessions - row.sessions
    if not reason and not gone:
        return
    count = f"{count_text(gone, 'session')} left out" if np.isfinite(gone) else "sessions withheld"
    text = f"{count}: {reason}" if reason and np.isfinite(gone) else reason or count
    _arrow(chart, at, (span[0], at[1]))
    lines = wrapped(text, span[1] - span[0] - 14, 7)
    chart.text(span[0] + 4, at[1], "\n".join(lines[:4]), va="center", size=7, color=GREY, linespacing=1.15)


def _flow_alt(rows: pd.DataFrame, title: str) -> str:
    parts, before = [sentence(title), "Flow of sessions into the analysis."], None
    for row in records(rows):
        told = f"{row.step}: {count_text(row.patients, 'patient')}, {count_text(row.sessions, 'session')}"
        parts.append(sentence(f"{told}{_alt_left_out(before, row)}"))
        before = row
    return " ".join(parts)


def _alt_left_out(before: Any, row: Any) -> str:
    """Say who stayed behind before a step, and why."""
    reason = str(row.note).strip()
    if before is None or not reason:
        return ""
    gone = before.sessions - row.sessions
    return (
        f"; left out before it: {count_text(gone, 'session') if np.isfinite(gone) else 'withheld'} ({reason})"
    )


@house_style
def heaping(
    counts: pd.DataFrame,
    ax: Axes | None = None,
    *,
    label: str = "Hours sore",
    round_values: Iterable[float] = (),
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw how many sessions gave each value, so that values people round to stand out.

    Parameters
    ----------
    counts : pandas.DataFrame
        ``value, sessions``; used where there: ``patients``, ``note``. A withheld count is marked as such.
    label : str
        What the values are, for the axis.
    round_values : iterable of float
        Values people round to, drawn in another colour and hatched.
    ax, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
    """
    rows = tidy_rows(counts, ["value", "sessions"], chart="heaping").sort_values("value")
    rounds = {float(value) for value in round_values}
    asked = title or f"{label}: do answers pile up on round values?"
    known = rows[np.isfinite(rows["sessions"])]
    note = f"{count_text(float(known['sessions'].sum()), 'session')} shown; × marks a withheld count."
    key = _heaping_key(rounds)
    words = Words(asked, f"{note} {source_note}".strip(), _heaping_alt(rows, rounds, label, asked), key)
    shape = Panels((min(width * 72 * 0.42, 180.0),), left=44, right=8, above=6, below=32)
    chart = lay_out(ax, words, shape, width)[0]
    values = rows["value"].to_numpy()
    step = float(np.diff(np.unique(values)).min()) if len(np.unique(values)) > 1 else 1.0
    for row in records(known):
        piled = float(row.value) in rounds
        chart.bar(row.value, row.sessions, width=0.8 * step, color=WORSE if piled else BETTER,
                  hatch="////" if piled else "", edgecolor="white", lw=0.3)  # fmt: skip
    withheld = rows[~np.isfinite(rows["sessions"])]
    chart.plot(withheld["value"], np.zeros(len(withheld)), ls="", marker="x", ms=4, color=GREY, clip_on=False)
    chart.set_xlabel(label)
    chart.set_ylabel("sessions")
    chart.set_ylim(bottom=0)
    if rows.empty:
        chart.text(0.5, 0.5, "No rows to draw", transform=chart.transAxes, ha="center", color=GREY)
    return chart


def _heaping_key(rounds: set[float]) -> tuple[tuple[Any, str], ...]:
    from matplotlib.patches import Patch

    if not rounds:
        return ()
    named = listed([number(value, 0) for value in sorted(rounds)])
    return (
        (Patch(facecolor=WORSE, hatch="////", edgecolor="white"), f"round values ({named})"),
        (Patch(facecolor=BETTER, edgecolor="white"), "values between"),
    )


def _value_text(row: Any) -> str:
    """What a bar is of: a value, or the values between two round ones."""
    return str(getattr(row, "label", "")) or number(row.value, 0)


def _heaping_alt(rows: pd.DataFrame, rounds: set[float], label: str, title: str) -> str:
    known = rows[np.isfinite(rows["sessions"])]
    if known.empty:
        reason = why_missing(rows["note"].iloc[0]) if len(rows) else "no rows"
        return f"{sentence(title)} {sentence(reason)}"
    total = float(known["sessions"].sum())
    most = known.sort_values("sessions", ascending=False).head(3)
    tops = listed([f"{_value_text(row)} ({percent_text(row.sessions / total)})" for row in records(most)])
    above = known[known["value"] > 0]
    piled, some = float(above[above["value"].isin(rounds)]["sessions"].sum()), float(above["sessions"].sum())
    rounded = f" Round values hold {percent_text(piled / some)} of those above 0." if rounds and some else ""
    return (
        f"{sentence(title)} Bars of sessions per value of {label[:1].lower()}{label[1:]}, "
        f"{count_text(total, 'session')}. Most frequent: {tops}.{rounded}"
    )
