"""Preparing a clinic's file: the cases on which others were seen to go wrong, the questions, what is kept and left."""

from __future__ import annotations

from pathlib import Path

import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.errors import MappingError
from outcomes.intake.prepare import UnpreparedError
from outcomes.intake.prepare_report import report_html, report_text
from prepared_form import FORM, prepared, values

HEAD = "session_id,patient_id,condition,session_number,pain_pre,pain_post"


def test_answers_of_a_form_are_read_and_each_rewriting_is_said(tmp_path: Path) -> None:
    done = prepared(FORM, tmp_path)
    sessions = done.sessions
    assert values(sessions, "condition") == ["neck_pain", "low_back_pain", "plantar_fasciitis", "neck_pain"]
    assert values(sessions, "pain_pre") == [7, 6, 8, 5]
    assert values(sessions, "pain_post") == [5, 6, 5.5, 4]
    assert values(sessions, "pain_48h") == [3, 4, None, 2]
    assert values(sessions, "twitch_count") == [6, None, 0, None]
    assert values(sessions, "soreness_h") == [48, 36, 0, 24]
    assert values(sessions, "soreness_free_h") == [None, None, None, 48]
    assert values(sessions, "session_number") == [1, 1, 1, 2]
    said = {(one.theirs, one.became, one.kind, one.cells) for one in done.rewritings}
    assert said == {
        ("7/10", "7", "rewritten", 1),
        ("6 - moderate", "6", "rewritten", 1),
        ("5-6", "5.5", "flagged", 1),
        (">10", "", "unclear", 1),
        ("several", "", "unclear", 1),
        ("2 days", "48", "rewritten", 1),
        ("36 hrs", "36", "rewritten", 1),
        ("none", "0", "rewritten", 1),
        ("1-2 days", "24, soreness_free_h 48", "rewritten", 1),
    }
    text, page = report_text(done), report_html(done)
    for words in ("several -> blank", "5-6 -> 5.5", "Google Forms, 4 answers"):
        assert words in text
    assert all(
        words in page for words in ("<td>several</td><td>blank</td>", "1-2 days", "Google Forms, 4 answers")
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"\ufeff{HEAD.replace(',', ';')}\ns1;p1;neck_pain;1;6,5;5\ns2;p2;neck_pain;1;7;5,5\n", "euro.csv"),
        (
            f"Outshine PT - session report\nExported 02/03/2026\n\n{HEAD}\n"
            "s1,p1,neck_pain,1,6.5,5\ns2,p2,neck_pain,1,7,5.5\n",
            "p.csv",
        ),
        (f"{HEAD}\ns1,p1,neck_pain,1,6.5,5\ns2,p2,neck_pain,1,7,5.5\nTotal,2,,,13,10\n", "totals.csv"),
        (
            "Session ID,Patient ID,Condition,Session Number,Pain Pre,Pain Post\n"
            "1,p1,Neck Pain,1,6.5,5\n2,p2,neck,1,7,5.5\n",
            "w.csv",
        ),
    ],
)
def test_unusual_files_are_prepared_alike(text: str, name: str, tmp_path: Path) -> None:
    sessions = prepared(text, tmp_path, name).sessions
    assert values(sessions, "pain_pre") == [6.5, 7]
    assert values(sessions, "pain_post") == [5, 5.5]


def test_rows_that_can_be_no_session_are_left_out_and_accounted_for(tmp_path: Path) -> None:
    rows = ["p1,neck,6,5", "p2,see notes,6,5", "p3,neck,,5", "p4,neck,12,5", ",neck,6,5", "p5,neck,6,14"]
    done = prepared("Patient ID,Condition,Pain before,Pain after\n" + "\n".join(rows) + "\n", tmp_path)
    assert values(done.sessions, "pain_pre") == [6, 6]
    assert (done.account.read, done.account.sessions, done.account.rows("left out")) == (6, 2, 4)
    assert (
        "4 left out (no patient that could be read: 1; no condition that could be read: 1; no pain before"
        in str(done.account)
    )
    assert {(one.column, one.values, one.cells) for one in done.blanked} == {
        ("pain_pre", ("12",), 1),
        ("pain_post", ("14",), 1),
    }


def test_a_file_of_no_session_says_why(tmp_path: Path) -> None:
    with pytest.raises(
        UnpreparedError, match="holds no session that can be used: 2 rows read: 0 sessions, 2 left out"
    ):
        prepared("Patient ID,Condition,Pain before\np1,see notes,6\np2,?,7\n", tmp_path)


def test_still_sore_is_censored_at_the_follow_up_or_unclear(tmp_path: Path) -> None:
    head = "Patient ID,Condition,Pain before,How long were you sore?"
    sessions = prepared(
        f"{head},Follow-up time (hours)\np1,neck,6,still sore,50\np2,neck,6,24 h,47\n", tmp_path
    ).sessions
    assert values(sessions, "soreness_h") == [50, 24]
    assert values(sessions, "soreness_ongoing") == [True, None]
    done = prepared(f"{head}\np1,neck,6,still sore\np2,neck,6,24 h\n", tmp_path)
    assert values(done.sessions, "soreness_h") == [None, 24]
    assert [one.kind for one in done.rewritings if one.became == ""] == ["unclear"]


def test_headings_that_name_a_movement_give_it(tmp_path: Path) -> None:
    text = (
        "Patient ID,Condition,Pain before,Neck rotation before (deg),Neck rotation after (deg)\n"
        "p1,neck,6,45°,55 deg\np2,neck,6,50,61\n"
    )
    sessions = prepared(text, tmp_path).sessions
    assert values(sessions, "rom_movement") == ["cervical_rotation"] * 2
    assert values(sessions, "rom_pre") == [45, 50]
    assert values(sessions, "rom_post") == [55, 61]


def test_names_and_birth_dates_become_pseudonyms_and_bands(tmp_path: Path) -> None:
    text = (
        "First name,Last name,DOB,Visit date,Condition,Pain before,Comments\n"
        "Ann,Leeson,1980-02-29,2026-01-13,neck,6,felt dizzy on Tuesday\n"
        "Ann,Leeson,1980-02-29,2026-01-20,neck,4,\n"
        "Bob,Marsh,1951-07-01,2026-01-21,LBP,5,\n"
    )
    done = prepared(text, tmp_path)
    sessions = done.sessions
    assert sessions["patient_id"].factorize()[0].tolist() == [0, 0, 1]
    assert values(sessions, "age_band") == ["40-49", "40-49", "70-79"]
    assert values(sessions, "day") == [0, 7, 0]
    everything = sessions.to_csv() + report_text(done) + report_html(done) + done.text
    for telling in ("Leeson", "Marsh", "1980", "2026-01", "dizzy"):
        assert telling not in everything
    assert ("Comments", "not part of the record") in done.left_out or any(
        name == "Comments" for name, _ in done.left_out
    )


def test_a_mapping_whose_columns_are_gone_is_refused_with_what_is_there(tmp_path: Path) -> None:
    done = prepared(FORM, tmp_path)
    (tmp_path / "clinic.toml").write_text(done.text)
    with pytest.raises(
        MappingError, match=r"no longer has Patient code, which the mapping reads, and has Code instead"
    ):
        prepared(FORM.replace("Patient code", "Code"), tmp_path, mapping=tmp_path / "clinic.toml")


# --- what is written ----------------------------------------------------------------------------------------------


def test_shipped_mappings_are_named_and_listed(tmp_path: Path, capsys) -> None:
    assert main(["map", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("redcap", "redcap-labels", "flowsheet", "template"))
    raw = tmp_path / "raw.csv"
    raw.write_text(
        "patient_id,redcap_repeat_instance,condition,pain_pre\np1,1,neck_pain,6\np1,2,neck_pain,5\n"
    )
    assert main(["check", str(raw), "--mapping", "redcap"]) == 0
    assert main(["check", str(raw), "--mapping", "redcup"]) == 2
    assert "Mappings that come with the suite: flowsheet" in capsys.readouterr().err
    assert main(["map"]) == 2


def test_columns_that_the_mapping_keeps_stay_with_the_sessions_as_far_as_they_are_safe(
    tmp_path: Path,
) -> None:
    rows = [
        f"s{n},p{n},neck_pain,1,{3 + n % 5},2,{('plan A', 'plan B')[n % 2]},{21.5 + n % 7},Maria Gonzalez {n}"
        for n in range(40)
    ]
    raw = tmp_path / "clinic.csv"
    raw.write_text(f"{HEAD},insurance,bmi,contact\n" + "\n".join(rows) + "\n")
    mapping = tmp_path / "clinic.toml"
    columns = "\n".join(f'{name} = "{name}"' for name in HEAD.split(","))
    mapping.write_text(f'[columns]\n{columns}\n[keep]\nplan = "insurance"\nbmi = "bmi"\nwho = "contact"\n')
    out = tmp_path / "safe"
    assert main(["prepare", str(raw), "--mapping", str(mapping), "--out", str(out), "--yes"]) == 0
    (written,) = out.glob("sessions.*")
    sessions = oc.read_sessions(written)
    assert sessions["plan"].tolist() == ["plan A", "plan B"] * 20
    assert sessions["bmi"].astype(float).tolist() == [21.5 + n % 7 for n in range(40)]
    assert "who" not in sessions
    assert "Maria" not in " ".join(path.read_text(errors="replace") for path in out.iterdir())
