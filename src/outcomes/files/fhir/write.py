"""Session records as FHIR R4: a bundle, or one resource a line.

Comes in: validated sessions. Goes out: JSON text: a Patient (a pseudonym and nothing else), a Procedure, and an
Observation for every cell. No date is written, for the record has none; what is not recorded is not written, but for a
follow-up without a reading: there the 2-day observation says why (``dataAbsentReason``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from outcomes.files.fhir.codes import (
    ABSENT,
    ABSENT_CODES,
    CANONICAL,
    CPT,
    LOINC,
    NEEDLING,
    OWN_COLUMNS,
    PAIN,
    PAIN_DISPLAY,
    UCUM,
    cpt_code,
    own_system,
    unit_code,
)
from outcomes.record.columns import COLUMNS, MOVEMENT_COLUMNS, Column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fhir_text"]

_OF_THE_PROCEDURE = ("session_id", "patient_id", "clinic_id", "clinician_id", "condition", "followup_status")
_PAINS = ("pain_pre", "pain_post", "pain_48h")
Json = dict[str, Any]


def fhir_text(sessions: pd.DataFrame, *, lines: bool = False) -> str:
    """Write sessions as a FHIR bundle of type collection.

    Parameters
    ----------
    sessions : pandas.DataFrame
        As ``read_sessions`` gives them; columns beyond the record are not written.
    lines : bool
        One resource a line (NDJSON) instead of a bundle.

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"session_id": "s1", "patient_id": "p1", "condition": "neck_pain", "session_number": 1, "pain_pre": 6.0}
    >>> text = fhir_text(pd.DataFrame([row]), lines=True)
    >>> [json.loads(line)["resourceType"] for line in text.splitlines()]
    ['Patient', 'Procedure', 'Observation', 'Observation']
    """
    resources = _resources(sessions)
    if lines:
        return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in resources)
    entries = (json.dumps({"fullUrl": _url(one), "resource": one}, ensure_ascii=False) for one in resources)
    return '{"resourceType": "Bundle", "type": "collection", "entry": [\n' + ",\n".join(entries) + "\n]}\n"


def _url(resource: Json) -> str:
    return f"{CANONICAL}/{resource['resourceType']}/{resource['id']}"


def _resources(sessions: pd.DataFrame) -> Iterator[Json]:
    several = [c for c in MOVEMENT_COLUMNS if c.name in sessions]
    columns = [c for c in (*COLUMNS, *several) if c.name in sessions and c.name not in _OF_THE_PROCEDURE]
    table = sessions.astype(object).where(sessions.notna(), None)
    patients: dict[str, str] = {}
    rows: list[Json] = [
        dict(zip(table.columns, cells, strict=True)) for cells in table.itertuples(index=False)
    ]
    for number, row in enumerate(rows, start=1):
        patient = str(row["patient_id"])
        if patient not in patients:
            patients[patient] = f"patient-{len(patients) + 1}"
            yield _patient(patients[patient], patient)
        yield _procedure(f"session-{number}", patients[patient], row)
        yield from _observations(f"session-{number}", patients[patient], row, columns)


# --- patient and procedure ----------------------------------------------------------------------------------------


def _patient(name: str, pseudonym: str) -> Json:
    return {"resourceType": "Patient", "id": name, "identifier": [_identifier("patient_id", pseudonym)]}


def _procedure(name: str, patient: str, row: Json) -> Json:
    found: Json = {
        "resourceType": "Procedure",
        "id": name,
        "identifier": [_identifier("session_id", row["session_id"])],
        "status": "completed",
        "code": {"coding": _needling(row.get("muscles")), "text": "Dry needling"},
        "subject": {"reference": f"Patient/{patient}"},
    }
    if row.get("day") is not None:
        found["performedString"] = f"{int(row['day'])} days after the first session"
    if row.get("clinician_id") is not None:
        found["performer"] = [{"actor": {"identifier": _identifier("clinician_id", row["clinician_id"])}}]
    if row.get("clinic_id") is not None:
        found["location"] = {"identifier": _identifier("clinic_id", row["clinic_id"])}
    condition = _column("condition")
    found["reasonCode"] = [{"coding": [_coding(condition, row["condition"])]}]
    return found


def _identifier(column: str, value: Any) -> Json:
    return {"system": f"{CANONICAL}/{column.replace('_', '-')}", "value": str(value)}


def _needling(muscles: Any) -> list[Json]:
    own = {"system": OWN_COLUMNS, "code": NEEDLING, "display": "Dry needling"}
    return [own, {"system": CPT, "code": cpt_code(muscles)}] if muscles else [own]


def _column(name: str) -> Column:
    return next(c for c in COLUMNS if c.name == name)


def _coding(c: Column, code: Any) -> Json:
    return {"system": own_system(c.name), "code": str(code), "display": c.label_of(str(code))}


# --- observations -------------------------------------------------------------------------------------------------


def _observations(session: str, patient: str, row: Json, columns: list[Column]) -> Iterator[Json]:
    status = row.get("followup_status")
    for c in columns:
        value = row[c.name]
        if value is not None:
            yield {**_observation(session, patient, c), **_value(c, value, row.get("rom_movement"))}
        elif c.name == "pain_48h" and status is not None:
            yield {**_observation(session, patient, c), "dataAbsentReason": _reason(str(status))}
    if status is not None and row.get("pain_48h") is not None:
        c = _column("followup_status")
        yield {**_observation(session, patient, c), **_value(c, status, None)}


def _observation(session: str, patient: str, c: Column) -> Json:
    own = {"system": OWN_COLUMNS, "code": c.name, "display": c.label}
    pain = [{"system": LOINC, "code": PAIN, "display": PAIN_DISPLAY}] if c.name in _PAINS else []
    return {
        "resourceType": "Observation",
        "id": f"{session}-{c.name.replace('_', '-')}",
        "partOf": [{"reference": f"Procedure/{session}"}],
        "status": "final",
        "code": {"coding": [*pain, own], "text": c.label},
        "subject": {"reference": f"Patient/{patient}"},
    }


def _value(c: Column, value: Any, moved: Any) -> Json:
    if c.kind == "flag":
        return {"valueBoolean": bool(value)}
    if c.kind == "integer":
        return {"valueInteger": int(value)}
    if c.kind == "number":
        quantity = {"value": _plain(value), "unit": c.unit, "system": UCUM, "code": unit_code(c, moved)}
        return {"valueQuantity": quantity}
    codes = str(value).split(";") if c.kind == "tags" else [value]
    return {"valueCodeableConcept": {"coding": [_coding(c, code) for code in codes]}}


def _plain(value: Any) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() else number


def _reason(status: str) -> Json:
    return {
        "coding": [
            {"system": ABSENT, "code": ABSENT_CODES[status]},
            _coding(_column("followup_status"), status),
        ]
    }
