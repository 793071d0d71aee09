"""A mapping in the making: what is settled, what is doubted, and what has to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from outcomes.files.columns import Columns
from outcomes.intake.layouts import Layout
from outcomes.intake.mapping import Mapping
from outcomes.intake.matching import Matches

__all__ = ["Draft", "Entry", "Question"]


@dataclass(frozen=True)
class Entry:
    """What goes where into a mapping."""

    section: str
    name: str
    value: Any


@dataclass(frozen=True)
class Question:
    """What only the clinic knows.

    Attributes
    ----------
    asks : str
    answers : dict of str to Entry or None
        What may be answered, and what that puts into the mapping; None leaves it as it is.
    open : str
        What follows where it stays open.
    """

    asks: str
    answers: dict[str, Entry | None]
    open: str


@dataclass(frozen=True)
class Draft:
    """A mapping in the making.

    Attributes
    ----------
    file : str
    layout : Layout or None
    frame : Columns
        One row per session as far as can be worked out, under the file's own headings.
    sections : dict
        Of the mapping.
    matches : Matches
    flagged : dict of str to str
        Columns that look as if they identify people, and as what.
    doubts : tuple of str
    questions : tuple of Question
    """

    file: str
    layout: Layout | None
    frame: Columns
    sections: dict[str, Any]
    matches: Matches
    flagged: dict[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    @cached_property
    def mapping(self) -> Mapping:
        """The mapping, checked."""
        return Mapping.model_validate(self.sections)

    @property
    def called(self) -> str:
        """What the file is: ``Google Forms, 412 answers, one per session``."""
        rows = self.frame.rows
        tool = self.layout.called if self.layout else "A table"
        if "redcap" in self.sections or "long_to_wide" in self.sections:
            unit = "row per form" if "redcap" in self.sections else "row per measurement"
            return f"{tool}, one {unit}, {rows:,} session{'' if rows == 1 else 's'}"
        unit = self.layout.unit if self.layout and self.layout.name != "redcap" else "row"
        return f"{tool}, {rows:,} {unit}{'' if rows == 1 else 's'}, one per session"

    def answered(self, question: Question, answer: str) -> Draft:
        """The same with a question answered."""
        entry = question.answers[answer]
        left = tuple(other for other in self.questions if other is not question)
        if entry is None:
            return replace(self, questions=left)
        section = {**self.sections.get(entry.section, {}), entry.name: entry.value}
        return replace(self, sections={**self.sections, entry.section: section}, questions=left)
