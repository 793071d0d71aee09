"""A bundle as an electronic health record exports it: people with names, dates with hours, nothing of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
