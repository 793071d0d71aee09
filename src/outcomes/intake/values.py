"""What a cell means in its column: a value as the record writes it, rewritten where people write it otherwise.

Comes in: a column of the record and a text. Goes out: nothing where the text is the value already; else a
:class:`Reading`: the value, or that nothing was recorded, or that the text is unclear. Nothing unclear is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from outcomes.intake.durations import WEEKS, Duration, duration_of
from outcomes.intake.quantity import Quantity, plain_text, quantity
from outcomes.intake.vocabulary import Named, code_of, muscle_of
from outcomes.record.columns import COLUMNS, MOVEMENT_COLUMNS, Column
from outcomes.record.measures import MOVEMENTS, PRESSURES, movement
from outcomes.record.reference import read_reference

__all__ = ["Choices", "Reading", "missing_code", "read_value"]

_NINES = re.compile(r"^-?(9|88|77|66|98|97|99|888|777|998|999|8888|9999|99999)(?:\.0+)?$")


@cache
def words_for(meaning: str) -> frozenset[str]:
    """Words of ``reference/value_words.csv`` with one meaning."""
    return frozenset(row["words"] for row in read_reference("value_words") if row["means"] == meaning)


@dataclass(frozen=True)
class Choices:
    """How to take what can be taken in more ways than one.

    Attributes
    ----------
    ranges : {"middle", "missing"}
        5-6 is kept as 5.5 and flagged, or is missing.
    bounds : {"missing", "bound"}
        >10 is missing, or is kept as 10 and flagged.
    unit : str
        What a number without a unit means: of a score "points", "mm" or "percent"; of a time "hours", "days" or
        "minutes", blank where that is not known.
    movement : str or None
        The movement measured, where it is known.
    """

    ranges: Literal["middle", "missing"] = "middle"
    bounds: Literal["missing", "bound"] = "missing"
    unit: str | None = None
    movement: str | None = None

    @property
    def time_unit(self) -> str:
        """What a number of time is in."""
        return "hours" if self.unit is None else self.unit


@dataclass(frozen=True)
class Reading:
    """What a text was taken for.

    Attributes
    ----------
    values : mapping of str to str
        Columns and their values; empty where nothing is.
    how : str
        What was done, in words.
    kind : {"rewritten", "flagged", "not recorded", "unclear"}
        Flagged is kept, and doubted; unclear is missing, and listed.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    how: str = ""
    kind: Literal["rewritten", "flagged", "not recorded", "unclear"] = "rewritten"


UNCLEAR = Reading(kind="unclear", how="not clear what it means")


def missing_code(text: str, high: float | None) -> bool | None:
    """Whether a number is a code for "not recorded": surely, doubtfully (None), or not.

    Examples
    --------
    >>> missing_code("-99", 10), missing_code("99", 10), missing_code("9", 10)
    (True, None, False)
    """
    if not _NINES.match(text.strip()):
        return False
    number = float(text)
    if number < 0:
        return True
    return None if high is not None and number > high else False


def read_value(c: Column, text: str, choices: Choices) -> Reading | None:
    """What a text means in a column of the record; None where it is the value already, or left for the checks.

    Examples
    --------
    >>> from outcomes.record.columns import column
    >>> read_value(column("pain_pre"), "7/10", Choices())
    Reading(values={'pain_pre': '7'}, how='a number on a scale to 10', kind='rewritten')
    >>> read_value(column("twitch_count"), "several", Choices()).kind
    'unclear'
    """
    plain = plain_text(text)
    coded = c.kind in ("category", "tags")
    known = coded and code_of(c, text) is not None  # "no answer" is a status, "unknown" a sex
    if plain in words_for("not recorded") and not known:
        return Reading(kind="not recorded", how=f"a word for not recorded: {plain}")
    high = 100.0 if c.high == 10 and choices.unit in ("mm", "percent") else c.high
    if c.kind in ("number", "integer") and (code := missing_code(plain, high)) is not False:
        doubt = "" if code else f", taken so because the scale ends at {high:g}"
        return Reading(
            kind="not recorded" if code else "unclear", how=f"a code for not recorded: {plain}{doubt}"
        )
    reader = _READERS.get(c.name) or _BY_KIND.get(c.kind)
    return reader(c, text, choices) if reader else None


# --- numbers ------------------------------------------------------------------------------------------------------


def _written(number: float) -> str:
    return f"{number:.10g}"


def _as_is(text: str) -> bool:
    """Whether a text is a plain number already, which the checks may judge."""
    return re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", text.strip()) is not None


def _number(
    c: Column, text: str, choices: Choices, *, units: Mapping[str, float], words: frozenset[str]
) -> Reading | None:
    """A number that may carry units (each with its factor) and words."""
    if _as_is(text):
        return None
    found = quantity(text)
    if found is None or not set(re.findall(r"[^\s,;:()/-]+", found.words)) <= words:
        return UNCLEAR
    factor = units.get(f"/{found.out_of}" if found.out_of else found.unit)
    return UNCLEAR if factor is None else _taken(c, found, factor, choices)


def _taken(c: Column, found: Quantity, factor: float, choices: Choices) -> Reading:
    """The value of a quantity whose unit is settled, by the clinic's choices."""
    low, high = found.low * factor, found.high * factor
    if (c.high is not None and high > c.high) or low < (c.low or 0):
        return Reading(kind="unclear", how=f"beyond {c.allowed}")
    if found.bound:
        if choices.bounds == "missing":
            return Reading(kind="unclear", how="a bound, not a number")
        return Reading({c.name: _written(low)}, "a bound, kept as its number", "flagged")
    if low != high:
        if choices.ranges == "missing":
            return Reading(kind="unclear", how="a range, not a number")
        if c.kind == "integer":
            return Reading(kind="unclear", how="a range of counts")
        return Reading({c.name: _written((low + high) / 2)}, "the middle of a range", "flagged")
    if c.kind == "integer" and low != int(low):
        return UNCLEAR
    if found.about:
        return Reading({c.name: _written(low)}, "about that number", "flagged")
    return Reading({c.name: _written(low)}, _how(found, factor))


def _how(found: Quantity, factor: float) -> str:
    if found.out_of:
        return f"a number on a scale to {found.out_of}"
    if found.unit:
        return f"a number in {found.unit}" if factor != 1 else "a number with its unit"
    if found.words:
        return "a number beside words"
    return "a decimal comma" if found.comma else "a number in words"


_POINTS = {
    **dict.fromkeys(("", "points", "point", "pts", "pt", "/10", "cm", "unknown"), 1.0),
    **dict.fromkeys(("mm", "%", "percent", "/100"), 0.1),
}


def _score(c: Column, text: str, choices: Choices) -> Reading | None:
    if plain_text(text) in words_for("no pain"):
        return Reading({c.name: "0"}, "words for none")
    own = choices.unit or ""
    units = {name: points / _POINTS[own] for name, points in _POINTS.items()} | {"": 1.0}
    scale = replace(c, high=10 / _POINTS[own])
    return _number(scale, text, choices, units=units, words=words_for("beside a score"))


def _count(c: Column, text: str, choices: Choices) -> Reading | None:
    if re.fullmatch(r"\d{1,3}(,\d{3})+", text.strip()):
        return Reading({c.name: text.strip().replace(",", "")}, "a separator of thousands")
    plain = plain_text(text)
    if plain in ("none", "no"):
        return Reading({c.name: "0"}, "a word for none", "flagged")
    if plain in words_for("no count"):
        return Reading({c.name: "0"}, "a word for none")
    units = dict.fromkeys(
        ("", "x", "times", "twitches", "ltr", "ltrs", "needle", "needles", "insertion", "insertions"), 1.0
    )
    return _number(c, text, choices, units=units, words=words_for("beside a count"))


_LENGTHS = {"mm": 1.0, "cm": 10.0, "in": 25.4, "inch": 25.4, "inches": 25.4, '"': 25.4}
_DEGREES = ("deg", "degs", "degree", "degrees", "°", "º")


def _motion(c: Column, text: str, choices: Choices) -> Reading | None:
    """A range of motion; its unit must be that of the movement measured, where that is known."""
    unit = movement(choices.movement).unit if choices.movement in MOVEMENTS else ""
    units = {"": 1.0}
    if unit in ("", "degree"):
        units |= dict.fromkeys(_DEGREES, 1.0)
    if unit in ("mm", "cm"):
        units |= {name: mm / (10.0 if unit == "cm" else 1.0) for name, mm in _LENGTHS.items()}
    elif not unit:
        units |= {"mm": 1.0, "cm": 1.0}
    return _number(c, text, choices, units=units, words=words_for("beside a range of motion"))


_KILOPASCALS = {name.casefold(): kilopascals for name, kilopascals in PRESSURES.items()}


def _pressure(c: Column, text: str, choices: Choices) -> Reading | None:
    """A pressure: what is written with its unit becomes what the column's numbers are in."""
    own = _KILOPASCALS[(choices.unit or "kPa").casefold()]
    units = {name: kilopascals / own for name, kilopascals in _KILOPASCALS.items()} | {"": 1.0}
    plain = re.sub(r"kgf?\s*/\s*cm", "kg/cm", text.casefold().replace("²", "2").replace("^2", "2"))
    scale = replace(c, high=None if c.high is None else c.high / own)
    return _number(scale, plain, choices, units=units, words=frozenset())


# --- hours --------------------------------------------------------------------------------------------------------


def _hours(c: Column, text: str, choices: Choices) -> Reading | None:
    """Hours from session to follow-up, or until free of soreness: a duration that is one number."""
    if _as_is(text) and choices.time_unit == "hours":
        return None
    found = duration_of(text, choices.time_unit)
    if found is None or found.bound or found.words or found.low_h != found.high_h:
        return UNCLEAR
    return Reading(
        {c.name: _written(found.low_h)}, f"a time in {found.unit}", "flagged" if found.about else "rewritten"
    )


def _soreness(c: Column, text: str, choices: Choices) -> Reading | None:
    """How long the soreness lasted: a time, an interval, never, or still sore."""
    plain = plain_text(text)
    if plain in words_for("never sore"):
        return Reading({c.name: "0"}, "words for never sore")
    if _as_is(text) and (choices.time_unit == "hours" or float(text) == 0):
        return None
    found = duration_of(text, choices.time_unit)
    still = re.search(r"\bstill\b|\bongoing\b|\bnot (?:yet )?gone\b", plain) is not None
    if found is None:
        alone = still and not re.search(r"\d", plain)
        return Reading({"soreness_ongoing": "true"}, "still sore when asked") if alone else UNCLEAR
    gone = found.words in words_for("free of soreness by")
    if found.words and not (still or gone):
        return UNCLEAR
    return _soreness_of(c, found, still=still, gone=gone)


def _soreness_of(c: Column, found: Duration, *, still: bool, gone: bool) -> Reading:
    low, high = _written(found.low_h), _written(found.high_h)
    if still or found.bound == "more":
        return Reading({c.name: low, "soreness_ongoing": "true"}, "still sore at that time (it ended later)")
    if found.bound == "less" or gone:
        return Reading({"soreness_free_h": high}, "free of soreness by that time")
    if found.about:
        half = found.step_h / 2
        least, most = _written(max(found.low_h - half, 0)), _written(found.high_h + half)
        return Reading({c.name: least, "soreness_free_h": most}, "an interval around a rounded time")
    if low != high:
        return Reading({c.name: low, "soreness_free_h": high}, "an interval: sore until, free by")
    return Reading({c.name: low}, f"a time in {found.unit}")


# --- codes --------------------------------------------------------------------------------------------------------


def _flag(c: Column, text: str, _: Choices) -> Reading | None:
    plain = plain_text(text)
    if plain in ("true", "false", "yes", "no", "y", "n", "1", "0"):
        return None
    head = plain.split(",")[0]
    for word in (plain, head):
        if word in words_for("yes") | words_for("no"):
            return Reading({c.name: "true" if word in words_for("yes") else "false"}, "a word for yes or no")
    return UNCLEAR


def _code(c: Column, text: str, _: Choices) -> Reading | None:
    found = code_of(c, text)
    if found is None:
        return UNCLEAR
    if not found.how:
        return None
    return _named(c, found)


def _event(c: Column, text: str, choices: Choices) -> Reading | None:
    """What went wrong: by its name, else by the one event that its words name; of several, other."""
    reading = _code(c, text, choices)
    words = re.findall(r"[a-z]+", plain_text(text))
    if reading is not UNCLEAR or set(words) & {"no", "not", "without", "denies", "denied"}:
        return reading
    named = sorted({found.code for word in words if (found := code_of(c, word))} - {"none"})
    if len(named) > 1:
        return Reading({c.name: "other"}, "several events in one cell", "flagged")
    return Reading({c.name: named[0]}, "the event that its words name", "flagged") if named else UNCLEAR


def _lasting(c: Column, text: str, choices: Choices) -> Reading | None:
    """How long a complaint has lasted: a band, or a time that lies in one."""
    reading, found = _code(c, text, choices), quantity(text)
    if reading is not UNCLEAR or found is None or found.words or found.unit not in WEEKS:
        return reading
    low, high = (end * WEEKS[found.unit] for end in (found.low, found.high))
    first = _band_of(0.0 if found.bound == "less" else low + 1e-6 * (found.bound == "more"))
    last = _band_of(float("inf") if found.bound == "more" else high - 1e-6 * (found.bound == "less"))
    return Reading({c.name: first}, "a time in one of the bands") if first == last else UNCLEAR


def _band_of(weeks: float) -> str:
    if weeks < 6:
        return "under_6_weeks"
    ends = {"6_to_12_weeks": 12.0, "3_to_12_months": WEEKS["year"]}
    return next((name for name, end in ends.items() if weeks <= end + 1e-9), "over_a_year")


def _times_before(c: Column, text: str, choices: Choices) -> Reading | None:
    """How often somebody was needled before: never, a band, or a number of times."""
    reading = _code(c, text, choices)
    plain = re.sub(r"\b(?:sessions?|visits?|before)\b", "", plain_text(text))
    found = quantity({"once": "1", "twice": "2"}.get(plain.strip(), plain))
    if reading is not UNCLEAR or found is None or found.words or found.unit not in ("", "x", "times"):
        return reading
    most = float("inf") if found.bound == "more" else found.high
    least = 0.0 if found.bound == "less" else found.low
    bands = {"never": (0, 0), "1_to_3": (1, 3), "4_or_more": (4, float("inf"))}
    held = [name for name, (low, high) in bands.items() if low <= least and most <= high]
    return Reading({c.name: held[0]}, "a number of times") if held else UNCLEAR


def _named(c: Column, found: Named) -> Reading:
    sides = {"side": found.side} if found.side and c.name == "condition" else {}
    return Reading({c.name: found.code, **sides}, f"recognized by {found.how}")


def _tags(c: Column, text: str, _: Choices) -> Reading | None:
    parts = [part for part in re.split(r"\s*(?:[;,|+&\n/]|\band\b)\s*", text.strip(" ;,")) if part.strip()]
    named = [_tag(c, part) for part in parts]
    codes = list(dict.fromkeys(code for code in named if code))
    if not codes:
        return UNCLEAR
    joined = ";".join(codes)
    if joined == text.strip():
        return None
    if None in named:
        return Reading({c.name: joined}, "of several names, those that are known", "flagged")
    return Reading({c.name: joined}, "names as codes")


def _tag(c: Column, part: str) -> str | None:
    """The code of one name; where the list is open, a word spelled like a code stands for itself."""
    found = muscle_of(part) if c.name == "muscles" else code_of(c, part)
    if found is None and not c.values and re.fullmatch(r"[a-z]{3,}(?:_[a-z]+)*", part):
        return part
    return found.code if found else None


_Reader = Callable[[Column, str, Choices], Reading | None]
_READERS: dict[str, _Reader] = {
    "soreness_h": _soreness,
    "soreness_free_h": _hours,
    "followup_h": _hours,
    "rom_pre": _motion,
    "rom_post": _motion,
    "rom_48h": _motion,
    "activity_limited_h": _hours,
    "adverse_event": _event,
    "chronicity": _lasting,
    "needled_before": _times_before,
    **dict.fromkeys(("needle_count", "insertion_count", "twitch_count", "trigger_points"), _count),
    **dict.fromkeys(("ppt_pre", "ppt_post", "ppt_48h"), _pressure),
    **{c.name: _score for c in COLUMNS if c.kind == "number" and c.high == 10},
    **{c.name: _motion for c in MOVEMENT_COLUMNS},
}
_BY_KIND: dict[str, _Reader] = {"category": _code, "flag": _flag, "tags": _tags}
