"""Readings of a file of FHIR, each put to its session: by what it is part of, by the encounter, else by the time.

Comes in: resources and the sessions in the making. Goes out: their cells filled in, and what could not be put anywhere,
counted with its place. A reading in one of our own codes says itself which it is; one that is only a pain score is told
by its time (:mod:`outcomes.files.fhir.timing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from outcomes.files.fhir.codes import ABSENT, LOINC, OWN_COLUMNS, PAIN, STATUS_OF, own_system
from outcomes.files.fhir.needling import Needling
from outcomes.files.fhir.resources import Moment, Resource, Resources, codings, dicts, named, span
from outcomes.files.fhir.timing import Placed, placed
from outcomes.files.fhir.values import answer_text, cell, score
from outcomes.files.source import LeftOut
from outcomes.record.columns import KNOWN_NAMES, Column, column

__all__ = ["Readings"]

_NOT_VALID = ("entered-in-error", "cancelled", "registered")
_OTHER = "observations that are no part of the record"
_ASTRAY = "readings of no needling in this file"
_UNCLEAR = "pain scores of which it is not clear whether they were before, right after or 2 days later"
_TWICE = "readings that two different values are given for"
_NO_VALUE = "readings without a value that can be read"
_UNANSWERED = "questionnaires of no needling in this file"
_WITHDRAWN = "observations that were withdrawn"


@dataclass(frozen=True)
class _Score:
    """A pain score of one session."""

    placed: Placed
    text: str | None
    status: str | None
    place: int


class Readings:
    """Fills the cells of sessions from observations and questionnaires."""

    def __init__(self, resources: Resources, needlings: list[Needling]) -> None:
        self.resources = resources
        self.left: defaultdict[str, list[int]] = defaultdict(list)
        self.needlings = needlings
        self.of_procedure = {id(one.resource): one for one in needlings}
        self.of_encounter: defaultdict[str, list[Needling]] = defaultdict(list)
        self.of_patient: defaultdict[str, list[Needling]] = defaultdict(list)
        self.scores: dict[int, list[_Score]] = defaultdict(list)
        self.taken: dict[tuple[int, str], str] = {}
        for one in needlings:
            if encounter := _last(one.resource.reference("encounter")):
                self.of_encounter[encounter].append(one)
            self.of_patient[_last(one.resource.reference("subject"))].append(one)

    def enter(self) -> list[LeftOut]:
        """Fill in every session; what was left out, by kind."""
        observations = self.resources.one_of_each("Observation")
        for one in sorted(observations, key=_movement_last):
            if one.body.get("status") in _NOT_VALID:
                self.left[_WITHDRAWN].append(one.place)
                continue
            for held in (one.body, *dicts(one.body.get("component"))):
                self._observation(one, held)
        for one in self.resources.one_of_each("QuestionnaireResponse"):
            self._questionnaire(one)
        for needling in self.needlings:
            self._best_scores(needling)
        return [
            LeftOut(f"{what}: {len(places):,}", tuple(sorted(places)), 0)
            for what, places in self.left.items()
        ]

    # --- observations ---------------------------------------------------------------------------------------------

    def _observation(self, one: Resource, held: dict[str, Any]) -> None:
        found = codings(held.get("code"))
        own = [name for name in named(found, OWN_COLUMNS) if name in KNOWN_NAMES]
        if own:
            self._own(one, held, column(own[0]))
        elif PAIN in named(found, LOINC):
            self._pain(one, held)
        elif held is not one.body or not dicts(one.body.get("component")):
            self.left[_OTHER].append(one.place)

    def _own(self, one: Resource, held: dict[str, Any], c: Column) -> None:
        needling = self._part_of(one) or self._only(one)
        if needling is None:
            self.left[_ASTRAY].append(one.place)
            return
        text = cell(held, c, needling.cells.get("rom_movement"))
        status = _status(held)
        if text is None and c.name == "pain_48h" and status:
            self._put(needling, "followup_status", status, one.place)
        elif text is None:
            self.left[_NO_VALUE].append(one.place)
        else:
            self._put(needling, c.name, text, one.place)

    def _pain(self, one: Resource, held: dict[str, Any]) -> None:
        """A pain score by its time: of the needling it is part of, else of the patient's it lies nearest to."""
        taken = span(one)[0]
        text, status = score(held), _status(held)
        if text is None and status is None:
            self.left[_NO_VALUE].append(one.place)
            return
        candidates = self._candidates(one)
        if not candidates:
            self.left[_ASTRAY].append(one.place)
            return
        possible = [(each, placed(taken, each.began, each.ended)) for each in candidates]
        at_visit = [pair for pair in possible if pair[1].ending in ("pre", "post")]
        unclear = [pair for pair in possible if pair[1].ending == "unclear"]
        fitting = at_visit or unclear or [pair for pair in possible if pair[1].ending == "48h"]
        if not fitting:
            self.left[_ASTRAY].append(one.place)
        elif len(fitting) > 1 or unclear == fitting:
            self.left[_UNCLEAR].append(one.place)
        else:
            needling, where = fitting[0]
            self.scores[id(needling)].append(_Score(where, text, status, one.place))

    def _best_scores(self, needling: Needling) -> None:
        """Of each reading the score nearest to its moment; two that differ at one moment are unclear."""
        for ending in ("pre", "post", "48h"):
            found = [one for one in self.scores[id(needling)] if one.placed.ending == ending]
            with_value = [one for one in found if one.text is not None]
            if with_value:
                nearest = min(one.placed.away for one in with_value)
                best = [one for one in with_value if one.placed.away == nearest]
                if len({one.text for one in best}) > 1:
                    self.left[_TWICE] += [one.place for one in best]
                    continue
                self._put(needling, f"pain_{ending}", str(best[0].text), best[0].place)
                if ending == "48h":
                    needling.cells.setdefault("followup_status", "reached")
                    if best[0].placed.hours is not None:
                        needling.cells.setdefault("followup_h", f"{best[0].placed.hours:.4g}")
            elif ending == "48h" and found and found[0].status:
                needling.cells.setdefault("followup_status", found[0].status)

    # --- questionnaires -------------------------------------------------------------------------------------------

    def _questionnaire(self, one: Resource) -> None:
        needling = self._part_of(one) or self._only(one) or self._by_time(one, span(one)[0])
        if needling is None:
            self.left[_UNANSWERED].append(one.place)
            return
        for item in _items(one.body, deep=0):
            heading, text = answer_text(item)
            if heading and text is not None:
                self._put(needling, heading, text, one.place)

    def _by_time(self, one: Resource, taken: Moment | None) -> Needling | None:
        near = [each for each in self._candidates(one) if _near(placed(taken, each.began, each.ended))]
        return near[0] if len(near) == 1 else None

    # --- whose ----------------------------------------------------------------------------------------------------

    def _part_of(self, one: Resource) -> Needling | None:
        for reference in dicts(one.body.get("partOf")):
            found = self.resources.found(str(reference.get("reference") or ""), one)
            if found is not None and id(found) in self.of_procedure:
                return self.of_procedure[id(found)]
        return None

    def _candidates(self, one: Resource) -> list[Needling]:
        if (part := self._part_of(one)) is not None:
            return [part]
        if any(
            "Procedure/" in str(reference.get("reference")) for reference in dicts(one.body.get("partOf"))
        ):
            return []
        together = self.of_encounter.get(_last(one.reference("encounter")), [])
        return together or self.of_patient.get(_last(one.reference("subject")), [])

    def _only(self, one: Resource) -> Needling | None:
        """The one needling of the encounter; None where there are several, or none."""
        together = self.of_encounter.get(_last(one.reference("encounter")), [])
        return together[0] if len(together) == 1 else None

    def _put(self, needling: Needling, name: str, text: str, place: int) -> None:
        """Enter a cell once; where two resources differ it stays blank, and it is counted."""
        key = (id(needling), name)
        if key not in self.taken and name in needling.cells:
            return  # what the procedure and the patient's resource say stands
        before = self.taken.setdefault(key, text)
        if before != text:
            self.taken[key] = ""
            needling.cells.pop(name, None)
            self.left[_TWICE].append(place)
        else:
            needling.cells[name] = text


def _last(reference: str) -> str:
    return reference.split("/_history/")[0].rsplit("/", 1)[-1]


def _movement_last(one: Resource) -> bool:
    """The movement is read before the ranges, whose unit follows from it."""
    return (OWN_COLUMNS, "rom_movement") not in codings(one.body.get("code"))


def _near(found: Placed) -> bool:
    return found.ending in ("pre", "post", "48h")


def _status(held: dict[str, Any]) -> str | None:
    """What came of a follow-up, by the reason for which a value is absent."""
    found = codings(held.get("dataAbsentReason"))
    if own := named(found, own_system("followup_status")):
        return own[0]
    return next((STATUS_OF[code] for code in named(found, ABSENT) if code in STATUS_OF), None)


def _items(held: dict[str, Any], *, deep: int) -> Iterator[dict[str, Any]]:
    for item in dicts(held.get("item")):
        yield item
        if deep < _DEEPEST:
            yield from _items(item, deep=deep + 1)
            for answer in dicts(item.get("answer")):
                yield from _items(answer, deep=deep + 1)


_DEEPEST = 20
