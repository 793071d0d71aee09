"""The files of a folder in, what is printed in them out: rows of tables, and plain text, as a stranger reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["ABOUT", "Key", "Seen", "plain_text", "rows_of", "tables_in", "texts_in", "wholes_in"]

RECORDS = "records"
GROUPS = frozenset(
    ("condition", "rom_movement", "muscle", "group", "value", "dose", "relief_post", "followup_status", "sex")
)
"""Columns that say which group a row is of; every other column of text, and thresholds, say what was asked of it."""
ABOUT = frozenset(("threshold", "delta"))
NOT_ASKED = GROUPS | {"note", "verdict", "why", "wording", "reason", "quality", "sentence", "records"}
EVERYBODY = frozenset(("all", "all_conditions"))
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Seen:
    """A row of a table as it is printed.

    Attributes
    ----------
    table : str
    release : str
        The earlier release it is as of; empty for this one.
    where, about : frozenset of (column, text)
        Which group it is of, and what was asked.
    values : mapping of str to Any
        Its cells that are not blank.
    note : str
    """

    table: str
    release: str
    where: frozenset[tuple[str, str]]
    about: frozenset[tuple[str, str]]
    values: Mapping[str, Any]
    note: str

    def count(self, name: str) -> float:
        """A number of the row; not a number where there is none."""
        value = self.values.get(name, np.nan)
        return float(value) if isinstance(value, int | float) or name in ABOUT else float("nan")

    def key(self, unit: str) -> Key:
        """What a count is known by: the same number of the same group, asked the same, is one wherever it stands."""
        shown = self.count(unit)
        return unit, self.release, self.where, self.about, self.table if np.isnan(shown) else shown


def tables_in(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every table of a folder: CSV, Parquet, each sheet of a workbook."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".csv":
            yield name, pd.read_csv(path, keep_default_na=False, na_values=[""])
        elif path.suffix == ".parquet":
            yield name, pd.read_parquet(path)
        elif path.suffix == ".xlsx":
            for sheet, table in pd.read_excel(path, sheet_name=None, engine="calamine").items():
                yield f"{name} {sheet}", table


def rows_of(name: str, table: pd.DataFrame) -> Iterator[Seen]:
    """The rows of a table that counts patients; in a table of all tables each row is of its own."""
    if "patients" not in table.columns:
        return
    for values in table.to_dict("records"):
        row = {str(key): value for key, value in values.items() if not _is_blank(value)}
        note = str(row.get("note", ""))
        as_of = re.search(r"as of release (\d+)", note)
        own = str(row.get("table", ""))
        if own:
            row = {key: value for key, value in row.items() if key not in ("notebook", "table", "family")}
        row = {
            k: f"{v:g}" if k in GROUPS | ABOUT and isinstance(v, int | float) else v for k, v in row.items()
        }
        where = {(k, str(v)) for k, v in row.items() if k in GROUPS and str(v) not in EVERYBODY}
        about = {
            (k, str(v)) for k, v in row.items() if k in ABOUT or (isinstance(v, str) and k not in NOT_ASKED)
        }
        stem = Path(name).stem if not own else f"{values.get('notebook', '')}-{own}"
        yield Seen(stem, as_of.group(1) if as_of else "", frozenset(where), frozenset(about), row, note)


def _is_blank(value: Any) -> bool:
    return (
        value is None or value != value or value is pd.NA or (isinstance(value, str) and value in ("", "nan"))
    )


def wholes_in(rows: Iterable[Seen]) -> dict[tuple[str, Any], Seen]:
    """For each release and group the row of everybody in it: from the table of the records, else the largest."""
    found: dict[tuple[str, Any], Seen] = {}
    seen = list(rows)
    of_records = [row for row in seen if row.table == RECORDS]
    for row in of_records or seen:
        before = found.get((row.release, row.where))
        if before is None or _size(row) > _size(before):
            found[row.release, row.where] = row
    return found


def _size(row: Seen) -> tuple[float, ...]:
    counts = (row.count(unit) for unit in ("sessions", "patients"))
    return tuple(0.0 if np.isnan(n) else n for n in counts)


def texts_in(folder: Path) -> Iterator[Path]:
    """Every file of text in a folder."""
    yield from (
        path for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".json", ".md", ".txt")
    )


def plain_text(page: str) -> str:
    """The text of a page, alternative texts and titles too, without pictures and styles."""
    page = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.S)
    page = re.sub(r"<span class=\"gt_footnote_marks.*?</span>", " * ", page, flags=re.S)
    said = " ".join(re.findall(r"(?:alt|title|aria-label)=\"([^\"]*)\"", page))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)) + " " + said
