"""What is wrong with records: a tidy frame of problems, and the words that say so.

Comes in: rows that break a rule. Goes out: one row per failing value (file, line, column, value, rule, what is
allowed, what to do), and a report grouped by rule that an office manager can act on. Values that could identify a
person are never shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import ExportError, SessionErrors
from outcomes.files.write import csv_text, write_whole
from outcomes.record.rules import Rule

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PROBLEM_COLUMNS", "Problems", "grouped", "refuse", "write_report"]

PROBLEM_COLUMNS = ("file", "line", "column", "value", "rule", "severity", "allowed", "remedy", "count")
MOST_ROWS = 1_000


@dataclass
class Problems:
    """Problems as they are found, on their way to a tidy frame."""

    file: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    unreadable: dict[str, set[int]] = field(default_factory=dict)

    def add(
        self,
        rule: tuple[str, str, str, str],
        column: str,
        lines: Sequence[int | None],
        values: Sequence[Any],
        *,
        count: int | None = None,
    ) -> None:
        """Add one rule's failures in one column; ``rule`` is name, severity, what is allowed, remedy."""
        name, severity, allowed, remedy = rule
        total = len(lines) if count is None else count
        for line, value in zip(lines[:MOST_ROWS], values[:MOST_ROWS], strict=True):
            self.rows.append(
                {
                    "file": self.file,
                    "line": line,
                    "column": column,
                    "value": value,
                    "rule": name,
                    "severity": severity,
                    "allowed": allowed,
                    "remedy": remedy,
                    "count": total,
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


def grouped(problems: pd.DataFrame) -> list[str]:
    """One line per rule and column, errors first: what, how many, where, allowed, what to do."""
    import pandas as pd

    lines = []
    order = {"error": 0, "warning": 1}
    groups = problems.groupby(["severity", "column", "rule", "remedy"], sort=False)
    for (severity, column, rule, _), rows in sorted(groups, key=lambda item: order[str(item[0][0])]):
        first = rows.iloc[0]
        where = [str(line) for line in rows["line"].dropna().head(3)]
        more = int(first["count"]) - len(where)
        at = (
            ("line " if len(where) == 1 and more <= 0 else "lines ") + ", ".join(where)
            if where
            else "whole file"
        )
        at += f" and {more:,} more" if where and more > 0 else ""
        value = "" if pd.isna(first["value"]) else f": {first['value']}"
        mark = "" if severity == "error" else "warning, "
        lines.append(f"{mark}{at}, `{column}`{value}; {first['allowed']} ({rule}); {first['remedy']}")
    return lines


def refuse(problems: pd.DataFrame, file: str) -> None:
    """Raise :class:`SessionErrors` where any problem is an error."""
    errors = problems[problems["severity"] == "error"]
    if errors.empty:
        return
    kinds = errors.drop_duplicates(["column", "rule", "remedy"])
    total = int(kinds["count"].sum())
    what = "1 value breaks" if total == 1 else f"{total:,} values break"
    head = f"{file} cannot be used yet: {what} the rules for session records."
    said = grouped(errors)
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
