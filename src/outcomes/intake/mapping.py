"""A column mapping: how an EMR, spreadsheet, REDCap or trial file becomes session records.

Comes in: a TOML file and a raw table. Goes out: a table of text with the session record's columns. Refuses keys it
does not know, and columns the file does not have. Everything is optional; steps run in this order::

    title = "What the data are"            # shown on the pages
    citation = "Who published them"
    sheet = "Sheet1"                       # of a workbook
    missing = ["NA", "-"]                  # cells that mean "not recorded", besides blank ones

    [times]                                # what the readings are called in every title
    pre = "before treatment"
    48h = "after treatment"

    [[rows]]                               # keep the rows where ...
    column = "is_patient"
    is = ["1"]                             # or: not = [...], present = true

    [spread]                               # what is recorded once per patient, to every row of the patient
    within = ["id"]
    columns = ["sex", "age"]

    [merge]                                # the rows that share these columns are one session
    row = ["id", "visit"]
    differ = ["form"]                      # columns whose values may differ between them

    [long_to_wide]                         # one row per visit (or per measurement) to one row per session
    row = ["id"]                           # the columns that name a session
    by = "time"                            # the column that tells the visits apart
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

    [values.sex]                           # recode: theirs = ours
    1 = "female"

    [units]                                # mm or percent (to 0-10); days or minutes (to hours); inch (to cm)
    pain_pre = "mm"

    [bands]                                # an age in years to its ten-year band
    age_band = "age"

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import MappingError
from outcomes.intake.reshape import merge_rows, spread, ticked_codes
from outcomes.record.columns import COLUMN_NAMES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Mapping", "read_mapping"]

FACTORS = {
    "mm": 0.1,
    "percent": 0.1,
    "days": 24.0,
    "minutes": 1 / 60,
    "inch": 2.54,
    "cm": 1.0,
    "hours": 1.0,
    "points": 1.0,
}


@dataclass(frozen=True)
class Mapping:
    """A column mapping, read and checked. The fields are the sections of the TOML file."""

    title: str = ""
    citation: str = ""
    sheet: str | None = None
    missing: tuple[str, ...] = ()
    times: dict[str, str] = field(default_factory=dict)
    spread: dict[str, Any] = field(default_factory=dict)
    rows: tuple[dict[str, Any], ...] = ()
    merge: dict[str, Any] = field(default_factory=dict)
    long_to_wide: dict[str, Any] = field(default_factory=dict)
    wide_to_long: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    optional: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    bands: dict[str, str] = field(default_factory=dict)
    soreness: dict[str, Any] = field(default_factory=dict)
    numbering: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    keep: dict[str, str] = field(default_factory=dict)

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
        table = _Table(raw.astype("str"), file)
        table.blank(self.missing)
        if self.spread:
            table.frame = spread(table.frame, file=file, **self.spread)
        for condition in self.rows:
            table.keep_rows(condition)
        if self.merge:
            table.frame = merge_rows(table.frame, file=file, **self.merge)
        if self.long_to_wide:
            table.widen(**self.long_to_wide)
        if self.wide_to_long:
            table.lengthen(**self.wide_to_long)
        return _records(self, table)


def read_mapping(path: str | Path) -> Mapping:
    """Read a mapping from a TOML file.

    Raises
    ------
    MappingError
        Where there is no such file, it is not TOML, or it holds something a mapping does not.
    """
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MappingError(
            f"There is no mapping {path}. Check the name, or draft one: outcomes map FILE."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"{path.name} is not a TOML file that can be read: {error}.") from None
    return _checked(data, path.name)


def _checked(data: dict[str, Any], name: str) -> Mapping:
    kinds: dict[str, tuple[type, str]] = {
        **dict.fromkeys(("title", "citation", "sheet"), (str, "text")),
        **dict.fromkeys(("missing", "rows"), (list, "list")),
    }
    fields = Mapping.__dataclass_fields__
    for key, value in data.items():
        if key not in fields:
            raise MappingError(f"{name}: a mapping has no section {key!r}. It may have: {', '.join(fields)}.")
        kind, called = kinds.get(key, (dict, "table"))
        if not isinstance(value, kind):
            raise MappingError(f"{name}: {key!r} must be a {called}, not {value!r}.")
    for section, shape in _SHAPES.items():
        if section in data:
            _refuse_misshapen(name, section, data[section], shape)
    ours = {key for section in _OURS for key in data.get(section, {})}
    unknown = sorted(ours - set(COLUMN_NAMES) - set(data.get("keep", {})))
    if unknown:
        raise MappingError(
            f"{name}: {unknown[0]!r} is not a column of the session record. To keep a column beyond the record, "
            f"name it under [keep]. The record has: {', '.join(COLUMN_NAMES)}."
        )
    for column, unit in data.get("units", {}).items():
        if unit not in FACTORS:
            raise MappingError(f"{name}: units.{column} is {unit!r}; known units: {', '.join(FACTORS)}.")
    for hours in data.get("soreness", {}).get("readings", {}):
        if _plain(hours) == hours.casefold() and not hours.replace(".", "", 1).isdigit():
            raise MappingError(f'{name}: soreness.readings names hours ("0.5", 24), not {hours!r}.')
    sized: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
    }
    return Mapping(**sized)


_OURS = ("columns", "optional", "values", "units", "constants", "bands", "ids", "boxes")
_TEXTS, _LIST, _TEXT = "a table of texts", "a list of different column names", "a column name"
# What each section holds: one word for all its entries, or a word an entry ("!" where it must be there).
_SHAPES: dict[str, str | dict[str, str]] = {
    **dict.fromkeys(("times", "columns", "optional", "units", "bands", "keep"), _TEXTS),
    "ids": "a table of lists",
    "values": "a table of tables",
    "boxes": "a table of tables",
    "spread": {"within": f"{_LIST}!", "columns": f"{_LIST}!"},
    "merge": {"row": f"{_LIST}!", "differ": _LIST},
    "long_to_wide": {
        "row": f"{_LIST}!",
        "by": f"{_TEXT}!",
        "visits": f"{_TEXTS}!",
        "columns": _LIST,
        "value": _TEXT,
    },
    "wide_to_long": {"columns": f"{_LIST}!", "endings": "a table of numbers!", "number": _TEXT},
    "soreness": {"readings": f"{_TEXTS}!"},
    "numbering": {"order": f"{_TEXT}!"},
}


def _fits(value: Any, shape: str) -> bool:
    if shape == _TEXT:
        return isinstance(value, str)
    if shape == _LIST:
        names = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return names and 0 < len(value) == len(set(value))
    kind = {_TEXTS: str, "a table of lists": list, "a table of tables": dict, "a table of numbers": int}[
        shape
    ]
    entries = list(value.values()) if isinstance(value, dict) else [None]
    if kind is list:
        return all(
            isinstance(item, list) and item and all(isinstance(x, str) for x in item) for item in entries
        )
    return all(isinstance(item, kind) for item in entries)


def _refuse_misshapen(name: str, section: str, value: dict[str, Any], shape: str | dict[str, str]) -> None:
    """Refuse a section that does not hold what it must, saying what it must hold."""
    if isinstance(shape, str):
        if not _fits(value, shape):
            raise MappingError(f"{name}: [{section}] must be {shape}; found {value!r}.")
        return
    wanted = ", ".join(key for key in shape)
    for key in value:
        if key not in shape:
            raise MappingError(f"{name}: [{section}] has no {key!r}; it takes {wanted}.")
    for key, kind in shape.items():
        if key not in value and kind.endswith("!"):
            raise MappingError(f"{name}: [{section}] needs {key!r}: {kind.removesuffix('!')}.")
        if key in value and (not value[key] or not _fits(value[key], kind.removesuffix("!"))):
            raise MappingError(
                f"{name}: {section}.{key} must be {kind.removesuffix('!')}; found {value[key]!r}."
            )


def named(columns: Any) -> str:
    """Headings for a message. In a file without a header line they are data: those that look it are left out."""
    from outcomes.deidentify.detect import looks_like_data

    shown = [str(name) for name in columns if not looks_like_data(str(name))]
    left = len(list(columns)) - len(shown)
    more = f" and {left} whose headings look like data, not names" if left else ""
    return ", ".join(shown) + more


class _Table:
    """The raw table on its way; each step replaces ``frame`` by a new one."""

    def __init__(self, frame: pd.DataFrame, file: str) -> None:
        self.frame = frame
        self.file = file

    def column(self, name: Any, wanted_by: str) -> pd.Series:
        if name == "#row":
            rows = self.frame.index.to_series() + 1
            return rows.astype("str")
        if str(name) not in self.frame.columns:
            there = named(self.frame.columns)
            raise MappingError(
                f"The mapping takes {wanted_by} from a column {name!r}, which {self.file} does not have. "
                f"It has: {there}."
            )
        return self.frame[str(name)]

    def blank(self, missing: tuple[str, ...]) -> None:
        if missing:
            words = [str(word) for word in missing]
            self.frame = self.frame.mask(self.frame.isin(words))

    def keep_rows(self, condition: dict[str, Any]) -> None:
        known = {"column", "is", "not", "present"}
        if not isinstance(condition, dict) or set(condition) - known or "column" not in condition:
            raise MappingError(f"[[rows]] takes column, and is, not or present; found {condition!r}.")
        cells = self.column(condition["column"], "[[rows]]")
        kept = cells.notna() if condition.get("present") else cells.isna() | True
        if "is" in condition:
            kept &= _same(cells, condition["is"])
        if "not" in condition:
            kept &= ~_same(cells, condition["not"])
        self.frame = self.frame[kept]
        if self.frame.empty:
            raise MappingError(
                f"[[rows]] on {condition['column']!r} leaves no row of {self.file}. Check its values."
            )

    def widen(
        self,
        row: list[str],
        by: str,
        visits: dict[str, str],
        columns: list[str] | None = None,
        value: str | None = None,
    ) -> None:
        """One row per visit, or per measurement, to one row per session."""
        keys = [self.column(name, "long_to_wide.row") for name in row]
        visit = self.column(by, "long_to_wide.by")
        key = _joined(keys, "\x1f").rename("session key")
        read = [value] if value else list(columns or [])
        for name in read:
            self.column(name, "long_to_wide")
        rest = self.frame.drop(columns=[*read, by]).groupby(key, sort=False).first()
        starts = self.frame.index.to_series().groupby(key, sort=False).first()
        for code, ending in visits.items():
            part = self.frame[_same(visit, [code])]
            part_key = key[part.index]
            if part_key.duplicated().any():
                at = part_key[part_key.duplicated()].index[0]
                raise MappingError(
                    f"{self.file}: two rows share {' and '.join(row)} and {by} = {code} (the second is row {at + 1}). "
                    "Keep one, or name more columns in long_to_wide.row."
                )
            for name in read:
                rest[ending if value else f"{name}_{ending}"] = (
                    part[name].set_axis(part_key).reindex(rest.index)
                )
        self.frame = rest.set_axis(starts.reindex(rest.index).to_numpy())

    def lengthen(self, columns: list[str], endings: dict[str, int], number: str = "session_number") -> None:
        """One row per patient to one row per session; sessions with no reading at all are left out."""
        moving = [f"{name}{ending}" for ending in endings for name in columns]
        rest = self.frame.drop(columns=[name for name in moving if name in self.frame.columns])
        parts = []
        for ending, session in endings.items():
            part = rest.copy()
            for name in columns:
                full = f"{name}{ending}"
                part[name] = self.frame[full] if full in self.frame.columns else None
            part[number] = str(session)
            parts.append(part[part[columns].notna().any(axis="columns")])
        import pandas as pd

        self.frame = pd.concat(parts).sort_index(kind="stable").astype("str")


def _joined(parts: list[pd.Series], between: str) -> pd.Series:
    """Several columns of text as one, blanks as nothing."""
    joined = parts[0].fillna("")
    for part in parts[1:]:
        joined = joined + between + part.fillna("")
    return joined


def _same(cells: pd.Series, words: list[Any] | Any) -> pd.Series:
    """Whether a cell is one of the words; 1, 1.0 and "1" are the same."""
    wanted = {_plain(word) for word in (words if isinstance(words, list) else [words])}
    return cells.map(_plain, na_action="ignore").isin(wanted)


def _plain(word: Any) -> str:
    text = str(word).strip()
    try:
        number = float(text)
    except ValueError:
        return text.casefold()
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else str(number)


def _records(mapping: Mapping, table: _Table) -> pd.DataFrame:
    """Columns, ids, recoded values, units, bands, soreness, numbers and constants, in that order."""
    import pandas as pd

    out: dict[str, pd.Series] = {}
    for ours, theirs in mapping.columns.items():
        out[ours] = table.column(theirs, ours)
    for ours, theirs in mapping.optional.items():
        if theirs in table.frame.columns:
            out[ours] = table.column(theirs, ours)
    for ours, ticks in mapping.boxes.items():
        out[ours] = ticked_codes(table.frame, ticks, file=table.file)
    for ours, several in mapping.ids.items():
        out[ours] = _joined([table.column(name, ours) for name in several], "-")
    for ours, theirs in mapping.bands.items():
        out[ours] = _banded(table.column(theirs, ours))
    if mapping.soreness:
        out.update(_soreness(table, mapping.soreness.get("readings", {})))
    for ours, theirs in mapping.keep.items():
        out[ours] = table.column(theirs, f"keep.{ours}")
    for name in COLUMN_NAMES:
        if name not in out and name in table.frame.columns and name not in mapping.constants:
            out[name] = table.frame[name]
    for ours, codes in mapping.values.items():
        if ours not in out:
            continue
        out[ours] = _recoded(out[ours], codes)
    for ours, unit in mapping.units.items():
        out[ours] = _scaled(out, ours, FACTORS[unit])
    for ours, value in mapping.constants.items():
        out[ours] = pd.Series(str(value), index=table.frame.index, dtype="str")
    frame = pd.DataFrame(out, index=table.frame.index)
    if mapping.numbering:
        frame["session_number"] = _numbered(
            frame, table.column(mapping.numbering.get("order"), "session_number")
        )
    order = [name for name in COLUMN_NAMES if name in frame] + [
        name for name in frame if name not in COLUMN_NAMES
    ]
    return frame[order]


def _recoded(cells: pd.Series, codes: dict[str, Any]) -> pd.Series:
    """Recode the values named; others stay, for the checks to judge. A recoding to "" makes a cell missing."""
    table = {_plain(theirs): str(ours) for theirs, ours in codes.items()}
    new = cells.map(lambda cell: table.get(_plain(cell), cell), na_action="ignore")
    return new.mask(new == "")


def _scaled(out: dict[str, pd.Series], ours: str, factor: float) -> pd.Series:
    import pandas as pd

    if ours not in out:
        raise MappingError(
            f"units.{ours} is given, but the mapping makes no column {ours}. Add it to [columns]."
        )
    numbers = pd.to_numeric(out[ours], errors="coerce")
    scaled = (numbers * factor).round(10).map("{:.10g}".format, na_action="ignore")
    return scaled.where(numbers.notna(), out[ours])  # text stays, for the checks to name


def _banded(ages: pd.Series) -> pd.Series:
    import pandas as pd

    years = pd.to_numeric(ages, errors="coerce")
    decade = (years // 10 * 10).clip(upper=90)
    bands = decade.map(lambda low: "90+" if low >= 90 else f"{int(low)}-{int(low) + 9}", na_action="ignore")
    return bands.where(years.notna(), ages)


def _soreness(table: _Table, readings: dict[str, str]) -> dict[str, pd.Series]:
    """Repeated 0-10 readings to: sore until, free by, still sore, worst (section 5.4: an interval, no midpoint)."""
    import numpy as np
    import pandas as pd

    hours = np.array(sorted(float(hour) for hour in readings))
    columns = {float(hour): name for hour, name in readings.items()}
    grid = np.column_stack(
        [pd.to_numeric(table.column(columns[h], "soreness"), errors="coerce").to_numpy(float) for h in hours]
    )
    asked, sore = ~np.isnan(grid), grid > 0
    last_sore = np.where(sore, hours, -1.0).max(axis=1)
    later_free = np.where(asked & ~sore & (hours > last_sore[:, None]), hours, np.inf).min(axis=1)
    ever, any_asked = sore.any(axis=1), asked.any(axis=1)
    ongoing = ever & np.isinf(later_free)
    known = {
        "soreness_h": np.where(ever, last_sore, 0.0),
        "soreness_free_h": np.where(ever & ~ongoing, later_free, np.nan),
        "soreness_peak": np.where(asked, grid, -np.inf).max(axis=1, initial=-np.inf),
    }
    index = table.frame.index
    out = {
        name: pd.Series(values, index=index)
        .where(any_asked)
        .map("{:.10g}".format, na_action="ignore")
        .astype("str")
        for name, values in known.items()
    }
    flags = pd.Series(np.where(ongoing, "true", "false"), index=index, dtype="str").where(any_asked)
    return {**out, "soreness_ongoing": flags}


def _numbered(frame: pd.DataFrame, order: pd.Series) -> pd.Series:
    """Number of each session within patient and condition; by position, since several sessions may share a row."""
    import pandas as pd

    who = {"patient": frame.get("patient_id", ""), "condition": frame.get("condition", "")}
    ranks = pd.DataFrame(who, index=frame.index)
    ranks = ranks.reset_index(drop=True)
    place = pd.to_numeric(order.reset_index(drop=True), errors="coerce")
    ranks["order"] = place.fillna(ranks.index.to_series())
    ranked = (
        ranks.sort_values("order", kind="stable").groupby(["patient", "condition"], dropna=False).cumcount()
        + 1
    )
    return ranked.sort_index().set_axis(frame.index).astype("str")
