"""Charts of the records themselves: who is in them, what is missing, which values pile up.

Comes in: protected counts and shares. Goes out: the Axes. Withheld counts are said to be withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels, size_in_points
from outcomes.charts.rows import column_label, known, records, row_label, sentence_per_group
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import BETTER, GREY, MARGIN, WORSE, ink_on, text_width, wrapped
from outcomes.words import count_text, listed, number, percent_text, sentence, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["flow", "heaping", "missingness"]


@chart("condition", "column", "missing")
def missingness(sheet: Sheet) -> None:
    """Draw the share of sessions without a value, per condition and column, as figures on a grid.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, column, missing`` (share of 1); used where there: ``patients``, ``sessions``, ``note``. Protected.
    """
    order, columns = list(sheet.groups()), sheet.groups("column")
    shares = pd.DataFrame({name: rows.set_index("condition")["missing"] for name, rows in columns.items()})
    names = [column_label(name) for name in columns]
    above = 8 + max([text_width(name, 7) for name in names] + [10.0])
    left = 8 + max([text_width(row_label(name), 7.8) for name in order] + [40.0])
    grid = sheet.lay_out(
        "Which values are missing, and where?",
        Panels((max(len(order), 1) * 16.0,), left=left, right=4, above=above, below=6),
        note=f"Figures are percent of sessions without a value; a dash is withheld. {sheet.counts()}".strip(),
        alt=["Grid of conditions by columns; figures are percent of sessions without a value.",
             *sentence_per_group(columns, _missing_text, label=column_label)],
    )[0]  # fmt: skip
    _shaded(grid, shares.reindex(order))
    grid.set_xticks(np.arange(len(columns)) + 0.5, names, rotation=90, fontsize=7)
    grid.set_yticks(
        np.arange(len(order)) + 0.5, [row_label(name) for name in order], rotation=0, fontsize=7.8
    )
    grid.tick_params(length=0, labelbottom=False, labeltop=True, pad=3)
    grid.set(xlabel="", ylabel="")


def _shaded(grid: Axes, shares: pd.DataFrame) -> None:
    """Shade a grid by its shares and write each as a figure that can be read on its shade."""
    import seaborn

    room = size_in_points(grid)[0] / max(shares.shape[1], 1)
    figures: dict[str, Any] = {
        "size": min(7.0, room / text_width("100", 7.0) * 6.0),
        "ha": "center",
        "va": "center",
    }
    if shares.size:
        seaborn.heatmap(shares, cmap="Blues", vmin=-0.06, vmax=1.12, cbar=False, linewidths=0.6, ax=grid)
    for (y, x), share in np.ndenumerate(shares.to_numpy()):
        colour = ink_on(list(grid.collections[0].to_rgba(share))) if np.isfinite(share) else GREY
        grid.text(x + 0.5, y + 0.5, percent_text(share).removesuffix(" %"), color=colour, **figures)


def _missing_text(rows: pd.DataFrame) -> str:
    """Say between which shares, and in which conditions, values of one column are missing."""
    shares = known(rows, "missing").sort_values("missing", kind="stable")
    if shares.empty:
        return "withheld"
    ends = [
        f"{percent_text(row.missing)} ({row_label(row.condition)})" for row in records(shares.iloc[[0, -1]])
    ]
    return f"{ends[0]}, withheld for the others" if len(shares) == 1 else " to ".join(ends)


@chart("step", "patients", "sessions")
def flow(sheet: Sheet) -> None:
    """Draw who is in the analysis, step by step, and who was left out where (STROBE item 13c).

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``step, patients, sessions``, in order; ``note`` says why fewer remain than in the step before.
    """
    steps = list(records(sheet.rows))
    inner = sheet.width * 72 - 2 * MARGIN
    main = inner * (0.56 if sheet.phone else 0.55)
    boxes = [_box_lines(row, main - 16) for row in steps]
    heights = [len(lines) * 10.5 + 12 for lines in boxes]
    tall = max(sum(heights) + 34.0 * max(len(boxes) - 1, 0) + 4, 40.0)
    picture = sheet.lay_out(
        "Which sessions are the figures based on?",
        Panels((tall,), left=0, right=0, above=4, below=4),
        alt=["Flow of sessions into the analysis.", *_flow_sentences(steps)],
    )[0]
    picture.set_axis_off()
    picture.set_xlim(0, inner)
    picture.set_ylim(tall, 0)
    top, before = 2.0, None
    for row, lines, height in zip(steps, boxes, heights, strict=True):
        if before is not None:
            _arrow(picture, (main / 2, top - 34), (main / 2, top))
            _left_out(picture, before, row, (main / 2, top - 17), (main + 14, inner))
        _box(picture, lines, (1, top), (main - 2, height))
        top, before = top + height + 34, row


def _box_lines(row: Any, room: float) -> list[str]:
    counts = f"{count_text(row.patients, 'patient')}, {count_text(row.sessions, 'session')}"
    return [*wrapped(row.step, room, 8.2, bold=True), *wrapped(counts, room, 7.8)]


def _box(picture: Axes, lines: Sequence[str], corner: tuple[float, float], size: tuple[float, float]) -> None:
    from matplotlib.patches import Rectangle

    picture.add_patch(Rectangle(corner, *size, facecolor="#f4f7fa", edgecolor=GREY, lw=0.8))
    for place, line in enumerate(lines):
        last = place == len(lines) - 1
        picture.text(corner[0] + size[0] / 2, corner[1] + 11.5 + place * 10.5, line, ha="center", va="center",
                   size=7.8 if last else 8.2, weight="normal" if last else "bold")  # fmt: skip


def _arrow(picture: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": GREY, "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
    picture.annotate("", end, xytext=start, arrowprops=look)


def _left_out(
    picture: Axes, before: Any, row: Any, at: tuple[float, float], span: tuple[float, float]
) -> None:
    """Say beside an arrow how many sessions stayed behind, and why."""
    reason = str(row.note).strip()
    gone = before.sessions - row.sessions
    if not reason and not gone:
        return
    count = f"{count_text(gone, 'session')} left out" if np.isfinite(gone) else "sessions withheld"
    text = f"{count}: {reason}" if reason and np.isfinite(gone) else reason or count
    _arrow(picture, at, (span[0], at[1]))
    lines = wrapped(text, span[1] - span[0] - 14, 7)
    picture.text(span[0] + 4, at[1], "\n".join(lines[:4]), va="center", size=7, color=GREY, linespacing=1.15)


def _flow_sentences(steps: Sequence[Any]) -> list[str]:
    return [
        sentence(
            f"{row.step}: {count_text(row.patients, 'patient')}, {count_text(row.sessions, 'session')}"
            f"{_alt_left_out(before, row)}"
        )
        for before, row in zip([None, *steps], steps, strict=False)
    ]


def _alt_left_out(before: Any, row: Any) -> str:
    """Say who stayed behind before a step, and why."""
    reason = str(row.note).strip()
    if before is None or not reason:
        return ""
    gone = before.sessions - row.sessions
    return (
        f"; left out before it: {count_text(gone, 'session') if np.isfinite(gone) else 'withheld'} ({reason})"
    )


@chart("value", "sessions")
def heaping(sheet: Sheet, *, label: str = "Hours sore", round_values: Iterable[float] = ()) -> None:
    """Draw how many sessions gave each value, so that values people round to stand out.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``value, sessions``; used where there: ``patients``, ``note``. A withheld count is marked as such.
    label : str
        What the values are, for the axis.
    round_values : iterable of float
        Values people round to, drawn in another colour and hatched.
    """
    rows, rounds = sheet.rows.sort_values("value"), {float(value) for value in round_values}
    counts, withheld = known(rows, "sessions"), rows[~np.isfinite(rows["sessions"])]
    picture = sheet.lay_out(
        f"{label}: do answers pile up on round values?",
        Panels((min(sheet.width * 72 * 0.42, 180.0),), left=44, right=8, above=6, below=32),
        note=f"{count_text(float(counts['sessions'].sum()), 'session')} shown; × marks a withheld count.",
        alt=_heaping_sentences(rows, counts, rounds, label),
        key=_heaping_key(rounds),
    )[0]
    _bars(picture, counts.assign(round=counts["value"].isin(rounds)))
    picture.plot(
        withheld["value"], np.zeros(len(withheld)), ls="", marker="x", ms=4, color=GREY, clip_on=False
    )
    picture.set_xlabel(label)
    picture.set_ylabel("sessions")
    picture.set_ylim(bottom=0)


def _bars(picture: Axes, counts: pd.DataFrame) -> None:
    """Draw a bar per value where it lies on the axis, round values hatched."""
    import seaborn
    from matplotlib.colors import to_rgb

    seaborn.barplot(
        counts, x="value", y="sessions", hue="round", palette={True: WORSE, False: BETTER}, saturation=1,
        native_scale=True, dodge=False, errorbar=None, legend=False, edgecolor="white", linewidth=0.3, ax=picture,
    )  # fmt: skip
    for bar in picture.patches:
        bar.set_hatch("////" if bar.get_facecolor()[:3] == to_rgb(WORSE) else "")


def _heaping_key(rounds: set[float]) -> Key:
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


def _heaping_sentences(rows: pd.DataFrame, counts: pd.DataFrame, rounds: set[float], label: str) -> list[str]:
    """Say which values are most frequent, and how many of those above 0 are round."""
    if counts.empty:
        return [sentence(why_missing(rows["note"].iloc[0]) if len(rows) else "no rows")]
    total = float(counts["sessions"].sum())
    most = counts.sort_values("sessions", ascending=False).head(3)
    tops = listed([f"{_value_text(row)} ({percent_text(row.sessions / total)})" for row in records(most)])
    said = [
        f"Bars of sessions per value of {label[:1].lower()}{label[1:]}, {count_text(total, 'session')}.",
        f"Most frequent: {tops}.",
    ]
    above = counts[counts["value"] > 0]
    piled, some = float(above[above["value"].isin(rounds)]["sessions"].sum()), float(above["sessions"].sum())
    if rounds and some:
        said.append(f"Round values hold {percent_text(piled / some)} of those above 0.")
    return said
