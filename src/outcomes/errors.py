"""The errors this library raises: one base, a small tree.

Every message says what was found, what is allowed, and what to do next. Whatever a user can get wrong ends
in one of these; anything else that escapes is a fault of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DisclosureError",
    "EstimationError",
    "ExportError",
    "FormulaError",
    "IdentifiableError",
    "MappingError",
    "OutcomesError",
    "PlanError",
    "ReductionError",
    "SessionErrors",
    "UnreadableFileError",
]


class OutcomesError(Exception):
    """Base of every error a user can meet: catch this one to catch them all."""


class UnreadableFileError(OutcomesError):
    """A file that cannot be read as a table: absent, empty, binary, truncated, badly encoded, ragged."""


class IdentifiableError(OutcomesError):
    """A file that looks as if it identifies people. Names columns, never values."""


class MappingError(OutcomesError):
    """A column mapping that does not fit its file, or is not a mapping."""


class PlanError(OutcomesError):
    """An analysis plan that cannot be read, or says what a plan cannot."""


class FormulaError(OutcomesError):
    """A formula that cannot be read, or that the engine cannot compute from a reduction."""


class ReductionError(OutcomesError):
    """Reductions that do not belong together, or a file that does not hold one."""


class EstimationError(OutcomesError):
    """A request no estimate can answer: an unknown term, level or method, or no usable rows at all."""


class DisclosureError(OutcomesError):
    """Something reached the gate that it does not know how to protect, or may not let pass."""


class ExportError(OutcomesError):
    """Outputs that cannot be written where they were asked for."""


class SessionErrors(OutcomesError):
    """Session records that break the schema.

    Attributes
    ----------
    problems : pandas.DataFrame
        One row per failing value: ``file, line, column, value, rule, severity, remedy, session_id``.
    """

    def __init__(self, message: str, problems: pd.DataFrame) -> None:
        super().__init__(message)
        self.problems = problems
