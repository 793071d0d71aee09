"""One look for every chart: colours, marks, type sizes, held only while a chart is drawn.

Comes in: nothing. Goes out: constants, and the decorator that draws a chart in the house style and leaves
matplotlib's settings as they were. Every pair of colours used together differs in luminance, marker and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

__all__ = [
    "BETTER",
    "EXPECTED",
    "EXPECTED_EDGE",
    "EXPECTED_LABEL",
    "FAINT",
    "FONT",
    "GREY",
    "INK",
    "MARGIN",
    "NARROW",
    "NOTE_SIZE",
    "PAGE",
    "PALE",
    "PHONE",
    "PLAIN",
    "STYLE",
    "TIME_MARKS",
    "TITLE_SIZE",
    "WORSE",
    "Mark",
    "balanced",
    "house_style",
    "ink_on",
    "mark_of",
    "text_width",
    "wrapped",
]

P = ParamSpec("P")
R = TypeVar("R")

PAGE, PHONE = 7.0, 3.6
"""Widths in inches: a page of a journal, and a phone."""
NARROW = 4.5
"""Inches below which a chart arranges itself for a phone."""

INK, GREY, PALE, FAINT = "#1a1a1a", "#5f5f5f", "#c9c9c9", "#e9e9e9"
PLAIN = "#00696b"
"""Colour of whatever is not of one reading: bars, dots and curves of all sessions."""
BETTER, WORSE = "#2e7d3f", "#4f2268"
"""Colours of sessions that were better and worse, and of nothing else."""
EXPECTED, EXPECTED_EDGE = "#ebe0c2", "#9c8b5e"
"""The pale band of what is expected without any effect, and its edge: the same on every chart."""
EXPECTED_LABEL = "expected without any effect"
FONT = "DejaVu Sans"
MARGIN = 9.0
TITLE_SIZE, TEXT_SIZE, NOTE_SIZE = 10.5, 8.0, 6.8
TICKS = {"major.size": 4.8, "major.width": 1.0, "minor.size": 3.2, "minor.width": 0.8}
"""Ticks as in seaborn's theme for papers, without a second or more that loading seaborn takes before a first chart."""
STYLE: Any = {
    "font.family": [FONT],
    "font.size": TEXT_SIZE,
    "text.color": INK,
    "text.parse_math": False,
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT_SIZE,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": TEXT_SIZE,
    "figure.dpi": 150,
    "figure.max_open_warning": 0,
    "grid.color": ".8",
    "hatch.linewidth": 0.7,
    "legend.fontsize": 7.2,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.markersize": 6.0,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "w",
    "patch.force_edgecolor": False,
    "patch.linewidth": 0.8,
    **{f"{axis}tick.color": INK for axis in "xy"},
    **{f"{axis}tick.labelsize": TEXT_SIZE for axis in "xy"},
    **{f"{axis}tick.{kind}": of for axis in "xy" for kind, of in TICKS.items()},
}
"""What differs from matplotlib's own; charts are laid out in points, so sizes of text are fixed here."""


@dataclass(frozen=True)
class Mark:
    """How one series looks: colour, marker and line differ together, so that grey print still tells them apart."""

    colour: str
    marker: str
    line: str = "-"
    filled: bool = True


TIME_MARKS = {
    "pre": Mark("#6b6b6b", "^", ":"),
    "post": Mark("#d1571b", "o", "--", filled=False),
    "48h": Mark("#08306b", "s", "-"),
}
OTHER_MARKS = (Mark(PLAIN, "D", "-"), Mark("#a6397f", "v", "--", filled=False), Mark("#4d4d4d", "P", ":"))
"""Looks of series that are no readings, so that none can be taken for one."""


def house_style(chart: Callable[P, R]) -> Callable[P, R]:
    """Draw a chart in the house style, and leave matplotlib's settings as they were."""

    @wraps(chart)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        import matplotlib.style

        with matplotlib.style.context("default"), matplotlib.rc_context(STYLE):
            return chart(*args, **kwargs)

    return drawn


def mark_of(series: str, position: int = 0) -> Mark:
    """Look of a series: fixed for the readings of a session, by position for anything else."""
    return TIME_MARKS.get(series) or OTHER_MARKS[position % len(OTHER_MARKS)]


@cache
def text_width(text: str, size: float = TEXT_SIZE, *, bold: bool = False) -> float:
    """Width of a line of text in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def wrapped(text: str, width: float, size: float = TEXT_SIZE, *, bold: bool = False) -> list[str]:
    """Break text into lines no wider than ``width`` points (a single longer word stands alone)."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in re.split(r" (?!%)", paragraph):
            longer = f"{line} {word}" if line else word
            if line and text_width(longer, size, bold=bold) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def balanced(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break text as :func:`wrapped` does, in no more lines, but of like length: no last word alone."""
    best = wrapped(text, width, size, bold=bold)
    for share in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5):
        narrower = wrapped(text, width * share, size, bold=bold)
        if len(narrower) > len(best):
            break
        best = narrower
    return best


def ink_on(face: Sequence[float]) -> str:
    """Black or white, whichever reads better on a colour: relative luminance as in WCAG 2."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in face[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "black"
