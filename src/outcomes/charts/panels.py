"""What goes inside the panels of a page: small multiples and their headings, rows of a chart, bands, texts.

Comes in: Axes already laid out. Goes out: the same Axes, drawn on. A panel or row without numbers says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from outcomes.charts.layout import size_in_points
from outcomes.charts.rows import rests_on, row_label
from outcomes.charts.style import (
    EXPECTED,
    EXPECTED_EDGE,
    FAINT,
    GREY,
    INK,
    MARGIN,
    STYLE,
    balanced,
    text_width,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "LEVEL",
    "annotate",
    "columns_that_fit",
    "empty_panel",
    "end_labels",
    "expected_handle",
    "expected_line",
    "interval_band",
    "label_lines",
    "rows_axis",
    "small_multiples",
]

LEVEL = ("axes fraction", "data")
"""Coordinates of what stands at the side of a chart, level with a row."""


def annotate(ax: Axes, text: str, at: tuple[float, float], shift: tuple[float, float], **look: Any) -> Any:
    """Write text some points away from a place; ``coords`` says in what the place is given (data by default)."""
    coords = look.pop("coords", "data")
    return ax.annotate(
        text, at, xycoords=coords, xytext=shift, textcoords="offset points", annotation_clip=False, **look
    )


def label_lines(text: str, width: float, left: float, right: float) -> list[str]:
    """Break an axis label so that, centred under the Axes of a page ``width`` inches wide, it stays on the page."""
    return balanced(text, width * 72 - 2 * MARGIN - left + right, STYLE["axes.labelsize"])


def columns_that_fit(count: int, width: float, *, least: float = 118.0) -> int:
    """Columns of panels for a page ``width`` inches wide, each at least ``least`` points; near-square grids first."""
    most = max(int((width * 72 - 18) // least), 1)
    if count <= most:
        return max(count, 1)
    rows = -(-count // most)
    return -(-count // rows)


def _heading(panel: Axes, label: str, counts: str = "") -> None:
    """Head a panel with its condition (the Axes' title) and, smaller, what it rests on."""
    room = size_in_points(panel)[0] + 24
    size = (
        7.8 if text_width(label, 7.8, bold=True) <= room else 7.8 * room / text_width(label, 7.8, bold=True)
    )
    panel.set_title(label, size=max(size, 5.5), weight="bold", ha="left", pad=12 if counts else 4, color=INK)
    panel.title.set_x(-22 / max(size_in_points(panel)[0], 1))
    if counts:
        annotate(panel, counts, (0, 1), (-22, 3), coords="axes fraction", size=6.6, color=GREY, va="bottom")


def small_multiples(
    panels: Sequence[Axes],
    groups: Mapping[str, pd.DataFrame],
    draw: Callable[[Axes, pd.DataFrame], None],
    *,
    label: Callable[[str], str] = row_label,
    counts: Callable[[pd.DataFrame], str] = rests_on,
    headings: bool = True,
) -> None:
    """Draw every group in its panel, under its heading where it has a name."""
    for panel, (name, rows) in zip(panels, groups.items(), strict=False):
        if name and headings:
            _heading(panel, label(name), counts(rows))
        draw(panel, rows)


def empty_panel(panel: Axes, reason: str) -> None:
    """Say in a panel why it holds nothing, and take away any line drawn to guide the eye."""
    for line in list(panel.lines):
        line.remove()
    panel.tick_params(labelcolor=GREY)
    lines = wrapped(reason, max(size_in_points(panel)[0] - 8, 40), 7)
    panel.text(
        0.5, 0.5, "\n".join(lines), transform=panel.transAxes, ha="center", va="center", size=7, color=GREY,
        style="italic",
    )  # fmt: skip


def interval_band(panel: Axes, x: pd.Series[Any], rows: pd.DataFrame, **look: Any) -> None:
    """Fill between the limits of a curve, where it has any."""
    if {"conf_low", "conf_high"} <= set(rows.columns):
        panel.fill_between(x, rows["conf_low"], rows["conf_high"], linewidth=0, **look)


def expected_line(panel: Axes, x: Any, y: Any, *, edge: str = EXPECTED_EDGE) -> None:
    """Draw a curve expected without any effect: the pale band, edged in the colour of what it belongs to."""
    panel.plot(x, y, color=edge, lw=5, solid_capstyle="butt", zorder=1.5)
    panel.plot(x, y, color=EXPECTED, lw=3.8, solid_capstyle="butt", zorder=1.6)


def expected_handle() -> Any:
    """The pale band as it stands in the key of a chart."""
    from matplotlib.patches import Patch

    return Patch(facecolor=EXPECTED, edgecolor=EXPECTED_EDGE, linewidth=0.6)


APART = 9.5
"""Least distance between two labels at the end of lines, points."""


def end_labels(panel: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Name lines at their right end, moved apart where they would touch.

    Parameters
    ----------
    ends : sequence of (height in data, label, colour)
        A line that is not drawn has a missing height and is named below the others.
    """
    points = size_in_points(panel)[1]
    low, high = panel.get_ylim()
    placed: list[tuple[float, str, str]] = []
    for height, label, colour in sorted(ends, key=lambda end: -end[0] if end[0] == end[0] else float("inf")):
        level = (height - low) / (high - low) * points if height == height else -1e9
        ceiling = placed[-1][0] - APART if placed else points
        placed.append((min(level, ceiling) if height == height else ceiling, label, colour))
    lift = max(0.0, 3.0 - min((level for level, _, _ in placed), default=3.0))
    for level, label, colour in placed:
        look: dict[str, Any] = {"coords": "axes fraction", "size": 7.2, "va": "center", "color": colour}
        annotate(panel, label, (1, (level + lift) / points), (4, 0), **look)


def rows_axis(ax: Axes, labels: Sequence[str], *, lift: float = 0.0) -> None:
    """Name the rows of a chart from top to bottom, with a faint line between two; ``lift`` is in rows."""
    ax.set_yticks([place + lift for place in range(len(labels))], labels, fontsize=7.8)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    ax.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    for edge in range(1, len(labels)):
        ax.axhline(edge - 0.5, color=FAINT, lw=0.7, zorder=0)
