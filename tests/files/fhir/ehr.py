"""A bundle as an electronic health record exports it: people with names, dates with hours, nothing of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from outcomes.files.read import read_source

Json = dict[str, Any]
LOINC_PAIN = {"coding": [{"system": "http://loinc.org", "code": "72514-3"}]}


def patient(name: str = "a7", *, born: str = "1981-03-05", gender: str = "female") -> Json:
    return {
        "resourceType": "Patient",
        "id": name,
        "name": [{"family": "Lindqvist", "given": ["Margareta"]}],
        "telecom": [{"system": "phone", "value": "+1 555 0100"}],
        "gender": gender,
        "birthDate": born,
    }


def needling(name: str, when: str | Json, *, of: str = "a7", icd: str = "M54.2", code: str = "20560") -> Json:
    timed = {"performedPeriod": when} if isinstance(when, dict) else {"performedDateTime": when}
    return {
        "resourceType": "Procedure",
        "id": name,
        "status": "completed",
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": code}]},
        "subject": {"reference": f"Patient/{of}", "display": "Margareta Lindqvist"},
        "reasonCode": [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": icd}]}],
        **timed,
    }


def pain(name: str, when: str | None, value: float | None, *, of: str = "a7", **more: Any) -> Json:
    found: Json = {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": LOINC_PAIN,
        "subject": {"reference": f"Patient/{of}"},
        **more,
    }
    if when is not None:
        found["effectiveDateTime"] = when
    if value is not None:
        found["valueQuantity"] = {"value": value, "unit": "{score}", "code": "{score}"}
    return found


def part_of(procedure: str) -> Json:
    return {"partOf": [{"reference": f"Procedure/{procedure}"}]}


def bundle(folder: Path, *resources: Json, name: str = "export.json") -> Path:
    entries = [
        {
            "fullUrl": f"https://ehr.example/fhir/{one['resourceType']}/{one.get('id')}",
            "resource": one,
        }
        for one in resources
    ]
    path = folder / name
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}))
    return path


def rows(*resources: Json, folder: Path) -> list[dict[str, str | None]]:
    """The raw table of a bundle."""
    return read_source(bundle(folder, *resources)).table.to_pylist()


def left(*resources: Json, folder: Path) -> dict[str, tuple[int, ...]]:
    """What of a bundle is in no row, by its places."""
    return {left.what: left.lines for left in read_source(bundle(folder, *resources)).left_out}


PERIOD = {"start": "2026-01-12T09:00:00-05:00", "end": "2026-01-12T09:40:00-05:00"}
VISIT = (
    patient(),
    needling("n1", PERIOD),
    pain("o1", "2026-01-12T08:55:00-05:00", 7),
    pain("o2", "2026-01-12T09:50:00-05:00", 4),
    pain("o3", "2026-01-14T10:40:00-05:00", 3.5),
    needling("n2", "2026-01-19T09:00:00-05:00", icd="M54.2"),
    pain("o4", "2026-01-19T08:50:00-05:00", 5),
)
"""Two sessions of one person: three scores about the first, one before the second."""
