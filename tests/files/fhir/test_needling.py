"""One needling on its way to a row: its cells are its own, and neither its times nor a name is among them."""

from __future__ import annotations

from pathlib import Path

from outcomes.files.fhir.needling import Needling
from outcomes.files.fhir.resources import Resource, moment

from .ehr import VISIT, rows


def test_nobody_and_no_date_reaches_the_record(tmp_path: Path) -> None:
    text = str(rows(*VISIT, folder=tmp_path))
    for telling in ("Lindqvist", "Margareta", "555", "1981", "2026", "-05:00"):
        assert telling not in text


def test_each_session_fills_cells_of_its_own() -> None:
    began = moment("2026-01-12T09:00:00Z")
    one, other = (Needling(Resource("Procedure", at, {}), "a7", began, None, own=False) for at in (1, 2))
    one.cells["pain_pre"] = "7"
    assert other.cells == {}
    assert (one.began, one.ended, one.own) == (began, None, False)
