"""The reference tables that ship in the package: small CSV files with a citation in every row, read as records."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

__all__ = ["read_reference", "rows"]

Record = TypeVar("Record")


@cache
def read_reference(name: str) -> tuple[dict[str, str], ...]:
    """Read ``reference/<name>.csv``: one mapping a row, every value as text, blank where unknown."""
    text = files("outcomes").joinpath("reference", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def rows(name: str, kind: type[Record], /, **columns: str) -> tuple[Record, ...]:
    """Read ``reference/<name>.csv`` as records, each value as its field's type says.

    Parameters
    ----------
    name : str
    kind : type
        A dataclass. ``bool`` is yes or no, ``float | None`` may be blank, ``tuple[float, ...]`` has ``;`` between.
    **columns : str
        The column of a field, where it is called otherwise.

    Returns
    -------
    tuple of kind
        In the order of the table. Fields without a column keep their defaults.

    Examples
    --------
    >>> from outcomes.record.measures import PublishedRule
    >>> found = rows("responder_rules", PublishedRule, name="rule")[0]
    >>> found.name, found.percent
    ('percent_30_points_2', 30.0)
    """
    table = read_reference(name)
    fields = {field: (columns.get(field, field), of) for field, of in get_type_hints(kind).items()}
    held = {field: (column, of) for field, (column, of) in fields.items() if column in table[0]}
    return tuple(
        kind(**{field: _value(row[column], of) for field, (column, of) in held.items()}) for row in table
    )


def _value(text: str, kind: Any) -> Any:
    if kind is bool:
        return text == "yes"
    if get_origin(kind) is tuple:
        return tuple(_value(part, get_args(kind)[0]) for part in text.split(";") if part)
    options = get_args(kind)  # of "float | None"
    if options:
        return _value(text, options[0]) if text else None
    return kind(text)
