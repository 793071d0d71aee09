"""One needling on its way to a row: the procedure, its patient, when it was, and the cells filled in so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from outcomes.files.fhir.resources import Moment, Resource

__all__ = ["Needling"]


@dataclass
class Needling:
    """One session in the making.

    Attributes
    ----------
    resource : Resource
        The Procedure.
    patient : str
        Reference to the patient, later the pseudonym.
    began, ended : Moment or None
        Never part of a cell.
    own : bool
        Whether this suite wrote it.
    cells : dict of str to str
        Of the row, by column.
    """

    resource: Resource
    patient: str
    began: Moment | None
    ended: Moment | None
    own: bool
    cells: dict[str, str] = field(default_factory=dict)
