"""The quick way of judging records comes to the verdict of the rules themselves."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outcomes as oc
from outcomes.intake.check import broken_rules
from outcomes.record.columns import COLUMN_NAMES, COLUMNS
from outcomes.record.rules import rules
from outcomes.record.schema import session_schema


@pytest.fixture(scope="module")
def clean() -> pd.DataFrame:
    sessions, _ = oc.simulate_sessions(10, seed=3)
    return oc.read_sessions(sessions)


VALUES = {
    "pain_post": st.sampled_from([0.0, 10.0, 11.0, -1.0, 5.5, np.nan]),
    "twitch_count": st.sampled_from([0.0, 3.0, 2.5, np.nan, 1e9]),
    "sex": st.sampled_from(["female", "male", "x", None]),
    "soreness_h": st.sampled_from([0.0, 24.0, -1.0, np.nan]),
    "soreness_free_h": st.sampled_from([48.0, 12.0, 0.0, np.nan]),
    "rom_pre": st.sampled_from([40.0, 180.0, 250.0, np.nan]),
    "co_interventions": st.sampled_from(["none", "heat;taping", "prayer", None]),
    "session_id": st.sampled_from(["a", "b", "c", "d"]),
    "pain_pre": st.sampled_from([3.0, np.nan, 12.0]),
}


@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_screen_and_schema_come_to_the_same_verdict(clean, data) -> None:
    """The quick way of judging, the rules asked of every row, and Pandera agree, on pandas and on DuckDB."""
    _agree(clean, data)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_screen_and_schema_agree_on_many_tables(clean, data) -> None:
    _agree(clean, data)


def _agree(clean: pd.DataFrame, data: st.DataObject) -> None:
    import ibis
    import pandera.errors

    frame = clean.head(4).copy()
    for name, values in VALUES.items():
        column = data.draw(st.lists(values, min_size=4, max_size=4), label=name)
        frame[name] = pd.Categorical(column) if name == "sex" else pd.Series(column, index=frame.index)
    there = set(COLUMN_NAMES)
    quick = any(rule.severity == "error" for rule, _ in broken_rules(frame, there))
    plain = frame.assign(sex=frame["sex"].astype("str"), condition=frame["condition"].astype("str"))
    for engine, table in (("pandas", plain), ("ibis", ibis.memtable(_without_categories(plain)))):
        try:
            session_schema(engine).validate(table, lazy=True)
            broken = False
        except (pandera.errors.SchemaErrors, pandera.errors.SchemaError):
            broken = True
        assert broken == quick, engine


def _without_categories(frame: pd.DataFrame) -> pd.DataFrame:
    named = {
        c.name: frame[c.name].astype("str") for c in COLUMNS if c.kind not in ("number", "integer", "flag")
    }
    return frame.assign(**named, session_number=frame["session_number"].astype(float))


SEVERAL = {
    "patient_id": st.sampled_from(["p", "q"]),
    "condition": st.sampled_from(["neck_pain", "headache"]),
    "session_number": st.sampled_from([1.0, 2.0, 2.5, np.nan, 2e6]),
    "day": st.sampled_from([0.0, 3.0, 9.0, np.nan]),
    "rom_movement": st.sampled_from(["cervical_rotation", "lumbar_flexion", None]),
    "rom_post": st.sampled_from([20.0, 95.0, 150.0, np.nan]),
    "age_band": st.sampled_from(["20-29", "20-39", "90+", "25", None]),
}


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_exactly_the_rows_that_break_a_rule_are_found(clean, data) -> None:
    """Cheaply or not, the answer is that of every rule asked of every row."""
    frame = clean.head(6).copy()
    for name, values in (VALUES | SEVERAL).items():
        column = data.draw(st.lists(values, min_size=6, max_size=6), label=name)
        kind = frame[name].dtype
        frame[name] = pd.Categorical(column) if kind == "category" else pd.Series(column, index=frame.index)
    there = {*VALUES, *SEVERAL} - data.draw(st.sampled_from([set(), {"day"}, {"rom_movement"}]))
    found = {(rule.name, rule.columns): list(rows) for rule, rows in broken_rules(frame, there)}
    plain = frame.astype({name: "str" for name in frame if frame[name].dtype == "category"})
    asked = {
        (rule.name, rule.columns): list(
            np.flatnonzero(nw.from_native(plain).select(x=rule.breaks()).to_native()["x"].to_numpy(bool))
        )
        for rule in rules()
        if there.issuperset(rule.columns)
    }
    assert found == {rule: rows for rule, rows in asked.items() if rows}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"session_number": [1.0, 1.0, 2.0]}, "session twice"),
        ({"day": [3.0, 2.0, 9.0]}, "days run forward"),
        ({"sex": ["female", "male", "female"]}, "one sex"),
        ({"session_id": ["a", "b", "a"]}, "unique"),
        ({"pain_post": [10.0, 10.5, 11.0]}, "range"),
    ],
)
def test_the_least_breach_of_a_rule_across_rows_is_found(clean, changes: dict[str, list], rule: str) -> None:
    """One patient's three sessions that keep every rule, but for the least there can be."""
    kept = {"patient_id": ["p"] * 3, "condition": ["neck_pain"] * 3, "session_number": [1.0, 2.0, 3.0]}
    whole = {
        "day": [0.0, 3.0, 9.0],
        "sex": ["female"] * 3,
        "session_id": ["a", "b", "c"],
        "pain_post": [4.0] * 3,
    }

    def broken(columns: dict[str, list]) -> set[str]:
        frame = clean.head(3).copy()
        for name, values in columns.items():
            kind = frame[name].dtype
            cells = pd.Categorical(values) if kind == "category" else pd.Series(values, index=frame.index)
            frame[name] = cells
        return {found.name for found, _ in broken_rules(frame, set(columns))}

    assert broken(kept | whole) == set()
    assert broken(kept | whole | changes) == {rule}
