"""The formats an export is written in besides HTML, each from the folder that passed the gate.

Comes in: an :class:`~outcomes.pages.export.Export`. Goes out: a workbook, a deck, a report, or a PDF of every page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from outcomes.errors import ExportError

if TYPE_CHECKING:
    from outcomes.pages.export import Export

__all__ = ["FORMATS", "formats_of", "write_formats"]

FORMATS: Mapping[str, tuple[str, str]] = {
    "xlsx": ("workbook", "tables.xlsx"),
    "docx": ("report", "claims and conditions.docx"),
    "pptx": ("deck", "findings.pptx"),
    "pdf": ("printed", "pdf"),
}
"""Module that writes a format, and what it writes, in the folder of the export."""


def formats_of(text: str) -> tuple[str, ...]:
    """Formats named with commas between; HTML is always written.

    Raises
    ------
    ExportError
        Where one is not known.

    Examples
    --------
    >>> formats_of("html, xlsx"), formats_of("html")
    (('xlsx',), ())
    """
    named = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for name in named:
        if name != "html" and name not in FORMATS:
            raise ExportError(f"{name!r} is no format of pages; there are html, {', '.join(FORMATS)}.")
    return tuple(name for name in named if name != "html")


def write_formats(export: Export, formats: Iterable[str]) -> None:
    """Write an export in further formats, into its folder."""
    for name in formats:
        module, file = FORMATS[name]
        write: Callable[..., None] = import_module(f"outcomes.pages.{module}").write
        write(export, export.folder / file)
