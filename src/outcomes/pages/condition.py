"""A page for every condition: the answer, a card to print and hand out, the figures, what others published.

Comes in: the tables of an export as they passed the gate. Goes out: what the template ``condition.html.j2`` lays out.
Both directions of a change stand on a card, or neither: a card that shows less pain and hides more pain misleads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.pages.owner import RELIEF, SORE, Tables, condition_file
from outcomes.questions.cards import both_or_neither
from outcomes.questions.literature import change_sentences
from outcomes.questions.sentences.change import verdict_words
from outcomes.questions.sentences.owner import change_of_pain, share_with_interval
from outcomes.record.conditions import condition_label
from outcomes.words import NOT_SHOWN, about_in_ten, counted, percent, reason, tenths

__all__ = ["ConditionPage", "Line", "condition_pages"]

CARD, SHARES = "08_conditions-expectations", "03_two_day-responders"
TWITCHES, CAPTURE = "05_twitches-counts", "01_data_quality-capture"
LESS, MORE = "Clearly less pain", "Clearly more pain"


@dataclass(frozen=True)
class Line:
    """One line of the card for patients: what, as people count, out of ten, and what is expected anyway."""

    what: str
    said: str
    tenths: int | None = None
    anyway: str = ""


@dataclass(frozen=True)
class ConditionPage:
    """One condition: its file, title, answer, card, figures (what, figure, who it rests on) and published figures."""

    file: str
    label: str
    answer: tuple[str, ...]
    card: tuple[Line, ...]
    rests_on: str
    figures: tuple[tuple[str, str, str], ...]
    published: tuple[str, ...]


def condition_pages(tables: Tables) -> list[ConditionPage]:
    """A page for every condition of an export, head to foot."""
    return [_page(tables, name) for name in tables.conditions]


def _page(tables: Tables, name: str) -> ConditionPage:
    relief, card = tables.of_condition(RELIEF, name), tables.of_condition(CARD, name)
    most = relief["patients"].max()
    return ConditionPage(
        condition_file(name),
        condition_label(name),
        tuple(_answers(tables, relief)),
        tuple(_card_lines(card)),
        f"From {counted(most, 'patient')} of our clinic." if pd.notna(most) else "",
        tuple(_figures(tables, name)),
        tuple(change_sentences("pain_relief", [name], tables.labels)),
    )


def _answers(tables: Tables, relief: pd.DataFrame) -> Iterator[str]:
    for row, words in zip(relief.to_dict("records"), _in_words(tables, relief), strict=True):
        when = tables.labels[str(row["time"])].capitalize()
        if pd.isna(row["estimate"]):
            yield f"{when}: {reason(row.get('note'))}."
            continue
        held = verdict_words(row, words["verdict"]) if words["verdict"] else ""
        yield f"{when}, pain was {change_of_pain(row)} on average. {held}".strip()


def _in_words(tables: Tables, relief: pd.DataFrame) -> list[dict[Any, Any]]:
    """The rows of one condition's relief in words."""
    return tables.relief_in_words.loc[relief.index].to_dict("records")


# --- the card ---------------------------------------------------------------------------------------------------------


def _card_lines(rows: pd.DataFrame) -> list[Line]:
    """The lines of a card, both directions of a change or neither."""
    shown = rows.assign(**both_or_neither(rows)) if len(rows) else rows
    return [_line(row) for row in shown.to_dict("records")]


def _line(row: Mapping[Any, Any]) -> Line:
    if pd.isna(row["proportion"]):
        return Line(str(row["label"]), reason(row["note"]))
    share, anyway = float(row["proportion"]), _anyway(row)
    said = f"{about_in_ten(share)} ({percent(share)})"
    without = f"Expected without any effect: {anyway}." if anyway else ""
    return Line(str(row["label"]), said, tenths(share), without)


# --- the figures ------------------------------------------------------------------------------------------------------


def _figures(tables: Tables, name: str) -> list[tuple[str, str, str]]:
    """Everything the suite says of a condition in figures: what, how much, and who it rests on."""
    found = [*_relief_figures(tables, name), *_share_figures(tables, name)]
    for row in tables.of_condition(SORE, name).to_dict("records"):
        hours = int(row["threshold"])
        what = "Sore at all" if not hours else f"Sore for more than {hours} hours"
        found.append((what, _figure(row), _who(row)))
    for row in tables.of_condition(TWITCHES, name).to_dict("records"):
        known = pd.notna(row["estimate"])
        figure = f"{row['estimate']:.1f} (95% CI {row['conf_low']:.1f} to {row['conf_high']:.1f})"
        found.append(("Twitches per session", figure if known else reason(row.get("note")), _who(row)))
    for row in tables.of_condition(CAPTURE, name).to_dict("records"):
        rate = percent(row["capture_rate"]) if pd.notna(row["capture_rate"]) else reason(row.get("note"))
        found.append((f"Pain {tables.labels['48h']} is known for", f"{rate} of sessions", _who(row)))
    return found


def _relief_figures(tables: Tables, name: str) -> list[tuple[str, str, str]]:
    relief = tables.of_condition(RELIEF, name)
    if relief.empty:
        return []
    said = []
    for row, words in zip(relief.to_dict("records"), _in_words(tables, relief), strict=True):
        when = tables.labels[str(row["time"])]
        ends = " to ".join(dict.fromkeys(words["expected"].split(" to ")))
        figure = f"{words['relief']} points; expected without any effect {ends}: {words['verdict']}"
        shown = pd.notna(row["estimate"])
        said.append((f"Relief {when}", figure if shown else reason(row.get("note")), _who(row)))
    return said


def _share_figures(tables: Tables, name: str) -> list[tuple[str, str, str]]:
    """Clearly better and clearly worse at each reading: both, or neither."""
    rows = tables.of_condition(SHARES, name)
    said = []
    for time, pair in rows.groupby("time", sort=False) if len(rows) else []:
        whole = pair["proportion"].notna().all()
        for row in pair.to_dict("records"):
            ends = _anyway(row)
            anyway = f"; expected without any effect {ends}" if ends else ""
            what = f"{LESS if row['outcome'] == 'better' else MORE} {tables.labels[str(time)]}"
            said.append((what, f"{_figure(row)}{anyway}" if whole else NOT_SHOWN, _who(row)))
    return said


def _anyway(row: Mapping[Any, Any]) -> str:
    """Both ends of the share expected without any effect; one where they read alike, nothing where there are none."""
    both = [float(row[end]) for end in ("null_benchmark", "null_benchmark_flare") if pd.notna(row.get(end))]
    return " to ".join(dict.fromkeys(map(percent, sorted(both))))


def _figure(row: Mapping[Any, Any]) -> str:
    return share_with_interval(row) if pd.notna(row["proportion"]) else reason(row.get("note"))


def _who(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["patients"]):
        return "—"
    return f"{counted(row['patients'], 'patient')}, {counted(row['sessions'], 'session')}"
