"""Records of any size in, a lazy Ibis table out, with the columns and rules of ``read_sessions``.

Comes in: a file, a glob of files, or an Ibis table of any engine (DuckDB inside the process by default). Goes out: an
Ibis table of all columns of the session record, typed, after one pass that counts every breach of every error rule.
Nothing is held in memory but the counts. Headings, blanks and codes are spelled as loosely as ``read_sessions`` lets
them be.
"""

from __future__ import annotations

import glob
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw

from outcomes.errors import UnreadableFileError
from outcomes.files.csv import CsvFile, describe
from outcomes.files.csv_table import has_footers, read_csv
from outcomes.files.outline import FIRST_COLUMNS, TOTAL
from outcomes.files.temporary import temporary_folder
from outcomes.intake.account import Account
from outcomes.intake.problems import NOTHING, Fault, Problems, refuse
from outcomes.intake.read import Checked, refuse_identifiable, without_other_columns
from outcomes.intake.remedies import by_remedy
from outcomes.intake.spelling import own_names, spelled
from outcomes.record.columns import COLUMNS, KNOWN_NAMES, MOVEMENT_COLUMNS, Column
from outcomes.record.rules import Rule, rules

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

__all__ = ["check_scan", "scan_sessions"]

MEMORY = "1GB"
SAMPLE = 2_000
PIECE_ROWS = 250_000
PIECE_BYTES = 64 << 20


def scan_sessions(source: str | Path | ir.Table, *, check: bool = True) -> ir.Table:
    """Open session records of any size as a lazy Ibis table.

    Parameters
    ----------
    source : str, Path or ibis.Table
        A Parquet or CSV file, a glob such as ``"registry/*.parquet"``, or an Ibis table (DuckDB, PySpark, ...).
    check : bool
        Whether to check every error rule now, in one pass over the data. Identifiers are looked for in the first
        rows; ``outcomes check`` looks in all.

    Returns
    -------
    ibis.Table
        All columns of the session record, in order: text, float64 (numbers) and boolean; those the source lacks are
        null. Columns beyond the record are left out.

    Raises
    ------
    UnreadableFileError, IdentifiableError, SessionErrors
        As ``read_sessions`` does; breaches are counted, and the first values of each are shown.
    """
    raw, name = _raw(source)
    table = _record(raw)
    if check:
        with _faults_of(source):
            problems = _problems(raw, table, name)[0]
        refuse(problems, name)
    return table


def check_scan(source: str | Path | ir.Table) -> Checked:
    """Check records of any size in bounded memory.

    Returns
    -------
    Checked
        As :func:`outcomes.check_sessions` gives it, but without the sessions; its problems are of error rules only,
        with the first values of each and without file lines.
    """
    raw, name = _raw(source)
    if isinstance(source, str | Path):
        for path in map(Path, sorted(glob.glob(str(source)))):
            _refuse_identifiable_anywhere(path)
    with _faults_of(source):
        problems, rows = _problems(raw, _record(raw), name)
    ignored = tuple(str(column) for column in raw.columns if column not in KNOWN_NAMES)
    return Checked(None, problems, Account(rows, rows), ignored)


def _refuse_identifiable_anywhere(path: Path) -> None:
    """Look for identifiers in every row of a file, a piece at a time."""
    import pyarrow as pa

    try:
        for piece in _pieces(path):
            refuse_identifiable(without_other_columns(piece), path.name)
    except pa.ArrowInvalid:
        raise _unreadable(str(path)) from None


def _pieces(path: Path) -> Iterator[Any]:
    """A file as tables of some hundred thousand rows, text as text."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    if _is_parquet(path):
        for batch in pq.ParquetFile(path).iter_batches(PIECE_ROWS):
            yield pa.Table.from_batches([batch])
        return
    file = describe(path)
    if not _as_duckdb_reads(file):
        yield from (pa.Table.from_batches([batch]) for batch in read_csv(path).table.to_batches(PIECE_ROWS))
        return
    with (
        file.bytes() as data,
        pc.open_csv(
            data,
            read_options=pc.ReadOptions(column_names=list(file.names), skip_rows=1, block_size=PIECE_BYTES),
            parse_options=pc.ParseOptions(delimiter=file.delimiter, newlines_in_values=True),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(file.names, pa.string()), null_values=[""]
            ),
        ) as reader,
    ):
        for batch in reader:
            yield pa.Table.from_batches([batch])


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


@contextmanager
def _faults_of(source: str | Path | ir.Table) -> Iterator[None]:
    """Say what is wrong with a text file that breaks off its reading half-way: which line, and what to do."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("duckdb", "_duckdb")) or not isinstance(source, str | Path):
            raise
        raise _unreadable(str(source)) from None


def _unreadable(pattern: str) -> UnreadableFileError:
    from outcomes.files.csv_faults import first_fault

    for path in map(Path, sorted(glob.glob(pattern))):
        fault = None if _is_parquet(path) else first_fault(describe(path))
        if fault is not None:
            return fault
    return UnreadableFileError(
        f"{Path(pattern).name} cannot be read as a table. Save it again as CSV UTF-8 or Parquet."
    )


def _raw(source: str | Path | ir.Table) -> tuple[ir.Table, str]:
    if isinstance(source, str | Path):
        return own_names(_opened(str(source)), Path(source).name), Path(source).name
    return own_names(source, "the table"), "the table"


def _record(raw: ir.Table) -> ir.Table:
    several = [c for c in MOVEMENT_COLUMNS if c.name in raw.columns]
    return raw.select(**{c.name: spelled(c, raw) for c in (*COLUMNS, *several)})


def _opened(pattern: str) -> ir.Table:
    """Open files with DuckDB, in bounded memory."""
    import ibis

    paths = [Path(path) for path in sorted(glob.glob(pattern)) or [pattern]]
    if not paths[0].is_file():
        raise UnreadableFileError(f"There is no file {pattern}. Check the name and the folder.")
    # what does not fit into memory goes there, never to the working folder
    spill = tempfile.mkdtemp(dir=temporary_folder())
    connection = ibis.duckdb.connect(
        memory_limit=MEMORY, preserve_insertion_order=False, temp_directory=spill
    )
    connection.raw_sql("SET enable_progress_bar = false")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # Ibis 12 asks DuckDB 2 in a way on its way out
            if _is_parquet(paths[0]):
                return connection.read_parquet(paths)
            return _csv_files(connection, [describe(path) for path in paths])
    except Exception as error:
        if type(error).__module__.startswith(("duckdb", "_duckdb")):
            raise _unreadable(pattern) from None
        raise


def _csv_files(connection: Any, files: Sequence[CsvFile]) -> ir.Table:
    """Text files as one table of text; those written alike are opened together, the unusual ones read whole."""
    import ibis

    alike: dict[tuple[Any, ...], list[CsvFile]] = {}
    tables = []
    for file in files:
        if _as_duckdb_reads(file):
            alike.setdefault((file.names, file.delimiter, file.packed), []).append(file)
        else:
            tables.append(own_names(ibis.memtable(read_csv(file.path).table), file.path.name))
    for (names, delimiter, packed), some in alike.items():
        table = connection.read_csv(
            [file.path for file in some],
            columns=dict.fromkeys(names, "VARCHAR"),
            auto_detect=False,
            header=True,
            delim=delimiter,
            quote='"',
            escape='"',
            compression="gzip" if packed else "none",
        )
        tables.append(own_names(_without_totals(table), some[0].path.name))
    if len(tables) == 1:
        return tables[0]
    every = list(dict.fromkeys(name for table in tables for name in table.columns))
    return ibis.union(*(_with_columns(table, every) for table in tables))


def _as_duckdb_reads(file: CsvFile) -> bool:
    return file.plain and not has_footers(file)


def _without_totals(table: ir.Table) -> ir.Table:
    import ibis

    first = ibis.coalesce(*(table[name].strip().nullif("") for name in table.columns[:FIRST_COLUMNS]), "")
    return table.filter(~first.re_search(TOTAL))


def _with_columns(table: ir.Table, every: Sequence[str]) -> ir.Table:
    import ibis

    absent = {name: ibis.null("string") for name in every if name not in table.columns}
    return table.mutate(**absent).select(every)


def _problems(raw: ir.Table, table: ir.Table, name: str) -> tuple[pd.DataFrame, int]:
    """Count every breach in one pass; fetch the first values of those there are."""
    refuse_identifiable(without_other_columns(raw.limit(SAMPLE).to_pyarrow()), name)
    there, problems = set(raw.columns), Problems(name)
    for c in COLUMNS:
        if c.needed and c.name not in there:
            problems.add(
                Fault("missing column", c.name, "every record needs this column", "add the column"),
                [NOTHING],
                lines=[1],
            )
    asked = [
        rule
        for rule in rules()
        if rule.severity == "error" and there.issuperset(rule.columns) and rule.name != "unique"
    ]
    counts = _counts(raw, table, asked, there)
    if not counts["rows"]:
        raise UnreadableFileError(f"{name} has columns but no rows. Export the session records again.")
    for c in (*COLUMNS, *MOVEMENT_COLUMNS):
        if counts.get(f"text {c.name}"):
            _text_problem(c, raw, problems, int(counts[f"text {c.name}"]))
    for at, rule in enumerate(asked):
        if counts[f"rule {at}"]:
            _rule_problem(rule, table, problems, int(counts[f"rule {at}"]))
    if counts.get("sessions", counts["rows"]) < counts["rows"]:
        unique = next(rule for rule in rules() if rule.name == "unique")
        _rule_problem(unique, table, problems, int(counts["rows"] - counts["sessions"]))
    return problems.frame(), int(counts["rows"])


def _counts(raw: ir.Table, table: ir.Table, asked: list[Rule], there: set[str]) -> dict[str, Any]:
    with_rules = nw.from_native(table).with_columns(
        **{f"rule {i}": rule.breaks() for i, rule in enumerate(asked)}
    )
    broken: Any = with_rules.to_native()
    totals = {f"rule {i}": broken[f"rule {i}"].sum().fill_null(0) for i in range(len(asked))}
    if "session_id" in there:
        totals["sessions"] = broken["session_id"].nunique()
    counts: dict[str, Any] = broken.aggregate(rows=broken.count(), **totals).to_pyarrow().to_pylist()[0]
    text = {
        f"text {c.name}": _unread(c, raw).sum().fill_null(0)
        for c in (*COLUMNS, *MOVEMENT_COLUMNS)
        if c.name in there and c.kind in ("number", "integer", "flag") and raw[c.name].type().is_string()
    }
    if text:
        counts |= raw.aggregate(**text).to_pyarrow().to_pylist()[0]
    return counts


def _unread(c: Column, raw: ir.Table) -> Any:
    """Whether a cell holds text that is no number, or neither true nor false."""
    return raw[c.name].strip().nullif("").notnull() & spelled(c, raw).isnull()


def _text_problem(c: Column, raw: ir.Table, problems: Problems, count: int) -> None:
    bad = raw.filter(_unread(c, raw)).select(c.name).limit(3).to_pyarrow()
    remedy = (
        "write true or false" if c.kind == "flag" else "enter the number alone"
    ) + "; leave unknown cells blank"
    problems.add(Fault(c.kind, c.name, f"allowed {c.allowed}", remedy), bad[c.name].to_pylist(), count=count)


def _rule_problem(rule: Rule, table: ir.Table, problems: Problems, count: int) -> None:
    name = rule.columns[0]
    broken: Any = nw.from_native(table).filter(rule.breaks()).select(name).to_native()
    first = broken.limit(3).to_pyarrow()[name].to_pylist()
    fitting = by_remedy(rule, first)  # of the first values: all are counted, few are seen
    remedy = "; ".join(dict.fromkeys(one.remedy for one, _ in fitting))
    problems.add(replace(rule, remedy=remedy), first, count=count)
