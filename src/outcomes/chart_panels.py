"""Small multiples: how many panels fit side by side, their headings, and what an empty one says.

Comes in: Axes already laid out. Goes out: the same Axes with headings and notes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.chart_page import beside, size_in_points
from outcomes.chart_style import GREY, INK, text_width, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["columns_that_fit", "empty_panel", "panel_heading"]


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
    """Say in a panel why it holds nothing."""
    lines = wrapped(reason, max(size_in_points(panel)[0] - 8, 40), 7)
    panel.text(
        0.5, 0.5, "\n".join(lines), transform=panel.transAxes, ha="center", va="center", size=7, color=GREY,
        style="italic",
    )  # fmt: skip
