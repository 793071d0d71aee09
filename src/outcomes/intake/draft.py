"""A first draft of a column mapping, from a file's headers and values.

Comes in: a file as it was exported. Goes out: the text of a mapping, with how sure the draft is of each column; what is
doubtful, and what looks as if it identifies people, is commented out. A value of the file is written only where it is a
word the record knows, or where many rows share it and it looks like no identifier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.deidentify.detect import identifying_columns
from outcomes.deidentify.identifiers import KINDS, words_of
from outcomes.deidentify.people import Crowd
from outcomes.deidentify.texts import kinds_of_texts
from outcomes.files.write import toml_text
from outcomes.intake.headings import name_score
from outcomes.intake.vocabulary import code_of
from outcomes.record.columns import COLUMN_NAMES, COLUMNS, Column, column, plain_spelling

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draft_mapping", "shipped_mappings"]

SURE, LIKELY = 0.8, 0.55
_SHARED_ROWS = 5
_MOST_VALUES = 60


@dataclass(frozen=True)
class _Match:
    """A column of the record and one of the file that could be it."""

    ours: str
    theirs: str
    sure: float

    @property
    def said(self) -> str:
        """How sure, in words."""
        word = "sure" if self.sure >= SURE else "likely" if self.sure >= LIKELY else "doubtful"
        return f"{word} ({self.sure:.2f})"


def shipped_mappings() -> dict[str, Path]:
    """Mappings that come with the package, by name: ``redcap``, ``redcap_labels``, ``flowsheet``, ``template``.

    Examples
    --------
    >>> sorted(shipped_mappings())
    ['flowsheet', 'redcap', 'redcap_labels', 'template']
    """
    folder = Path(str(files("outcomes").joinpath("mappings")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def draft_mapping(path: str | Path) -> str:
    """Draft a mapping for a file.

    Parameters
    ----------
    path : str or Path
        CSV, Excel, Parquet or Feather.

    Returns
    -------
    str
        TOML, to be read through, corrected and saved.

    Raises
    ------
    UnreadableFileError
    """
    from outcomes.files.text_table import text_table

    raw = text_table(path, own_names=False)
    names = {f"column {at}": str(name) for at, name in enumerate(raw.columns, start=1)}
    known = frozenset(COLUMN_NAMES) | _surely_ours(raw)
    found = identifying_columns(raw, known=known)
    flagged = {names.get(finding.column, finding.column): finding.code for finding in found}
    usable = [str(name) for name in raw.columns if name not in flagged]
    matches = _matches(raw, usable)
    taken = {match.theirs for match in matches if match.sure >= LIKELY}
    age = _age_column(raw, usable, matches)
    lines = [
        f"# Draft of a mapping for {Path(path).name}. Read it through: what stands behind # is doubtful or left out.",
        f"# {len(raw):,} rows. How sure each line is, from 0 to 1, is written behind it.",
        'title = ""              # what the data are, for the pages',
        "",
        *_hints(usable),
        *_columns(matches),
        *_ids(matches),
        *([] if age is None else ["[bands]", f"age_band = {toml_text(age)}", ""]),
        *_units(raw, matches),
        *(line for match in matches if match.sure >= LIKELY for line in _values(raw[match.theirs], match)),
        *_left_out(raw, flagged, taken | ({age} if age else set())),
    ]
    return "\n".join(lines).rstrip() + "\n"


# --- which column is which ---------------------------------------------------------------------------------------


def _matches(raw: pd.DataFrame, usable: list[str]) -> list[_Match]:
    """The best matches, one to one, in the order of the record."""
    scored = [
        _Match(c.name, theirs, round(by_name * _fit(c, raw[theirs]), 2))
        for theirs in usable
        for c in COLUMNS
        if (by_name := name_score(c, theirs)) > 0
    ]
    best: list[_Match] = []
    for match in sorted(scored, key=lambda match: (-match.sure, usable.index(match.theirs))):
        used = {m.ours for m in best}, {m.theirs for m in best}
        if match.ours not in used[0] and match.theirs not in used[1] and match.sure > 0:
            best.append(match)
    order = [c.name for c in COLUMNS]
    return sorted(best, key=lambda match: order.index(match.ours))


def _surely_ours(raw: pd.DataFrame) -> set[str]:
    """Headings that surely are a number or a code of the record: no person's data, whatever words they hold."""
    needed = {"number": LIKELY, "integer": LIKELY, "flag": LIKELY, "category": SURE}
    matches = _matches(raw, [str(name) for name in raw.columns])
    return {match.theirs for match in matches if match.sure >= needed.get(column(match.ours).kind, 2)}


def _fit(c: Column, cells: pd.Series) -> float:
    """Share of the filled cells that the column could hold (at most 100 mm, or recoded)."""
    import pandas as pd

    there = cells.dropna().head(5_000)
    if there.empty:
        return 0.4
    if c.kind in ("number", "integer"):
        numbers = pd.to_numeric(there, errors="coerce")
        most = 100.0 if c.high == 10 else c.high if c.high is not None else float("inf")
        return float(((numbers >= (c.low or 0)) & (numbers <= most)).mean())
    if c.kind == "category":
        known = {text: _ours(c, text) is not None for text in there.unique()}
        return 0.5 + 0.5 * float(there.map(known).mean())
    if c.kind == "id":
        return 1.0 if not c.unique or there.is_unique else 0.3
    return 1.0


# --- values ------------------------------------------------------------------------------------------------------


def _ours(c: Column, text: str) -> str | None:
    """The record's code for a text of the file; None where it is not known."""
    found = code_of(c, text)
    return found.code if found else None


def _plain(text: str) -> str:
    return plain_spelling(text.replace("–", "-"))


def _values(cells: pd.Series, match: _Match) -> Iterator[str]:
    """Recoding of a coded column: what is known, and, commented out, what many rows share and is not."""
    c = column(match.ours)
    if c.kind != "category":
        return
    counts = cells.value_counts()
    known = {str(text): _ours(c, str(text)) for text in counts.index}
    recoded = {text: code for text, code in known.items() if code and _plain(text) != _plain(code)}
    unknown = [text for text, code in known.items() if code is None]
    if not recoded and not unknown:
        return
    yield f"[values.{match.ours}]"
    yield from (f"{toml_text(text)} = {toml_text(code)}" for text, code in recoded.items())
    shared = [text for text in unknown if counts[text] >= _SHARED_ROWS and _may_be_written(text)][
        :_MOST_VALUES
    ]
    yield from (f'# {toml_text(text)} = "?"' for text in shared)
    if len(unknown) > len(shared):
        yield f"# and {len(unknown) - len(shared)} rarer values that the record does not know"
    yield ""


def _may_be_written(text: str) -> bool:
    import pyarrow as pa

    one = pa.array([text], pa.string())
    return len(text) <= 60 and not kinds_of_texts(one, one, "code", Crowd(1))


# --- the sections ------------------------------------------------------------------------------------------------


def _hints(names: list[str]) -> Iterator[str]:
    plain = {"_".join(words_of(name)) for name in names}
    if {"redcap_repeat_instance"} & plain:
        yield "# This looks like a REDCap export: try the shipped mapping redcap first."
    if {"repeat_instance"} & plain:
        yield "# This looks like a REDCap export with labels: try the shipped mapping redcap_labels first."
    if plain & {"value", "result"} and plain & {
        "measure",
        "measurement",
        "item",
        "flowsheet_item",
        "parameter",
        "test",
    }:
        yield "# This looks like one row per measurement: see the shipped mapping flowsheet, section [long_to_wide]."


def _columns(matches: list[_Match]) -> Iterator[str]:
    yield "[columns]               # ours = theirs"
    for match in matches:
        mark = "" if match.sure >= LIKELY else "# "
        yield f"{mark}{match.ours} = {toml_text(match.theirs)}  # {match.said}"
    found = {match.ours for match in matches if match.sure >= LIKELY}
    absent = [c.name for c in COLUMNS if c.needed and c.name not in (*found, "session_id", "session_number")]
    yield from (f'# {name} = "?"  # needed, and not found' for name in absent)
    yield ""


def _ids(matches: list[_Match]) -> Iterator[str]:
    found = {match.ours: match.theirs for match in matches if match.sure >= LIKELY}
    if "session_id" not in found:
        yield "[ids]                   # no column is a session's own"
        patient = [toml_text(found["patient_id"])] if "patient_id" in found else []
        yield f"session_id = [{', '.join([*patient, toml_text('#row')])}]"
        yield ""
    if "session_number" not in found:
        order = found.get("day", "#row")
        yield "[numbering]             # sessions counted within patient and condition, in the order of"
        yield f"order = {toml_text(order)}"
        yield ""


def _age_column(raw: pd.DataFrame, usable: list[str], matches: list[_Match]) -> str | None:
    if any(match.ours == "age_band" and match.sure >= LIKELY for match in matches):
        return None
    import pandas as pd

    for name in usable:
        words = set(words_of(name))
        if "age" in words and not words & {"months", "days", "onset"}:
            ages = pd.to_numeric(raw[name].dropna(), errors="coerce")
            if len(ages) and ages.between(0, 130).mean() > 0.9:
                return name
    return None


def _units(raw: pd.DataFrame, matches: list[_Match]) -> Iterator[str]:
    """0-100 scales, told by readings above 10."""
    import pandas as pd

    wide = []
    for match in matches:
        if match.sure >= LIKELY and column(match.ours).high == 10:
            numbers = pd.to_numeric(raw[match.theirs], errors="coerce")
            if (numbers > 10).any():
                wide.append(match.ours)
    if wide:
        yield "[units]                 # readings above 10: a 0-100 scale"
        yield from (f'{name} = "mm"' for name in wide)
        yield ""


def _left_out(raw: pd.DataFrame, flagged: dict[str, str], taken: set[str]) -> Iterator[str]:
    others = [str(name) for name in raw.columns if name not in taken and name not in flagged]
    if others:
        yield "# Not used: " + ", ".join(toml_text(name) for name in others)
    for at, name in enumerate(map(str, raw.columns), start=1):
        if name in flagged:
            shown = f"column {at}" if flagged[name] == "heading" else toml_text(name)
            yield f"# Left out, looks like {KINDS[flagged[name]].says}: {shown}"
