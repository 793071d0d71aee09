"""The description beside prepared sessions says what is in them: read by it alone, the table is the same."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.intake.package import package_text
from outcomes.record.columns import column


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """A folder in which simulated sessions were prepared both ways, with a column of a single movement."""
    folder = tmp_path_factory.mktemp("package")
    frame, _ = oc.simulate_sessions(30, seed=4)
    frame.assign(rom_hip_flexion_pre=101.5).to_csv(folder / "raw.csv", index=False)
    for form in ("csv", "parquet"):
        arguments = [
            "prepare",
            str(folder / "raw.csv"),
            "--out",
            str(folder / form),
            "--yes",
            "--format",
            form,
        ]
        assert main(arguments) == 0
    return folder


def _resource(folder: Path) -> dict[str, Any]:
    package = json.loads((folder / "datapackage.json").read_text())
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    (resource,) = package["resources"]
    return resource


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_size_hash_and_columns_are_those_of_the_file(form: str, prepared: Path) -> None:
    resource = _resource(prepared / form)
    path = prepared / form / resource["path"]
    content = path.read_bytes()
    assert resource["format"] == form
    assert resource["bytes"] == len(content)
    assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    names = [field["name"] for field in resource["schema"]["fields"]]
    sessions = oc.read_sessions(path)
    assert names == list(sessions.columns)
    assert resource["rows"] == len(sessions)
    if form == "parquet":
        assert names == pq.read_schema(path).names


def test_read_by_the_description_alone_the_table_is_the_same(prepared: Path) -> None:
    resource = _resource(prepared / "csv")
    path = prepared / "csv" / resource["path"]
    fields, missing = resource["schema"]["fields"], resource["schema"]["missingValues"]
    with path.open(newline="", encoding=resource["encoding"]) as file:
        rows = list(csv.DictReader(file))
    read = {field["name"]: [_cast(row[field["name"]], field, missing) for row in rows] for field in fields}
    sessions = oc.read_sessions(path)
    for name, cells in read.items():
        wanted = sessions[name].astype(object).where(sessions[name].notna(), None).tolist()
        assert cells == wanted, name
    (key,) = resource["schema"]["primaryKey"]
    assert len(set(read[key])) == len(rows)


def _cast(text: str, field: dict[str, Any], missing: list[str]) -> Any:
    """A cell by its field, as Table Schema has it: type, missing values, constraints."""
    rules = field.get("constraints", {})
    if text in missing:
        assert not rules.get("required"), field["name"]
        return None
    if field["type"] == "boolean":
        assert text in field["trueValues"] + field["falseValues"]
        return text in field["trueValues"]
    if field["type"] == "string":
        assert text in rules.get("enum", [text])
        assert re.search(rules.get("pattern", ""), text)
        return text
    number = int(text) if field["type"] == "integer" else float(text)
    assert rules.get("minimum", number) <= number <= rules.get("maximum", number)
    assert "exclusiveMinimum" not in rules or number > rules["exclusiveMinimum"]
    return number


def test_units_and_meanings_are_those_of_the_record(prepared: Path) -> None:
    fields = {field["name"]: field for field in _resource(prepared / "parquet")["schema"]["fields"]}
    assert fields["soreness_h"]["unit"] == "hours"
    assert fields["ppt_pre"]["unit"] == "kPa"
    assert fields["rom_hip_flexion_pre"]["unit"] == "degree"
    assert fields["rom_hip_flexion_pre"]["constraints"]["maximum"] == column("rom_hip_flexion_pre").high
    assert "not the needling soreness" in fields["pain_48h"]["description"]
    assert all(field["title"] and field["description"] for field in fields.values())


def test_a_column_beyond_the_record_is_of_any_type_without_rules(tmp_path: Path) -> None:
    (tmp_path / "sessions.csv").touch()
    text = package_text(tmp_path / "sessions.csv", ["arm", "pain_pre"], 0)
    schema = json.loads(text)["resources"][0]["schema"]
    assert schema["fields"][0] == {"name": "arm", "type": "any"}
    assert schema["fields"][1]["constraints"] == {"required": True, "minimum": 0, "maximum": 10}
    assert "primaryKey" not in schema
