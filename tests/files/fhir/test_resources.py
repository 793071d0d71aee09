"""Resources of a file in order, references of every form followed, and what cannot be read said by its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files.fhir.resources import Resource, Resources, codings, moment, span, texts

from .ehr import Json, needling, rows


def test_references_are_followed_whatever_their_form(tmp_path: Path) -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"coding": [{"system": "icd-10", "code": "M77.11"}]},
    }
    first = needling("n1", "2026-01-12T09:00:00Z")
    first |= {
        "reasonCode": [],
        "reasonReference": [{"reference": "https://ehr.example/fhir/Condition/c1/_history/3"}],
    }
    second = needling("n2", "2026-01-20T09:00:00Z") | {
        "reasonCode": [],
        "contained": [condition | {"id": "in"}],
        "reasonReference": [{"reference": "#in"}],
    }
    assert [row["condition"] for row in rows(condition, first, second, folder=tmp_path)] == [
        "M77.11",
        "M77.11",
    ]


def resources(*bodies: Json) -> Resources:
    """One resource a line."""
    return Resources("export.ndjson", list(enumerate(bodies, start=1)))


def bundled(*bodies: Json) -> Json:
    return {
        "resourceType": "Bundle",
        "entry": [{"fullUrl": f"urn:uuid:{at}", "resource": b} for at, b in enumerate(bodies)],
    }


PATIENT = {"resourceType": "Patient", "id": "a7"}


def test_places_are_entries_of_one_bundle_and_lines_of_anything_else() -> None:
    one = Resources("a.json", [(1, bundled(PATIENT, {**PATIENT, "id": "b8"}))])
    assert (one.unit, [each.place for each in one.all]) == ("entry", [1, 2])
    assert [each.url for each in one.all] == ["urn:uuid:0", "urn:uuid:1"]
    lines = resources(bundled(PATIENT), {**PATIENT, "id": "b8"})
    assert (lines.unit, [each.place for each in lines.all]) == ("line", [1, 2])
    assert [each.id for each in lines.of("Patient")] == ["a7", "b8"]


def test_a_bundle_in_a_bundle_is_opened_and_one_without_end_is_left() -> None:
    inner = bundled(PATIENT)
    whole = Resources("a.json", [(1, bundled(PATIENT | {"id": "x"}, inner))])
    assert [(each.kind, each.place) for each in whole.all] == [("Patient", 1), ("Patient", 2)]
    for _ in range(5):
        inner = bundled(inner)
    assert {each.kind for each in Resources("a.json", [(1, inner)]).all} == {"Bundle"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"id": "x"}, "export.ndjson, line 1: says no resourceType"),
        ({"resourceType": 5}, "export.ndjson, line 1: says no resourceType"),
        ({"resourceType": "Bundle", "entry": {}}, r"entry 1 \(Bundle\): its entry is no list"),
    ],
)
def test_what_is_no_resource_is_said_by_its_place(body: Json, says: str) -> None:
    with pytest.raises(UnreadableFileError, match=says):
        resources(body)


def test_a_resource_that_is_there_twice_is_one_and_two_of_one_id_are_refused() -> None:
    other = {"resourceType": "Observation", "id": "a7"}
    assert [one.place for one in resources(PATIENT, other, dict(PATIENT)).one_of_each("Patient")] == [1]
    nameless = {"resourceType": "Patient"}
    assert len(resources(nameless, nameless).one_of_each("Patient")) == 2
    with pytest.raises(UnreadableFileError, match=r"line 3 \(Patient\): has the id of line 1"):
        resources(PATIENT, other, PATIENT | {"gender": "male"}).one_of_each("Patient")


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("Patient/a7", 1),
        ("https://ehr.example/fhir/Patient/a7", 1),
        ("Patient/a7/_history/4", 1),
        ("Patient/unknown", None),
        ("#a7", None),
        ("", None),
    ],
)
def test_a_reference_leads_to_its_resource(reference: str, place: int | None) -> None:
    found = resources(PATIENT, {"resourceType": "Group", "id": "a7"}).found(reference)
    assert (found.place if found else None) == place


def test_what_a_resource_holds_is_found_within_it_alone() -> None:
    holder = Resource("Procedure", 4, {"contained": [{"resourceType": "Condition", "id": "c"}]})
    within = resources(PATIENT).found("#c", holder)
    assert within is not None
    assert (within.kind, within.place, within.id) == ("Condition", 4, "c")
    assert resources(PATIENT).found("#d", holder) is None


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ({"effectiveDateTime": "2026-01-12T09:00:00Z"}, ("2026-01-12", None)),
        ({"performedInstant": "2026-01-12T09:00:00Z"}, ("2026-01-12", None)),
        ({"occurrencePeriod": {"start": "2026-01-12", "end": "2026-01-13"}}, ("2026-01-12", "2026-01-13")),
        ({"performedPeriod": {"end": "2026-01-13"}}, (None, "2026-01-13")),
        ({"authored": "2026-01-14"}, ("2026-01-14", None)),
        ({"issued": "2026-01-14"}, (None, None)),
        ({"effectiveDateTime": "2026-01", "authored": "2026-01-14"}, ("2026-01-14", None)),
    ],
)
def test_when_something_was(body: Json, ends: tuple[str | None, str | None]) -> None:
    found = tuple(at and at.at.date().isoformat() for at in span(Resource("Observation", 1, body)))
    assert found == ends


@pytest.mark.parametrize("value", ["2026-13-01", "yesterday at nine", 20260112, None, "2026-1-12"])
def test_what_is_no_moment_is_none(value: object) -> None:
    assert moment(value) is None


def test_words_of_a_concept_are_its_text_else_what_its_codes_say() -> None:
    coded = {"coding": [{"code": "1", "display": "Neck"}, {"code": "2"}, "broken"]}
    assert texts([coded | {"text": "neck pain"}, coded]) == ["neck pain", "Neck"]
    assert codings([coded, None, {"coding": {"system": "s", "code": 3}}]) == [
        ("", "1"),
        ("", "2"),
        ("s", "3"),
    ]
