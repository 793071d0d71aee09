"""Tables of databases: DuckDB files and Ibis tables here, a PostgreSQL server in tests/intake/test_databases.py."""

from __future__ import annotations

from pathlib import Path

import duckdb
import ibis
import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files.database import read_database
from outcomes.files.origin import origin_of


def read(records, table=None):
    return read_database(
        origin_of(records, table=table), wanted=lambda name: name != "room", order=lambda name: name == "id"
    )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.duckdb"
    with duckdb.connect(path) as connection:
        connection.sql(
            "create table sessions as select * from (values ('s2', 4.5, 'x'), ('s1', 3.0, 'y')) as t(id, pain, room)"
        )
        connection.sql("create schema old")
        connection.sql("create table old.sessions as select 's9' as id")
    return path


def test_rows_come_in_the_order_of_their_ids_and_decimals_as_numbers(database: Path) -> None:
    source = read(database)
    assert source.table.to_pydict() == {"id": ["s1", "s2"], "pain": [3.0, 4.5], "room": [None, None]}
    assert source.lines([0, 1]) == [1, 2]
    assert "in the order of their session ids" in source.remarks[0]


def test_an_unwanted_column_is_not_fetched(database: Path) -> None:
    """Its heading stays, for the account of what was left out."""
    with duckdb.connect(database) as connection:
        connection.sql("create view looks as select id, error('fetched') as room from sessions")
    assert read(database, "looks").table["room"].null_count == 2


def test_a_table_of_a_schema_and_the_only_table(database: Path, tmp_path: Path) -> None:
    assert read(database, "old.sessions").table["id"].to_pylist() == ["s9"]
    with duckdb.connect(database) as connection:
        connection.sql("create table visits as select 1 as id")
    with pytest.raises(UnreadableFileError, match=r"Which table.*sessions, visits"):
        read(database)
    with pytest.raises(UnreadableFileError, match=r"no table nothing.*sessions, visits"):
        read(database, "nothing")


def test_a_view_may_not_reach_for_other_files_and_what_it_said_is_not_repeated(
    database: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text("id\nAnn Lee\n")
    with duckdb.connect(database) as connection:
        connection.sql(f"create view spy as select * from read_csv('{tmp_path}/secret.csv')")
        connection.sql("create view broken as select cast(id as integer) as id from sessions")
    for table in ("spy", "broken"):
        with pytest.raises(UnreadableFileError, match="the database answered with") as refusal:
            read(database, table)
        assert not any(words in str(refusal.value) for words in ("s1", "secret", "Ann"))


def test_a_damaged_or_empty_database_is_refused(tmp_path: Path, database: Path) -> None:
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"12345678DUCK" + bytes(100))
    with pytest.raises(UnreadableFileError, match=r"broken\.duckdb is a DuckDB file that cannot be opened"):
        read(broken)
    with duckdb.connect(database) as connection:
        connection.sql("create table none as select 1 as id where false")
        connection.sql("create table rooms as select 'x' as room")
    for table, says in (("none", "no rows"), ("rooms", "no column of the session record")):
        with pytest.raises(UnreadableFileError, match=says):
            read(database, table)


def test_the_database_is_as_it_was_and_free_again(database: Path) -> None:
    before = database.read_bytes()
    read(database)
    assert database.read_bytes() == before
    with duckdb.connect(database) as connection:  # refused while another holds it
        assert connection.sql("select count(*) from sessions").fetchall() == [(2,)]


def test_an_ibis_table_of_any_engine_is_read(database: Path) -> None:
    table = ibis.memtable({"id": ["s3", "s1"], "pain": [1.0, 2.0]})
    assert read(table).table.to_pydict() == {"id": ["s1", "s3"], "pain": [2.0, 1.0]}
