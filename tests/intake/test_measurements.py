"""Reports with one row per measurement or reading: the section that makes them one row per session, or nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.intake.mapping import Mapping
from outcomes.intake.measurements import long_form


def flowsheet(**changes: object) -> pd.DataFrame:
    rows = [
        {"Patient ID": f"p{who}", "Encounter number": f"e{who}{visit}", "Measure": name, "Value": str(value)}
        for who in range(3)
        for visit in range(2)
        for name, value in (
            ("Pain before", 6),
            ("Pain right after", 4),
            ("Pain at 2 days", 3),
            ("Height", 170),
        )
    ]
    return pd.DataFrame(rows, dtype="str").rename(columns=changes)


def test_a_row_per_measurement_becomes_a_row_per_session() -> None:
    raw = flowsheet()
    section = long_form(raw)
    assert section == {
        "row": ["Patient ID", "Encounter number"],
        "by": "Measure",
        "value": "Value",
        "visits": {"Pain before": "pain_pre", "Pain right after": "pain_post", "Pain at 2 days": "pain_48h"},
    }
    mapping = Mapping.model_validate(
        {
            "long_to_wide": section,
            "columns": {"patient_id": "Patient ID", "session_id": "Encounter number"},
            "constants": {"condition": "neck_pain"},
            "numbering": {"order": "#row"},
        }
    )
    sessions = mapping.apply(raw)
    assert len(sessions) == 6
    assert sessions[["pain_pre", "pain_post", "pain_48h"]].drop_duplicates().values.tolist() == [
        ["6", "4", "3"]
    ]


def test_a_row_per_reading_needs_more_than_a_date_to_tell_its_session() -> None:
    rows = [
        {"Patient ID": who, "Visit no": number, "Date": f"2024-05-{day:02}", "When": when, "Pain": "5"}
        for who in ("p", "q")
        for number in ("1", "2")
        for day, when in enumerate(("before", "right after", "2 days later"), start=1)
    ]
    raw = pd.DataFrame(rows, dtype="str")
    section = long_form(raw)
    assert section is not None
    assert section["visits"] == {"before": "pre", "right after": "post", "2 days later": "48h"}
    assert section["row"] == ["Patient ID", "Visit no"]
    assert section["columns"] == ["Pain"]
    assert long_form(raw.drop(columns="Visit no")) is None


@pytest.mark.parametrize(
    "raw",
    [
        flowsheet().drop(columns="Value"),
        flowsheet().drop(columns="Patient ID"),
        flowsheet().assign(Measure="Height"),
        pd.concat([flowsheet()] * 2),
        pd.DataFrame({"Patient ID": ["p", "q"], "Pain before": ["6", "5"]}, dtype="str"),
    ],
    ids=["no value", "no patient", "one measure", "twice the same", "sessions already"],
)
def test_what_is_no_such_report(raw: pd.DataFrame) -> None:
    assert long_form(raw.reset_index(drop=True)) is None


def test_what_and_when_in_two_columns_are_told_together() -> None:
    """A range has its movement's own column; what is read once needs no time."""
    readings = {
        ("NPRS", "before"): 6,
        ("NPRS", "right after"): 4,
        ("NPRS", "2 days"): 3,
        ("Neck rotation R", "before"): 50,
        ("Neck rotation R", "right after"): 60,
        ("LTR count", "during"): 2,
        ("Soreness (h)", "2 days"): 24,
    }
    rows = [
        {
            "Client": f"c{who}",
            "Date": f"2026-03-0{day}",
            "Measure": what,
            "Time point": when,
            "Value": str(value),
        }
        for who in range(4)
        for day in (1, 2)
        for (what, when), value in readings.items()
    ]
    raw = pd.DataFrame(rows, dtype="str")
    section = long_form(raw)
    assert section is not None
    assert section["by"] == ["Measure", "Time point"]
    assert section["row"] == ["Client", "Date"]
    wide = Mapping.model_validate(
        {
            "long_to_wide": section,
            "columns": {"patient_id": "Client", **{ours: ours for ours in section["visits"].values()}},
            "constants": {"condition": "neck_pain"},
            "ids": {"session_id": ["Client", "#row"]},
            "numbering": {"order": "#row"},
        }
    ).apply(raw)
    assert len(wide) == 8
    columns = ["pain_pre", "pain_post", "pain_48h", "twitch_count", "soreness_h"]
    ranges = ["rom_cervical_rotation_pre", "rom_cervical_rotation_post"]
    assert wide[[*columns, *ranges]].drop_duplicates().values.tolist() == [
        ["6", "4", "3", "2", "24", "50", "60"]
    ]
