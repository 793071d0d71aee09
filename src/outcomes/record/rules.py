"""The rules a session record must keep: those of single columns, then those across columns.

A rule is a Narwhals expression that is true where a row *breaks* it, so that one rule serves pandas, DuckDB
and any other engine, with what is allowed, how grave a breach is and what to do next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Literal

import narwhals as nw

from outcomes.record.columns import COLUMNS, MOVEMENT_COLUMNS, Column
from outcomes.record.measures import MOVEMENTS, QUESTIONNAIRES, movement, questionnaire
from outcomes.record.outcomes import Followup, outside

__all__ = ["Rule", "rules"]

CODE = r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,39}"


@dataclass(frozen=True)
class Rule:
    """One rule a session must keep.

    Attributes
    ----------
    name : str
        Short and stable, for reports and tests.
    columns : tuple of str
        Columns it reads; the first is the one blamed. It is skipped where one is not there.
    says : str
        What is allowed, in words.
    remedy : str
        What to do next.
    severity : str
        ``error`` (the records are refused) or ``warning`` (implausible, but possible).
    broken : callable
        Gives the Narwhals expression that is true where a row breaks the rule.
    blank_counts : bool
        Whether a blank in the first column can break the rule; otherwise blanks always keep it.
    """

    name: str
    columns: tuple[str, ...]
    says: str
    remedy: str
    severity: Literal["error", "warning"]
    broken: Callable[[], nw.Expr]
    blank_counts: bool = False

    def breaks(self) -> nw.Expr:
        """True where a row breaks the rule, false elsewhere, never missing."""
        broken = self.broken()
        if not self.blank_counts:
            broken = broken & ~nw.col(self.columns[0]).is_null()
        return broken.fill_null(False)


def _range_rule(c: Column) -> Rule:
    def broken() -> nw.Expr:
        value = nw.col(c.name)
        outside = ~value.is_finite()
        if c.low is not None:
            outside = outside | (value <= c.low if c.above else value < c.low)
        return outside | (value > c.high) if c.high is not None else outside

    remedy = "correct the value, or leave the cell blank if it is not known"
    return Rule("range", (c.name,), f"allowed {c.allowed}", remedy, "error", broken)


def _whole_rule(c: Column) -> Rule:
    def broken() -> nw.Expr:
        value = nw.col(c.name)
        return value != value.round(0)

    return Rule("whole number", (c.name,), "a whole number", "correct the value", "error", broken)


def _needed_rule(c: Column) -> Rule:
    return Rule(
        "needed",
        (c.name,),
        "must not be blank",
        f"fill in {c.name} in every row, or leave the row out",
        "error",
        lambda: nw.col(c.name).is_null(),
        blank_counts=True,
    )


def _values_rule(c: Column) -> Rule:
    remedy = f"use one of the codes, or recode in the mapping under [values.{c.name}]"
    return Rule(
        "code",
        (c.name,),
        f"allowed {c.allowed}",
        remedy,
        "error",
        lambda: ~nw.col(c.name).is_in([*c.values, *c.also]),
    )


def _tag_rule(c: Column) -> Rule:
    return Rule(
        "tag",
        (c.name,),
        f"allowed {c.allowed}, 40 characters at most",
        "shorten it to a code such as desk_work; free text does not belong in the record",
        "error",
        lambda: ~nw.col(c.name).str.contains(f"^{CODE}$"),
    )


def _tags_rule(c: Column) -> Rule:
    one = "(?:" + "|".join(c.values) + ")" if c.values else CODE
    pattern = f"^{one}(?:;{one})*$"
    return Rule(
        "tags",
        (c.name,),
        f"allowed {c.allowed}" if c.values else "codes with ; between, 40 characters each at most",
        "use the codes with ; between, or recode in the mapping",
        "error",
        lambda: ~nw.col(c.name).str.contains(pattern),
    )


def _unique_rule(c: Column) -> Rule:
    return Rule(
        "unique",
        (c.name,),
        "a different value in every row",
        "give every session its own id, or remove the duplicated rows",
        "error",
        lambda: nw.col(c.name).is_duplicated(),
    )


def _beyond(name: str, most: dict[str, float]) -> nw.Expr:
    """True where a range exceeds the most its movement may reach."""
    return _breaks_own("rom_movement", most, lambda limit: nw.col(name) > limit)


def _breaks_own(by: str, limits: dict[str, float], breaks: Callable[[float], nw.Expr]) -> nw.Expr:
    """True where a row breaks the limit of its code: in comparisons, which every engine has (PostgreSQL 15 no maps)."""
    codes = {limit: [code for code, own in limits.items() if own == limit] for limit in limits.values()}
    return reduce(or_, (nw.col(by).is_in(some) & breaks(limit) for limit, some in codes.items()))


def _rom_rules(name: str) -> Iterator[Rule]:
    yield Rule(
        "movement cap",
        (name, "rom_movement"),
        "no more than the greatest range of that movement",
        "check the movement and its unit (degree, mm or cm)",
        "error",
        lambda: _beyond(name, {m: movement(m).most for m in MOVEMENTS}),
    )
    yield Rule(
        "beyond normal range",
        (name, "rom_movement"),
        "at most 1.3 times the normal range of that movement",
        "check the reading, the movement and its unit",
        "warning",
        lambda: _beyond(name, {m: 1.3 * movement(m).normal for m in MOVEMENTS}),
    )


def _column_rules(c: Column) -> Iterator[Rule]:
    if c.needed:
        yield _needed_rule(c)
    if c.kind in ("number", "integer"):
        yield _range_rule(c)
    if c.kind == "integer":
        yield _whole_rule(c)
    if c.kind == "category":
        yield _values_rule(c)
    if c.kind == "tag":
        yield _tag_rule(c)
    if c.kind == "tags":
        yield _tags_rule(c)
    if c.unique:
        yield _unique_rule(c)


def _soreness_rules() -> Iterator[Rule]:
    yield Rule(
        "free after sore",
        ("soreness_free_h", "soreness_h"),
        "soreness_free_h after soreness_h",
        "swap or correct the two times; where the end is known exactly leave soreness_free_h blank",
        "error",
        lambda: nw.col("soreness_free_h") <= nw.col("soreness_h"),
    )
    yield Rule(
        "ongoing or free",
        ("soreness_free_h", "soreness_ongoing"),
        "blank while soreness_ongoing is true",
        "still sore when last asked leaves no time by which it was gone: keep one of the two",
        "error",
        lambda: nw.col("soreness_ongoing") & ~nw.col("soreness_free_h").is_null(),
    )
    yield Rule(
        "ongoing since when",
        ("soreness_ongoing", "soreness_h"),
        "soreness_h filled in where soreness_ongoing is true",
        "enter in soreness_h how many hours after the session the patient was last asked",
        "error",
        lambda: nw.col("soreness_ongoing") & nw.col("soreness_h").is_null(),
    )


def _movement_rules() -> Iterator[Rule]:
    for time in ("pre", "post", "48h"):
        yield from _rom_rules(f"rom_{time}")
    yield Rule(
        "movement missing",
        ("rom_movement", "rom_pre"),
        "filled in where a range of motion was recorded",
        "enter the movement, or the range cannot be read (its unit follows from the movement)",
        "warning",
        lambda: nw.col("rom_movement").is_null() & ~nw.col("rom_pre").is_null(),
        blank_counts=True,
    )


def _own_movement_rules(c: Column) -> Iterator[Rule]:
    """The readings of one movement, in columns of its own: no more than its cap, rarely beyond its normal range."""
    normal = movement(c.name.removeprefix("rom_").rpartition("_")[0]).normal
    yield _range_rule(c)
    yield Rule(
        "beyond its normal range",
        (c.name,),
        "at most 1.3 times the normal range of that movement",
        "check the reading, the movement and its unit",
        "warning",
        lambda: nw.col(c.name) > 1.3 * normal,
    )


def _score_outside() -> nw.Expr:
    score, known = nw.col("prom_score"), {name: questionnaire(name) for name in QUESTIONNAIRES}
    low = _breaks_own("prom", {name: one.low for name, one in known.items()}, lambda limit: score < limit)
    return low | _breaks_own(
        "prom", {name: one.high for name, one in known.items()}, lambda limit: score > limit
    )


def _questionnaire_rules() -> Iterator[Rule]:
    yield Rule(
        "range of the questionnaire",
        ("prom_score", "prom"),
        "within the range of that questionnaire",
        "check the score and the questionnaire (NDI and ODI are entered in percent)",
        "error",
        _score_outside,
    )
    yield Rule(
        "questionnaire missing",
        ("prom", "prom_score"),
        "filled in where a score was recorded",
        "enter which questionnaire the score is of, or it cannot be used",
        "warning",
        lambda: nw.col("prom").is_null() & ~nw.col("prom_score").is_null(),
        blank_counts=True,
    )


def _low_pressure(name: str) -> Rule:
    return Rule(
        "low pressure",
        (name,),
        "at least 20 kPa",
        f'was this kg/cm2 or N/cm2? then set {name} = "kg/cm2" under [units] in the mapping',
        "warning",
        lambda: nw.col(name) < 20,
    )


def _optional_rules() -> Iterator[Rule]:
    """Rules across the columns that came later; none refuses a record."""
    yield from (_low_pressure(f"ppt_{time}") for time in ("pre", "post", "48h"))
    yield Rule(
        "twitch counted, none seen",
        ("twitch_seen", "twitch_count"),
        "seen or felt_only where twitches were counted",
        "correct twitch_seen or twitch_count",
        "warning",
        lambda: nw.col("twitch_seen").is_in(["none"]) & (nw.col("twitch_count") > 0),
    )
    yield Rule(
        "hours without limit",
        ("activity_limited_h", "activity_limited"),
        "0 or blank where activity was not limited",
        "correct activity_limited, or remove the hours",
        "warning",
        lambda: (nw.col("activity_limited_h") > 0) & nw.col("activity_limited").is_in(["none"]),
    )
    yield Rule(
        "different raters",
        ("same_rater",),
        "the same person measuring before and after",
        "nothing to correct if true; the range is set apart, for two people differ by more than one",
        "warning",
        lambda: ~nw.col("same_rater"),
    )


def _followup_rules(window: Followup) -> Iterator[Rule]:
    yield Rule(
        "follow-up window",
        ("followup_h", "pain_48h"),
        f"{window.least_h:g}–{window.most_h:g} hours after the session for a 2-day outcome",
        "nothing to correct if true; the reading does not count as a 2-day outcome",
        "warning",
        lambda: outside(nw.col("followup_h"), window) & ~nw.col("pain_48h").is_null(),
    )
    yield Rule(
        "twitches without insertions",
        ("twitch_count", "insertion_count"),
        "no twitches where there were no insertions",
        "check both counts",
        "warning",
        lambda: (nw.col("twitch_count") > 0) & (nw.col("insertion_count") == 0),
    )
    yield Rule(
        "sore after last asked",
        ("soreness_h", "followup_h"),
        "no longer than the time at which the patient was last asked",
        "if the patient was still sore when asked, set soreness_ongoing to true",
        "warning",
        lambda: nw.col("soreness_h") > nw.col("followup_h"),
    )
    yield Rule(
        "reading without reach",
        ("pain_48h", "followup_status"),
        "blank where the patient was not reached",
        "correct followup_status, or remove the reading",
        "warning",
        lambda: (
            ~nw.col("pain_48h").is_null()
            & nw.col("followup_status").is_in(["no_answer", "declined", "not_attempted"])
        ),
    )


def _patient_rules() -> Iterator[Rule]:
    """Rules across the sessions of a patient."""
    yield Rule(
        "one sex",
        ("sex", "patient_id"),
        "the same in every session of a patient",
        "correct the record, or give the two people different patient_ids",
        "warning",
        lambda: nw.col("sex").min().over("patient_id") != nw.col("sex").max().over("patient_id"),
    )
    yield Rule(
        "days run forward",
        ("day", "patient_id", "condition", "session_number"),
        "not before the day of the patient's earlier session",
        "check day and session_number",
        "warning",
        lambda: (
            nw.col("day") < nw.col("day").shift(1).over("patient_id", "condition", order_by="session_number")
        ),
    )
    yield Rule(
        "session twice",
        ("session_id", "patient_id", "condition", "session_number"),
        "one session of a patient and condition under each session_number",
        "if the same session was entered twice, remove one; else correct session_number",
        "warning",
        lambda: nw.col("session_id").count().over("patient_id", "condition", "session_number") > 1,
    )


def rules() -> tuple[Rule, ...]:
    """Every rule a session must keep, those of single columns first; the follow-up window is the plan's."""
    return _rules(Followup())


@cache
def _rules(window: Followup) -> tuple[Rule, ...]:
    return (
        *(rule for c in COLUMNS for rule in _column_rules(c)),
        *(rule for c in MOVEMENT_COLUMNS for rule in _own_movement_rules(c)),
        *_soreness_rules(),
        *_movement_rules(),
        *_questionnaire_rules(),
        *_optional_rules(),
        *_followup_rules(window),
        *_patient_rules(),
    )
