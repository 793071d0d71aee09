"""The Pandera schema: what it takes, what it refuses, and that nothing loads Pandera before it is asked for."""

from __future__ import annotations

import subprocess
import sys

import ibis
import pandas as pd
import pandera.errors
import pytest

from outcomes.record.columns import COLUMN_NAMES, COLUMNS
from outcomes.record.schema import session_schema

SESSIONS = pd.DataFrame(
    {
        "session_id": ["a", "b"],
        "patient_id": ["p", "p"],
        "condition": ["neck_pain", "neck_pain"],
        "session_number": [1.0, 2.0],
        "pain_pre": [6.0, 5.0],
        "soreness_h": [12.0, None],
        "soreness_ongoing": pd.array([False, None], dtype="boolean"),
    }
)


@pytest.mark.parametrize("engine", ["pandas", "ibis"])
def test_sessions_with_the_needed_columns_are_taken_on_either_engine(engine: str) -> None:
    table = SESSIONS if engine == "pandas" else ibis.memtable(SESSIONS)
    kept = session_schema(engine).validate(table)
    frame = kept if engine == "pandas" else kept.order_by("session_id").to_pandas()
    assert frame["pain_pre"].tolist() == [6.0, 5.0]


@pytest.mark.parametrize("engine", ["pandas", "ibis"])
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"pain_pre": [11.0, 5.0]}, "pain_pre: range"),
        ({"condition": ["neck", "neck_pain"]}, "condition: code"),
        ({"session_id": ["a", "a"]}, "session_id: unique"),
        (
            {"soreness_ongoing": pd.array([False, True], dtype="boolean")},
            "soreness_ongoing: ongoing since when",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_name(
    engine: str, change: dict[str, list[object]], rule: str
) -> None:
    frame = SESSIONS.assign(**change)
    table = frame if engine == "pandas" else ibis.memtable(frame)
    with pytest.raises(pandera.errors.SchemaErrors) as refused:
        session_schema(engine).validate(table, lazy=True)
    assert {error.check.name for error in refused.value.schema_errors} == {rule}


def test_a_needed_column_has_to_be_there_and_filled() -> None:
    for frame in (SESSIONS.drop(columns="pain_pre"), SESSIONS.assign(pain_pre=[6.0, None])):
        with pytest.raises((pandera.errors.SchemaErrors, pandera.errors.SchemaError), match="pain_pre"):
            session_schema().validate(frame, lazy=True)


def test_warnings_are_not_its_business() -> None:
    frame = SESSIONS.assign(followup_h=[48.0, 500.0], pain_48h=[3.0, 2.0])
    assert len(session_schema().validate(frame)) == 2


def test_its_columns_are_the_records() -> None:
    schema = session_schema()
    assert tuple(schema.columns) == COLUMN_NAMES
    assert {name for name, c in schema.columns.items() if c.required} == {c.name for c in COLUMNS if c.needed}


def test_the_record_loads_without_pandera() -> None:
    code = (
        "import sys, outcomes.record.schema, outcomes.record.rules\n"
        "print(sorted({'pandera', 'pydantic', 'ibis'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
