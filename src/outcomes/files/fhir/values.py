"""The value of an observation, or of an answer of a questionnaire, as the text of a cell.

Comes in: a resource's element that holds ``value[x]``. Goes out: text, codes by their code; nothing where there is no
value, or one in another unit than the column's.
"""

from __future__ import annotations

from typing import Any

from outcomes.files.fhir.codes import CANONICAL, LOINC, PAIN_ANSWERS, unit_code
from outcomes.files.fhir.resources import codings, dicts, named, texts
from outcomes.record.columns import Column, own_name
from outcomes.record.measures import MOVEMENTS

__all__ = ["answer_text", "cell", "score"]


def cell(held: dict[str, Any], c: Column | None = None, moved: str | None = None) -> str | None:
    """The value an element holds, as text; None where it holds none that can be read.

    Parameters
    ----------
    held : dict
        An Observation, a component of one, or an answer.
    c : Column, optional
        The column it is for; a quantity in a unit that is not the column's is not read.
    moved : str, optional
        The movement that a range of motion is of.

    Examples
    --------
    >>> cell({"valueQuantity": {"value": 6.5}}), cell({"valueBoolean": True}), cell({})
    ('6.5', 'true', None)
    """
    for quantity in dicts(held.get("valueQuantity")):
        unit = quantity.get("code")
        if c is not None and unit and not _fits(c, str(unit), moved):
            return None
        return _number(quantity.get("value"))
    for name in ("valueInteger", "valueDecimal"):
        if name in held:
            return _number(held[name])
    if isinstance(held.get("valueBoolean"), bool):
        return "true" if held["valueBoolean"] else "false"
    if concepts := dicts(held.get("valueCodeableConcept")):
        return _coded(concepts)
    if coding := dicts(held.get("valueCoding")):
        return _coded([{"coding": coding}])
    text = held.get("valueString")
    return text.strip() or None if isinstance(text, str) else None


def _fits(c: Column, unit: str, moved: str | None) -> bool:
    """Whether a unit is the column's; a range whose movement is not known may be in that of any."""
    if c.unit == "per movement" and moved not in MOVEMENTS:
        return any(unit == unit_code(c, name) for name in MOVEMENTS)
    return unit == unit_code(c, moved) or unit.startswith("{") or unit == "1"


def _number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _coded(concepts: list[dict[str, Any]]) -> str | None:
    """Our own codes, ``;`` between; else LOINC's answers to the question for pain; else what is written."""
    found = codings(concepts)
    if own := [code for system, code in found if system.startswith(f"{CANONICAL}/")]:
        return ";".join(own)
    if answers := [PAIN_ANSWERS[code] for code in named(found, LOINC) if code in PAIN_ANSWERS]:
        return str(answers[0])
    return next(iter(texts(concepts)), None) or next((code for _, code in found), None)


def score(held: dict[str, Any]) -> str | None:
    """A pain score; None where the value is no number."""
    text = cell(held)
    try:
        return None if text is None else _number(float(text))
    except ValueError:
        return None


def answer_text(item: dict[str, Any]) -> tuple[str, str | None]:
    """Heading and answer of an item of a questionnaire: the record's own column by its linkId, else the question.

    Examples
    --------
    >>> answer_text({"linkId": "pain_pre", "answer": [{"valueInteger": 6}]})
    ('pain_pre', '6')
    """
    link, asked = str(item.get("linkId") or ""), str(item.get("text") or "")
    name = own_name(link)
    answers = [text for answer in dicts(item.get("answer")) if (text := cell(answer)) is not None]
    return name if name != link.strip() or not asked else own_name(asked), ";".join(answers) or None
