"""Any file in, validated sessions out.

``read_sessions`` gives a pandas frame, ``scan_sessions`` a lazy Ibis table of any size; both hold all columns of the
session record in order, those the file lacks all missing. Records that break an error rule are refused with every
failing row (:class:`~outcomes.errors.SessionErrors`), files that look as if they identify people are refused with the
columns named (:class:`~outcomes.errors.IdentifiableError`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from outcomes.deidentify.detect import headings_that_are_data, identifies_somebody, identifying_columns
from outcomes.errors import IdentifiableError, MappingError, UnreadableFileError
from outcomes.files.columns import unpacked_table
from outcomes.files.origin import Origin, origin_of
from outcomes.files.source import Source
from outcomes.intake.account import Account, Moved
from outcomes.intake.apply import applied
from outcomes.intake.check import broken_rules
from outcomes.intake.mapping import Mapping, named_tool, read_mapping
from outcomes.intake.problems import Problems, refuse
from outcomes.intake.raw import raw_source
from outcomes.intake.remedies import by_remedy
from outcomes.intake.spelling import own_headings
from outcomes.intake.types import Lines, typed
from outcomes.record.columns import KNOWN_NAMES, own_name
from outcomes.record.measures import TIME_LABELS
from outcomes.record.rules import Rule

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from outcomes.deidentify.detect import Finding

__all__ = [
    "Checked",
    "Records",
    "already_checked",
    "check_sessions",
    "public_name",
    "read_sessions",
    "refuse_identifiable",
    "without_other_columns",
]


Records: TypeAlias = "str | Path | Sequence[str | Path] | pd.DataFrame | ir.Table | Origin"
"""Where session records can be: see :func:`outcomes.files.origin.origin_of`."""

_CHECKED: dict[str, Callable[[], pd.DataFrame]] = {}
"""How to come by sessions that were checked already, by the name a notebook in a run knows them by."""


@dataclass(frozen=True)
class Checked:
    """What came of checking a file.

    Attributes
    ----------
    sessions : pandas.DataFrame or None
        The validated sessions; None where there are errors.
    problems : pandas.DataFrame
        Tidy: ``file, line, column, value, rule, severity, allowed, remedy, count``.
    account : Account
        What became of every row of the file.
    ignored : tuple of str
        Columns of the file that are not part of the session record and were left out.
    said : tuple of str
        What was met in reading the file, in words: an encoding, title lines, decimal commas.
    """

    sessions: pd.DataFrame | None
    problems: pd.DataFrame
    account: Account
    ignored: tuple[str, ...]
    said: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """How many rows were read."""
        return self.account.read

    @property
    def n_errors(self) -> int:
        """Rules broken (per column) that refuse the records."""
        return self._kinds("error")

    @property
    def n_warnings(self) -> int:
        """Rules broken (per column) that do not."""
        return self._kinds("warning")

    def _kinds(self, severity: str) -> int:
        of = self.problems[self.problems["severity"] == severity]
        return len(of.drop_duplicates(["column", "rule"]))


def read_sessions(
    path: Records, *, mapping: str | Path | Mapping | None = None, table: str | None = None
) -> pd.DataFrame:
    """Read session records and check every rule.

    Parameters
    ----------
    path : str, Path, sequence of them, pandas.DataFrame or ibis.Table
        CSV, TSV (also gzip), Excel, Parquet, Feather, JSON, FHIR ...; a folder or a pattern of Parquet or text files; a
        DuckDB file; ``"postgres://host/database"``; or a table already there.
    mapping : str, Path or Mapping, optional
        How the file's columns become the session record's.
    table : str, optional
        Which table of a database.

    Returns
    -------
    pandas.DataFrame
        One row per session, all columns of the record in order, then those the mapping keeps. Ids and tags are
        text, categories categorical, numbers float64 (``session_number`` int64), missing is missing.
        ``attrs["outcomes"]`` says what the readings are called (``times``), the title and the file.

    Raises
    ------
    UnreadableFileError, MappingError, IdentifiableError, SessionErrors
    """
    if isinstance(path, str) and path in _CHECKED:
        return _CHECKED[path]()
    origin = origin_of(path, table=table)
    checked = _checked(origin, mapping, every_line=False)
    refuse(checked.problems, origin.name)
    if checked.sessions is None:  # pragma: no cover - errors and no sessions always go together
        raise UnreadableFileError(f"{origin.name} holds no sessions.")
    return checked.sessions


@contextmanager
def already_checked(name: str, sessions: Callable[[], pd.DataFrame]) -> Iterator[None]:
    """Let ``read_sessions`` give these sessions under this name while the block lasts: a run checks its file once."""
    _CHECKED[name] = sessions
    try:
        yield
    finally:
        del _CHECKED[name]


def check_sessions(
    path: Records, *, mapping: str | Path | Mapping | None = None, table: str | None = None
) -> Checked:
    """Check session records and report every problem, errors and warnings; raises only where nothing can be read.

    Parameters and exceptions are those of :func:`read_sessions`, less ``SessionErrors``.
    """
    return _checked(origin_of(path, table=table), mapping, every_line=True)


def _checked(origin: Origin, mapping: str | Path | Mapping | None, *, every_line: bool) -> Checked:
    """Check records; warnings need the file lines they stand on only where they will be shown."""
    chosen = _chosen(origin, mapping)
    source = raw_source(origin, chosen)
    _refuse_before_mapping(source, chosen)
    table, rows, ignored, moved = _record_table(source, chosen)
    refuse_identifiable(table, source.path.name)
    moved += [Moved("left out", left.what, left.rows) for left in source.left_out]
    read = source.table.num_rows + sum(left.rows for left in source.left_out)
    account = Account.of(read, table.num_rows, moved)
    problems = Problems(source.path.name)
    frame = typed(table, problems, Lines(source, rows))
    lines = Lines(source, rows)
    for rule, broken in broken_rules(frame, set(table.column_names)):
        _add(rule, broken, (frame, problems), lines if every_line or rule.severity == "error" else None)
    found = problems.frame()
    passed = not (found["severity"] == "error").any()
    frame.attrs["outcomes"] = _about(source, chosen)
    return Checked(_finished(frame) if passed else None, found, account, ignored, source.remarks)


def _chosen(origin: Origin, mapping: str | Path | Mapping | None) -> Mapping | None:
    """The mapping, read from its file; that of a tool, drafted from the records themselves (the first file's)."""
    if mapping is None or isinstance(mapping, Mapping):
        return mapping
    if (tool := named_tool(mapping)) is None:
        return read_mapping(mapping)
    from outcomes.files.text_table import text_table
    from outcomes.intake.draft import draft

    if not origin.files and origin.kind != "frame":
        raise MappingError(
            f"--mapping {tool} reads the file that this tool exports. For a table of a database, name a mapping file."
        )
    first = origin.asked if origin.kind == "frame" else origin.files[0]
    return draft(text_table(first, own_names=False), file=origin.path.name, tool=tool).mapping


# --- from the source to a table of the record's columns ------------------------------------------------------


def refuse_identifiable(table: Any, file: str) -> None:
    """Refuse an Arrow table that looks as if it identifies people, naming columns and never values.

    Only what would be kept is asked about: a column that the record does not have is left behind in the file.
    """
    findings = identifying_columns(table)
    if not findings:
        return
    listed = [f"  - {_found(f)}" for f in findings]
    raise IdentifiableError(
        "\n".join(
            [
                f"{file} was not read: it seems to identify people.",
                *listed,
                "  For a copy of the file without any of this, run `outcomes deidentify` inside the clinic.",
            ]
        )
    )


def _found(finding: Finding) -> str:
    """A column, what was found in it, and what to do."""
    if finding.code == "heading":
        return f"{finding.column} has data where its heading should be; {finding.remedy}"
    where = "the heading says" if finding.how == "name" else "values look like"
    return f"`{finding.column}`: {where} {finding.kind}; {finding.remedy}"


def _refuse_before_mapping(source: Source, mapping: Mapping | None) -> None:
    """Refuse headings that are data, and what a mapping makes ids of, or keeps, before both lose their headings."""
    names = source.table.column_names
    if mapping is None:
        wanted = headings_that_are_data(name for name in names if own_name(name) not in KNOWN_NAMES)
    else:
        ids = {
            theirs for ours, theirs in (mapping.columns | mapping.optional).items() if ours.endswith("_id")
        }
        wanted = (
            ids | {name for several in mapping.ids.values() for name in several} | set(mapping.keep.values())
        )
    refuse_identifiable(source.table.select([name for name in names if name in wanted]), source.path.name)


def without_other_columns(table: Any) -> Any:
    """The columns of an Arrow table that the session record has, and those whose headings are data."""
    others = [name for name in table.column_names if own_name(name) not in KNOWN_NAMES]
    left = set(others) - headings_that_are_data(others)
    return table.select([name for name in table.column_names if name not in left])


def _record_table(source: Source, mapping: Mapping | None) -> tuple[Any, Any, tuple[str, ...], list[Moved]]:
    """The record's (and kept) columns, source row of each row (None: the same), columns ignored, rows moved."""
    import pyarrow as pa

    if mapping is not None:
        raw = source.table.to_pandas(ignore_metadata=True)
        done = applied(mapping, raw, file=source.path.name)
        frame = unpacked_table(done.frame)
        if frame.empty:
            raise UnreadableFileError(f"{source.path.name} holds no session once the mapping is applied.")
        left = {*source.table.column_names} - mapping.sources() - {*KNOWN_NAMES}
        ignored = tuple(name for name in source.table.column_names if name in left)
        return pa.Table.from_pandas(frame, preserve_index=False), frame.index.to_numpy(), ignored, done.moved
    names = list(own_headings(source.table.column_names, source.path.name).values())
    table = source.table.rename_columns(names).replace_schema_metadata(source.table.schema.metadata)
    kept = [name for name in _earlier(source).get("kept", []) if name in names]
    ignored = tuple(name for name in names if name not in KNOWN_NAMES and name not in kept)
    return table.select([*(name for name in KNOWN_NAMES if name in names), *kept]), None, ignored, []


def _about(source: Source, mapping: Mapping | None) -> dict[str, Any]:
    earlier = _earlier(source)
    if earlier:
        return earlier
    times = {**TIME_LABELS, **(mapping.times if mapping else {})}
    return {
        "file": public_name(source.path),
        "title": mapping.title if mapping else "",
        "citation": mapping.citation if mapping else "",
        "times": times,
        "kept": sorted(mapping.keep) if mapping else [],
    }


def _earlier(source: Source) -> dict[str, Any]:
    """What an earlier reading said of these records, where it wrote them to Parquet itself."""
    stored = (source.table.schema.metadata or {}).get(b"PANDAS_ATTRS", b"{}")
    try:
        found = json.loads(stored).get("outcomes", {})
    except (ValueError, AttributeError):
        return {}
    if not (isinstance(found, dict) and isinstance(found.get("times"), dict)):
        return {}
    shown = {name: "" for name in ("file", "title") if identifies_somebody(str(found.get(name, "")))}
    return found | shown


def public_name(path: Path) -> str:
    """What a file is called on pages: its name, unless that names somebody.

    Examples
    --------
    >>> public_name(Path("spring_2024.csv")), public_name(Path("Maria_Gonzalez.csv"))
    ('spring_2024.csv', 'records.csv')
    """
    return "records" + path.suffix if identifies_somebody(path.name) else path.name


def _add(rule: Rule, rows: Any, found: tuple[pd.DataFrame, Problems], lines: Lines | None) -> None:
    """Add a broken rule to the problems, with lines and values of its first rows, once for each thing to do."""
    frame, problems = found
    broken = problems.fresh(rule, rows)
    for fitting, places in by_remedy(rule, frame[rule.columns[0]].iloc[broken]):
        here = broken[places]
        if len(here):
            some = here[:1000] if lines else here[:1]
            values = frame[rule.columns[0]].iloc[some]
            values = values.astype(object).where(values.notna(), None)
            problems.add(fitting, values.tolist(), lines=lines.of(some) if lines else None, count=len(here))


def _finished(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(session_number=frame["session_number"].astype("int64"))
