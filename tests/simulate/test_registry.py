"""A cohort of any size in parts: the same records whatever their size, in bounded memory, whole or not at all."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from outcomes.errors import ExportError
from outcomes.simulate import sessions as simulate
from outcomes.simulate.registry import write_registry
from outcomes.simulate.scenarios import SimulationError
from outcomes.simulate.sessions import simulate_sessions


@pytest.fixture
def small_blocks(monkeypatch) -> None:
    monkeypatch.setattr(simulate, "_BLOCK_PATIENTS", 200)


@pytest.mark.parametrize("rows_per_part", [97, 500, 1_000_000])
def test_parts_hold_the_same_cohort_whatever_their_size(small_blocks, tmp_path, rows_per_part: int) -> None:
    whole, _ = simulate_sessions(500, seed=3, scenario="registry")
    rows = write_registry(tmp_path / "registry", 500, seed=3, rows_per_part=rows_per_part)
    files = sorted((tmp_path / "registry").glob("*.parquet"))
    assert [path.name for path in files] == [f"sessions-{number:05d}.parquet" for number in range(len(files))]
    parts = [pd.read_parquet(path) for path in files]
    assert rows == len(whole)
    assert [len(part) for part in parts[:-1]] == [rows_per_part] * (len(parts) - 1)
    again = pd.concat(parts, ignore_index=True).astype(whole.dtypes.to_dict())
    pd.testing.assert_frame_equal(again, whole)
    assert whole["session_id"].is_unique
    assert whole.groupby("clinic_id")["patient_id"].nunique().sum() == 500


def test_blocks_are_other_patients_in_other_clinics(monkeypatch) -> None:
    """Two clinics of 200 patients a block: six in three blocks, numbered on, and no block a copy of another."""
    monkeypatch.setattr(simulate, "_BLOCK_PATIENTS", 400)
    sessions, _ = simulate_sessions(1200, seed=3, scenario="registry")
    block = (sessions["patient_id"].str[1:].astype(int) - 1) // 400
    clinics = sessions.groupby(block)["clinic_id"].agg(lambda names: sorted(set(names)))
    assert clinics.tolist() == [["C01", "C02"], ["C03", "C04"], ["C05", "C06"]]
    pain = [held["pain_pre"].tolist()[:50] for _, held in sessions.groupby(block)]
    assert pain[0] != pain[1] != pain[2] != pain[0]


def test_a_registry_counts_its_progress(small_blocks, tmp_path) -> None:
    seen: list[tuple[int, int]] = []
    write_registry(tmp_path, 500, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(200, 500), (400, 500), (500, 500)]


def test_an_interrupted_registry_leaves_no_trace(small_blocks, tmp_path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_registry(tmp_path / "registry", 500, rows_per_part=50, progress=interrupt)
    assert not (tmp_path / "registry").exists()
    assert write_registry(tmp_path / "registry", 5) > 5


def test_a_registry_is_written_beside_nothing_else(tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"not empty \(it holds notes.txt\)"):
        write_registry(tmp_path, 10)
    with pytest.raises(ExportError, match="is a file"):
        write_registry(tmp_path / "notes.txt", 10)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_registry(tmp_path) -> None:
    script = (
        "import resource, sys; from outcomes.simulate.registry import write_registry;"
        "write_registry(sys.argv[1], int(sys.argv[2]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )

    def peak_mb(patients: int) -> float:
        command = [sys.executable, "-c", script, str(tmp_path / str(patients)), str(patients)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1024

    small, great = peak_mb(75_000), peak_mb(600_000)
    assert great < 1.3 * small
    assert great < 1024


def test_a_part_holds_at_least_one_row(tmp_path) -> None:
    with pytest.raises(SimulationError, match="rows_per_part is 0"):
        write_registry(tmp_path, 10, rows_per_part=0)
