"""An export while it is written: where it lies, what stands around its pages, what each page showed.

Comes in: the folder with pages, tables and charts that passed the gate. Goes out: the same, for those who write it in
other formats; none of them sees anything but this folder.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from outcomes.files.write import write_whole
from outcomes.pages.condition import ConditionPage, condition_pages
from outcomes.pages.owner import Tables, first_screen

__all__ = ["Export", "Exported", "Picture", "record_of", "write_document"]


@dataclass(frozen=True)
class Exported:
    """One executed notebook: its name, title, the question it serves, its answer in a sentence."""

    name: str
    title: str
    question: str
    answer: str = ""

    @property
    def file(self) -> str:
        """Name of its HTML page."""
        return f"{self.name}.html"


def record_of(folder: Path, page: Exported) -> dict[str, Any]:
    """What a page said of itself: its tables and their families, its charts and their alt texts."""
    found: dict[str, Any] = json.loads((folder / f"{page.name}.page.json").read_text("utf-8"))
    return found


def write_document(document: Any, path: Path, title: str) -> None:
    """Write a report or a deck that says neither who made it nor when: the same export gives the same bytes."""
    about = document.core_properties
    about.title, about.author = title, ""
    about.created = about.modified = dt.datetime(2024, 1, 1)
    saved, undated = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as parts, zipfile.ZipFile(undated, "w", zipfile.ZIP_DEFLATED) as whole:
        for name in parts.namelist():
            whole.writestr(zipfile.ZipInfo(name), parts.read(name), zipfile.ZIP_DEFLATED)
    write_whole(path, undated.getvalue())


@dataclass(frozen=True)
class Picture:
    """A chart as it was written, and the text that stands for it."""

    path: Path
    alt: str


@dataclass(frozen=True)
class Export:
    """A folder of pages, and what every file in it says of itself.

    Attributes
    ----------
    folder : Path
    title, banner, synthetic, footer : str
        Its heading; what such records cannot show; that they are synthetic, or nothing; how it was made.
    pages : tuple of Exported
    tables : Tables
    """

    folder: Path
    title: str
    banner: str
    synthetic: str
    footer: str
    pages: tuple[Exported, ...]
    tables: Tables

    @cached_property
    def answers(self) -> tuple[str, list[tuple[str, str]]]:
        """What the records are, and the answers of the first screen by topic."""
        return first_screen(self.tables)

    @cached_property
    def conditions(self) -> list[ConditionPage]:
        """What there is to say of every condition, head to foot."""
        return condition_pages(self.tables)

    @property
    def said(self) -> list[str]:
        """What stands in every file: that the records are synthetic where they are, and what no record can show."""
        return [text for text in (self.synthetic, self.banner) if text]

    def pictures(self, page: Exported) -> Iterator[Picture]:
        """The charts of a page, in its order."""
        record = record_of(self.folder, page)
        for name in record["in_order"]:
            yield Picture(self.folder / f"charts/{page.name}-{name}.png", record["charts"][name])

    def table_names(self) -> Iterator[tuple[Exported, str]]:
        """Every table with its page."""
        for page in self.pages:
            for name in record_of(self.folder, page)["tables"]:
                yield page, name
