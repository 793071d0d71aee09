"""What an owner reads first: one screen of answers, the conditions as cards, the questions with their answers.

Comes in: the tables of an export as they passed the gate and were written, what the readings are called, and what each
page answered. Goes out: the words the index lays out. Nothing is computed anew, so that no figure can differ from that
of the page it stands on; a table that was not made leaves its line out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.questions.sentences.change import in_words
from outcomes.questions.sentences.owner import (
    change_of_pain,
    claims_words,
    pain_words,
    records_words,
    share_with_interval,
    soreness_words,
    unwanted_words,
)
from outcomes.record.conditions import condition, condition_label, in_order, is_condition
from outcomes.words import NOT_SHOWN, called, count_text, reason

__all__ = ["Card", "Tables", "condition_file", "condition_region", "first_screen"]

OVERALL, FLOW, RELIEF = "00_start_here-overall", "00_start_here-flow", "00_start_here-relief"
SORENESS, SORE, CLAIMS = "06_soreness-everyone", "06_soreness-shares", "09_claims-claims"
"""Where the figures of the first screen stand."""
TWO_DAYS = 48


@dataclass(frozen=True)
class Card:
    """One condition on the index: its name, page, region, how many patients, and its figures as name and value."""

    name: str
    label: str
    file: str
    region: str
    patients: int
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Tables:
    """The tables of an export, read back as they were written.

    Attributes
    ----------
    folder : Path
    times : mapping of str to str
        What the readings are called.
    """

    folder: Path
    times: Mapping[str, str]

    @cached_property
    def labels(self) -> dict[str, str]:
        """What every reading is called."""
        return called(self.times)

    @cached_property
    def _held(self) -> dict[str, pd.DataFrame]:
        """The tables read so far."""
        return {}

    def read(self, name: str) -> pd.DataFrame:
        """A table by ``<page>-<table>``; one without rows where it was not made."""
        if name not in self._held:
            path = self.folder / "tables" / f"{name}.csv"
            self._held[name] = pd.read_csv(path) if path.is_file() else pd.DataFrame()
        return self._held[name]

    def of_condition(self, name: str, which: str) -> pd.DataFrame:
        """The rows of one condition."""
        table = self.read(name)
        return table[table["condition"] == which] if "condition" in table else table

    @cached_property
    def relief_in_words(self) -> pd.DataFrame:
        """The relief of every condition in words: a verdict is that of all conditions together."""
        return in_words(self.read(RELIEF), self.labels)

    @cached_property
    def conditions(self) -> list[str]:
        """The conditions of the export, head to foot."""
        relief = self.read(RELIEF)
        found = list(dict.fromkeys(relief["condition"])) if len(relief) else []
        return in_order(found)

    @cached_property
    def cards(self) -> list[Card]:
        """A card for every condition, by name."""
        return sorted((self._card(name) for name in self.conditions), key=lambda card: card.label)

    def _card(self, name: str) -> Card:
        relief, sore = self.of_condition(RELIEF, name), self.of_condition(SORE, name)
        patients = relief["patients"].max()
        figures = [("Patients", count_text(patients) if pd.notna(patients) else NOT_SHOWN)]
        figures += [
            (f"Pain {self.labels[str(row['time'])]}", _size(row, _shorter))
            for row in relief.to_dict("records")
        ]
        for row in sore[sore["threshold"] == TWO_DAYS].to_dict("records") if len(sore) else []:
            figures.append(("Sore over 2 days", _size(row, _share, "proportion")))
        many = int(patients) if pd.notna(patients) else 0
        return Card(
            name, condition_label(name), condition_file(name), condition_region(name), many, tuple(figures)
        )


def _shorter(row: Mapping[Any, Any]) -> str:
    """The change of pain for a card, which says once what is in parentheses."""
    return change_of_pain(row).replace(" points", "").replace("95% CI ", "")


def _share(row: Mapping[Any, Any]) -> str:
    share, _, ends = share_with_interval(row).partition(", 95% CI ")
    return f"{share} ({ends})" if ends else share


def _size(
    row: Mapping[Any, Any], said: Callable[[Mapping[Any, Any]], str], estimate: str = "estimate"
) -> str:
    """A figure in words, or one of the three reasons why there is none."""
    return said(row) if pd.notna(row[estimate]) else reason(row.get("note"))


def condition_file(name: str) -> str:
    """The page of a condition.

    Examples
    --------
    >>> condition_file("jaw_pain")
    'condition_jaw_pain.html'
    """
    return f"condition_{name.replace('+', '-')}.html"


def condition_region(name: str) -> str:
    """Where on the body a condition is; of conditions shown together from several places, “several”."""
    return condition(name).region if is_condition(name) else "other"


def first_screen(tables: Tables) -> tuple[str, list[tuple[str, str]]]:
    """What the records are, and the answers of the first screen by topic.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    tuple of str and list of tuple
        The records in a sentence or two; topic and answer, in the order of reading.
    """
    overall, flow = tables.read(OVERALL), tables.read(FLOW)
    everyone, claims = tables.read(SORENESS), tables.read(CLAIMS)
    said = []
    if len(overall):
        said += [(tables.labels[time].capitalize(), pain_words(overall, time)) for time in ("post", "48h")]
    if len(everyone):
        said.append(("Soreness", soreness_words(everyone)))
    if len(claims):
        said += [("Unwanted effects", unwanted_words(claims)), ("Our website", claims_words(claims))]
    records = records_words(flow, overall, tables.times) if len(flow) and len(overall) else ""
    return records, said
