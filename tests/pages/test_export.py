"""An export while it is written: what its pages hold, in their order, and what every file says of itself."""

from __future__ import annotations

import dataclasses
import time
import zipfile

import pytest

from outcomes.pages import deck, report
from outcomes.pages.export import Exported, Picture, record_of
from pages.small_export import ALT, BANNER, SYNTHETIC, small_export


def test_a_page_is_a_file_of_its_name() -> None:
    assert Exported("09_claims", "t", "q").file == "09_claims.html"
    assert Exported("09_claims", "t", "q").answer == ""


def test_pictures_come_in_the_order_of_the_page_with_the_text_that_stands_for_them(tmp_path) -> None:
    export = small_export(tmp_path)
    first, second = export.pages
    path = tmp_path / "charts/00_start_here-overall.png"
    assert list(export.pictures(first)) == [Picture(path, ALT)]
    assert list(export.pictures(second)) == []
    page = tmp_path / "00_start_here.page.json"
    page.write_text(
        '{"tables": {}, "charts": {"a": "first by name", "b": "second"}, "in_order": ["b", "a"]}', "utf-8"
    )
    assert [picture.alt for picture in export.pictures(first)] == ["second", "first by name"]
    assert record_of(tmp_path, first)["in_order"] == ["b", "a"]


def test_tables_are_named_with_their_page(tmp_path) -> None:
    named = [(page.name, table) for page, table in small_export(tmp_path).table_names()]
    assert named == [("00_start_here", "relief"), ("00_start_here", "flow"), ("09_claims", "claims")]


@pytest.mark.parametrize("synthetic", [True, False])
def test_every_file_says_that_records_are_synthetic_only_where_they_are(synthetic, tmp_path) -> None:
    said = small_export(tmp_path, synthetic=synthetic).said
    assert said == ([SYNTHETIC, BANNER] if synthetic else [BANNER])


def test_answers_and_conditions_are_read_from_the_tables_of_the_folder(tmp_path) -> None:
    export = small_export(tmp_path)
    assert [page.label for page in export.conditions] == ["Headache", "Tennis elbow", "Golfer's elbow"]
    records, answers = export.answers
    assert "120 patients" in records
    assert any("0.5 points lower" in said for _, said in answers)
    assert dataclasses.is_dataclass(export)
    with pytest.raises(dataclasses.FrozenInstanceError):
        export.title = "another"


@pytest.mark.parametrize("module", [deck, report])
def test_the_same_export_gives_the_same_bytes_whenever_it_is_written(module, tmp_path, monkeypatch) -> None:
    export = small_export(tmp_path)
    for name, now in (("a", 1_700_000_000.0), ("b", 1_800_000_000.0)):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        module.write(export, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {1980}
        assert {part.compress_type for part in parts.infolist()} == {zipfile.ZIP_DEFLATED}
        assert parts.namelist()[0] == "[Content_Types].xml"
