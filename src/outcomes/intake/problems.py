"""What is wrong with records: a tidy frame of problems, and the words that say so.

Comes in: rows that break a rule. Goes out: one row per failing value (file, line, column, value, rule, what is
allowed, what to do), and a report grouped by rule that an office manager can act on. Values and headings that could
identify a person are never shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import ExportError, SessionErrors, shown
from outcomes.files.source import Line
from outcomes.files.write import csv_text, write_whole
from outcomes.intake.headings import heading_words
from outcomes.record.rules import Rule

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "NOTHING",
    "PROBLEM_COLUMNS",
    "Fault",
    "Problems",
    "grouped",
    "refuse",
    "shown_headings",
    "write_report",
]

PROBLEM_COLUMNS = ("file", "line", "column", "value", "rule", "severity", "allowed", "remedy", "count")
MOST_ROWS = 1_000
NOTHING: Any = object()
"""In the place of a value where a problem is of a whole column."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a column, where no rule of the record could even be asked.

    Attributes
    ----------
    name, column, says, remedy, severity : str
        As :class:`outcomes.record.rules.Rule` has them.
    """

    name: str
    column: str
    says: str
    remedy: str
    severity: str = "error"

    @property
    def columns(self) -> tuple[str]:
        """The column blamed."""
        return (self.column,)


@dataclass
class Problems:
    """Problems as they are found, on their way to a tidy frame."""

    file: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    unreadable: dict[str, set[int]] = field(default_factory=dict)

    def add(
        self,
        rule: Rule | Fault,
        values: Sequence[Any],
        *,
        lines: Sequence[int] | None = None,
        count: int | None = None,
    ) -> None:
        """Add the failures of one rule.

        Parameters
        ----------
        rule : Rule or Fault
        values : sequence
            Of the first failing rows, as they are; they are written only where they may be shown.
        lines : sequence of int, optional
            File lines of the same rows; of several files each knows its own.
        count : int, optional
            How many rows fail, where ``values`` are not all.
        """
        for at, value in enumerate(values[:MOST_ROWS]):
            line = lines[at] if lines is not None else None
            self.rows.append(
                {
                    "file": line.file if isinstance(line, Line) else self.file,
                    "line": None if line is None else int(line),
                    "column": rule.columns[0],
                    "value": None if value is NOTHING else shown(value),
                    "rule": rule.name,
                    "severity": rule.severity,
                    "allowed": rule.says,
                    "remedy": rule.remedy,
                    "count": len(values) if count is None else count,
                }
            )

    def fresh(self, rule: Rule, broken: Any) -> Any:
        """Rows that break a rule, less those whose value could not even be read: one fault, one problem."""
        import numpy as np

        known = self.unreadable.get(rule.columns[0])
        return broken[~np.isin(broken, list(known))] if known and len(broken) else broken

    def frame(self) -> pd.DataFrame:
        """All problems, one row per failing value (at most 1,000 a rule and column; ``count`` has them all)."""
        import pandas as pd

        frame = pd.DataFrame(self.rows, columns=list(PROBLEM_COLUMNS))
        return frame.astype({"line": "Int64", "count": "int64"})


def grouped(problems: pd.DataFrame, file: str = "") -> list[str]:
    """One line per rule and column, errors first: what, how many, where, allowed, what to do.

    Parameters
    ----------
    problems : pandas.DataFrame
    file : str
        The file they are all of; of several, places name their own.
    """
    import pandas as pd

    lines = []
    order = {"error": 0, "warning": 1}
    groups = problems.groupby(["severity", "column", "rule", "remedy"], sort=False)
    for (severity, column, rule, _), rows in sorted(groups, key=lambda item: order[str(item[0][0])]):
        first = rows.iloc[0]
        told = rows.dropna(subset=["line"]).head(3)
        more = int(first["count"]) - len(told)
        where = _places(told, file, several=more > 0)
        at = where + (f" and {more:,} more" if more > 0 else "") if where else "whole file"
        value = "" if pd.isna(first["value"]) else f": {first['value']}"
        mark = "" if severity == "error" else "warning, "
        lines.append(f"{mark}{at}, `{column}`{value}; {first['allowed']} ({rule}); {first['remedy']}")
    return lines


def _places(rows: pd.DataFrame, file: str, *, several: bool = False) -> str:
    """Lines, with their files where these are not the one named already; empty where there are none.

    Parameters
    ----------
    rows : pandas.DataFrame
    file : str
    several : bool
        Whether there are more than these.

    Examples
    --------
    >>> import pandas as pd
    >>> _places(pd.DataFrame({"file": ["a.csv", "a.csv", "b.csv"], "line": [3, 5, 2]}), "2 files")
    'a.csv, lines 3, 5; b.csv, line 2'
    """
    told = []
    for name, lines in rows.groupby("file", sort=False)["line"]:
        listed = ("lines " if len(lines) > 1 or several else "line ") + ", ".join(map(str, lines))
        told.append(listed if str(name) == file or not file else f"{name}, {listed}")
    return "; ".join(told)


def shown_headings(names: Iterable[Any]) -> str:
    """Headings that may be printed; of others (as in a file without a header line) only how many there are.

    Examples
    --------
    >>> shown_headings(["room", "Soreness Hours", "ann.lee@example.org"])
    "room, Soreness Hours and 1 column whose heading could be a person's data"
    """
    headings = [str(name) for name in names]
    printable = [name for name in headings if name.isprintable() and not _could_be_data(name)]
    left = len(headings) - len(printable)
    more = f"{left} column{'s' if left > 1 else ''} whose heading could be a person's data" if left else ""
    return " and ".join(part for part in (", ".join(printable), more) if part)


def _could_be_data(heading: str) -> bool:
    from outcomes.deidentify.detect import looks_like_data

    words = heading.replace(",", " ").split()
    name = len(words) > 1 and all(word[0].isupper() for word in words)
    if name and heading_words() & {word.casefold() for word in words}:
        return False
    return name or sum(c.isdigit() for c in heading) > 6 or looks_like_data(heading)


def refuse(problems: pd.DataFrame, file: str) -> None:
    """Raise :class:`SessionErrors` where any problem is an error."""
    errors = problems[problems["severity"] == "error"]
    if errors.empty:
        return
    kinds = errors.drop_duplicates(["column", "rule", "remedy"])
    total = int(kinds["count"].sum())
    what = "1 value breaks" if total == 1 else f"{total:,} values break"
    head = f"{file} cannot be used yet: {what} the rules for session records."
    said = grouped(errors, file)
    listed = [f"  - {line}" for line in said[:12]]
    if len(said) > 12:
        listed.append(f"  - and {len(said) - 12} more kinds; `outcomes check` lists them all")
    raise SessionErrors("\n".join([head, *listed]), problems)


def write_report(problems: pd.DataFrame, path: Path) -> None:
    """Write every problem to a CSV file, or to an HTML page that shows text as text.

    Raises
    ------
    ExportError
        Where the file is neither ``.csv`` nor ``.html``, or cannot be written.
    """
    if path.suffix == ".csv":
        write_whole(path, csv_text(problems))
    elif path.suffix in (".html", ".htm"):
        table = problems.to_html(index=False, na_rep="", border=0, escape=True)
        write_whole(path, _REPORT.replace("{table}", table))
    else:
        raise ExportError(f"{path.name}: a report is a .csv or an .html file. Choose one of these endings.")


_REPORT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Problems found in the records</title>
<style>body{font:1rem/1.5 sans-serif;margin:2rem}table{border-collapse:collapse}
th,td{text-align:left;padding:.3rem .7rem;border-bottom:1px solid #ccc;vertical-align:top}</style></head>
<body><h1>Problems found in the records</h1>{table}</body></html>
"""
