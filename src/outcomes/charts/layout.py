"""A page for a chart: title, key, panels and source note, laid out in points so that nothing overlaps.

Comes in: the words of a chart and the shape of its panels (one, or small multiples). Goes out: Axes to draw in, and a
registry of alt texts. The house style holds only inside the chart functions; nothing is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from outcomes.charts.style import (
    FONT,
    GREY,
    INK,
    MARGIN,
    NOTE_SIZE,
    PAGE,
    STYLE,
    TITLE_SIZE,
    balanced,
    text_width,
    wrapped,
)
from outcomes.errors import EstimationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Key",
    "Panels",
    "Words",
    "alt_text",
    "lay_out",
    "size_in_points",
]

Key = tuple[tuple[Any, str], ...]
"""Handles and labels of the marks of a chart."""


@dataclass(frozen=True)
class Panels:
    """Shape of the panels of a page; all sizes in points.

    Attributes
    ----------
    heights : tuple of float
        One per row of panels.
    left, right, above, below : float
        Room beside every panel for its labels.
    last : float
        Further room below the last row of panels.
    """

    heights: tuple[float, ...]
    count: int = 1
    columns: int = 1
    left: float = 40.0
    right: float = 8.0
    above: float = 4.0
    below: float = 30.0
    last: float = 0.0

    @classmethod
    def grid(cls, count: int, columns: int, height: float, **room: float) -> Panels:
        """Panels of one height, as many as there are groups; one where there are none."""
        return cls((height,) * max(-(-count // columns), 1), max(count, 1), columns, **room)


@dataclass(frozen=True)
class Words:
    """What a chart says besides its marks: title, source note, alt text and the key of its marks."""

    title: str
    note: str
    alt: str
    key: Key = field(default=())


_ALT_TEXTS: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def alt_text(chart: Axes | Figure) -> str:
    """Return the text that stands for a chart where it cannot be seen, computed from its estimates.

    Parameters
    ----------
    chart : matplotlib Axes or Figure
        What a chart function returned, or its figure.

    Raises
    ------
    EstimationError
        Where no chart function of this suite drew it.
    """
    if chart in _ALT_TEXTS:
        return _ALT_TEXTS[chart]
    inner = getattr(chart, "axes", None)
    axes = inner if isinstance(inner, list) else []
    texts = dict.fromkeys(_ALT_TEXTS[ax] for ax in axes if ax in _ALT_TEXTS)
    if not texts:
        raise EstimationError(
            "found a figure without alt text: it was not drawn by a chart function of this suite. "
            "Draw it with one, or write its alt text by hand."
        )
    return " ".join(texts)


def size_in_points(ax: Axes) -> tuple[float, float]:
    """Width and height of the Axes, in points."""
    figure: Any = ax.get_figure(root=True)
    box = ax.get_window_extent()
    return float(box.width * 72 / figure.dpi), float(box.height * 72 / figure.dpi)


def lay_out(ax: Axes | None, words: Words, panels: Panels, width: float) -> list[Axes]:
    """Make the panels of a chart: on a page of their own, or inside the Axes the caller gave.

    Parameters
    ----------
    ax : Axes or None
        Where to draw; a new figure if None.
    words, panels : Words, Panels
    width : float
        Width of a new figure, inches; its height follows from what it holds.

    Returns
    -------
    list of Axes
        One per panel, in reading order; the words are drawn and the alt text registered.
    """
    made = _on_own_page(words, panels, width) if ax is None else _inside(ax, words, panels)
    for panel in made:
        panel.tick_params(
            labelsize=7.2, width=0.6, length=3, color=GREY, labelcolor=INK, labelfontfamily=FONT
        )
        _ALT_TEXTS[panel] = words.alt
    _ALT_TEXTS[made[0] if ax is None else ax] = words.alt
    return made


def _on_own_page(words: Words, panels: Panels, width: float) -> list[Axes]:
    import matplotlib.pyplot as plt

    if not width > 1.5:
        raise EstimationError(
            f"found width={width!r}; a chart is at least 1.5 inches wide ({PAGE} is a page)."
        )
    inner = width * 72 - 2 * MARGIN
    title = balanced(words.title, inner, TITLE_SIZE, bold=True)
    note = wrapped(words.note, inner, NOTE_SIZE) if words.note else []
    columns, key_height = _key_shape(words.key, inner)
    title_height, note_height = len(title) * TITLE_SIZE * 1.28 + 4, len(note) * NOTE_SIZE * 1.36
    body = sum(panels.heights) + len(panels.heights) * (panels.above + panels.below) + panels.last
    height = MARGIN + title_height + key_height + body + note_height + MARGIN
    figure = plt.figure(figsize=(width, height / 72))
    made = _panel_axes(figure, panels, width * 72, height, MARGIN + title_height + key_height)
    _title(figure, made, "\n".join(title), 1 - MARGIN / height)
    x = MARGIN / (width * 72)
    if words.key:
        handles, labels = zip(*words.key, strict=True)
        top = 1 - (MARGIN + title_height) / height
        figure.legend(
            handles, labels, loc="upper left", bbox_to_anchor=(x, top), ncols=columns, borderpad=0,
            borderaxespad=0, handlelength=1.9, handletextpad=0.5, columnspacing=1.4, labelspacing=0.35,
        )  # fmt: skip
    if note:
        figure.text(
            x, MARGIN / height, "\n".join(note), size=NOTE_SIZE, color=GREY, va="bottom", linespacing=1.2
        )
    return made


def _title(figure: Figure, made: Sequence[Axes], text: str, y: float) -> None:
    """Write the title from the left edge of the page: the Axes' own where there is one panel, else the figure's."""
    x = MARGIN / (figure.get_figwidth() * 72)
    look: dict[str, Any] = {
        "size": TITLE_SIZE,
        "weight": "bold",
        "ha": "left",
        "va": "top",
        "linespacing": 1.15,
    }
    if len(made) > 1:
        figure.suptitle(text, x=x, y=y, **look)
        return
    made[0].set_title(text, y=y, **look)
    made[0].title.set_x(x)
    made[0].title.set_transform(figure.transFigure)


def _panel_axes(figure: Figure, panels: Panels, width: float, height: float, top: float) -> list[Axes]:
    cell = (width - 2 * MARGIN) / panels.columns
    # a panel keeps a quarter of its cell, however long the names beside it
    beside = min(1.0, 0.75 * cell / max(panels.left + panels.right, 1.0))
    made = []
    for place in range(panels.count):
        row, column = divmod(place, panels.columns)
        above = sum(panels.heights[:row]) + row * (panels.above + panels.below) + panels.above
        bottom = height - top - above - panels.heights[row]
        left = MARGIN + column * cell + beside * panels.left
        inner = cell - beside * (panels.left + panels.right)
        made.append(
            figure.add_axes((left / width, bottom / height, inner / width, panels.heights[row] / height))
        )
    return made


def _inside(ax: Axes, words: Words, panels: Panels) -> list[Axes]:
    """Use the caller's Axes: itself for one panel, insets of it for several."""
    width, height = size_in_points(ax)
    title = balanced(words.title, max(width, 80), TITLE_SIZE - 1, bold=True)
    lift = panels.above + 2 if panels.count == 1 else 4
    ax.set_title("\n".join(title), size=TITLE_SIZE - 1, weight="bold", ha="left", linespacing=1.15, pad=lift)
    ax.title.set_x(0)
    made = [ax] if panels.count == 1 else _insets(ax, panels, width, height)
    if words.key:
        handles, labels = zip(*words.key, strict=True)
        ax.legend(handles, labels, loc="best", handlelength=1.9, fontsize=6.5)
    if words.note:
        low = ax.xaxis.label if panels.count == 1 else "axes fraction"
        ax.annotate(
            "\n".join(wrapped(words.note, max(width, 80), NOTE_SIZE)), (0, 0), xycoords=("axes fraction", low),
            xytext=(0, -4), textcoords="offset points", va="top", size=NOTE_SIZE, color=GREY, annotation_clip=False,
        )  # fmt: skip
    return made


def _insets(ax: Axes, panels: Panels, width: float, height: float) -> list[Axes]:
    ax.set_axis_off()
    rows = len(panels.heights)
    cell_width, cell_height = width / panels.columns, height / rows
    inner = (
        max(cell_width - panels.left - panels.right, 10),
        max(cell_height - panels.above - panels.below, 10),
    )
    made = []
    for place in range(panels.count):
        row, column = divmod(place, panels.columns)
        left, bottom = column * cell_width + panels.left, height - (row + 1) * cell_height + panels.below
        made.append(ax.inset_axes((left / width, bottom / height, inner[0] / width, inner[1] / height)))
    return made


def _key_shape(key: Key, width: float) -> tuple[int, float]:
    """Most columns of the key that fit the page, and its height in points."""
    if not key:
        return 1, 0.0
    size = float(STYLE["legend.fontsize"])
    lengths = [text_width(label, size) + size * (1.9 + 0.5 + 1.4) for _, label in key]
    for columns in range(len(lengths), 0, -1):
        fewest, longer = divmod(len(lengths), columns)
        ends = [0, *(sum(fewest + (j < longer) for j in range(i + 1)) for i in range(columns))]
        if sum(max(lengths[a:b]) for a, b in pairwise(ends)) <= width:
            break
    rows = -(-len(lengths) // columns)
    return columns, rows * size * 1.45 + 5
