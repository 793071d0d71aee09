"""The data dictionary says the same as the rules, in every form."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from outcomes.errors import ExportError
from outcomes.intake.forms.dictionary import data_dictionary
from outcomes.record.columns import COLUMN_NAMES, COLUMNS


def test_markdown_names_every_column_and_every_code():
    text = data_dictionary("md")
    for c in COLUMNS:
        assert f"| `{c.name}` |" in text
        for code in c.values:
            assert f"| `{c.name}` | `{code}` |" in text
    assert text == data_dictionary()
    assert "a pseudonym" not in next(line for line in text.splitlines() if line.startswith("| `muscles`"))


def test_csv_has_a_row_per_column():
    rows = list(csv.DictReader(io.StringIO(data_dictionary("csv"))))
    assert [row["column"] for row in rows] == list(COLUMN_NAMES)
    assert [row["column"] for row in rows if row["needed"] == "yes"] == [c.name for c in COLUMNS if c.needed]


def test_frictionless_says_what_the_rules_say():
    package = json.loads(data_dictionary("frictionless"))
    fields = {field["name"]: field for field in package["resources"][0]["schema"]["fields"]}
    assert list(fields) == list(COLUMN_NAMES)
    assert fields["pain_pre"]["constraints"] == {"required": True, "minimum": 0, "maximum": 10}
    assert fields["session_id"]["constraints"] == {"required": True, "unique": True}
    assert fields["followup_h"]["constraints"] == {"exclusiveMinimum": 0, "maximum": 8760}
    assert fields["side"]["constraints"]["enum"] == ["left", "right", "both", "midline"]
    assert re.fullmatch(fields["co_interventions"]["constraints"]["pattern"], "heat;taping")
    assert not re.fullmatch(fields["co_interventions"]["constraints"]["pattern"], "heat,taping")
    assert fields["soreness_ongoing"]["type"] == "boolean"


def test_an_unknown_format_is_named():
    with pytest.raises(ExportError, match=r"'pdf' is no format.*md, csv, redcap, frictionless"):
        data_dictionary("pdf")
