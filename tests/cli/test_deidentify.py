"""`outcomes deidentify` writes a file that can be read and names nobody."""

from __future__ import annotations

from outcomes.cli import main


def test_deidentify_makes_a_file_that_can_be_read(tmp_path, capsys) -> None:
    raw = tmp_path / "raw.csv"
    rows = [f"Jane Doe{i},2024-0{1 + i % 9}-15,1980-02-2{i % 9},neck_pain,{i % 9},r{i}" for i in range(30)]
    raw.write_text(
        "patient_name,visit_date,date_of_birth,condition,pain_pre,record\n" + "\n".join(rows) + "\n"
    )
    safe = tmp_path / "safe.csv"
    assert main(["deidentify", str(raw), str(safe), "--key", str(tmp_path / "k")]) == 0
    text = safe.read_text() + capsys.readouterr().out
    assert "Jane" not in text
    assert "1980" not in text
    assert (tmp_path / "k").stat().st_mode & 0o077 == 0
