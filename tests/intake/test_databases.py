"""Records in a PostgreSQL server and in a DuckDB file give what their file gives, and nobody is told a password."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from conftest import skip_or_fail
from outcomes.cli import main
from outcomes.errors import SessionErrors, UnreadableFileError
from outcomes.files.origin import origin_of
from outcomes.pages.manifest import RunOptions, about_run
from outcomes.record.columns import COLUMNS, MOVEMENT_COLUMNS
from postgres import PASSWORD, Server, binaries, server

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo_sessions.csv"
ROWS = 613
FORMULA = "pain_relief_48h ~ condition + pain_pre + (1 | patient_id)"


@pytest.fixture(scope="module")
def postgres():
    if binaries() is None:
        skip_or_fail("PostgreSQL's server is not installed (Debian: postgresql)")
    try:
        import psycopg
    except ImportError:
        skip_or_fail("psycopg is not installed (outcomes[postgres])")
    with server() as started:
        with psycopg.connect(started.address, password=PASSWORD, autocommit=True) as connection:
            connection.execute(f"create table sessions ({_columns('numeric')}, room text)")
            with connection.cursor().copy("copy sessions from stdin with (format csv, header true)") as into:
                into.write(_shuffled().to_csv(index=False))
        yield started


@pytest.fixture
def known(postgres: Server, monkeypatch) -> Server:
    """The server, whose password the environment holds."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return postgres


def _columns(number: str) -> str:
    kinds = {"number": number, "integer": "integer", "flag": "boolean"}
    of = {c.name: kinds.get(c.kind, "text") for c in (*COLUMNS, *MOVEMENT_COLUMNS)}
    return ", ".join(f'"{name}" {of[name]}' for name in pd.read_csv(DEMO, nrows=0).columns)


def _records() -> pd.DataFrame:
    """The demo's first 150 patients."""
    whole = pd.read_csv(DEMO, dtype="str", keep_default_na=False)
    return whole[whole["patient_id"].factorize()[0] < 150]


def _shuffled() -> pd.DataFrame:
    return _records().sample(frac=1.0, random_state=5).assign(room="3")


@pytest.fixture(scope="module")
def of_file(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    path = tmp_path_factory.mktemp("file") / "sessions.csv"
    _records().to_csv(path, index=False)
    return oc.read_sessions(path).sort_values("session_id", ignore_index=True)


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Path:
    path, text = tmp_path / "clinic.duckdb", tmp_path / "shuffled.csv"
    _shuffled().to_csv(text, index=False)
    with duckdb.connect(path) as connection:
        connection.sql(f"create table sessions ({_columns('double')}, room text)")
        connection.sql(f"copy sessions from '{text}' (header true)")
    return path


def test_a_server_gives_the_records_and_tables_of_their_file(known: Server, of_file: pd.DataFrame) -> None:
    found = oc.read_sessions(known.address)
    pd.testing.assert_frame_equal(found, of_file)
    for table in (oc.overall_estimates, oc.soreness_summary):
        pd.testing.assert_frame_equal(table(found), table(of_file), rtol=1e-9)


def test_a_duckdb_file_gives_the_records_of_its_file(duckdb_file: Path, of_file: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(oc.read_sessions(duckdb_file, table="sessions"), of_file)


@pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")
def test_an_ibis_table_of_either_engine_gives_them_and_is_reduced_where_it_lies(
    known: Server, duckdb_file: Path, of_file: pd.DataFrame
) -> None:
    import ibis
    import psycopg

    with psycopg.connect(known.address, autocommit=True) as held:
        table = ibis.postgres.from_connection(held).table("sessions")
        pd.testing.assert_frame_equal(oc.read_sessions(table), of_file)
        there = oc.fit_mixed(FORMULA, oc.scan_sessions(table)).coefficients
    here = oc.fit_mixed(
        FORMULA, oc.scan_sessions(ibis.duckdb.connect(duckdb_file).table("sessions"))
    ).coefficients
    wanted = oc.fit_mixed(FORMULA, of_file).coefficients
    for found in (there, here):
        pd.testing.assert_frame_equal(found, wanted, rtol=1e-9)


def test_nothing_says_more_of_where_they_lie_than_the_table(known: Server, tmp_path: Path, capsys) -> None:
    report = tmp_path / "report.csv"
    assert main(["check", known.address, "--table", "public.sessions", "--report", str(report)]) == 1
    said = capsys.readouterr()
    assert f"public.sessions: {ROWS} rows read: {ROWS} sessions" in said.out
    origin = origin_of(known.address, table="public.sessions")
    checked = oc.check_sessions(origin)
    about = about_run(origin, RunOptions(), checked.sessions, checked.account, {})
    assert about["input"] == {"file": "public.sessions", "sha256": None, "mapping_sha256": None, "rows": ROWS}
    for secret in (PASSWORD, "127.0.0.1", str(known.port)):
        assert secret not in said.out + said.err + report.read_text() + json.dumps(about) + repr(origin)


def test_problems_are_told_by_their_place(known: Server, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(known.address, autocommit=True) as held:
        held.execute(
            "create table twice as (select * from sessions) union all (select * from sessions limit 1)"
        )
        held.execute("update twice set pain_pre = 11 where session_id = (select min(session_id) from twice)")
    checked = oc.check_sessions(known.address, table="twice")
    wrong = checked.problems[checked.problems["severity"] == "error"].set_index("rule")
    assert wrong.loc["range", ["file", "line", "column", "value"]].tolist() == ["twice", 1, "pain_pre", "11"]
    assert np.diff(wrong.loc["unique", "line"].tolist()).tolist() == [1]
    with pytest.raises(UnreadableFileError, match="no table nobody"):
        oc.read_sessions(known.address, table="nobody")


def test_a_server_counts_breaches_itself(known: Server) -> None:
    import ibis
    import psycopg

    with psycopg.connect(known.address, autocommit=True) as held:
        held.execute("create table beyond as (select * from sessions)")
        turned = (
            "update beyond set rom_pre = 170 where rom_movement = 'cervical_rotation' and rom_pre is not null"
        )
        turns = held.execute(turned).rowcount
        scored = held.execute("update beyond set prom = 'rmdq', prom_score = 30 where day = 0").rowcount
        with pytest.raises(SessionErrors) as refused:
            oc.scan_sessions(ibis.postgres.from_connection(held).table("beyond"))
    counts = refused.value.problems.groupby("rule")["count"].first().to_dict()
    assert counts == {"movement cap": turns, "range of the questionnaire": scored}
    assert min(turns, scored) > 5


def test_who_asks_can_come_from_a_service_file(postgres: Server, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    (tmp_path / "services").write_text(
        f"[clinic]\nhost=127.0.0.1\nport={postgres.port}\nuser=clinic\npassword={PASSWORD}\ndbname=postgres\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    assert len(oc.read_sessions("postgres://?service=clinic", table="sessions")) == ROWS


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda address: address, "could not be opened"),
        (lambda address: address.replace("/postgres", "/nothing"), "could not be opened"),
        (lambda address: "postgres://127.0.0.1:1/postgres", "could not be opened"),
        (lambda address: address + "?nonsense=1", "cannot be read"),
    ],
)
def test_what_cannot_be_opened_ends_in_a_message(
    postgres: Server, monkeypatch, change, says, capsys, tmp_path
) -> None:
    monkeypatch.setenv("PGPASSWORD", "wr0ng-Phrase")
    assert main(["run", change(postgres.address), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "wr0ng" not in said
    assert not (tmp_path / "out").exists()


def test_a_table_is_only_read(known: Server) -> None:
    import psycopg

    with psycopg.connect(known.address, autocommit=True) as held:
        held.execute("create table log (n integer)")
        held.execute(
            "create function touched() returns text language sql as 'insert into log values (1) returning n::text'"
        )
        held.execute(
            "create view busy as select session_id, patient_id, touched() as condition from sessions"
        )
    with pytest.raises(UnreadableFileError, match="answered with ReadOnlySqlTransaction"):
        oc.read_sessions(known.address, table="busy")
