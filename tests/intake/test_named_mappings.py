"""Tools by name: `--mapping google-forms` reads what is recognized without naming it, and refuses other files."""

from __future__ import annotations

from pathlib import Path

import pytest

import outcomes as oc
from layout_files import LAYOUTS as FILES
from outcomes.cli import main
from outcomes.errors import MappingError
from outcomes.files.text_table import text_table
from outcomes.intake.draft import draft
from outcomes.intake.headings import name_score
from outcomes.intake.layouts import LAYOUTS
from outcomes.record.columns import column

NAMED = {
    "Google Forms": "google-forms",
    "Microsoft Forms": "microsoft-forms",
    "Qualtrics": "qualtrics",
    "SurveyMonkey": "surveymonkey",
    "Typeform": "typeform",
    "REDCap alone": "redcap",
    "Cliniko": "cliniko",
    "Jane": "jane",
    "WebPT": "webpt",
}


@pytest.mark.parametrize("called", NAMED)
def test_a_tool_is_recognized_without_naming_it_and_named_it_is_read_alike(
    called: str, tmp_path: Path
) -> None:
    raw = text_table(FILES[called][0](tmp_path), own_names=False)
    alone, named = draft(raw, file="f"), draft(raw, file="f", tool=NAMED[called])
    assert alone.layout is named.layout is LAYOUTS[NAMED[called]]
    assert named.sections == alone.sections
    others = [name for name in LAYOUTS if name not in (NAMED[called], "redcap")]
    for other in others:
        with pytest.raises(MappingError, match=f"f is no export of .*: --mapping {NAMED[called]}"):
            draft(raw, file="f", tool=other)


def test_every_name_is_listed_with_what_it_is(capsys) -> None:
    assert main(["map", "--list"]) == 0
    listed = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert set(NAMED.values()) <= set(listed)
    assert {"redcap-labels", "flowsheet", "template"} <= set(listed)
    assert all(len(line.split()) > 3 for line in listed.values())


def test_every_command_takes_the_name(tmp_path: Path, capsys) -> None:
    raw = str(FILES["Google Forms"][0](tmp_path))
    out = tmp_path / "out"
    assert main(["prepare", raw, "--out", str(out), "--mapping", "google-forms"]) == 0
    prepared = oc.read_sessions(out / "sessions.parquet")
    assert main(["check", raw, "--mapping", "google-forms"]) in (0, 1)
    read = oc.read_sessions(raw, mapping="google-forms")
    assert read["pain_pre"].tolist() == prepared["pain_pre"].tolist()
    capsys.readouterr()
    assert main(["prepare", raw, "--out", str(out), "--mapping", "qualtrics"]) == 2
    said = capsys.readouterr().err
    assert "is no export of Qualtrics" in said
    assert "it looks like Google Forms: --mapping google-forms" in said
    assert main(["check", raw, "--mapping", "googel-forms"]) == 2
    assert "google-forms" in capsys.readouterr().err


@pytest.mark.parametrize(
    "heading",
    [
        "Number of twitches",
        "How many twitches were there?",
        "# twitches",
        "Number of local twitch responses",
        "LTRs",
        "Local twitch responses (number)",
    ],
)
def test_a_count_of_twitches_is_surely_recognized(heading: str) -> None:
    assert name_score(column("twitch_count"), heading) >= 0.9
    assert (
        max(
            name_score(column(other), heading) for other in ("twitch_seen", "needle_count", "insertion_count")
        )
        == 0
    )
