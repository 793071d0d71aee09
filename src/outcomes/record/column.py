"""What a column of the session record is: its kind, its range or codes, its unit, its label, when it is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outcomes.record.conditions import CONDITIONS, TOGETHER, condition_label
from outcomes.record.measures import MOVEMENTS, QUESTIONNAIRES, movement, questionnaire

__all__ = ["ACTIVITIES", "AGE_BANDS", "WIDE_AGE_BANDS", "Column", "three_readings"]

Event = Literal["baseline", "session", "follow-up"]
Kind = Literal["id", "category", "tag", "tags", "number", "integer", "flag"]


def _age_bands(years: int, last: int) -> tuple[str, ...]:
    return (*(f"{low}-{low + years - 1}" for low in range(0, last, years)), f"{last}+")


AGE_BANDS = _age_bands(10, 90)
WIDE_AGE_BANDS = {20: _age_bands(20, 80), 30: _age_bands(30, 60)}
"""Wider bands that de-identification may put in place of the ten-year ones, by their width."""
ACTIVITIES = (
    "desk_work",
    "hairstylist",
    "weightlifter",
    "runner",
    "group_fitness",
    "manual_work",
    "healthcare_work",
    "caregiver",
    "driver",
    "student",
    "musician",
    "cyclist",
    "swimmer",
    "racket_sport",
    "team_sport",
    "dancer",
    "gardener",
    "retired",
    "other",
)
"""Suggested values of ``activity``; the list is open."""


@dataclass(frozen=True)
class Column:
    """One column of the session record.

    Attributes
    ----------
    kind : str
        ``id`` and ``tag`` are text (a tag is short and coded), ``category`` is one of ``values``, ``tags``
        several of them with ``;`` between; ``number``, ``integer`` and ``flag`` are what they say.
    low, high : float or None
        Least and greatest value allowed, both included unless ``above`` says that ``low`` is not.
    needed : bool
        Whether every record must have it.
    also : tuple of str
        Values accepted though no form offers them: age bands that de-identification has widened.
    """

    name: str
    kind: Kind
    meaning: str
    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False
    needed: bool = False
    values: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    unique: bool = False
    event: Event = "session"

    @property
    def allowed(self) -> str:
        """What the column may hold, in words."""
        if self.values:
            several = "any of (; between): " if self.kind == "tags" else "one of: "
            return several + ", ".join(self.values)
        if self.kind == "tags":
            return "short codes in letters, digits and underscores, ; between"
        if self.kind in ("number", "integer"):
            return ("a whole number " if self.kind == "integer" else "") + self._range()
        if self.kind == "flag":
            return "true or false"
        if self.kind == "tag":
            return "a short code in letters, digits and underscores"
        return "a pseudonym, different in every row" if self.unique else "a pseudonym"

    @property
    def offered(self) -> tuple[str, ...]:
        """Codes a form offers: those allowed, or, where the list is open, those suggested.

        Examples
        --------
        >>> Column("side", "category", "side needled", "Side", values=("left", "right")).offered
        ('left', 'right')
        """
        return ACTIVITIES if self.name == "activity" else self.values

    def label_of(self, code: str) -> str:
        """A code in words.

        Examples
        --------
        >>> Column("technique", "category", "needling technique", "Technique").label_of("deep_static")
        'Deep static'
        >>> Column("needled_before", "category", "", "", values=("never", "1_to_3")).label_of("never+1_to_3")
        'Never or 1 to 3'
        """
        several = code.split(TOGETHER)
        if len(several) > 1 and set(several) <= set(self.values):
            return " or ".join(part.replace("_", " ") for part in several).capitalize()
        if self.name == "condition" and code in CONDITIONS:
            return condition_label(code)
        if self.name == "rom_movement" and code in MOVEMENTS:
            return movement(code).label_with_unit
        if self.name == "prom" and code in QUESTIONNAIRES:
            return questionnaire(code).label
        return code.replace("_", " ").capitalize()

    def _range(self) -> str:
        low = "" if self.low is None else f"{self.low:g}"
        if self.high is not None:
            return f"{low}–{self.high:g}"
        return f"above {low}" if self.above else f"{low} or more"


def three_readings(
    stem: str, meaning: str, label: str, unit: str, high: float | None
) -> tuple[Column, Column, Column]:
    """A measure before needling, right after, and at the 2-day follow-up: from 0 up, at most ``high``."""
    return (
        Column(f"{stem}_pre", "number", f"{meaning} before needling", f"{label} before", unit, 0, high),
        Column(f"{stem}_post", "number", f"{meaning} right after", f"{label} right after", unit, 0, high),
        Column(
            f"{stem}_48h",
            "number",
            f"{meaning} at the 2-day follow-up",
            f"{label} at 2 days",
            unit,
            0,
            high,
            event="follow-up",
        ),
    )
