"""A table of a database as a raw table: of a DuckDB file, of a PostgreSQL server, or of any engine Ibis knows.

Comes in: where it is, never a password. Goes out: a :class:`~outcomes.files.source.Source` whose rows are counted in
the order of their session ids, since a database has no lines. Only wanted columns leave the database. Refuses tables
that are not there, and says what a database refused without what it said of its values.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import OutcomesError, UnreadableFileError, shown
from outcomes.files.origin import UNREADABLE_ADDRESS, Origin
from outcomes.files.source import Source, refuse_bad_names
from outcomes.files.text_table import arrow_text

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["read_database"]

MOST_LISTED = 12
ROWS = "rows are counted in the order of their session ids"
_TABLES = (
    "select table_schema, table_name, table_schema = current_schema() from information_schema.tables "
    "where table_catalog = current_database()"
)
_NO_DRIVER = (
    "The driver that reads PostgreSQL is not installed here. Install it: pip install 'outcomes[postgres]'."
)


def read_database(origin: Origin, *, wanted: Callable[[str], bool], order: Callable[[str], bool]) -> Source:
    """Read the table of a database, or an Ibis table.

    Parameters
    ----------
    origin : Origin
        Of kind ``duckdb``, ``postgres`` or ``ibis``.
    wanted : callable
        Whether a column, by its heading, is fetched. Of others the heading alone is kept, with blank cells.
    order : callable
        Whether a column, by its heading, is the one that rows are put in the order of.

    Raises
    ------
    UnreadableFileError
    """
    with warnings.catch_warnings(), _opened(origin) as table, _refused(origin.name):
        names = [str(name) for name in table.columns]
        fetched = [name for name in names if wanted(name)]
        held = table.select(fetched).to_pyarrow() if fetched else None
    path = Path(origin.name)
    refuse_bad_names(path, names)
    if held is None:
        raise UnreadableFileError(f"{origin.name} has no column of the session record. Name another table.")
    if not held.num_rows:
        raise UnreadableFileError(f"{origin.name} has columns but no rows. Name another table.")
    return Source(
        path, "database", _in_order(_plain(held, names), order), lambda rows: [r + 1 for r in rows], (ROWS,)
    )


def _plain(held: Any, names: list[str]) -> Any:
    """All columns, those not fetched blank; exact decimals as numbers."""
    import pyarrow as pa

    def column(name: str) -> Any:
        if name not in held.column_names:
            return pa.nulls(held.num_rows)
        return held[name].cast(pa.float64()) if pa.types.is_decimal(held[name].type) else held[name]

    return pa.table({name: column(name) for name in names})


def _in_order(table: Any, order: Callable[[str], bool]) -> Any:
    """Rows in the order of the column that says so, where there is one: an engine may give them in any."""
    import pyarrow.compute as pc

    by = next((name for name in table.column_names if order(name)), None)
    return table if by is None else table.take(pc.array_sort_indices(arrow_text(table[by]).combine_chunks()))


# --- engines ------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(origin: Origin) -> Iterator[ir.Table]:
    """The table, while its database is open."""
    warnings.simplefilter("ignore", DeprecationWarning)  # Ibis 12 asks DuckDB 2 in a way on its way out
    if origin.kind == "ibis":
        yield origin.asked
        return
    with (_duckdb if origin.kind == "duckdb" else _postgres)(origin) as connection:
        with _refused(origin.name):
            table = _table(connection, origin)
        yield table


@contextmanager
def _duckdb(origin: Origin) -> Iterator[Any]:
    """A DuckDB file, only to be read; a view in it may not reach for other files."""
    import ibis

    try:
        connection = ibis.duckdb.connect(origin.asked, read_only=True)
        connection.raw_sql("SET enable_external_access = false")
    except Exception as error:
        raise UnreadableFileError(
            f"{origin.name} is a DuckDB file that cannot be opened ({type(error).__name__}): it is open elsewhere, "
            "damaged, or of another version. Close it there, or export the table as Parquet."
        ) from None
    try:
        yield connection
    finally:
        connection.disconnect()


@contextmanager
def _postgres(origin: Origin) -> Iterator[Any]:
    """A PostgreSQL server, only to be read. Who asks is left to libpq: environment, ~/.pgpass, service file."""
    try:
        import ibis
        import psycopg
    except ImportError:
        raise UnreadableFileError(_NO_DRIVER) from None
    try:
        held = psycopg.connect(origin.asked, autocommit=True, connect_timeout=10)
        held.read_only = True
    except psycopg.ProgrammingError:
        raise UnreadableFileError(UNREADABLE_ADDRESS) from None
    except psycopg.Error as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise UnreadableFileError(
            f"The database could not be opened: {said[0]}. Check the address, that the server runs, and who you are "
            "there (PGUSER, PGPASSWORD, ~/.pgpass or a service file)."
        ) from None
    with held:
        yield ibis.postgres.from_connection(held)


def _table(connection: Any, origin: Origin) -> Any:
    """The table asked for, or the only one there is."""
    schema, _, name = (origin.table or "").rpartition(".")
    every = connection.raw_sql(_TABLES).fetchall()
    there = sorted(one for of, one, here in every if (of == schema if schema else here))
    listed = ", ".join(shown(each) for each in there[:MOST_LISTED]) or "none"
    listed += f" and {len(there) - MOST_LISTED} more" if len(there) > MOST_LISTED else ""
    if not name and len(there) != 1:
        raise UnreadableFileError(f"Which table of the database? Choose with `--table`; there are: {listed}.")
    if name and name not in there:
        raise UnreadableFileError(
            f"The database has no table {shown(name)}. Choose with `--table` (or `--table schema.table`); "
            f"there are: {listed}."
        )
    return connection.table(name or there[0], database=schema or None)


@contextmanager
def _refused(name: str) -> Iterator[None]:
    """Say what an engine refused, by the kind of its error: what it says may hold a value."""
    try:
        yield
    except OutcomesError:
        raise
    except Exception as error:
        if not type(error).__module__.startswith(
            ("duckdb", "_duckdb", "psycopg", "ibis", "pyspark", "py4j", "pyarrow")
        ):
            raise
        raise UnreadableFileError(
            f"{name} could not be read: the database answered with {type(error).__name__}. Ask for the right to read "
            "the table, or look at it there: select * from it."
        ) from None
