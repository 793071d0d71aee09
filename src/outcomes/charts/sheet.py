"""The preamble of every chart: one signature, the columns it needs, its page, title, note and alt text.

Comes in: a function that draws one chart on a :class:`Sheet` and says only what is particular to it. Goes out: the
chart as people call it, estimates and a few options in, Axes out. What all charts share is documented here, once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from outcomes.charts.layout import Key, Panels, Words, lay_out
from outcomes.charts.panels import empty_panel
from outcomes.charts.rows import (
    NO_ROWS,
    counts_note,
    in_sentence,
    known,
    ordered_conditions,
    records,
    tidy_rows,
    time_labels,
    times_shown,
)
from outcomes.charts.style import NARROW, PAGE, house_style
from outcomes.words import reason, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Chart", "Sheet", "chart"]

LONGEST_ALT = 249
"""Characters of an alt text: what a screen reader says in one breath; the numbers stand in tables."""
NAMED = 5
"""Names of what is left out that stand under a chart."""
SHARED = """
ax : matplotlib Axes, optional
    Where to draw; a new figure by default. Several panels are drawn inside it as insets.
times : mapping, optional
    Labels of the readings, e.g. ``{"48h": "at 2 days"}``.
title, source_note : str, optional
    In place of the computed title; added to the note under the chart (follow-up window, rule).
width : float
    Inches, 7 for a page; below 4.5 the chart arranges itself for a phone.

Returns
-------
matplotlib Axes
    The first panel, or ``ax``.
"""
"""What ends the docstring of every chart."""


class Chart(Protocol):
    """How every chart is called; its own options are those of its docstring."""

    def __call__(
        self,
        estimates: pd.DataFrame | pd.Series[Any],
        ax: Axes | None = None,
        *,
        times: Mapping[str, str] | None = None,
        title: str | None = None,
        source_note: str = "",
        width: float = PAGE,
        **own: Any,
    ) -> Axes:
        """Draw protected estimates."""


@dataclass
class Sheet:
    """One chart while it is drawn: its rows, and the page it makes for itself.

    Attributes
    ----------
    chart : str
        Name of the chart, for messages.
    rows, frame : pandas.DataFrame
        What is drawn, tidied (see :func:`outcomes.charts.rows.tidy_rows`), and as it was given.
    labels : mapping
        What the readings of a session are called.
    left_out : mapping of str to list of str
        Names of what has no figure, by the reason: they are named under the chart.
    blank : str
        The reason, where nothing at all is drawn.
    """

    chart: str
    rows: pd.DataFrame
    frame: pd.DataFrame
    labels: Mapping[str, str]
    ax: Axes | None
    title: str | None
    source_note: str
    width: float
    panels: list[Axes] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    blank: str = ""

    @property
    def phone(self) -> bool:
        """Whether the chart is to be read on a phone."""
        return self.width < NARROW

    @property
    def series(self) -> dict[str, str]:
        """Readings that are drawn and their labels, in the order of time; one without a name where there are none."""
        return {time: self.labels.get(time, time) for time in times_shown(self.rows)}

    def groups(self, by: str = "condition") -> dict[str, pd.DataFrame]:
        """Rows of every condition (or other group) in the fixed order; all in one without a name where it has none."""
        if self.blank:
            return {}
        if by not in self.rows.columns:
            return {"": self.rows} if len(self.rows) else {}
        return {name: self.rows[self.rows[by] == name] for name in ordered_conditions(self.rows[by])}

    def drawn(self, *values: str, by: str = "condition") -> dict[str, pd.DataFrame]:
        """Groups in which some row holds all of some values; the others are left out and named in the note."""
        kept = {}
        for name, rows in self.groups(by).items():
            if len(known(rows, *values)):
                kept[name] = rows
            else:
                self.leave_out(name, rows["note"].iloc[0])
        if kept:
            self.rows = pd.concat(kept.values())
        else:
            self.blank = sentence(next(iter(self.left_out), ""))
        return kept

    def drawn_rows(self, *values: str) -> pd.DataFrame:
        """Rows that hold all of some values, those of a condition together; single readings are left out, too."""
        for name, rows in self.drawn(*values).items():
            for row in records(rows.drop(known(rows, *values).index)):
                self.leave_out(name, row.note, self.series.get(getattr(row, "time", ""), ""))
        if not self.blank:
            self.rows = known(self.rows, *values)
        return self.rows.iloc[:0] if self.blank else self.rows

    def leave_out(self, name: str, note: str, when: str = "") -> None:
        """Remember what is not drawn, to be named under the chart by the reason."""
        names = self.left_out.setdefault(reason(note), [])
        names.extend(text for text in [f"{in_sentence(name)} {when}".strip()] if text not in names)

    def counts(self, by: str = "condition") -> str:
        """What the chart rests on: patients and sessions."""
        return "" if self.blank else counts_note(self.rows, self.frame, by=by)

    def lay_out(
        self, question: str, shape: Panels, *, note: str = "", finding: Sequence[str] = (), key: Key = ()
    ) -> list[Axes]:
        """Make the panels and write around them; the title given by the caller stands in place of the question."""
        title = self.title or question
        note = " ".join(part for part in (note, self.source_note, *self._left_out_sentences()) if part)
        words = Words(
            title, note, short_alt([sentence(title), *([self.blank] if self.blank else finding)]), key
        )
        self.panels = lay_out(self.ax, words, shape, self.width)
        return self.panels

    def _left_out_sentences(self) -> list[str]:
        return [
            sentence(f"{why}: {_some(names)}" if any(names) else why) for why, names in self.left_out.items()
        ]


def _some(names: Sequence[str]) -> str:
    """The first few of many names, and how many there are besides."""
    if len(names) <= NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"


def short_alt(sentences: Sequence[str]) -> str:
    """Join the sentences of an alt text that fit into its length, the first of them in any case."""
    said = ""
    for text in sentences:
        longer = f"{said} {text}".strip()
        if len(longer) <= LONGEST_ALT:
            said = longer
        elif not said:
            said = longer[: LONGEST_ALT - 1].rsplit(" ", 1)[0] + "…"
    return said


def chart(
    *needed: str, renamed: Mapping[str, str] | None = None, width: float = PAGE
) -> Callable[[Callable[..., None]], Chart]:
    """Make a chart of a function that draws on a sheet.

    Parameters
    ----------
    *needed : str
        Columns without which there is nothing to draw.
    renamed : mapping, optional
        Other names under which columns may come.
    width : float
        Width, in inches, unless the caller says another.
    """

    def decorated(draw: Callable[..., None]) -> Chart:
        @wraps(draw)
        @house_style
        def drawn(
            estimates: pd.DataFrame | pd.Series[Any],
            ax: Axes | None = None,
            *,
            times: Mapping[str, str] | None = None,
            title: str | None = None,
            source_note: str = "",
            width: float = width,
            **own: Any,
        ) -> Axes:
            frame = estimates.to_frame().T if isinstance(estimates, pd.Series) else estimates
            if renamed and isinstance(frame, pd.DataFrame):
                frame = frame.rename(columns=renamed)
            rows = tidy_rows(frame, needed, chart=draw.__name__)
            labels = time_labels(frame, times)
            sheet = Sheet(draw.__name__, rows, frame, labels, ax, title, source_note, width)
            draw(sheet, **own)
            if blank := NO_ROWS if rows.empty else sheet.blank:
                empty_panel(sheet.panels[0], blank)
            return sheet.panels[0] if ax is None else ax

        _document(drawn, draw, width)
        return drawn

    return decorated


def _document(drawn: Any, draw: Callable[..., None], width: float) -> None:
    """Give a chart its full signature and docstring: its own options, then those of all charts."""
    _, estimates, ax, times, title, note, wide, _ = inspect.signature(Chart.__call__).parameters.values()
    own = list(inspect.signature(draw).parameters.values())[1:]
    each = [estimates, ax, *own, times, title, note, wide.replace(default=width)]
    drawn.__signature__ = inspect.Signature(each, return_annotation="Axes")
    drawn.__doc__ = f"{inspect.cleandoc(draw.__doc__ or '')}{SHARED}"
