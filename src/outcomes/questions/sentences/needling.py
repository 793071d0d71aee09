"""What needling felt like, in words: its pain, what that goes with, the needle itself, and a first-timer's card.

Comes in: protected frames of :mod:`outcomes.questions.needling`. Goes out: sentences.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.questions.expected import direction
from outcomes.words import (
    NOT_RECORDED,
    in_ten,
    interval,
    listed,
    named,
    number,
    percent,
    rests_on,
    sentence,
    why,
    why_of_all,
)

__all__ = [
    "answer_line",
    "area_sentences",
    "felt_sentences",
    "first_timer_sentences",
    "link_sentences",
    "pain_sentences",
]

FAMILY = "pain of the needling"
NOT_ASKED = "These records do not ask what needling felt like."
_WORDS = {
    "first time, against later": ("the first time", "after needling before"),
    "lasting 3 months or more": (
        "with a complaint of 3 months or more",
        "with a shorter one",
    ),
}
"""The two sides of a comparison: whose pain is more where it is clear, and whose is less."""


def pain_sentences(overall: pd.DataFrame) -> list[str]:
    """Say how strong pain of the needling was on average.

    Parameters
    ----------
    overall : pandas.DataFrame
        From :func:`outcomes.questions.needling.needling_pain` with ``overall``, protected.
    """
    row = overall.iloc[0]
    if pd.isna(row["estimate"]):
        told = why_of_all(overall)
        return [NOT_ASKED if told == NOT_RECORDED else f"Pain of the needling: {told}."]
    size = f"95% CI {interval(row['conf_low'], row['conf_high'])}"
    asked = f"; asked in {percent(row['capture_rate'])} of sessions" if pd.notna(row["capture_rate"]) else ""
    return [
        f"Pain of the needling averaged {number(row['estimate'])} on a 0–10 scale ({size}). "
        f"It is asked apart from the usual pain ({rests_on(row.drop('capture_rate'))}{asked})."
    ]


def felt_sentences(felt: pd.DataFrame) -> list[str]:
    """Say how often the needle was not felt, how often pain was little or strong, and which sensation was named.

    Nothing where none of it is recorded: :func:`pain_sentences` says so.

    Parameters
    ----------
    felt : pandas.DataFrame
        From :func:`outcomes.questions.needling.what_it_felt_like`, protected.
    """
    if felt["proportion"].isna().all() and {why(note) for note in felt["note"]} == {NOT_RECORDED}:
        return []
    said = []
    for variable, words in (
        ("needle", "The needle going in"),
        ("pain of the needling", "Pain of the needling"),
    ):
        rows = felt[felt["variable"] == variable]
        known = rows[rows["proportion"].notna()]
        if known.empty:
            said.append(f"{words}: {why_of_all(rows)}.")
        else:
            said.append(" ".join(sentence(f"{row['label']}: {_people(row)}") for _, row in known.iterrows()))
    rows = felt[(felt["variable"] == "sensation") & felt["proportion"].notna()]
    if rows.empty:
        return [*said, f"What it felt like: {why_of_all(felt[felt['variable'] == 'sensation'])}."]
    top = rows[rows["label"] != "Nothing"].nlargest(2, "proportion")
    parts = [f"{str(row['label']).lower()} in {percent(row['proportion'])}" for _, row in top.iterrows()]
    return [*said, f"Named most often: {listed(parts)} of the sessions asked about. One may name several."]


def _people(row: pd.Series[Any]) -> str:
    limits = f"95% CI {percent(row['conf_low'])} to {percent(row['conf_high'])}"
    return f"{in_ten(row['proportion'])} ({percent(row['proportion'])}; {limits})"


def area_sentences(pain: pd.DataFrame) -> list[str]:
    """Say between what averages pain of the needling lay, over the conditions that can be told."""
    known = pain[pain["estimate"].notna()]
    if known.empty:
        return [f"Pain of the needling by area: {why_of_all(pain)}."]
    low, high = float(known["estimate"].min()), float(known["estimate"].max())
    said = [
        f"Depending on the condition, pain of the needling averaged {number(low)} to {number(high)}. "
        "Conditions are listed, not ranked: the patients differ."
    ]
    unknown = [named(str(name)) for name in pain.loc[pain["estimate"].isna(), "condition"]]
    if unknown:
        which = listed(unknown) if len(unknown) <= 3 else f"{len(unknown)} conditions"
        said.append(f"No figure: {which}.")
    return said


def link_sentences(links: pd.DataFrame) -> list[str]:
    """Say what pain of the needling went with, at equal conditions and the other things in the model.

    Parameters
    ----------
    links : pandas.DataFrame
        From :func:`outcomes.questions.needling.needling_links`, protected.
    """
    if links["estimate"].isna().all():
        return [f"What pain of the needling goes with: {why_of_all(links)}."]
    ways = direction(links, FAMILY)
    return [_link(row, way) for (_, row), way in zip(links.iterrows(), ways, strict=True)]


def _link(row: pd.Series[Any], way: float) -> str:
    quantity = str(row["quantity"])
    if pd.isna(row["estimate"]):
        return f"{sentence(quantity)[:-1]}: {why(row['note'] or NOT_RECORDED)}."
    size = f"{number(row['estimate'])} points, 95% CI {interval(row['conf_low'], row['conf_high'])}"
    if not way:
        return f"{sentence(quantity)[:-1]}: {size}; no clear difference ({rests_on(row)})."
    sides = _WORDS.get(quantity)
    if sides is None:
        what = "more" if way > 0 else "less"
        return f"{what.capitalize()} pain of the needling went with {quantity} ({size}; {rests_on(row)})."
    more, less = sides if way > 0 else sides[::-1]
    return f"Pain of the needling was higher {more} than {less} ({size}; {rests_on(row)})."


def first_timer_sentences(first: pd.DataFrame) -> list[str]:
    """The first-timer's card as sentences, for those who read or hear it.

    Parameters
    ----------
    first : pandas.DataFrame
        From :func:`outcomes.questions.needling.first_timers`, protected.
    """
    known = first[first["proportion"].notna()]
    if known.empty:
        return [f"First sessions of patients never needled before: {why_of_all(first)}."]
    parts = [f"{row['label']}: {in_ten(row['proportion'])}." for _, row in known.iterrows()]
    return [f"First sessions of patients never needled before. {' '.join(parts)}"]


def answer_line(overall: pd.DataFrame, felt: pd.DataFrame) -> str:
    """The answer in a line: how strong, and how often the needle was not felt."""
    row = overall.iloc[0]
    if pd.isna(row["estimate"]):
        return pain_sentences(overall)[0]
    said = f"Pain of the needling averaged {number(row['estimate'])} on a 0–10 scale."
    needle = felt[(felt["label"] == "Needle not felt going in") & felt["proportion"].notna()]
    if needle.empty:
        return said
    share = needle["proportion"].iloc[0]
    return f"{said} The needle going in was not felt in {in_ten(share)} of the sessions ({percent(share)})."
