"""Twelve tools' files, three commands, no line written by hand: what was entered is what is read."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from layout_files import LAYOUTS, MUSCLES, VISITS, redcap_dictionary
from outcomes.cli import main

COLUMNS = ("day", "condition", "pain_pre", "pain_post", "pain_48h", "soreness_h", "twitch_count")
ENTERED = pd.DataFrame(
    {
        "patient": v.patient,
        "session_number": v.number,
        "day": v.day,
        "condition": v.condition,
        "pain_pre": v.pain_pre,
        "pain_post": v.pain_post,
        "pain_48h": v.pain_48h,
        "soreness_h": v.soreness_h,
        "twitch_count": v.twitches,
        "sex": v.sex,
        "side": v.side,
        "age_band": f"{v.age // 10 * 10}-{v.age // 10 * 10 + 9}",
        "muscles": MUSCLES[v.condition][1],
    }
    for v in VISITS
)


def _prepared(name: str, folder: Path) -> Path:
    make = LAYOUTS[name][0]
    arguments = ["prepare", str(make(folder)), "--out", str(folder / "out")]
    dictionary = folder / "project_DataDictionary.csv"
    assert main([*arguments, *(["--redcap-dictionary", str(dictionary)] if dictionary.exists() else [])]) == 0
    return folder / "out" / "sessions.parquet"


def _values(cells: pd.Series) -> list[object]:
    return cells.astype(object).where(cells.notna(), None).tolist()


@pytest.mark.parametrize("name", LAYOUTS)
def test_three_commands_read_what_was_entered(name: str, tmp_path: Path, capsys, record_property) -> None:
    """The third command, `run`, is shared by all: what they read is the same (below)."""
    started = time.perf_counter()
    path = _prepared(name, tmp_path)
    said = capsys.readouterr().out
    _, called, absent = LAYOUTS[name]
    assert called in said
    assert main(["check", str(path)]) in (0, 1)
    sessions = oc.read_sessions(path)
    assert len(sessions) == len(ENTERED)
    assert sessions["patient_id"].factorize()[0].tolist() == ENTERED["patient"].tolist()
    assert sessions["session_number"].tolist() == ENTERED["session_number"].tolist()
    for column in (*COLUMNS, "sex", "side", "age_band", "muscles"):
        wanted = [None] * len(ENTERED) if column in absent else _values(ENTERED[column])
        assert _values(sessions[column]) == wanted, column
    seconds = time.perf_counter() - started
    record_property("seconds", round(seconds, 1))
    print(f"{name}: {seconds:.1f} s")
    assert seconds < 60
    _refuse_anybody(sessions, tmp_path / "out")


def _refuse_anybody(sessions: pd.DataFrame, out: Path) -> None:
    """Nobody is named in what was written."""
    text = sessions.to_csv() + (out / "prepared.html").read_text() + (out / "clinic.toml").read_text()
    for v in VISITS:
        day = f"{v.when:%Y-%m-%d}"
        for telling in (v.last, f"{v.born:%Y-%m-%d}", f"A-{100 + v.patient}", day, str(500_100 + v.patient)):
            assert telling not in text, telling


def test_the_pages_open_on_what_was_prepared(tmp_path: Path) -> None:
    path = _prepared("Google Forms", tmp_path)
    out = tmp_path / "exports"
    assert (
        main(["run", str(path), "--out", str(out), "--only", "02_immediate", "--audience", "clinician"]) == 0
    )
    assert "Range of motion" in (out / "02_immediate.html").read_text()


def test_next_month_needs_no_question_and_says_what_changed(tmp_path: Path, capsys) -> None:
    _prepared("Google Forms", tmp_path)
    first = oc.read_sessions(tmp_path / "out" / "sessions.parquet")
    raw = next(tmp_path.glob("Session form*.csv"))
    lines = raw.read_text().splitlines()
    lines = [
        f"{lines[0]},Room",
        *(f"{line},3" for line in lines[1:]),
        "3/9/2026 9:00:00,A-101,Neck pain,Left,8/10,5,1,UT,,,3",
    ]
    raw.write_text("\n".join(lines) + "\n")
    capsys.readouterr()
    mapping = tmp_path / "out" / "clinic.toml"
    kept = mapping.read_bytes()
    arguments = ["prepare", str(raw), "--out", str(tmp_path / "out"), "--mapping", str(mapping)]
    assert main(arguments) == 0
    assert "New columns, which are not used: Room." in capsys.readouterr().out
    again = oc.read_sessions(tmp_path / "out" / "sessions.parquet")
    assert len(again) == len(first) + 1
    assert again["session_id"].tolist()[: len(first)] == first["session_id"].tolist(), (
        "ids are those of last month"
    )
    assert mapping.read_bytes() == kept
    raw.write_text(raw.read_text().replace("Pain before treatment (0-10)", "How bad was it?", 1))
    assert main(arguments) == 2
    assert "no longer has Pain before treatment (0-10)" in capsys.readouterr().err


def test_the_dictionary_of_a_project_must_be_one(tmp_path: Path, capsys) -> None:
    make = LAYOUTS["REDCap with its dictionary"][0]
    export = make(tmp_path)
    assert redcap_dictionary(tmp_path).exists()
    arguments = ["prepare", str(export), "--out", str(tmp_path), "--redcap-dictionary", str(export)]
    assert main(arguments) == 2
    assert "is no REDCap data dictionary" in capsys.readouterr().err
