"""Expectation cards: what a patient with a condition may expect, as "about n in 10", ready to print.

Comes in: a few protected shares and times of one condition. Goes out: the Axes of the card. Every line shows its
interval; what cannot be said is a line that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, Words, lay_out
from outcomes.charts.rows import most_of, ordered_conditions, records, row_label, tidy_rows
from outcomes.charts.style import BETTER, GREY, INK, MARGIN, house_style, wrapped
from outcomes.errors import EstimationError
from outcomes.words import about_in_ten, count_text, number, sentence, tenths, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["expectation_card"]

LINE, DOT = 10.5, 9.0


@house_style
def expectation_card(
    expected: pd.DataFrame | pd.Series[Any],
    ax: Axes | None = None,
    *,
    title: str | None = None,
    source_note: str = "",
    width: float = 3.6,
) -> Axes:
    """Draw a card in plain words, one line per expectation, ten dots for every share.

    Parameters
    ----------
    expected : pandas.DataFrame or Series
        One row per line of the card: ``condition, label`` (plain words, e.g. "Clearly less pain at 2 days"),
        ``estimate``; used where there: ``conf_low, conf_high``, ``unit`` (``share``, the default, or e.g. ``hours``),
        ``patients``, ``sessions``, ``note``. Protected.
    ax, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    EstimationError
        Where the lines are of several conditions.
    """
    frame = expected.to_frame().T if isinstance(expected, pd.Series) else expected
    rows = tidy_rows(frame, ["condition", "label", "estimate"], chart="expectation_card")
    names = ordered_conditions(rows["condition"])
    if len(names) > 1:
        raise EstimationError(
            f"expectation_card draws one condition; found {', '.join(names)}. "
            f"Choose first, e.g. expected[expected['condition'] == {names[0]!r}]."
        )
    head = title or f"{row_label(names[0]) if names else 'No condition'}: what others noticed after a session"
    rests = _rests(rows)
    caution = "What followed in others; not a promise, and no one was left untreated for comparison."
    words = Words(head, f"{rests} {caution} {source_note}".strip(), _alt(rows, head, rests))
    room = width * 72 - 2 * MARGIN
    blocks = [_block(row, room) for row in records(rows)]
    tall = sum(len(lines) * LINE + (DOT + 8 if dots else 4) + 8 for lines, dots, _ in blocks)
    card = lay_out(ax, words, Panels((max(tall, 20.0),), left=0, right=0, above=2, below=4), width)[0]
    card.set_axis_off()
    card.set_xlim(0, room)
    card.set_ylim(max(tall, 20.0), 0)
    _write(card, blocks)
    if rows.empty:
        card.text(0.5, 0.5, "No rows to draw", transform=card.transAxes, ha="center", color=GREY)
    return card


def _rests(rows: pd.DataFrame) -> str:
    if "patients" not in rows.columns or not np.isfinite(rows["patients"]).any():
        return ""
    patients = count_text(most_of(rows, "patients"), "patient")
    if "sessions" not in rows.columns or not np.isfinite(rows["sessions"]).any():
        return f"From {patients}."
    return f"From {patients} in {count_text(most_of(rows, 'sessions'), 'session')}."


def _share(row: Any) -> bool:
    return str(getattr(row, "unit", "share") or "share") in ("share", "nan")


def _answer(row: Any) -> str:
    """Say the estimate and its interval in words."""
    if not np.isfinite(row.estimate):
        return why_missing(row.note)
    low, high = float(getattr(row, "conf_low", np.nan)), float(getattr(row, "conf_high", np.nan))
    known = np.isfinite(low) and np.isfinite(high)
    if _share(row):
        spread = f" (between {int(np.floor(low * 10))} and {int(np.ceil(high * 10))} in 10)" if known else ""
        return about_in_ten(row.estimate) + spread
    decimals = 0 if abs(row.estimate) >= 10 else 1
    spread = f" (between {number(low, decimals)} and {number(high, decimals)})" if known else ""
    return f"about {number(row.estimate, decimals)} {row.unit}{spread}"


def _block(row: Any, room: float) -> tuple[list[str], bool, Any]:
    lines = [*wrapped(row.label, room, 8.4, bold=True), *wrapped(_answer(row), room, 8)]
    return lines, _share(row) and bool(np.isfinite(row.estimate)), row


def _write(card: Axes, blocks: list[tuple[list[str], bool, Any]]) -> None:
    y = 2.0
    for lines, dots, row in blocks:
        strong = len(wrapped(row.label, card.get_xlim()[1], 8.4, bold=True))
        for place, line in enumerate(lines):
            bold = place < strong
            look: dict[str, Any] = {
                "size": 8.4 if bold else 8,
                "weight": "bold" if bold else "normal",
                "va": "top",
            }
            card.text(
                0, y + place * LINE, line, color=INK if np.isfinite(row.estimate) or bold else GREY, **look
            )
        y += len(lines) * LINE + 4
        if dots:
            _dots(card, row.estimate, y + DOT / 2)
            y += DOT + 4
        y += 8


def _dots(card: Axes, share: float, y: float) -> None:
    """Ten people, as many filled as the words say."""
    filled = tenths(share)
    for place in range(10):
        full = place < filled
        card.plot(DOT / 2 + place * (DOT + 3), y, marker="o", ms=DOT - 1, mew=1,
                  mec=BETTER if full else GREY, mfc=BETTER if full else "white", clip_on=False)  # fmt: skip


def _alt(rows: pd.DataFrame, head: str, rests: str) -> str:
    told = [sentence(f"{row.label}: {_answer(row)}") for row in records(rows)]
    return " ".join(part for part in (sentence(head), *told, rests) if part)
