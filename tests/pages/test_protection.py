"""What stands between the records of a run and its pages: who gets what, what is said, what is remembered."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import outcomes as oc
from outcomes.disclosure.history import FOLDER
from outcomes.errors import DisclosureError
from outcomes.pages.protection import Protection

ABOUT = {
    "format": 1, "made_by": "outcomes", "title": "", "synthetic": "all", "citation": "", "times": {}, "seed": 1,
    "plan": {}, "options": {"audience": "owner"}, "input": {"file": "a.csv", "sha256": "0"}, "rows": {"read": 4},
    "patients": 60,
}  # fmt: skip


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(60, seed=2)[0])


def table(patients: int) -> dict:
    frame = pd.DataFrame(
        {"condition": ["all", "neck_pain"], "patients": [60, patients], "estimate": [1.0, 2.0]}
    )
    return {"00_start_here-relief": (frame, "estimates")}


def test_inside_the_clinic_nothing_is_changed_said_otherwise_or_remembered(sessions, tmp_path) -> None:
    own = Protection.of(sessions, "clinician", tmp_path / "exports")
    assert own.sessions is sessions
    assert own.records is None
    pd.testing.assert_frame_equal(
        own.shown(table(3))["00_start_here-relief"], table(3)["00_start_here-relief"][0]
    )
    assert own.about(ABOUT) == {**ABOUT, "for": "inside the clinic"}
    own.remember()
    (tmp_path / "page.html").write_text("<p>3 patients</p>")
    own.attack(tmp_path)
    assert not (tmp_path / FOLDER).exists()


def test_what_is_passed_on_says_nothing_of_the_records_beyond_the_pages(sessions, tmp_path) -> None:
    owners = Protection.of(sessions, "owner", tmp_path / "exports")
    shown = owners.shown(table(3))["00_start_here-relief"]
    assert shown["estimate"].isna().tolist() == [False, True]
    said = owners.about(ABOUT)
    assert not {"input", "rows", "patients"} & set(said)
    assert said["for"] == "to pass on"
    assert said["release"]["number"] == 1
    assert set(owners.sessions["condition"].astype("str")) <= set(owners.records["condition"])
    assert owners.records["condition"].iloc[0] == "all"


def test_other_records_are_the_next_release_once_the_first_was_shown(sessions, tmp_path) -> None:
    def release(records: pd.DataFrame) -> dict:
        return Protection.of(records, "owner", tmp_path / "exports").about(ABOUT)["release"]

    later = oc.read_sessions(oc.simulate_sessions(90, seed=2)[0])
    first = Protection.of(sessions, "owner", tmp_path / "exports")
    first.shown(table(40))
    assert release(later)["number"] == 1
    first.remember()
    series = first.about(ABOUT)["release"]["series"]
    assert release(sessions) == {"series": series, "number": 1}
    assert release(later) == {"series": series, "number": 2}


def test_an_export_whose_history_is_gone_is_not_followed_by_another(sessions, tmp_path) -> None:
    out = tmp_path / "exports"
    out.mkdir()
    (out / "manifest.json").write_text(
        json.dumps({"release": {"series": "series-001-0123abcd", "number": 1}})
    )
    with pytest.raises(DisclosureError, match="--new-series"):
        Protection.of(sessions, "owner", out)
    (out / "manifest.json").write_text("no manifest of ours")
    assert Protection.of(sessions, "owner", out).renewal is not None


def test_pages_that_give_a_few_away_are_not_written_and_the_place_is_named(sessions, tmp_path) -> None:
    owners = Protection.of(sessions, "owner", tmp_path / "exports")
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/index.html").write_text("<p>We saw 7 patients.</p>")
    with pytest.raises(
        DisclosureError, match=r"fewer than 11 could be worked out \(.*7 patients.*nothing was written"
    ):
        owners.attack(tmp_path / "pages")
