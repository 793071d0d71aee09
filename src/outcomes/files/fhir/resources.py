"""A file of FHIR as single resources, and what their parts say, whatever is missing or amiss in them.

Comes in: the JSON records of a file: a bundle, several, or one resource a line. Goes out: resources with the place they
stand at, found by the references to them; codes, values and times of a resource. Refuses what is no resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from outcomes.errors import UnreadableFileError

__all__ = ["Coding", "Moment", "Resource", "Resources", "codings", "dicts", "moment", "span", "texts"]

Coding = tuple[str, str]
"""System and code."""
_TIMES = ("effective", "performed", "occurrence")


@dataclass(frozen=True)
class Moment:
    """When something was: to the minute, or on a day of which the hour is not known."""

    at: datetime
    timed: bool


@dataclass(frozen=True)
class Resource:
    """One resource of a file.

    Attributes
    ----------
    kind : str
        ``Procedure``, ``Observation``, ...
    place : int
        Entry of the bundle, or line of the file, from 1.
    body : dict
    url : str
        The full address the bundle gives it; may be blank.
    """

    kind: str
    place: int
    body: dict[str, Any]
    url: str = ""

    @property
    def id(self) -> str:
        """Its logical id; blank where it has none."""
        return str(self.body.get("id") or "")

    def reference(self, name: str) -> str:
        """The first reference of an element that holds one or several; blank where there is none."""
        found = (str(one["reference"]) for one in dicts(self.body.get(name)) if one.get("reference"))
        return next(found, "")


class Resources:
    """The resources of a file, in order.

    Parameters
    ----------
    file : str
    records : list of (int, dict)
        As :func:`outcomes.files.json_rows.json_records` gives them.

    Raises
    ------
    UnreadableFileError
    """

    def __init__(self, file: str, records: list[tuple[int, dict[str, Any]]]) -> None:
        self.file = file
        self.bundled = len(records) == 1 and records[0][1].get("resourceType") == "Bundle"
        self.all = [one for line, body in records for one in self._within(line, body, deep=0)]

    def _within(self, line: int, body: dict[str, Any], *, deep: int) -> Iterator[Resource]:
        kind = body.get("resourceType")
        if not isinstance(kind, str) or not kind:
            raise UnreadableFileError(
                f"{self.file}, {self.unit} {line}: says no resourceType, so it is no FHIR resource. "
                "Export a Bundle, or one resource a line."
            )
        if kind != "Bundle" or deep > _DEEPEST:
            yield Resource(kind, line, body)
            return
        entries = body.get("entry", [])
        if not isinstance(entries, list):
            raise UnreadableFileError(
                f"{self.file}, {self.unit} {line} (Bundle): its entry is no list. Export the bundle again."
            )
        for at, entry in enumerate(entries, start=1):
            inner = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(inner, dict):
                for one in self._within(at if self.bundled and not deep else line, inner, deep=deep + 1):
                    url = str(entry.get("fullUrl") or "")
                    yield Resource(one.kind, one.place, one.body, one.url or url)

    @property
    def unit(self) -> str:
        """What places are counted in."""
        return "entry" if self.bundled else "line"

    def of(self, kind: str) -> list[Resource]:
        """All of a kind."""
        return [one for one in self.all if one.kind == kind]

    def refused(self, one: Resource, what: str, remedy: str) -> UnreadableFileError:
        """The error of a resource that cannot be read."""
        return UnreadableFileError(f"{self.file}, {self.unit} {one.place} ({one.kind}): {what}. {remedy}")

    @cached_property
    def _known(self) -> dict[str, Resource]:
        known: dict[str, Resource] = {}
        for one in self.all:
            for name in (one.url, f"{one.kind}/{one.id}" if one.id else ""):
                if name:
                    known.setdefault(name, one)
        return known

    def found(self, reference: str, within: Resource | None = None) -> Resource | None:
        """The resource that a reference leads to; None where it is not in the file."""
        if reference.startswith("#") and within is not None:
            inner = (one for one in dicts(within.body.get("contained")) if one.get("id") == reference[1:])
            body = next(inner, None)
            return Resource(str(body.get("resourceType")), within.place, body) if body else None
        return self._known.get(reference) or self._known.get(plain_reference(reference))

    def one_of_each(self, kind: str) -> list[Resource]:
        """All of a kind, those that are there twice once.

        Raises
        ------
        UnreadableFileError
            Where two that differ have one id.
        """
        seen: dict[str, Resource] = {}
        kept = []
        for one in self.of(kind):
            name = one.id or one.url
            before = seen.setdefault(name, one) if name else one
            if before is one:
                kept.append(one)
            elif before.body != one.body:
                raise self.refused(
                    one,
                    f"has the id of {self.unit} {before.place} and says something else",
                    "Export the current version of each resource alone.",
                )
        return kept


_DEEPEST = 3


def plain_reference(reference: str) -> str:
    """A reference as type and id.

    Examples
    --------
    >>> plain_reference("https://ehr.example/fhir/Patient/7/_history/2"), plain_reference("urn:uuid:1")
    ('Patient/7', 'urn:uuid:1')
    """
    parts = reference.split("/_history/")[0].split("/")
    return "/".join(parts[-2:])


# --- parts of a resource ------------------------------------------------------------------------------------------


def dicts(value: Any) -> list[dict[str, Any]]:
    """What is an object in a value that should be one or a list of them."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def codings(concept: Any) -> list[Coding]:
    """Systems and codes of a CodeableConcept, or of several."""
    return [
        (str(coding.get("system") or ""), str(coding["code"]))
        for one in dicts(concept)
        for coding in dicts(one.get("coding"))
        if coding.get("code")
    ]


def texts(concept: Any) -> list[str]:
    """What is written in a CodeableConcept, or in several: the text, else what its codes say."""
    written = []
    for one in dicts(concept):
        displays = [str(coding.get("display") or "") for coding in dicts(one.get("coding"))]
        written += [one["text"]] if isinstance(one.get("text"), str) else [text for text in displays if text]
    return written


def moment(value: Any) -> Moment | None:
    """A FHIR dateTime; None where it is none, or no more than a month.

    Examples
    --------
    >>> moment("2026-01-12T09:00:00Z").timed, moment("2026-01-12").timed, moment("2026-01")
    (True, False, None)
    """
    if not isinstance(value, str) or len(value) < len("2026-01-12"):
        return None
    try:
        return Moment(datetime.fromisoformat(value), "T" in value)
    except ValueError:
        return None


def span(one: Resource) -> tuple[Moment | None, Moment | None]:
    """When a resource says something began and ended; the end is None where only one moment is given."""
    for name in _TIMES:
        for suffix in ("DateTime", "Instant"):
            if at := moment(one.body.get(f"{name}{suffix}")):
                return at, None
        for period in dicts(one.body.get(f"{name}Period")):
            return moment(period.get("start")), moment(period.get("end"))
    return moment(one.body.get("authored")), None


def named(values: Iterable[Coding], system: str) -> list[str]:
    """Codes of one system.

    Examples
    --------
    >>> named([("a", "1"), ("b", "2")], "b")
    ['2']
    """
    return [code for of, code in values if of == system]
