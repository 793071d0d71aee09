"""A mapping applied step by step: what each step makes, and what becomes of every row."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.errors import MappingError
from outcomes.intake.apply import applied
from outcomes.intake.mapping import Mapping


def _raw() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "who": ["a", "a", "b", "b"],
            "visit": ["1", "2", "1", "2"],
            "mm": ["55", "20", "80", None],
            "years": ["34", "34", "95", "95"],
            "g": ["F", "F", "M", "x"],
        }
    )


def test_units_bands_codes_constants_and_numbers() -> None:
    mapping = Mapping(
        columns={"patient_id": "who", "pain_pre": "mm", "sex": "g"},
        ids={"session_id": ["who", "visit"]},
        units={"pain_pre": "mm"},
        bands={"age_band": "years"},
        values={"sex": {"F": "female", "M": "male"}},
        numbering={"order": "visit"},
        constants={"condition": "neck_pain"},
    )
    frame = mapping.apply(_raw())
    assert frame["session_id"].tolist() == ["a-1", "a-2", "b-1", "b-2"]
    assert frame["pain_pre"].tolist()[:3] == ["5.5", "2", "8"]
    assert frame["age_band"].tolist() == ["30-39", "30-39", "90+", "90+"]
    assert frame["sex"].tolist() == ["female", "female", "male", "x"], (
        "what is not recoded stays, for the checks"
    )
    assert frame["session_number"].tolist() == ["1", "2", "1", "2"]
    assert set(frame["condition"]) == {"neck_pain"}


def test_long_to_wide_keeps_the_row_each_session_began_on() -> None:
    mapping = Mapping(
        rows=({"column": "who", "is": ["b"]},),
        long_to_wide={"row": ["who"], "by": "visit", "visits": {"1": "pre", "2": "post"}, "columns": ["mm"]},
        columns={"patient_id": "who", "pain_pre": "mm_pre", "pain_post": "mm_post"},
    )
    frame = mapping.apply(_raw())
    assert frame.index.tolist() == [2]
    assert frame["pain_pre"].tolist() == ["80"]
    assert frame["pain_post"].isna().all()


def test_one_row_per_measurement_becomes_one_row_per_session() -> None:
    raw = pd.DataFrame(
        {"s": ["1", "1", "2"], "what": ["Pain before", "Pain after", "Pain before"], "value": ["6", "4", "7"]}
    )
    visits = {"Pain before": "pain_pre", "Pain after": "pain_post"}
    frame = Mapping(
        long_to_wide={"row": ["s"], "by": "what", "value": "value", "visits": visits},
        columns={"session_id": "s"},
    ).apply(raw)
    assert frame[["session_id", "pain_pre"]].to_numpy().tolist() == [["1", "6"], ["2", "7"]]


def test_wide_to_long_leaves_out_sessions_that_were_not() -> None:
    raw = pd.DataFrame({"who": ["a", "b"], "pre_1": ["6", "7"], "pre_2": ["4", None]})
    frame = Mapping(
        wide_to_long={"columns": ["pre"], "endings": {"_1": 1, "_2": 2}},
        columns={"patient_id": "who", "pain_pre": "pre"},
        ids={"session_id": ["who", "session_number"]},
    ).apply(raw)
    assert frame["session_id"].tolist() == ["a-1", "a-2", "b-1"]


def test_two_readings_of_one_visit_are_refused() -> None:
    raw = _raw().assign(visit="1")
    mapping = Mapping(long_to_wide={"row": ["who"], "by": "visit", "visits": {"1": "pre"}, "columns": ["mm"]})
    with pytest.raises(MappingError, match=r"two rows share who and visit = 1 \(the second is row 2\)"):
        mapping.apply(raw)


def test_sessions_that_share_a_row_are_numbered_too() -> None:
    raw = pd.DataFrame({"who": ["a", "b"], "pre_1": ["6", "7"], "pre_2": ["4", "5"]})
    frame = Mapping(
        wide_to_long={"columns": ["pre"], "endings": {"_1": 1, "_2": 2}, "number": "visit"},
        columns={"patient_id": "who", "pain_pre": "pre"},
        numbering={"order": "visit"},
    ).apply(raw)
    assert frame["session_number"].tolist() == ["1", "2", "1", "2"]
    assert frame.index.tolist() == [0, 0, 1, 1]


def test_sessions_without_a_patient_are_numbered_for_the_check_to_refuse() -> None:
    raw = pd.DataFrame({"seen": ["2", "1"]})
    frame = Mapping(columns={}, numbering={"order": "seen"}).apply(raw)
    assert frame["session_number"].tolist() == ["2", "1"]
    assert "patient_id" not in frame


def test_every_row_is_accounted_for_step_by_step() -> None:
    """Ten rows: one test row, one blank, one unknown visit, a patient with nothing known; the rest are sessions."""
    raw = pd.DataFrame(
        {
            "who": ["t", "a", "a", "b", "b", "b", "c", None, "d", "d"],
            "kind": ["test", *["real"] * 9],
            "visit": ["1", "1", "2", "1", "2", "9", "9", "1", "1", "2"],
            "mm": ["50", "60", "40", "70", "50", "1", "1", "10", "20", "-99"],
        }
    )
    mapping = Mapping(
        missing=["-99"],
        rows=({"column": "kind", "not": "test"}, {"column": "who", "present": True, "why": "nobody's"}),
        long_to_wide={"row": ["who"], "by": "visit", "visits": {"1": "pre", "2": "post"}, "columns": ["mm"]},
        columns={"patient_id": "who", "pain_pre": "mm_pre", "pain_post": "mm_post"},
        units={"pain_pre": "mm", "pain_post": "mm"},
        constants={"condition": "neck_pain"},
        numbering={"order": "#row"},
    )
    done = applied(mapping, raw, file="f.csv")
    moved = {(one.how, one.why): one.rows for one in done.moved if one.rows}
    assert moved == {
        ("left out", "kind is test"): 1,
        ("left out", "nobody's"): 1,
        ("left out", "visits the mapping does not name"): 1,
        ("merged", "visits of one session"): 3,
    }
    assert len(raw) - sum(moved.values()) == len(done.frame)
    assert done.frame["patient_id"].tolist() == ["a", "b", "c", "d"]
    assert done.frame.index.tolist() == [1, 3, 6, 8], "the row of the file each session began on"
    assert done.frame["pain_post"].isna().tolist() == [False, False, True, True]


def test_repeated_readings_of_soreness_are_an_interval_never_a_midpoint() -> None:
    raw = pd.DataFrame(
        {
            "day1": ["3", "0", None, "2", "1"],
            "day2": ["1", "0", None, "2", None],
            "day3": ["0", "0", None, "4", None],
        }
    )
    soreness = {"readings": {"24": "day1", "48": "day2", "72": "day3"}}
    frame = Mapping(columns={}, soreness=soreness).apply(raw)
    cells = frame.astype(object).where(frame.notna(), None)
    assert cells["soreness_h"].tolist() == ["48", "0", None, "72", "24"]
    assert cells["soreness_free_h"].tolist() == ["72", None, None, None, None]
    assert cells["soreness_ongoing"].tolist() == ["false", "false", None, "true", "true"]
    assert cells["soreness_peak"].tolist() == ["3", "0", None, "4", "1"]


def test_a_unit_without_its_column_and_a_filter_that_leaves_nothing_are_refused() -> None:
    with pytest.raises(
        MappingError, match=r"units.pain_pre is given, but the mapping makes no column pain_pre"
    ):
        Mapping(columns={"patient_id": "who"}, units={"pain_pre": "mm"}).apply(_raw())
    with pytest.raises(MappingError, match="leaves no row of"):
        Mapping(columns={}, rows=({"column": "who", "is": "z"},)).apply(_raw())
