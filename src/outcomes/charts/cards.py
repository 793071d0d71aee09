"""Expectation cards: what a patient with a condition may expect, as "about n in 10", ready to print.

Comes in: a few protected shares and times of one condition. Goes out: the Axes of the card. Every line shows its
interval; what cannot be said is a line that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels
from outcomes.charts.rows import most_of, records, row_label
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import GREY, INK, MARGIN, PHONE, PLAIN, wrapped
from outcomes.errors import EstimationError
from outcomes.words import about_in_ten, count_text, number, percent_text, reason, sentence, tenths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["expectation_card"]

LINE, DOT = 10.5, 9.0


@chart("condition", "label", "estimate", width=PHONE)
def expectation_card(sheet: Sheet) -> None:
    """Draw a card in plain words, one line per expectation, ten dots for every share.

    Refuses lines of several conditions.

    Parameters
    ----------
    estimates : pandas.DataFrame or Series
        One row per line of the card: ``condition, label`` (plain words, e.g. "Clearly less pain at 2 days"),
        ``estimate``; used where there: ``conf_low, conf_high``, ``unit`` (``share``, the default, or e.g. ``hours``),
        ``patients``, ``sessions``, ``note``. Protected.
    """
    rows, names = sheet.rows, list(sheet.groups())
    if len(names) > 1:
        raise EstimationError(
            f"expectation_card draws one condition; found {', '.join(names)}. "
            f"Choose first, e.g. expected[expected['condition'] == {names[0]!r}]."
        )
    rests = _counts(rows)
    caution = "What followed in others; not a promise, and no one was left untreated for comparison."
    room = sheet.width * 72 - 2 * MARGIN
    blocks = [_block(row, room) for row in records(rows)]
    tall = max(sum(len(lines) * LINE + (DOT + 8 if dots else 4) + 8 for lines, dots, _ in blocks), 20.0)
    card = sheet.lay_out(
        f"{row_label(names[0]) if names else 'No condition'}: what others noticed after a session",
        Panels((tall,), left=0, right=0, above=2, below=4),
        note=f"{rests} {caution}".strip(),
        finding=[sentence(f"{row.label}: {_answer(row)}") for row in records(rows)],
    )[0]
    card.set_axis_off()
    card.set_xlim(0, room)
    card.set_ylim(tall, 0)
    _write(card, blocks)


def _counts(rows: pd.DataFrame) -> str:
    counts = [
        count_text(most_of(rows, noun), noun.removesuffix("s"))
        for noun in ("patients", "sessions")
        if noun in rows.columns and np.isfinite(rows[noun]).any()
    ]
    return f"From {' in '.join(counts)}." if counts else ""


def _share(row: Any) -> bool:
    return str(getattr(row, "unit", "share") or "share") in ("share", "nan")


def _answer(row: Any) -> str:
    """Say the estimate and its interval in words."""
    if not np.isfinite(row.estimate):
        return reason(row.note)
    low, high = float(getattr(row, "conf_low", np.nan)), float(getattr(row, "conf_high", np.nan))
    known = np.isfinite(low) and np.isfinite(high)
    if _share(row):
        spread = f"; likely {percent_text(low)} to {percent_text(high)}" if known else ""
        return f"{about_in_ten(row.estimate)} ({percent_text(row.estimate)}{spread})"
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
                  mec=PLAIN if full else GREY, mfc=PLAIN if full else "white", clip_on=False)  # fmt: skip
