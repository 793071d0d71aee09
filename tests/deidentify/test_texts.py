"""What the texts of a column look like: kinds of identifier by their shape, and what only looks like one."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from found_columns import VALUES, codes
from outcomes.deidentify.people import Crowd
from outcomes.deidentify.texts import kinds_of_texts


@pytest.mark.parametrize(("kind", "value"), VALUES)
@pytest.mark.parametrize(
    "column", ["session_id", "patient_id", "activity", "muscles", "condition", "pain_pre", "x"]
)
def test_one_value_is_enough_in_any_column(kind, value, column):
    honest = [f"{'P' if column.endswith('_id') else ''}{n:03d}" for n in range(40)]
    frame = pd.DataFrame({column: [*honest, value], "day": 1.0})
    assert kind in codes(frame).get(column, set())


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_one_value_is_enough_in_a_long_column_of_ids(kind, value):
    ids = pa.array([f"P{n:06d}" for n in range(60_000)] + [value] + [f"Q{n:06d}" for n in range(60_000)])
    assert kind in codes(pa.table({"patient_id": ids})).get("patient_id", set())


@pytest.mark.parametrize(
    "text",
    [
        "Works at the bakery with her sister",
        "teaches third grade at Lincoln Elementary",
        "pain began after the accident on the motorway last winter near the bridge",
        "She runs.. every day",
    ],
)
@pytest.mark.parametrize("column", ["activity", "muscles", "adverse_event", "pain_pre"])
def test_sentences_in_the_records_own_columns(text, column):
    assert "free text" in codes(pd.DataFrame({column: ["none", text]}))[column]


def test_free_text_under_an_innocent_name():
    text = ["Patient reports improvement since last visit", "Slept badly; neck stiff, her shoulder better"]
    assert codes(pd.DataFrame({"x7": text})) == {"x7": {"free text"}}


def kinds(*texts: str, role: str = "other", heading: tuple[str, ...] = ()) -> list[str]:
    cells = pa.array(texts, pa.string())
    return kinds_of_texts(cells, cells, role, Crowd(len(texts)), heading=heading)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["20240305", "20231124", "20220817"], "date"),
        (["05-03-2024", "24-11-2023"], "date"),
        (["SW1A 1AA", "M1 1AE", "EC1A 1BB"], "place"),
        (["K1A 0B1", "H2X 1Y4"], "place"),
        (["078 05 1120", "219 09 9999"], "ssn"),
        (["٢٠٢٤-٠٣-٠٥"], "date"),  # digits of another script
        (["2024年3月5日"], "date"),
        (["7 Rue Haute, Lyon", "12 Bergstr., Ulm", "9 Via Roma, Pisa"], "place"),
    ],
)
def test_what_most_texts_must_look_like(texts: list[str], kind: str) -> None:
    assert kind in kinds(*texts)


@pytest.mark.parametrize(
    "texts",
    [
        ["2024", "2023"],
        ["neck_pain", "low_back_pain"],
        ["6/10", "7/10"],
        ["L4/5", "C5/6"],
        ["12.5", "13.25"],
        ["3-4 days", "2 days"],
        ["upper trapezius;levator scapulae"],
        ["192.168.1", "1.2.3"],
        ["00:15", "23:59"],
    ],
)
def test_what_a_record_holds_is_let_by(texts: list[str]) -> None:
    assert kinds(*texts, role="code") == []


def test_most_means_most() -> None:
    few = ["20240305", *(f"K{n:07d}" for n in range(9))]
    assert "date" not in kinds(*few, role="code")
    assert "date" in kinds(*few[:2], role="code")


def test_initials_and_a_year_of_birth_make_a_name_of_an_id() -> None:
    ids = ["JD1984", "ML1956", "A.B.1971", "KS-2001", "TR1990"]
    assert "name" in kinds(*ids, role="id")
    assert "name" not in kinds(*(f"AB19{n}" for n in range(60, 80)), role="id"), (
        "one pair of letters is a prefix"
    )
    assert "name" not in kinds(*(f"{a}{b}1984" for a in "ABC" for b in "DEF"), role="id"), (
        "one year is a series"
    )
