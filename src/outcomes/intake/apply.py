"""A mapping and a raw table in, a table of text with the session record's columns out, step by step.

The steps run in the order in which the sections stand in ``mapping.py``. Refuses columns the file does not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outcomes.errors import MappingError
from outcomes.files.columns import Columns, as_text, by_distinct, unpacked, unpacked_table
from outcomes.files.columns import numbers as as_numbers
from outcomes.intake.account import Moved
from outcomes.intake.calendar import from_dates
from outcomes.intake.layouts import laid_out
from outcomes.intake.mapping import FACTORS, Mapping, plain_word
from outcomes.intake.redcap import one_row_per_session
from outcomes.intake.reshape import (
    column_of,
    is_one_of,
    joined,
    lengthen,
    merge_rows,
    spread,
    ticked_codes,
    widen,
)
from outcomes.intake.rewrite import Rewriting, rewritten
from outcomes.intake.sections import Dates, LongToWide, Rows, WideToLong
from outcomes.intake.values import Choices
from outcomes.record.columns import KNOWN_NAMES, ten_year_band

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Applied", "applied"]


@dataclass(frozen=True)
class Applied:
    """Session records made by a mapping.

    Attributes
    ----------
    frame : pandas.DataFrame
        Text columns of the record, packed (:mod:`outcomes.files.columns`); the index says on which row of the file
        each session began.
    moved : list of Moved
        What became of the rows that are no session of their own.
    rewritings : list of Rewriting
    dates : pandas.Series or None
        When each session was, as the file has it.
    """

    frame: pd.DataFrame
    moved: list[Moved]
    rewritings: list[Rewriting]
    dates: pd.Series | None = None


def applied(mapping: Mapping, raw: pd.DataFrame, *, file: str) -> Applied:
    """Make session records of a raw table; see :meth:`outcomes.intake.mapping.Mapping.apply`."""
    frame, moved = Columns({str(name): as_text(raw[name]) for name in raw}).frame(raw.index), list[Moved]()
    if mapping.layout:
        frame, moved = laid_out(unpacked_table(frame), mapping.layout)
    absent = list[Rewriting]()
    if (
        mapping.missing and not mapping.redcap
    ):  # in REDCap, a code for missing says that somebody filled a form in
        frame, absent = _blanked(frame, mapping)
    if mapping.spread:
        frame = spread(unpacked_table(frame), file=file, **dict(mapping.spread))
    for rows in mapping.rows:
        kept = _kept(frame, rows, file)
        moved.append(Moved("left out", _why_not(rows), len(frame) - len(kept)))
        frame = kept
    if mapping.merge:
        merged = merge_rows(unpacked_table(frame), file=file, **dict(mapping.merge))
        moved.append(Moved("merged", "rows of one session", len(frame) - len(merged)))
        frame = merged
    if mapping.redcap:
        column_of(frame, mapping.redcap.record, "[redcap]", file)
        frame, gone = one_row_per_session(unpacked_table(frame), **dict(mapping.redcap))
        moved += gone
        frame, absent = _blanked(frame, mapping)
    if mapping.long_to_wide:
        frame = _widened(frame, mapping.long_to_wide, file, moved)
    if mapping.wide_to_long:
        frame = _lengthened(frame, mapping.wide_to_long, moved)
    records, rewritings = _records(mapping, frame, file)
    dates = frame[mapping.dates.session] if mapping.dates and mapping.dates.session else None
    return Applied(records, moved, [*absent, *rewritings], dates)


def _blanked(frame: pd.DataFrame, mapping: Mapping) -> tuple[pd.DataFrame, list[Rewriting]]:
    """Cells that the mapping lists as missing, blank; each word counted in the columns that are used."""
    words = [str(word) for word in mapping.missing]
    ours = {theirs: name for name, theirs in mapping.columns.items()}
    said, blanked = list[Rewriting](), dict[str, Any]()
    for name in map(str, frame.columns):
        hit = frame[name].isin(words)
        blanked |= {name: frame[name].mask(hit)} if hit.any() else {}
        if name in ours or name in KNOWN_NAMES:
            said += [
                Rewriting(
                    ours.get(name, name), str(text), "", "listed as not recorded", "not recorded", int(cells)
                )
                for text, cells in unpacked(frame.loc[hit, name]).value_counts().items()
            ]
    return frame.assign(**blanked), said


def _kept(frame: pd.DataFrame, rows: Rows, file: str) -> pd.DataFrame:
    cells = column_of(frame, rows.column, "[[rows]]", file)
    kept = cells.notna() if rows.present else cells.isna() | True
    if rows.is_ is not None:
        kept &= is_one_of(cells, rows.is_)
    if rows.not_ is not None:
        kept &= ~is_one_of(cells, rows.not_)
    if not kept.any():
        raise MappingError(f"[[rows]] on {rows.column!r} leaves no row of {file}. Check its values.")
    return frame[kept]


def _why_not(rows: Rows) -> str:
    if rows.why:
        return rows.why
    wanted = [
        *(["is blank"] if rows.present else []),
        *([f"is not {', '.join(map(str, rows.is_))}"] if rows.is_ is not None else []),
        *([f"is {', '.join(map(str, rows.not_))}"] if rows.not_ is not None else []),
    ]
    return f"{rows.column} {' or '.join(wanted)}"


def _widened(frame: pd.DataFrame, how: LongToWide, file: str, moved: list[Moved]) -> pd.DataFrame:
    frame = unpacked_table(frame)
    wide = widen(frame, file=file, **dict(how))
    known = is_one_of(joined([frame[name] for name in how.by], " "), list(how.visits))
    unknown = int((~known).sum())
    whole = len(wide) - len(frame.loc[known, list(how.row)].drop_duplicates())  # sessions of nothing known
    what = "measurements" if how.value else "visits"
    moved.append(Moved("left out", f"{what} the mapping does not name", unknown - whole))
    moved.append(Moved("merged", f"{what} of one session", len(frame) - len(wide) - unknown + whole))
    return wide


def _lengthened(frame: pd.DataFrame, how: WideToLong, moved: list[Moved]) -> pd.DataFrame:
    long = lengthen(unpacked_table(frame), **dict(how))
    rows = long.index.nunique()
    moved.append(Moved("left out", "rows without any reading", len(frame) - rows))
    moved.append(Moved("added", "", len(long) - rows))
    return long


def _records(mapping: Mapping, raw: pd.DataFrame, file: str) -> tuple[pd.DataFrame, list[Rewriting]]:
    """Columns, then recoded values, constants, rewritings, units and numbers, in that order."""
    import pandas as pd

    out = _taken(mapping, raw, file)
    for ours, codes in mapping.values.recode.items():
        if ours in out:
            out[ours] = _recoded(out[ours], codes)
    for ours, value in mapping.constants.items():
        out[ours] = pd.Series(str(value), index=raw.index, dtype="str")
    dated = _dated(mapping.dates, out, raw, file) if mapping.dates else {}
    place = dated.pop("order", None)
    out.update({name: cells for name, cells in dated.items() if name not in out})
    rewritings, units = list[Rewriting](), dict(mapping.units)
    if mapping.values.rewrite:
        choices = Choices(mapping.values.ranges, mapping.values.bounds)
        out, rewritings = rewritten(out, choices, units)
        units = {ours: unit for ours, unit in units.items() if ours not in _TIMES}
    for ours, unit in units.items():
        out[ours] = _scaled(out, ours, FACTORS[unit])
    frame = out.frame(raw.index)
    if mapping.numbering:
        place = column_of(raw, mapping.numbering.order, "session_number", file)
        place = pd.to_numeric(place.reset_index(drop=True), errors="coerce").set_axis(frame.index)
    if mapping.numbering or (mapping.dates and "session_number" not in frame):
        frame["session_number"] = _numbered(frame, place)
    first = [name for name in KNOWN_NAMES if name in frame]
    return frame[first + [name for name in frame if name not in KNOWN_NAMES]], rewritings


_TIMES = ("soreness_h", "soreness_free_h", "followup_h", "activity_limited_h")
"""Columns of hours, whose units rewriting has settled."""


def _taken(mapping: Mapping, raw: pd.DataFrame, file: str) -> Columns:
    """What the mapping takes from columns: as they are, ticked, joined, banded, from readings; and the record's own."""
    out = Columns({})
    for ours, theirs in mapping.columns.items():
        out[ours] = column_of(raw, theirs, ours, file)
    out.update({ours: raw[theirs] for ours, theirs in mapping.optional.items() if theirs in raw.columns})
    for ours, ticks in mapping.boxes.items():
        if raw.columns.isin(list(ticks)).any():
            out[ours] = ticked_codes(raw, ticks, file=file)
    for ours, several in mapping.ids.items():
        out[ours] = joined([column_of(raw, name, ours, file) for name in several], "-")
    for ours, theirs in mapping.bands.items():
        out[ours] = _banded(column_of(raw, theirs, ours, file))
    if mapping.soreness:
        readings = {
            float(hours): column_of(raw, name, "soreness", file)
            for hours, name in mapping.soreness.readings.items()
        }
        out.update(_soreness(readings, raw.index))
    for ours, theirs in mapping.keep.items():
        out[ours] = column_of(raw, theirs, f"keep.{ours}", file)
    own = [name for name in KNOWN_NAMES if name in raw.columns and name not in {*out, *mapping.constants}]
    out.update({name: raw[name] for name in own})
    return out


def _recoded(cells: pd.Series, codes: dict[str, Any]) -> pd.Series:
    """Recode the values named; others stay, for the checks to judge. A recoding to "" makes a cell missing."""
    table = {plain_word(theirs): str(ours) for theirs, ours in codes.items()}
    new = cells.map(lambda cell: table.get(plain_word(cell), cell), na_action="ignore")
    return new.mask(new == "")


def _scaled(out: Columns, ours: str, factor: float) -> pd.Series:
    if ours not in out:
        raise MappingError(
            f"units.{ours} is given, but the mapping makes no column {ours}. Add it to [columns]."
        )
    numbers = as_numbers(out[ours])
    scaled = (numbers * factor).round(10).map("{:.10g}".format, na_action="ignore")
    return scaled.where(numbers.notna(), out[ours])  # text stays, for the checks to name


def _banded(ages: pd.Series) -> pd.Series:
    """Ten-year bands; what is no age stays, for the checks to name."""
    bands = by_distinct(ages, lambda texts: texts.map(ten_year_band).astype("str"))
    return bands.where(bands.notna(), ages)


def _soreness(readings: dict[float, pd.Series], index: Any) -> dict[str, pd.Series]:
    """Repeated 0-10 readings to: sore until, free by, still sore, worst (an interval, no midpoint)."""
    import numpy as np
    import pandas as pd

    hours = np.array(sorted(readings))
    grid = np.column_stack([pd.to_numeric(readings[h], errors="coerce").to_numpy(float) for h in hours])
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
    out = {
        name: pd.Series(values, index=index)
        .where(any_asked)
        .map("{:.10g}".format, na_action="ignore")
        .astype("str")
        for name, values in known.items()
    }
    flags = pd.Series(np.where(ongoing, "true", "false"), index=index, dtype="str").where(any_asked)
    return {**out, "soreness_ongoing": flags}


def _numbered(frame: pd.DataFrame, place: Any) -> pd.Series:
    """Number of each session within patient and condition; by position, since several sessions may share a row."""
    import pandas as pd

    who = {
        what: unpacked(frame[name]) if name in frame else ""
        for what, name in (("patient", "patient_id"), ("condition", "condition"))
    }
    ranks = pd.DataFrame(who, index=frame.index).reset_index(drop=True)
    if place is not None:  # dates that could not be read leave the order of the file
        ranks["order"] = place.rank().to_numpy()
    ranks["order"] = ranks.get("order", ranks.index.to_series()).fillna(ranks.index.to_series())
    ordered = ranks.sort_values("order", kind="stable").groupby(["patient", "condition"], dropna=False)
    return (ordered.cumcount() + 1).sort_index().set_axis(frame.index).astype("str")


def _dated(dates: Dates, out: Columns, raw: pd.DataFrame, file: str) -> dict[str, Any]:
    read = {
        name: column_of(raw, heading, f"dates.{name}", file)
        for name in ("session", "followup", "birth")
        if (heading := getattr(dates, name))
    }
    if "patient_id" not in out:
        return {}
    session = read.pop("session", None)
    return from_dates(out["patient_id"], session, **read, day_first=dates.day_first)
