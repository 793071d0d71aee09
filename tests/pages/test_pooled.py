"""The page of several clinics: made from their files, whole or not at all, for inside the study."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

import outcomes as oc
from outcomes.cli import main
from several_clinics_data import clinics, put_together


@pytest.fixture(scope="module")
def each():
    return clinics(60, 70, 80)


@pytest.fixture(scope="module")
def made(each, tmp_path_factory):
    """Three clinics' files, and what `pool` made of them."""
    folder = tmp_path_factory.mktemp("study")
    files = [str(folder / f"{at}.outcomes") for at in range(3)]
    for at, sessions in enumerate(each):
        pd.DataFrame(sessions).to_parquet(folder / f"{at}.parquet")
        asked = ["reduce", str(folder / f"{at}.parquet"), "--out", files[at], "--i-am-inside"]
        assert main(asked) == 0
    assert main(["pool", *files, "--out", str(folder / "exports")]) == 0
    return files, folder / "exports"


def test_its_tables_are_those_of_the_records_put_together(made, each):
    relief = pd.read_csv(made[1] / "tables/several_clinics-relief.csv").set_index(["condition", "time"])
    wanted = oc.change.relief(put_together(each)).set_index(["condition", "time"])
    for name in ("patients", "sessions", "estimate", "std_error", "conf_low", "conf_high", "expected_change"):
        pd.testing.assert_series_equal(relief[name], wanted[name], check_dtype=False, rtol=1e-8)
    assert set(relief["records"]) == {"synthetic records"}


def test_the_page_says_what_it_is_and_whom_it_is_for(made):
    page = (made[1] / "several_clinics.html").read_text("utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert "3 clinics gave sums of" in text
    assert "Synthetic records, made by a computer." in text
    assert "For inside the study" in text
    assert "one more clinic like these" in text
    assert "worst soreness" in text
    assert not re.search(r"\b(?:soreness_peak|pain_relief_(?:post|48h)|twitch_count|pain_during)\b", text), (
        "no codes"
    )
    manifest = json.loads((made[1] / "manifest.json").read_text("utf-8"))
    assert (manifest["for"], manifest["clinics"], manifest["synthetic"]) == ("inside the study", 3, "all")
    assert set(manifest["files"]) >= {"index.html", "several_clinics.html", "estimates.csv"}
    names = [re.search(r"alt=\"([^\"]+)\"", tag).group(1) for tag in re.findall(r"<img[^>]+>", page)]
    assert len(names) == 4
    assert all(len(alt) > 40 for alt in names)
    assert "/study" not in page, "where the files lay is told nowhere"


def test_nothing_is_written_where_a_file_was_changed(made, tmp_path, capsys):
    changed = tmp_path / "0.outcomes"
    changed.write_bytes(b"PK" + (tmp_path / "x").name.encode())
    assert main(["pool", str(changed), made[0][1], "--out", str(tmp_path / "exports")]) == 2
    assert "0.outcomes is not a study's file" in capsys.readouterr().err
    assert main(["pool", made[0][0], made[0][0], "--out", str(tmp_path / "exports")]) == 2
    assert "hold the same sums" in capsys.readouterr().err
    assert not (tmp_path / "exports").exists()


def test_a_plan_given_to_clinics_has_to_be_given_to_the_pool(each, tmp_path, capsys):
    plan, records, out = (tmp_path / name for name in ("plan.toml", "visits.parquet", "0.outcomes"))
    plan.write_text("[followup]\nleast_h = 24.0\n")
    pd.DataFrame(each[0]).to_parquet(records)
    asked = ["reduce", str(records), "--plan", str(plan), "--out", str(out), "--i-am-inside"]
    assert main(asked) == 0
    assert "no record of any" in capsys.readouterr().out
    assert main(["pool", str(out), "--out", str(tmp_path / "exports")]) == 2
    assert "under another plan" in capsys.readouterr().err
    assert main(["pool", str(out), "--out", str(tmp_path / "exports"), "--plan", str(plan)]) == 0
    said = re.sub(r"<[^>]+>", "", (tmp_path / "exports/several_clinics.html").read_text("utf-8"))
    assert "fewer than 3 clinics" in said


def test_a_masked_study_gives_the_page_without_hours_of_soreness(each, tmp_path):
    study_of = oc.reduce_study(each[0])
    parts = {
        name: part for name, part in study_of.parts.items() if not name.startswith(("events", "watched"))
    }
    masked = replace(study_of, parts=parts, clinics=3)
    oc.write_study(masked, tmp_path / "clinics.outcomes")
    found = oc.pool_pages([tmp_path / "clinics.outcomes"], tmp_path / "exports")
    assert (found.clinics, found.patients) == (3, 60)
    said = re.sub(r"<[^>]+>", "", (tmp_path / "exports/several_clinics.html").read_text("utf-8"))
    assert "Sore at all: " in said
    assert "masked" in said
    assert sorted(path.name for path in (tmp_path / "exports/charts").glob("*.png")) == [
        "several_clinics-relief.phone.png",
        "several_clinics-relief.png",
        "several_clinics-shares.phone.png",
        "several_clinics-shares.png",
    ]
