"""`outcomes secure`: three clinics and whoever adds, each in a folder of its own, from invitation to estimates."""

from __future__ import annotations

import re
import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from conftest import skip_or_fail
from outcomes.cli import main

FORMULA = "pain_relief_48h ~ condition + pain_pre + (1 | patient_id)"
NAMES = ("east", "north", "west")
DEMO = Path(__file__).resolve().parents[2] / "data" / "demo_sessions.csv"


@pytest.fixture
def begun(tmp_path: Path, monkeypatch, capsys) -> tuple[Path, str, pd.DataFrame]:
    """Folders of three clinics that joined, the fingerprint of their round, and all their sessions."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        skip_or_fail("the package cryptography is not installed (outcomes[secure])")
    sessions = oc.read_sessions(DEMO)
    sessions = sessions[sessions["patient_id"].factorize()[0] < 120]
    of = sessions["patient_id"].factorize()[0] % 3
    monkeypatch.chdir(tmp_path)
    assert main(["secure", "invite", "--formula", FORMULA, "--most-sessions", "25"]) == 0
    for at, name in enumerate(NAMES):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        sessions[of == at].to_csv("records.csv", index=False)
        assert main(["secure", "join", "../invitation.json", "--name", name]) == 0
        shutil.copy(f"{name}.public.json", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["secure", "start", "invitation.json", *(f"{name}.public.json" for name in NAMES)]) == 0
    capsys.readouterr()
    assert main(["secure", "look", "round.json"]) == 0
    said = capsys.readouterr().out
    assert "3 clinics: east, north, west" in said
    return tmp_path, re.search(r"(?:[0-9a-f]{4}-){7}[0-9a-f]{4}", said).group(), sessions


def masked(name: str, fingerprint: str) -> int:
    keys = f"{name}/{name}.secret.json"
    return main(
        [
            "secure",
            "mask",
            "round.json",
            f"{name}/records.csv",
            "--secret",
            keys,
            "--fingerprint",
            fingerprint,
        ]
    )


def test_the_estimates_are_those_of_all_records(begun, capsys) -> None:
    folder, fingerprint, sessions = begun
    assert [masked(name, fingerprint) for name in NAMES] == [0, 0, 0]
    capsys.readouterr()
    files = [f"{name}.masked.json" for name in NAMES]
    assert main(["secure", "add", "round.json", *files, "--out", "pooled.json"]) == 2
    assert "fewer than 11 (patients with the same number of sessions" in capsys.readouterr().err
    assert main(["secure", "add", "round.json", *files, "--out", "pooled.json", "--i-am-inside"]) == 0
    found = pd.read_csv(StringIO(capsys.readouterr().out))
    whole = oc.fit_mixed(FORMULA, sessions).coefficients
    assert found["term"].tolist() == whole["term"].tolist()
    columns = ["estimate", "std_error", "df"]
    np.testing.assert_allclose(found[columns], whole[columns], rtol=1e-8)
    assert (
        oc.Moments.from_json(folder / "pooled.json").n_sessions
        == oc.reduce_moments(FORMULA, sessions).n_sessions
    )
    assert main(["secure", "add", "round.json", *files[:2]]) == 2
    assert "Without west nothing can be read" in capsys.readouterr().err


def test_keys_serve_once_and_only_where_the_round_is_the_right_one(begun, capsys) -> None:
    folder, fingerprint, _ = begun
    assert masked("east", "0" * 32) == 2
    assert "Nothing was masked" in capsys.readouterr().err
    assert not (folder / "east.masked.json").exists()
    assert masked("east", fingerprint) == 0
    first = (folder / "east.masked.json").read_bytes()
    assert masked("east", fingerprint) == 2
    assert "have served" in capsys.readouterr().err
    assert (folder / "east.masked.json").read_bytes() == first


def test_mistakes_end_in_a_message(begun, capsys) -> None:
    (begun[0] / "table.xlsx").write_bytes(b"PK\x03\x04\xff\xfe")
    for arguments, says in (
        (["look", "table.xlsx"], "table.xlsx cannot be read. Check the name"),
        (["start", "invitation.json", "east.public.json"], "of two, each could take"),
        (["look", "nothing.json"], "cannot be read. Check the name"),
        (["look", "invitation.json"], "This is not a round"),
        (["join", "invitation.json", "--name", "east/east"], "is there already"),
        (["invite", "--formula", "y ~ x + (1 | a/b)"], "one grouping"),
    ):
        assert main(["secure", *arguments]) == 2
        assert says in capsys.readouterr().err
