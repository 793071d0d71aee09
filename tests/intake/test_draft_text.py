"""The draft as text: how sure each line is, what is doubtful commented out, nothing that names a person."""

from __future__ import annotations

import tomllib

import pandas as pd

from outcomes.intake.draft import draft_mapping


def test_how_sure_it_is_stands_behind_every_column(spreadsheet):
    lines = draft_mapping(spreadsheet).splitlines()
    start = lines.index(next(line for line in lines if line.startswith("[columns]"))) + 1
    columns = lines[start : lines.index("", start)]
    assert len(columns) >= 8
    assert all(line.startswith("#") == ("doubtful" in line or "not found" in line) for line in columns)
    assert '# Not used: "Room"' in lines


def test_doubtful_columns_are_commented_out(tmp_path):
    path = tmp_path / "f.csv"
    pd.DataFrame(
        {"who": ["a"], "pain before": ["strong"], "pain scale used yesterday before lunch": [3]}
    ).to_csv(path, index=False)
    assert tomllib.loads(draft_mapping(path))["columns"] == {}
    assert '# patient_id = "?"  # needed, and not found' in draft_mapping(path)


def test_nothing_identifying_is_written(tmp_path):
    path = tmp_path / "raw.csv"
    pd.DataFrame(
        {
            "Patient name": ["Quinella Vandersnoot"] * 6,
            "DOB": ["1931-04-17"] * 6,
            "patient_id": ["P1"] * 6,
            "sex": ["F", "F", "F", "F", "quinella@canary.example", "Vandersnoot"],
            "condition": ["neck"] * 5 + ["canarycode"],
            "side": ["Maria Gonzalez"] * 6,
            "q@canary.example": [1] * 6,
        }
    ).to_csv(path, index=False)
    text = draft_mapping(path)
    for canary in ("quinella", "vandersnoot", "canary", "1931", "gonzalez"):
        assert canary not in text.lower()
    assert '# Left out, looks like a birth date: "DOB"' in text
