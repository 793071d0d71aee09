"""A column mapping: how an EMR, spreadsheet, REDCap or trial file becomes session records.

Comes in: a TOML file and a raw table. Goes out: a table of text with the session record's columns. Refuses keys it
does not know, and columns the file does not have. Everything is optional; steps run in this order::

    title = "What the data are"            # shown on the pages
    citation = "Who published them"
    sheet = "Sheet1"                       # of a workbook
    layout = "qualtrics"                   # the tool that wrote it, where it has rows of its own
    headings = ["Date", "Pain before"]     # those of the file it was made for, to say what changed since
    missing = ["NA", "-"]                  # cells that mean "not recorded", besides blank ones

    [times]                                # what the readings are called in every title
    pre = "before treatment"
    48h = "after treatment"

    [[rows]]                               # keep the rows where ...
    column = "is_patient"
    is = ["1"]                             # or: not = [...], present = true; why = "what the others are"

    [spread]                               # what is recorded once per patient, to every row of the patient
    within = ["id"]
    columns = ["sex", "age"]

    [merge]                                # the rows that share these columns are one session
    row = ["id", "visit"]
    differ = ["form"]                      # columns whose values may differ between them

    [redcap]                               # a REDCap export with rows per form, event and instance
    record = "record_id"
    session = ["condition", "pain_pre"]    # fields of a session; followup = [...]; others are the patient's

    [long_to_wide]                         # one row per visit (or per measurement) to one row per session
    row = ["id"]                           # the columns that name a session
    by = "time"                            # the column (or columns) that tells the visits apart
    visits = { 1 = "pre", 2 = "48h" }      # its values, and the ending each gives its columns
    columns = ["pain"]                     # become pain_pre, pain_48h; of other columns the first value stays
    # or, with one row per measurement: value = "value", visits = { "Pain before" = "pain_pre" }

    [wide_to_long]                         # one row per patient to one row per session
    columns = ["pre", "post"]              # found with each ending
    endings = { _1 = 1, _2 = 2 }           # ending = session_number

    [columns]                              # ours = theirs
    patient_id = "id"

    [optional]                             # as [columns], where the file has them
    clinician_id = "therapist"

    [boxes.co_interventions]               # a column of ticks per code: theirs = ours
    heat_given = "heat"

    [ids]                                  # made of several columns, "-" between; "#row" is the row's number
    session_id = ["id", "visit"]

    [values]
    rewrite = true                         # read 7/10, 6,5, 45 deg, 2 days, UT, M54.2 ...; every rewriting is counted
    ranges = "middle"                      # 5-6 is kept as 5.5 and flagged; or "missing"
    bounds = "missing"                     # >10 is missing; or "bound": kept as 10 and flagged

    [values.sex]                           # recode first: theirs = ours ("" is missing)
    1 = "female"

    [units]                                # mm or percent (to 0-10); days or minutes (to hours); inch (to cm);
                                           # kg/cm2 or N/cm2 (pressure, to kPa); or,
                                           # of hours, "unknown": then only times written with a unit are read
    pain_pre = "mm"

    [bands]                                # an age in years to its ten-year band
    age_band = "age"

    [dates]                                # to days, hours, bands; no date goes into a record
    session = "Visit date"                 # followup = "Call date", birth = "DOB", day_first = true

    [soreness]                             # repeated readings to soreness_h, _free_h, _ongoing, _peak
    readings = { "0.5" = "pain_30min", 4 = "pain_4h" }   # hours = column

    [numbering]                            # session_number counted within patient and condition, in the order of
    order = "visit_day"

    [constants]                            # the same in every row
    condition = "low_back_pain"

    [keep]                                 # columns beyond the session record: ours = theirs
    arm = "group"
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError, model_validator

from outcomes.errors import MappingError
from outcomes.intake.layouts import LAYOUTS, Layout
from outcomes.intake.sections import (
    Dates,
    Lists,
    LongToWide,
    Merge,
    Numbering,
    Redcap,
    Rows,
    Section,
    Soreness,
    Spread,
    Tables,
    Text,
    Texts,
    Values,
    WideToLong,
    Words,
)
from outcomes.record.columns import COLUMNS, KNOWN_NAMES
from outcomes.record.measures import PRESSURES

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FACTORS",
    "Mapping",
    "listed_mappings",
    "named_tool",
    "plain_word",
    "read_mapping",
    "shipped_mappings",
]

TIMES = ("days", "minutes", "hours")
SCORES = {c.name for c in COLUMNS if c.unit == "points"}
FACTORS = {
    "mm": 0.1,
    "percent": 0.1,
    "days": 24.0,
    "minutes": 1 / 60,
    "inch": 2.54,
    "cm": 1.0,
    "hours": 1.0,
    "points": 1.0,
    "unknown": 1.0,
    **PRESSURES,
}


class Mapping(Section):
    """A column mapping, read and checked. The fields are the sections of the TOML file."""

    title: Text = ""
    citation: Text = ""
    sheet: Text | None = Field(None, description="a text")
    layout: Text | None = Field(None, description="a text")
    headings: tuple[str, ...] = Field((), description="a list")
    missing: Words = ()
    times: Texts = Field(default_factory=dict)
    spread: Spread | None = None
    rows: tuple[Rows, ...] = Field((), description="a list")
    merge: Merge | None = None
    redcap: Redcap | None = None
    long_to_wide: LongToWide | None = None
    wide_to_long: WideToLong | None = None
    columns: Texts = Field(default_factory=dict)
    optional: Texts = Field(default_factory=dict)
    boxes: Tables = Field(default_factory=dict)
    ids: Lists = Field(default_factory=dict)
    values: Values = Values()
    units: Texts = Field(default_factory=dict)
    bands: Texts = Field(default_factory=dict)
    dates: Dates | None = None
    soreness: Soreness | None = None
    numbering: Numbering | None = None
    constants: Annotated[dict[str, Any], Field(description="a table")] = Field(default_factory=dict)
    keep: Texts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _refuse_strangers(self) -> Mapping:
        """Refuse columns and units that are not known, and hours that are no numbers."""
        ours = {key for section in _OURS for key in getattr(self, section)} | {*self.values.recode}
        if unknown := sorted(ours - set(KNOWN_NAMES) - set(self.keep)):
            raise ValueError(
                f"{unknown[0]!r} is not a column of the session record. To keep a column beyond the record, "
                f"name it under [keep]. The record has: {', '.join(c.name for c in COLUMNS)}."
            )
        if self.layout is not None and self.layout not in LAYOUTS:
            raise ValueError(f"layout is {self.layout!r}; known layouts: {', '.join(LAYOUTS)}.")
        for column, unit in self.units.items():
            if unit not in FACTORS:
                raise ValueError(f"units.{column} is {unit!r}; known units: {', '.join(FACTORS)}.")
            if (unit in PRESSURES) != column.startswith("ppt_") or (unit in TIMES and column in SCORES):
                raise ValueError(f"units.{column} is {unit!r}, which is no unit of it.")
        for hours in self.soreness.readings if self.soreness else ():
            if not hours.replace(".", "", 1).isdigit():
                raise ValueError(f'soreness.readings names hours ("0.5", 24), not {hours!r}.')
        return self

    def sources(self) -> set[str]:
        """Columns of the file that any section reads."""
        several = [*self.ids.values(), *(tuple(ticks) for ticks in self.boxes.values())]
        steps = [
            self.spread,
            self.merge,
            self.redcap,
            self.long_to_wide,
            self.dates,
            self.numbering,
            *self.rows,
        ]
        entries = (
            "within",
            "columns",
            "row",
            "differ",
            "by",
            "value",
            "order",
            "column",
            "record",
            "session",
        )
        named = [getattr(step, name, None) for step in steps for name in (*entries, "followup", "birth")]
        read = [self.columns, self.optional, self.bands, self.keep]
        read += [self.soreness.readings] if self.soreness else []
        used = [
            name for one in (*several, *named) for name in ((one,) if isinstance(one, str) else one or ())
        ]
        if long := self.wide_to_long:
            used += [f"{name}{ending}" for ending in long.endings for name in long.columns]
        return {*used, *(name for section in read for name in section.values())}

    def apply(self, raw: pd.DataFrame, *, file: str = "the file") -> pd.DataFrame:
        """Turn a raw table into session records.

        Parameters
        ----------
        raw : pandas.DataFrame
            Text as in the file, one row a row, positions from 0 as index.
        file : str
            What to call it in messages.

        Returns
        -------
        pandas.DataFrame
            Text columns named as in the session record (then those of ``keep``); the index still says which row
            of the file each session began on.

        Raises
        ------
        MappingError
            Where a column is not there or a unit is not known.
        """
        from outcomes.files.columns import unpacked_table
        from outcomes.intake.apply import applied

        return unpacked_table(applied(self, raw, file=file).frame)


_OURS = ("columns", "optional", "units", "constants", "bands", "ids", "boxes")


def shipped_mappings() -> dict[str, Path]:
    """Mappings that come with the package, by name.

    Examples
    --------
    >>> sorted(shipped_mappings())[:2]
    ['flowsheet', 'redcap']
    """
    folder = Path(str(files("outcomes").joinpath("mappings")))
    return {path.stem.replace("_", "-"): path for path in sorted(folder.glob("*.toml"))}


def listed_mappings() -> dict[str, str]:
    """What may be named as a mapping: those that come with the package, then the tools whose mapping is drafted.

    Examples
    --------
    >>> listed_mappings()["google-forms"]
    'Google Forms, whatever the questions: recognized without naming it too'
    """
    written = {
        name: path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        for name, path in shipped_mappings().items()
    }
    tools = {
        layout.name: f"{layout.called}, whatever the {_asked(layout)}: recognized without naming it too"
        for layout in LAYOUTS.values()
    }
    return {**tools, **written}


def _asked(layout: Layout) -> str:
    return "questions" if layout.unit == "answer" else "columns"


def named_tool(mapping: str | Path | None) -> str | None:
    """The tool that the name of a mapping stands for, whose mapping is drafted from the file; None for any other.

    Examples
    --------
    >>> named_tool("google-forms"), named_tool("redcap"), named_tool("clinic.toml")
    ('google-forms', None, None)
    """
    name = str(mapping)
    known = name in LAYOUTS and name not in shipped_mappings()
    return name if known and not Path(name).exists() else None


def read_mapping(path: str | Path) -> Mapping:
    """Read a mapping from a TOML file, or one that comes with the suite, by its name.

    Raises
    ------
    MappingError
        Where there is no such file, it is not TOML, or it holds something a mapping does not.
    """
    path = Path(path)
    if not path.exists() and str(path) in shipped_mappings():
        path = shipped_mappings()[str(path)]
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MappingError(
            f"There is no mapping {path}. Check the name, or draft one: outcomes map FILE. Mappings "
            "that come with the "
            f"suite: {', '.join(dict.fromkeys([*shipped_mappings(), *LAYOUTS]))}."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"{path.name} is not a TOML file that can be read: {error}.") from None
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        raise MappingError(f"{path.name}: {_said(error, data)}") from None


def plain_word(word: Any) -> str:
    """A word to compare by: 1, 1.0 and "1" are the same, and so are "Yes" and "yes"."""
    text = str(word).strip()
    try:
        number = float(text)
    except ValueError:
        return text.casefold()
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else str(number)


# --- what is wrong, in words --------------------------------------------------------------------------------------


def _said(error: ValidationError, data: dict[str, Any]) -> str:
    """The first fault: what was found, and what a mapping may hold there."""
    fault = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    place, kind = [str(part) for part in fault["loc"]], fault["type"]
    if not place:
        return str(fault["ctx"]["error"])
    section = place[0]
    if kind == "extra_forbidden" and len(place) == 1:
        return f"a mapping has no section {section!r}. It may have: {', '.join(Mapping.model_fields)}."
    if section == "rows" and isinstance(data[section], list):
        return f"[[rows]] takes column, and is, not or present; found {data[section]!r}."
    entries = _entries(section)
    if kind == "extra_forbidden":
        return f"[{section}] has no {place[1]!r}; it takes {', '.join(entries)}."
    if kind == "missing":
        return f"[{section}] needs {place[1]!r}: {entries[place[1]]}."
    if len(place) > 1 and place[1] in entries:
        return f"{section}.{place[1]} must be {entries[place[1]]}; found {data[section][place[1]]!r}."
    shape = _shape(Mapping, section)
    if isinstance(data[section], dict):
        return f"[{section}] must be {shape}; found {data[section]!r}."
    return f"{section!r} must be {shape}, not {data[section]!r}."


def _entries(section: str) -> dict[str, str]:
    """What a section takes, entry by entry; nothing for one whose entries may have any name."""
    kind = Mapping.model_fields[section].annotation
    for one in getattr(kind, "__args__", (kind,)):
        if isinstance(one, type) and issubclass(one, Section) and section != "rows":
            return {name: _shape(one, name) for name in one.model_fields}
    return {}


def _shape(model: type[Section], name: str) -> str:
    return model.model_fields[name].description or "a table"
