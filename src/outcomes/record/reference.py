"""The reference tables that ship in the package: small CSV files with a citation in every row."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

__all__ = ["optional_number", "read_reference"]


@cache
def read_reference(name: str) -> tuple[dict[str, str], ...]:
    """Read ``reference/<name>.csv``: one mapping a row, every value as text, blank where unknown."""
    text = files("outcomes").joinpath("reference", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def optional_number(text: str) -> float | None:
    """Read a number, or None from a blank."""
    return float(text) if text else None
