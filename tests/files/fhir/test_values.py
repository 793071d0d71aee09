"""A value as the text of a cell, however it is written; one in another unit is not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcomes.files.fhir.values import answer_text, cell, score
from outcomes.record.columns import column

from .ehr import Json, needling, pain, rows


def test_scores_are_read_however_they_are_written(tmp_path: Path) -> None:
    answer = {"coding": [{"system": "http://loinc.org", "code": "LA10139-6", "display": "7"}]}
    panel = {
        "code": {"text": "pain panel"},
        "component": [{"code": pain("x", None, 1)["code"], "valueInteger": 2}],
    }
    found = rows(
        *(needling(f"n{at}", f"2026-01-{12 + 5 * at}T09:00:00Z") for at in range(3)),
        pain("o0", "2026-01-12T08:50:00Z", None, valueCodeableConcept=answer),
        pain("o1", "2026-01-17T08:50:00Z", None, valueString="6"),
        pain("o2", "2026-01-22T08:50:00Z", None, **panel),
        folder=tmp_path,
    )
    assert [row["pain_pre"] for row in found] == ["7", "6", "2"]


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ({"valueQuantity": {"value": 6}}, "6"),
        ({"valueQuantity": {"value": 6.0}}, "6"),
        ({"valueQuantity": {"value": 0.1 + 0.2}}, "0.30000000000000004"),
        ({"valueQuantity": {"unit": "h"}}, None),
        ({"valueQuantity": {"value": True}}, None),
        ({"valueQuantity": {"value": "6"}}, None),
        ({"valueDecimal": 12.5}, "12.5"),
        ({"valueInteger": 0}, "0"),
        ({"valueDecimal": 1e300}, "1e+300"),
        ({"valueBoolean": False}, "false"),
        ({"valueBoolean": "no"}, None),
        ({"valueString": "  still sore "}, "still sore"),
        ({"valueString": "  "}, None),
        ({"valueString": 5}, None),
        ({"valueTime": "12:00"}, None),
    ],
)
def test_every_kind_of_value_is_text_or_nothing(held: Json, text: str | None) -> None:
    assert cell(held) == text


@pytest.mark.parametrize(
    ("name", "moved", "unit", "read"),
    [
        ("soreness_h", None, "h", True),
        ("soreness_h", None, "d", False),
        ("soreness_h", None, None, True),
        ("pain_pre", None, "{score}", True),
        ("pain_pre", None, "{any annotation}", True),
        ("pain_pre", None, "1", True),
        ("pain_pre", None, "mm", False),
        ("rom_pre", "mouth_opening", "mm", True),
        ("rom_pre", "mouth_opening", "deg", False),
        ("rom_pre", "cervical_rotation", "deg", True),
        ("rom_pre", None, "mm", True),
        ("rom_pre", "of nothing", "deg", True),
        ("rom_pre", None, "kPa", False),
    ],
)
def test_a_quantity_in_another_unit_than_its_columns_is_not_read(name, moved, unit, read) -> None:
    held = {"valueQuantity": {"value": 40, **({"code": unit} if unit else {})}}
    assert cell(held, column(name), moved) == ("40" if read else None)


def concept(*codings: tuple[str, str], text: str | None = None) -> Json:
    coded = [{"system": system, "code": code, "display": f"shown {code}"} for system, code in codings]
    return {"valueCodeableConcept": {"coding": coded, **({"text": text} if text else {})}}


OURS, SNOMED = "https://outcomes.example/fhir/CodeSystem/muscles", "http://snomed.info/sct"


@pytest.mark.parametrize(
    ("held", "text"),
    [
        (
            concept((SNOMED, "1"), (OURS, "soleus"), (OURS, "gastrocnemius"), text="calf"),
            "soleus;gastrocnemius",
        ),
        (concept(("http://loinc.org", "LA13942-0"), text="worst"), "10"),
        (concept(("http://loinc.org", "LA9999-9"), text="worst"), "worst"),
        (concept((SNOMED, "22253000")), "shown 22253000"),
        ({"valueCoding": {"system": SNOMED, "code": "22253000"}}, "22253000"),
        ({"valueCodeableConcept": {"coding": []}}, None),
        (concept(("https://outcomes.example.org/x", "soleus"), text="another's"), "another's"),
    ],
)
def test_our_own_codes_go_before_loincs_answers_and_those_before_words(held: Json, text: str | None) -> None:
    assert cell(held) == text


@pytest.mark.parametrize(
    ("held", "text"), [({"valueString": " 6.50 "}, "6.5"), ({"valueString": "bad"}, None), ({}, None)]
)
def test_a_score_is_a_number(held: Json, text: str | None) -> None:
    assert score(held) == text


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"linkId": "q1", "text": "soreness_h", "answer": [{"valueDecimal": 5}]}, ("soreness_h", "5")),
        ({"linkId": " Pain_Pre ", "text": "How bad?", "answer": [{"valueInteger": 6}]}, ("pain_pre", "6")),
        ({"linkId": "q9", "text": "Your e-mail", "answer": [{"valueString": "a"}]}, ("Your e-mail", "a")),
        ({"linkId": "q9", "answer": []}, ("q9", None)),
        (
            {"linkId": "m", "answer": [{"valueString": "a"}, {"valueString": " "}, {"valueString": "b"}]},
            ("m", "a;b"),
        ),
        ({}, ("", None)),
    ],
)
def test_an_answer_has_the_columns_name_or_the_question(item: Json, found: tuple[str, str | None]) -> None:
    assert answer_text(item) == found
