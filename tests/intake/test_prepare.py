"""Preparing a clinic's file: the cases on which others were seen to go wrong, the questions, what is kept and left."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.errors import MappingError
from outcomes.intake.drafted import Question
from outcomes.intake.prepare import Prepared, UnpreparedError, prepare
from outcomes.intake.prepare_files import prepare_file
from outcomes.intake.prepare_report import report_html, report_text

KEY = b"no secret, but long enough"
HEAD = "session_id,patient_id,condition,session_number,pain_pre,pain_post"
FORM = """Timestamp,"Patient code","What was treated today?","Pain before (0-10)","Pain right after (0-10)","Pain two days later (0-10)","How many twitches?","How long were you sore?"
2/3/2026 9:12:44,A-101,Neck pain,7/10,5,3,6,2 days
2/3/2026 10:40:01,A-102,Low Back Pain,6 - moderate,6,4,>10,36 hrs
2/5/2026 11:00:00,A-103,Plantar fasciitis,8,5-6,,0,none
2/9/2026 9:12:44,A-101,Neck pain,5,4,2,several,1-2 days
"""  # noqa: E501


def _prepared(text: str, folder: Path, name: str = "raw.csv", **options: object) -> Prepared:
    path = folder / name
    path.write_text(text)
    return prepare(path, key=KEY, **options)  # type: ignore[arg-type]


def _values(sessions: pd.DataFrame, name: str) -> list[object]:
    return sessions[name].astype(object).where(sessions[name].notna(), None).tolist()


def test_answers_of_a_form_are_read_and_each_rewriting_is_said(tmp_path: Path) -> None:
    done = _prepared(FORM, tmp_path)
    sessions = done.sessions
    assert _values(sessions, "condition") == ["neck_pain", "low_back_pain", "plantar_fasciitis", "neck_pain"]
    assert _values(sessions, "pain_pre") == [7, 6, 8, 5]
    assert _values(sessions, "pain_post") == [5, 6, 5.5, 4]
    assert _values(sessions, "pain_48h") == [3, 4, None, 2]
    assert _values(sessions, "twitch_count") == [6, None, 0, None]
    assert _values(sessions, "soreness_h") == [48, 36, 0, 24]
    assert _values(sessions, "soreness_free_h") == [None, None, None, 48]
    assert _values(sessions, "session_number") == [1, 1, 1, 2]
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


def test_what_only_the_clinic_knows_is_asked_once_and_kept(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(question: Question) -> str:
        asked.append(question.asks)
        return "the month"

    done = _prepared(FORM, tmp_path, ask=answer)
    assert asked == ["In dates such as 2/3/2026, which comes first?"]
    assert _values(done.sessions, "day") == [0, 0, 0, 6]
    assert done.asked == ((asked[0], "the month"),)
    (tmp_path / "clinic.toml").write_text(done.text)
    again = prepare(tmp_path / "raw.csv", key=KEY, mapping=tmp_path / "clinic.toml", ask=answer)
    assert asked == [asked[0]], "what was answered is not asked again"
    pd.testing.assert_frame_equal(again.sessions, done.sessions)
    left = _prepared(FORM, tmp_path)
    assert left.sessions["day"].isna().all()
    assert any("which comes first" in doubt and "days stay blank" in doubt for doubt in left.doubts)


def test_a_question_with_an_answer_that_does_not_help_leaves_it_open(tmp_path: Path) -> None:
    text = "patient_id,Which day,pain_pre\np1,Monday,6\np2,Friday,7\n"
    with pytest.raises(UnpreparedError) as refusal:
        _prepared(text, tmp_path, ask=lambda question: "none of them")
    assert "condition (condition treated): no column says so" in str(refusal.value)
    assert '# condition = "?"  # needed, and not found' in refusal.value.text
    done = _prepared(text, tmp_path, ask=lambda question: "always Neck pain")
    assert set(done.sessions["condition"]) == {"neck_pain"}


def test_two_columns_as_good_are_asked_about_and_not_guessed(tmp_path: Path) -> None:
    text = "Patient ID,Condition,Pain before,Pain pre-treatment\np1,neck,6,5\np2,neck,7,5\n"
    with pytest.raises(UnpreparedError, match="could be 'Pain before' or 'Pain pre-treatment'"):
        _prepared(text, tmp_path)
    done = _prepared(text, tmp_path, ask=lambda question: "'Pain pre-treatment'")
    assert _values(done.sessions, "pain_pre") == [5, 5]


def test_hours_and_days_are_not_guessed(tmp_path: Path) -> None:
    text = "Patient ID,Condition,Pain before,How long were you sore?\np1,neck,6,2\np2,neck,7,1\np3,neck,7,36 hrs\n"
    assert _values(_prepared(text, tmp_path).sessions, "soreness_h") == [None, None, 36]
    for answer, hours in (("days", [48, 24, 36]), ("hours", [2, 1, 36])):
        done = _prepared(text, tmp_path, ask=lambda question, answer=answer: answer)
        assert _values(done.sessions, "soreness_h") == hours
    told = _prepared(text.replace("How long were you sore?", "How many days were you sore?"), tmp_path)
    assert _values(told.sessions, "soreness_h") == [48, 24, 36]


def test_codes_for_not_recorded_are_offered_and_99_is_doubted_aloud(tmp_path: Path) -> None:
    rows = "\ns1,p1,neck_pain,1,6,-99\ns2,p2,neck_pain,1,7,N/A\ns3,p3,neck_pain,1,7,99\n"
    done = _prepared(HEAD + rows, tmp_path)
    assert done.sessions["pain_post"].isna().all()
    assert 'missing = ["-99", "N/A"]' in done.text
    assert any(doubt.startswith("99 in pain_post looks like a code") for doubt in done.doubts)
    counts = {one.theirs: (one.kind, one.cells) for one in done.rewritings}
    assert counts == {"-99": ("not recorded", 1), "N/A": ("not recorded", 1), "99": ("unclear", 1)}


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
    sessions = _prepared(text, tmp_path, name).sessions
    assert _values(sessions, "pain_pre") == [6.5, 7]
    assert _values(sessions, "pain_post") == [5, 5.5]


def test_rows_that_can_be_no_session_are_left_out_and_accounted_for(tmp_path: Path) -> None:
    rows = ["p1,neck,6,5", "p2,see notes,6,5", "p3,neck,,5", "p4,neck,12,5", ",neck,6,5", "p5,neck,6,14"]
    done = _prepared("Patient ID,Condition,Pain before,Pain after\n" + "\n".join(rows) + "\n", tmp_path)
    assert _values(done.sessions, "pain_pre") == [6, 6]
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
        _prepared("Patient ID,Condition,Pain before\np1,see notes,6\np2,?,7\n", tmp_path)


def test_still_sore_is_censored_at_the_follow_up_or_unclear(tmp_path: Path) -> None:
    head = "Patient ID,Condition,Pain before,How long were you sore?"
    sessions = _prepared(
        f"{head},Follow-up time (hours)\np1,neck,6,still sore,50\np2,neck,6,24 h,47\n", tmp_path
    ).sessions
    assert _values(sessions, "soreness_h") == [50, 24]
    assert _values(sessions, "soreness_ongoing") == [True, None]
    done = _prepared(f"{head}\np1,neck,6,still sore\np2,neck,6,24 h\n", tmp_path)
    assert _values(done.sessions, "soreness_h") == [None, 24]
    assert [one.kind for one in done.rewritings if one.became == ""] == ["unclear"]


def test_headings_that_name_a_movement_give_it(tmp_path: Path) -> None:
    text = (
        "Patient ID,Condition,Pain before,Neck rotation before (deg),Neck rotation after (deg)\n"
        "p1,neck,6,45°,55 deg\np2,neck,6,50,61\n"
    )
    sessions = _prepared(text, tmp_path).sessions
    assert _values(sessions, "rom_movement") == ["cervical_rotation"] * 2
    assert _values(sessions, "rom_pre") == [45, 50]
    assert _values(sessions, "rom_post") == [55, 61]


def test_names_and_birth_dates_become_pseudonyms_and_bands(tmp_path: Path) -> None:
    text = (
        "First name,Last name,DOB,Visit date,Condition,Pain before,Comments\n"
        "Ann,Leeson,1980-02-29,2026-01-13,neck,6,felt dizzy on Tuesday\n"
        "Ann,Leeson,1980-02-29,2026-01-20,neck,4,\n"
        "Bob,Marsh,1951-07-01,2026-01-21,LBP,5,\n"
    )
    done = _prepared(text, tmp_path)
    sessions = done.sessions
    assert sessions["patient_id"].factorize()[0].tolist() == [0, 0, 1]
    assert _values(sessions, "age_band") == ["40-49", "40-49", "70-79"]
    assert _values(sessions, "day") == [0, 7, 0]
    everything = sessions.to_csv() + report_text(done) + report_html(done) + done.text
    for telling in ("Leeson", "Marsh", "1980", "2026-01", "dizzy"):
        assert telling not in everything
    assert ("Comments", "not part of the record") in done.left_out or any(
        name == "Comments" for name, _ in done.left_out
    )


def test_a_mapping_whose_columns_are_gone_is_refused_with_what_is_there(tmp_path: Path) -> None:
    done = _prepared(FORM, tmp_path)
    (tmp_path / "clinic.toml").write_text(done.text)
    with pytest.raises(
        MappingError, match=r"no longer has Patient code, which the mapping reads, and has Code instead"
    ):
        _prepared(FORM.replace("Patient code", "Code"), tmp_path, mapping=tmp_path / "clinic.toml")


# --- what is written ----------------------------------------------------------------------------------------------


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


def test_a_refusal_leaves_no_empty_folder(tmp_path: Path, capsys) -> None:
    for folder, there in (("new", False), ("old", True)):
        if there:
            (tmp_path / folder).mkdir()
        assert main(["prepare", str(tmp_path / "absent.csv"), "--out", str(tmp_path / folder)]) == 2
        assert (tmp_path / folder).exists() == there
    assert "There is no file" in capsys.readouterr().err
