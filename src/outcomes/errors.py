"""The errors this library raises: one base, a small tree.

Every message says what was found, what is allowed, and what to do next. Whatever a user can get wrong ends
in one of these; anything else that escapes is a fault of ours, and so is an :class:`InternalError`.
"""

from __future__ import annotations

import os
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DisclosureError",
    "EstimationError",
    "ExportError",
    "FormulaError",
    "IdentifiableError",
    "InternalError",
    "MappingError",
    "OutcomesError",
    "PlanError",
    "ReductionError",
    "SessionErrors",
    "UnreadableFileError",
    "place_of",
    "shown",
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


class InternalError(OutcomesError):
    """A fault of this package, met in a process of its own: says where, and nothing of the records."""


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


def place_of(error: BaseException) -> str:
    """Kind of an error and line of this package it came from, without what it says, which may name a person.

    Examples
    --------
    >>> try:
    ...     shown(range(0)[1])
    ... except IndexError as error:
    ...     place_of(error)
    'IndexError'
    """
    kind, ours = type(error).__name__, f"{Path(__file__).parent}{os.sep}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(ours)]
    if not frames:
        return kind
    return f"{kind} in {frames[-1].filename.removeprefix(ours)}, line {frames[-1].lineno}"


_PLAIN = re.compile(r"^[A-Za-z0-9_.,+\-/%<>=]{1,24}$")


def shown(value: Any) -> str:
    """Show a value in a message only where it is a number or a short code; text may name a person.

    Examples
    --------
    >>> shown("11"), shown(11.0), shown("Jane Doe, 12 High Street")
    ('11', '11', '(text of 24 characters, not shown)')
    """
    if value is None or value != value:  # NaN
        return "(blank)"
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    if _PLAIN.match(text) and sum(c.isdigit() for c in text) <= 8:
        return text
    return f"(text of {len(text)} characters, not shown)"
