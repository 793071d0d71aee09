"""Prepared records as files: whole or absent, the raw file and an earlier mapping left alone."""

from __future__ import annotations

from pathlib import Path

import outcomes as oc
from outcomes.cli import main
from outcomes.intake.prepare_files import prepare_file
from prepared_form import FORM


def test_files_are_written_and_an_earlier_mapping_is_kept(tmp_path: Path) -> None:
    raw = tmp_path / "raw.csv"
    raw.write_text(FORM)
    (tmp_path / "clinic.toml").write_text("title = 'mine'\n")
    written = prepare_file(raw, tmp_path, form="csv")
    assert written.kept == tmp_path / "clinic-1.toml"
    assert written.kept.read_text() == "title = 'mine'\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "clinic-1.toml", "clinic.key", "clinic.toml", "datapackage.json", "prepared.html", "raw.csv", "sessions.csv",
    ]  # fmt: skip
    assert (tmp_path / "clinic.key").stat().st_mode & 0o077 == 0
    assert len(oc.read_sessions(written.sessions)) == 4
    assert prepare_file(raw, tmp_path, form="csv").kept is None, "the same mapping needs no second copy"


def test_the_raw_file_is_never_written_over(tmp_path: Path, capsys) -> None:
    raw = tmp_path / "sessions.csv"
    raw.write_text(FORM)
    assert main(["prepare", str(raw), "--out", str(tmp_path), "--format", "csv"]) == 2
    assert "is the raw file, which is left alone" in capsys.readouterr().err
    assert raw.read_text() == FORM


def test_an_unfinished_mapping_is_written_to_be_completed(tmp_path: Path, capsys) -> None:
    raw = tmp_path / "raw.csv"
    raw.write_text("Patient ID,Pain before,Team\np1,6,red\np2,7,blue\n")
    assert main(["prepare", str(raw), "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "Every session needs:" in said
    assert f"outcomes prepare {raw.name} --mapping clinic.toml" in said
    mapping = tmp_path / "clinic.toml"
    text = mapping.read_text()
    assert '# condition = "?"' in text
    mapping.write_text(text + '\n[constants]\ncondition = "neck_pain"\n')
    assert main(["prepare", str(raw), "--out", str(tmp_path), "--mapping", str(mapping)]) == 0
    assert set(oc.read_sessions(tmp_path / "sessions.parquet")["condition"]) == {"neck_pain"}


def test_a_refusal_leaves_no_empty_folder(tmp_path: Path, capsys) -> None:
    for folder, there in (("new", False), ("old", True)):
        if there:
            (tmp_path / folder).mkdir()
        assert main(["prepare", str(tmp_path / "absent.csv"), "--out", str(tmp_path / folder)]) == 2
        assert (tmp_path / folder).exists() == there
    assert "There is no file" in capsys.readouterr().err
