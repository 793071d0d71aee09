"""Headings and codes however spelled: the engine's expressions come to what the frame's readers come to."""

from __future__ import annotations

from pathlib import Path

import ibis
import pandas as pd
import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files.source import Source
from outcomes.files.text_table import arrow_table
from outcomes.intake.problems import Problems
from outcomes.intake.spelling import own_headings, own_names, spelled
from outcomes.intake.types import Lines, typed
from outcomes.record.columns import column

CELLS = {
    "condition": ["Neck pain", " neck-pain ", "NECK_PAIN", "neck pain x", "", None, "low back pain"],
    "sex": ["Female", "MALE", "f", " ", "other", None, "female"],
    "age_band": ["20 – 29", "90+", "20-29", "", None, "x", "30-39"],
    "pain_pre": ["6", " 7.5 ", "6,5", "", "1e1", "six", "-0"],
    "soreness_ongoing": ["Yes", "n", "TRUE", "0", "maybe", "", None],
    "co_interventions": ["Heat; manual therapy", ";heat;;", "a b c d e", "", None, "HEAT", "taping"],
}


@pytest.mark.parametrize("name", CELLS)
def test_an_engine_reads_cells_as_a_frame_does(name: str) -> None:
    """By two roads of their own: the engine's expression, and Arrow and pandas in ``types.py``."""
    frame = pd.DataFrame({name: pd.Series(CELLS[name], dtype="str")})
    table = ibis.memtable(frame)
    engine = table.select(x=spelled(column(name), table)).to_pandas()["x"].tolist()
    arrow = arrow_table(frame)
    lines = Lines(Source(Path("f"), "frame", arrow, list), None)
    by_frame = typed(arrow, Problems("f"), lines)[name].astype(object).tolist()
    missing = [None if pd.isna(cell) else cell for cell in engine]
    assert missing == [None if pd.isna(cell) else cell for cell in by_frame]
    assert any(cell is not None for cell in missing)


def test_a_column_that_is_not_there_is_null_of_its_kind() -> None:
    table = ibis.memtable(pd.DataFrame({"x": [1]}))
    kinds = {"pain_pre": "float64", "soreness_ongoing": "boolean", "condition": "string"}
    for name, kind in kinds.items():
        assert str(spelled(column(name), table).type()) == kind


def test_typed_columns_stay_what_they_are() -> None:
    table = ibis.memtable(pd.DataFrame({"pain_pre": [6, 7]}))
    assert str(spelled(column("pain_pre"), table).type()) == "float64"


def test_two_headings_of_one_column_are_refused_by_their_places() -> None:
    assert own_headings([" Room ", "PAIN PRE"], "f.csv") == {" Room ": "Room", "PAIN PRE": "pain_pre"}
    for headings in (["a", "pain_pre", "Pain Pre"], ["a", "pain_pre", "pain_pre (2)"]):
        with pytest.raises(UnreadableFileError, match=r"columns 2 and 3 have the same name: pain_pre"):
            own_headings(headings, "f.csv")


def test_a_table_is_renamed_and_nothing_else() -> None:
    table = ibis.memtable(pd.DataFrame({"Pain Pre": [1], "Room": [2]}))
    assert own_names(table, "f.csv").columns == ("pain_pre", "Room")
