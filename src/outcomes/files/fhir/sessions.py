"""A file of FHIR as a raw table: one row for each needling, its readings beside it.

Comes in: resources. Goes out: a :class:`~outcomes.files.source.Source` with the record's columns, and what became of
every resource that is no session. Names, birth dates, dates of treatment and whatever else a patient's resource holds
stay behind: of a person only the sex and the ten-year band of the age are read, of a date only what lies between two.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from outcomes.errors import UnreadableFileError
from outcomes.files.fhir.codes import CANONICAL, CPT, NEEDLING, OWN_COLUMNS, own_system
from outcomes.files.fhir.needling import Needling
from outcomes.files.fhir.readings import Readings
from outcomes.files.fhir.resources import (
    Moment,
    Resource,
    Resources,
    codings,
    dicts,
    moment,
    named,
    span,
    texts,
)
from outcomes.files.source import LeftOut, Source
from outcomes.record.columns import KNOWN_NAMES, ten_year_band

__all__ = ["is_fhir", "read_fhir"]

_NEEDLED = ("20560", "20561")
_SEXES = ("female", "male", "other", "unknown")


def is_fhir(records: list[tuple[int, dict[str, Any]]]) -> bool:
    """Whether the records of a JSON file are FHIR resources."""
    return any(isinstance(record.get("resourceType"), str) for _, record in records)


def read_fhir(path: Path, records: list[tuple[int, dict[str, Any]]]) -> Source:
    """Read a bundle, or one resource a line, as a raw table of sessions.

    Raises
    ------
    UnreadableFileError
        Where something is no resource, a needling has no patient, or there is none.
    """
    resources = Resources(path.name, records)
    needlings, left = _needlings(resources)
    for one in needlings:
        _from_procedure(one, resources)
    _from_people(needlings, resources)
    readings = Readings(resources, needlings)
    left += readings.enter()
    ordered = _in_order(needlings)
    count = len(resources.all)
    said = f"FHIR, {count:,} resource{'s' if count != 1 else ''}"
    said += "; what is called a line is an entry of the bundle" if resources.bundled else ""
    places = [one.resource.place for one in ordered]
    return Source(
        path, "fhir", _table(ordered), lambda rows: [places[row] for row in rows], (said,), tuple(left)
    )


# --- which procedures are sessions --------------------------------------------------------------------------------


def _needlings(resources: Resources) -> tuple[list[Needling], list[LeftOut]]:
    needled, others = list[Resource](), list[Resource]()
    for one in resources.one_of_each("Procedure"):
        (needled if _is_needling(one) else others).append(one)
    if not needled:
        raise _nothing_to_read(resources, others)
    done, undone = list[Resource](), list[Resource]()
    for one in needled:
        (done if one.body.get("status", "completed") == "completed" else undone).append(one)
    if not done:
        raise UnreadableFileError(
            f"{resources.file} holds {len(needled):,} needling procedures, none of them completed. "
            "Export those whose status is completed."
        )
    left = [
        *_left_out("procedures other than needling", others),
        *_left_out("needling that was not completed", undone),
    ]
    return [_begun(one, resources) for one in done], left


def _is_needling(one: Resource) -> bool:
    """By CPT's codes for needling without injection, by ours, or by the words dry needling."""
    found = codings(one.body.get("code"))
    coded = {*named(found, CPT), *(code for system, code in found if "cpt" in system.casefold())}
    words = " ".join(texts(one.body.get("code"))).casefold()
    return bool(coded.intersection(_NEEDLED)) or (OWN_COLUMNS, NEEDLING) in found or "dry needling" in words


def _nothing_to_read(resources: Resources, others: list[Resource]) -> UnreadableFileError:
    kinds = sorted({one.kind for one in resources.all})
    there = f"{len(others):,} procedures, none of them needling" if others else "no Procedure"
    held = f" It holds {', '.join(kinds[:8])}." if kinds else " It is empty."
    return UnreadableFileError(
        f"{resources.file} holds {there}.{held} Export the Procedure resources with CPT 20560 or 20561, and the "
        "Observation resources of the same patients, into one file."
    )


def _begun(one: Resource, resources: Resources) -> Needling:
    patient = _identifier(one.body.get("subject"), "patient_id") or one.reference("subject")
    if not patient:
        raise resources.refused(
            one, "has no subject, so nobody knows whose session it is", "Export it again."
        )
    began, ended = span(one)
    own = (OWN_COLUMNS, NEEDLING) in codings(one.body.get("code"))
    return Needling(one, patient, began, ended, own)


def _left_out(what: str, found: list[Resource]) -> list[LeftOut]:
    """Procedures that are no session: each counts as a row of the file."""
    places = tuple(one.place for one in found)
    return [LeftOut(what, places, len(found))] if found else []


# --- what the procedure says --------------------------------------------------------------------------------------


def _from_procedure(one: Needling, resources: Resources) -> None:
    body = one.resource.body
    one.cells["session_id"] = _identifier(body, "session_id") or one.resource.id or one.resource.url
    for performer in dicts(body.get("performer")):
        _put(one, "clinician_id", _identifier(performer.get("actor"), "clinician_id"))
    _put(one, "clinic_id", _identifier(body.get("location"), "clinic_id"))
    _put(one, "condition", _condition(one.resource, resources))


def _put(one: Needling, name: str, text: str | None) -> None:
    if text and name not in one.cells:
        one.cells[name] = text


def _identifier(held: Any, name: str) -> str | None:
    """Our own identifier of something: that of a resource, or of a reference that holds one."""
    for one in dicts(held):
        for identifier in dicts(one.get("identifier")):
            if identifier.get("system") == f"{CANONICAL}/{name.replace('_', '-')}" and identifier.get(
                "value"
            ):
                return str(identifier["value"])
    return None


def _condition(one: Resource, resources: Resources) -> str | None:
    """What was treated: our code, else the codes and words of the reason, or of the Condition it leads to."""
    reasons = [*dicts(one.body.get("reasonCode")), *dicts(one.body.get("reason"))]
    reasons += [concept for reason in reasons for concept in dicts(reason.get("concept"))]
    references = [*dicts(one.body.get("reasonReference"))]
    references += [inner for reason in reasons for inner in dicts(reason.get("reference"))]
    for reference in references:
        found = resources.found(str(reference.get("reference") or ""), one)
        reasons += dicts(found.body.get("code")) if found else []
    found_codes = codings(reasons)
    if own := named(found_codes, own_system("condition")):
        return own[0]
    icd = [code for system, code in found_codes if "icd-10" in system.casefold()]
    return "; ".join(dict.fromkeys(icd)) or next(iter(texts(reasons)), None)


# --- what the patient's resource says -----------------------------------------------------------------------------


def _from_people(needlings: list[Needling], resources: Resources) -> None:
    """Pseudonyms, and where records are not our own the sex and the band of the age; nothing else of a person."""
    first: dict[str, Moment] = {}
    for one in needlings:
        person = resources.found(one.patient)
        name = (_identifier(person.body, "patient_id") if person else None) or _last_part(one.patient)
        one.cells["patient_id"] = one.patient = name
        if person is not None and not one.own:
            sex = person.body.get("gender")
            _put(one, "sex", sex if sex in _SEXES else None)
            _put(one, "age_band", _age_band(moment(person.body.get("birthDate")), one.began))
        if one.began is not None and one.began.at.date() < first.setdefault(name, one.began).at.date():
            first[name] = one.began
    for one in needlings:
        if one.began is not None and not one.own:
            one.cells["day"] = str((one.began.at.date() - first[one.patient].at.date()).days)


def _last_part(reference: str) -> str:
    return reference.rsplit("/", 1)[-1].removeprefix("urn:uuid:")


def _age_band(born: Moment | None, began: Moment | None) -> str | None:
    if born is None or began is None:
        return None
    day, birthday = began.at.date(), born.at.date()
    years = day.year - birthday.year - ((day.month, day.day) < (birthday.month, birthday.day))
    return ten_year_band(str(years)) if years >= 0 else None


# --- the table ----------------------------------------------------------------------------------------------------


def _in_order(needlings: list[Needling]) -> list[Needling]:
    """Our own as they stand; those of others by patient, each patient's as they followed one another."""
    if all(one.own for one in needlings):
        return needlings
    place = {name: at for at, name in enumerate(dict.fromkeys(one.patient for one in needlings))}

    def when(one: Needling) -> tuple[int, str]:
        return place[one.patient], one.began.at.isoformat() if one.began else ""

    return sorted(needlings, key=when)


def _table(needlings: list[Needling]) -> Any:
    import pyarrow as pa

    there: dict[str, None] = {}
    by_name: defaultdict[str, list[str | None]] = defaultdict(lambda: [None] * len(needlings))
    for at, one in enumerate(needlings):
        for name, text in one.cells.items():
            by_name[name][at] = text
            there.setdefault(name)
    known = [name for name in KNOWN_NAMES if name in there]
    names = [*known, *(name for name in there if name not in KNOWN_NAMES)]
    if "condition" not in there:
        names.insert(min(2, len(names)), "condition")
    return pa.table({name: pa.array(by_name[name], pa.string()) for name in names})
