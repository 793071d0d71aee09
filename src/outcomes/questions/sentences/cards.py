"""What a patient may expect, in words: one condition's card for those who read or hear it.

Comes in: protected frames of :mod:`outcomes.questions.cards`. Goes out: sentences.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.record.conditions import condition_label
from outcomes.record.outcomes import ResponderRule
from outcomes.words import (
    NOT_RECORDED,
    capitalized,
    in_ten,
    listed,
    named,
    percent,
    rests_on,
    uncapitalized,
    why,
    why_of_all,
)

__all__ = ["card_note", "card_rule", "card_sentences", "conditions_shown", "not_shown_sentences"]

ON_BAD_DAYS = "If people only come on bad days, even more would improve without treatment."


def conditions_shown(expected: pd.DataFrame) -> list[str]:
    """Conditions of which at least one line can be shown, in order."""
    known = expected[expected["proportion"].notna()]
    return list(dict.fromkeys(known["condition"].astype("str")))


def card_note(expected: pd.DataFrame, condition: str) -> str:
    """What goes under one condition's card: what no effect at all would show, and what “clearly” means."""
    mine = expected[expected["condition"] == condition]
    rows = mine[mine["label"].str.startswith("Clearly less")]
    anyway = "".join(
        f"Expected without any effect, clearly {kind} pain: {listed(parts)}. "
        for kind in ("less", "more")
        if (parts := _with_no_effect(mine[mine["label"].str.startswith(f"Clearly {kind}")]))
    )
    anyway += f"{ON_BAD_DAYS} " if anyway else ""
    rates = rows[rows["capture_rate"].notna() & rows["proportion"].notna()]
    reached = [f"{percent(row['capture_rate'])} of sessions {_when(row)}" for _, row in rates.iterrows()]
    return f"{anyway}{f'Recorded in {listed(reached)}. ' if reached else ''}{card_rule()}"


def card_rule() -> str:
    """What “clearly” means on a card."""
    rule = ResponderRule()
    return (
        f"Clearly less or more: by at least {rule.percent:g}% and {rule.points:g} points, if pain before was "
        f"{rule.least_baseline:g} or more."
    )


def _with_no_effect(rows: pd.DataFrame) -> list[str]:
    known = rows[rows["null_benchmark"].notna()]
    return [f"{percent(row['null_benchmark'])} {_when(row)}" for _, row in known.iterrows()]


def _when(row: pd.Series[Any]) -> str:
    return str(row["label"]).partition(" pain ")[2]


def card_sentences(expected: pd.DataFrame, condition: str) -> list[str]:
    """One condition's card as sentences, for those who read or hear it."""
    rows = expected[expected["condition"] == condition]
    known = rows[rows["proportion"].notna()]
    parts = [
        f"{uncapitalized(str(row['label']))}: "
        f"{in_ten(row['proportion'], row['conf_low'], row['conf_high'])} ({rests_on(row)})"
        for _, row in known.iterrows()
    ]
    name = condition_label(condition)
    if not parts:
        return [f"{name}: {why_of_all(rows)}."]
    return [f"{name}, after a session: {'; '.join(parts)}.", card_note(expected, condition)]


def not_shown_sentences(expected: pd.DataFrame) -> list[str]:
    """Conditions that have no card, by the reason; or that there are none."""
    rows = expected[~expected["condition"].isin(conditions_shown(expected))].drop_duplicates("condition")
    if rows.empty:
        return ["Every condition in the records has a card."]
    said = []
    for note in dict.fromkeys(rows["note"]):
        names = listed(named(str(name)) for name in rows.loc[rows["note"] == note, "condition"])
        said.append(f"{capitalized(names)}: {why(note or NOT_RECORDED)}.")
    return said
