"""The public claims as a board: a verdict on every claim, its figure drawn against its rule, the wording offered.

Comes in: the protected frame of :func:`outcomes.claims`. Goes out: HTML that needs neither a script nor a picture; the
drawing repeats what the words next to it say, so that those who do not see it miss nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.questions.claims import figures_in_words
from outcomes.questions.criteria import (
    CONTRADICTED,
    DESCRIBED,
    SUPPORTED,
    UNKNOWN,
    UNTESTABLE,
    Claim,
    claim_of,
)
from outcomes.words import listed, rests_on

__all__ = ["CHIPS", "board_html", "with_figures"]

CHIPS = {
    CONTRADICTED: ("more than our records show", "over"),
    UNKNOWN: ("can't tell", "open"),
    SUPPORTED: ("supported", "fits"),
    DESCRIBED: ("told by patients", "none"),
    UNTESTABLE: ("can't be tested this way", "none"),
}
"""What a verdict is called on its chip, and the class of its look; the order of the board."""


def board_html(table: pd.DataFrame) -> str:
    """The claims as a list: statement, chip, figure against rule, wording; how it was measured is folded.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`outcomes.claims`, protected.
    """
    items = "".join(_row(row, claim_of(row), figure) for row, figure in with_figures(table))
    held = [str(claim) for claim in table.loc[table["verdict"].isna(), "claim"]]
    named = f"<p>Not shown, for privacy: {html.escape(listed(held))}.</p>" if held else ""
    return f'<ul class="board">{items}</ul>{named}'


def with_figures(table: pd.DataFrame) -> list[tuple[dict[Any, Any], str]]:
    """The claims that are shown, what says too much first, each with its figure in words, an empty text without one."""
    table = table[table["verdict"].notna()]
    measured, order = figures_in_words(table), list(CHIPS)
    figures = dict(zip(measured["claim"], measured["figure"], strict=True))
    rows = sorted(table.to_dict("records"), key=lambda row: order.index(row["verdict"]))
    return [(row, figures.get(row["claim"], "")) for row in rows]


def _row(row: Mapping[Any, Any], claim: Claim, figure: str) -> str:
    said, look = CHIPS[row["verdict"]]
    number = html.escape(str(row["claim"]))
    drawn = _drawn(row, claim) if figure and figure != "—" else ""
    words = f"<p>{_text(figure)} ({_text(row['measure'])})</p>" if drawn or figure not in ("", "—") else ""
    return (
        f'<li class="claim" id="{number}"><p class="statement"><span class="number">{number}</span> '
        f'“{_text(row["statement"])}” <span class="chip {look}">{_text(said)}</span></p>{drawn}{words}'
        f"<p>Suggested wording: “{_text(row['wording'])}”</p>{_details(row)}</li>"
    )


def _details(row: Mapping[Any, Any]) -> str:
    """How the claim was checked against the records."""
    who = rests_on(row) if pd.notna(row["sessions"]) and row["sessions"] else ""
    parts = {"Why": row["why"], "Rule": row["criterion"], "Method": row["model"], "Rests on": who}
    body = "".join(
        f"<dt>{name}</dt>{''.join(f'<dd>{_text(line)}</dd>' for line in _lines(said))}"
        for name, said in parts.items()
        if pd.notna(said) and said
    )
    return f"<details><summary>Details of {html.escape(str(row['claim']))}</summary><dl>{body}</dl></details>"


def _lines(said: str) -> list[str]:
    """A rule as a line for each of its sides, and one for how it understands a word of the claim."""
    return re.split(r"; |(?:, (?=contradicted ))|: (?=“)", said)


def _drawn(row: Mapping[Any, Any], claim: Claim) -> str:
    """The interval and the bounds on a line from 0 to 100%, where the figure is a share with a fixed bound."""
    bounds = [bound for bound in (claim.support, claim.contradict) if bound is not None]
    if claim.scale == "identity" or not bounds or pd.isna(row["conf_low"]) or pd.isna(row["conf_high"]):
        return ""
    low, high = 100 * float(row["conf_low"]), 100 * float(row["conf_high"])
    ticks = "".join(f'<span class="rule" style="left: {100 * bound:.1f}%"></span>' for bound in set(bounds))
    at = 100 * float(row["estimate"])
    return (
        f'<div class="scale" aria-hidden="true">{ticks}<span class="range" style="left: {low:.1f}%; '
        f'width: {max(high - low, 0.5):.1f}%"></span><span class="at" style="left: {at:.1f}%"></span></div>'
    )


def _text(value: Any) -> str:
    return html.escape("" if pd.isna(value) else str(value), quote=False)
