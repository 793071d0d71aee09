"""Charts of the records themselves: who is in them, what is missing, which values pile up.

Comes in: protected counts and shares. Goes out: the Axes. What is not shown for privacy is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels, size_in_points
from outcomes.charts.rows import column_label, ends_text, known, records, row_label
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import GREY, MARGIN, PLAIN, ink_on, text_width, wrapped
from outcomes.words import NOT_SHOWN, count_text, listed, number, percent_text, reason, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["flow", "heaping", "missingness"]

BETWEEN = "#8dc0bf"
"""Bars of values between round ones: a tint of the plain colour."""
ONGOING = "#b9b9b9"
"""Foot of a bar: sessions whose value is not final yet."""


@chart("condition", "column", "missing")
def missingness(sheet: Sheet) -> None:
    """Draw the share of sessions without a value, per condition and column, as figures on a grid.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, column, missing`` (share of 1); used where there: ``patients``, ``sessions``, ``note``. Protected.
    """
    order, columns = list(sheet.drawn("missing")), sheet.groups("column")
    shares = pd.DataFrame({name: rows.set_index("condition")["missing"] for name, rows in columns.items()})
    names = [column_label(name) for name in columns]
    above = 8 + max([text_width(name, 7) for name in names] + [10.0])
    left = 8 + max([text_width(row_label(name), 7.8) for name in order] + [40.0])
    grid = sheet.lay_out(
        "Which values are missing, and where?",
        Panels((max(len(order), 1) * 16.0,), left=left, right=4, above=above, below=6),
        note=f"Percent of sessions without a value; a dash: {NOT_SHOWN}. {sheet.counts()}".strip(),
        finding=_missing_findings(columns),
    )[0]
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
        shades = seaborn.light_palette(PLAIN, as_cmap=True)
        seaborn.heatmap(shares, cmap=shades, vmin=-0.06, vmax=1.12, cbar=False, linewidths=0.6, ax=grid)
    for (y, x), share in np.ndenumerate(shares.to_numpy()):
        colour = ink_on(list(grid.collections[0].to_rgba(share))) if np.isfinite(share) else GREY
        grid.text(x + 0.5, y + 0.5, percent_text(share).removesuffix("%"), color=colour, **figures)


def _missing_findings(columns: Mapping[str, pd.DataFrame]) -> list[str]:
    """Say which columns lack most, and between which shares."""
    some = {column_label(name): known(rows, "missing") for name, rows in columns.items()}
    most = sorted((name for name in some if len(some[name])), key=lambda name: -some[name]["missing"].max())
    return [f"{name} missing: {ends_text(some[name], 'missing', percent_text)}." for name in most[:2]]


@chart("step", "patients", "sessions")
def flow(sheet: Sheet) -> None:
    """Draw who is in the analysis, step by step, and who was left out where (STROBE item 13c).

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``step, patients, sessions``, in order; ``note`` says why fewer remain than in the step before.
    """
    steps = _steps(sheet.rows)
    inner = sheet.width * 72 - 2 * MARGIN
    main = inner * (0.56 if sheet.phone else 0.55)
    boxes = [_box_lines(row, main - 16) for row in steps]
    heights = [len(lines) * 10.5 + 12 for lines in boxes]
    tall = max(sum(heights) + 34.0 * max(len(boxes) - 1, 0) + 4, 40.0)
    picture = sheet.lay_out(
        "Which sessions are the figures based on?",
        Panels((tall,), left=0, right=0, above=4, below=4),
        finding=[_step_text(row) for row in (steps[:1] + steps[-1:])[: len(steps)]],
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


def _steps(rows: pd.DataFrame) -> list[Any]:
    """Steps with a count; after one that is not shown, the reason of the next would not account for all who left."""
    shown = rows[["patients", "sessions"]].notna().any(axis=1)
    rows = rows.assign(note=rows["note"].where(shown.shift(fill_value=True), ""))
    return list(records(rows.loc[shown]))


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
    """Say at an arrow how many sessions stayed behind, and why."""
    why, gone = str(row.note).strip(), before.sessions - row.sessions
    if not why and not gone:
        return
    count = f"{count_text(gone, 'session')} left out" if np.isfinite(gone) else reason("withheld")
    text = count if not why or why.startswith("withheld") else f"{count}: {why}"
    _arrow(picture, at, (span[0], at[1]))
    lines = wrapped(text, span[1] - span[0] - 14, 7)
    picture.text(span[0] + 4, at[1], "\n".join(lines[:4]), va="center", size=7, color=GREY, linespacing=1.15)


def _step_text(row: Any) -> str:
    return sentence(
        f"{row.step}: {count_text(row.patients, 'patient')}, {count_text(row.sessions, 'session')}"
    )


@chart("value", "sessions")
def heaping(sheet: Sheet, *, label: str = "Hours sore", round_values: Iterable[float] = ()) -> None:
    """Draw how many sessions gave each value, so that values people round to stand out.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``value, sessions``; used where there: ``patients``, ``note``, and ``ongoing`` (sessions whose value is not
        final yet, drawn at the foot of the bars). A withheld count is marked as such.
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
        note=f"{count_text(float(counts['sessions'].sum()), 'session')} shown. ×: {NOT_SHOWN}.",
        finding=_heaping_findings(rows, _final(counts), rounds),
        key=(*_heaping_key(rounds), *_ongoing_key(counts)),
    )[0]
    _bars(picture, counts.assign(round=counts["value"].isin(rounds)))
    if len(still := _ongoing(counts)):
        wide = 0.8 * float(counts["value"].sort_values().diff().min() if len(counts) > 1 else 1.0)
        picture.bar(
            still["value"], still["ongoing"], width=wide, color=ONGOING, edgecolor="white", linewidth=0.3
        )
    picture.plot(
        withheld["value"], np.zeros(len(withheld)), ls="", marker="x", ms=4, color=GREY, clip_on=False
    )
    picture.set_xlabel(label)
    picture.set_ylabel("sessions")
    picture.set_ylim(bottom=0)


def _ongoing(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows with sessions whose value is not final yet."""
    counted = counts if "ongoing" in counts.columns else counts.assign(ongoing=0.0)
    return counted[counted["ongoing"] > 0]


def _final(counts: pd.DataFrame) -> pd.DataFrame:
    """Sessions whose value is final, by value."""
    if "ongoing" not in counts.columns:
        return counts
    left = counts["sessions"] - counts["ongoing"].fillna(0.0)
    return counts.assign(sessions=left)[left > 0]


def _ongoing_key(counts: pd.DataFrame) -> Key:
    from matplotlib.patches import Patch

    return ((Patch(facecolor=ONGOING), "still sore when last asked"),) if len(_ongoing(counts)) else ()


def _bars(picture: Axes, counts: pd.DataFrame) -> None:
    """Draw a bar per value where it lies on the axis, round values hatched."""
    import seaborn
    from matplotlib.colors import to_rgb

    seaborn.barplot(
        counts, x="value", y="sessions", hue="round", palette={True: PLAIN, False: BETWEEN}, saturation=1,
        native_scale=True, dodge=False, errorbar=None, legend=False, edgecolor="white", linewidth=0.3, ax=picture,
    )  # fmt: skip
    for bar in picture.patches:
        bar.set_hatch("////" if bar.get_facecolor()[:3] == to_rgb(PLAIN) else "")


def _heaping_key(rounds: set[float]) -> Key:
    from matplotlib.patches import Patch

    if not rounds:
        return ()
    named = listed([number(value, 0) for value in sorted(rounds)])
    return (
        (Patch(facecolor=PLAIN, hatch="////", edgecolor="white"), f"round values ({named})"),
        (Patch(facecolor=BETWEEN, edgecolor="white"), "values between"),
    )


def _value_text(row: Any) -> str:
    """What a bar is of: a value, or the values between two round ones."""
    return str(getattr(row, "label", "")) or number(row.value, 0)


def _heaping_findings(rows: pd.DataFrame, counts: pd.DataFrame, rounds: set[float]) -> list[str]:
    """Say which values are most frequent, and how many of those above 0 are round."""
    if counts.empty:
        return [sentence(reason(rows["note"].iloc[0]))] if len(rows) else []
    total = float(counts["sessions"].sum())
    most = counts.sort_values("sessions", ascending=False).head(3)
    tops = listed([f"{_value_text(row)} ({percent_text(row.sessions / total)})" for row in records(most)])
    said = [f"Most frequent of {count_text(total, 'session')}: {tops}."]
    above = counts[counts["value"] > 0]
    piled, some = float(above[above["value"].isin(rounds)]["sessions"].sum()), float(above["sessions"].sum())
    if rounds and some:
        said.append(f"Round values hold {percent_text(piled / some)} of those above 0.")
    return said
