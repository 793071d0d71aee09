"""Small multiples: how many panels fit side by side, their headings, and what an empty one says.

Comes in: Axes already laid out. Goes out: the same Axes with headings and notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from outcomes.charts.layout import beside, size_in_points
from outcomes.charts.style import GREY, INK, text_width, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["columns_that_fit", "empty_panel", "end_labels", "panel_heading"]


def columns_that_fit(count: int, width: float, *, least: float = 118.0) -> int:
    """Columns of panels for a page ``width`` inches wide, each at least ``least`` points; near-square grids first."""
    most = max(int((width * 72 - 18) // least), 1)
    if count <= most:
        return max(count, 1)
    rows = -(-count // most)
    return -(-count // rows)


def panel_heading(panel: Axes, label: str, counts: str = "") -> None:
    """Head a panel with its condition (the Axes' title) and, smaller, what it rests on."""
    room = size_in_points(panel)[0] + 24
    size = (
        7.8 if text_width(label, 7.8, bold=True) <= room else 7.8 * room / text_width(label, 7.8, bold=True)
    )
    panel.set_title(label, size=max(size, 5.5), weight="bold", ha="left", pad=12 if counts else 4, color=INK)
    panel.title.set_x(-22 / max(size_in_points(panel)[0], 1))
    if counts:
        beside(panel, counts, (0, 1), (-22, 3), coords="axes fraction", size=6.6, color=GREY, va="bottom")


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


def end_labels(panel: Axes, ends: Sequence[tuple[float, str, str]], *, gap: float = 9.5) -> None:
    """Name lines at their right end, moved apart where they would touch.

    Parameters
    ----------
    ends : sequence of (height in data, label, colour)
        A line that is not drawn has a missing height and is named below the others.
    gap : float
        Least distance between two labels, points.
    """
    points = size_in_points(panel)[1]
    low, high = panel.get_ylim()
    placed: list[tuple[float, str, str]] = []
    for height, label, colour in sorted(ends, key=lambda end: -end[0] if end[0] == end[0] else float("inf")):
        level = (height - low) / (high - low) * points if height == height else -1e9
        ceiling = placed[-1][0] - gap if placed else points
        placed.append((min(level, ceiling) if height == height else ceiling, label, colour))
    lift = max(0.0, 3.0 - min((level for level, _, _ in placed), default=3.0))
    for level, label, colour in placed:
        look: dict[str, Any] = {"coords": "axes fraction", "size": 7.2, "va": "center", "color": colour}
        beside(panel, label, (1, (level + lift) / points), (4, 0), **look)
