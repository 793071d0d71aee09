"""Which parts of a page are folded: all that follow the first that shows something to look at.

Comes in: an executed notebook. Goes out: the same notebook, its cells marked where a fold begins and ends; the template
of the page turns marks into ``<details>``. Answer, first chart and what it rests on stay open.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["folded"]

_HEADING = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_TO_LOOK_AT = re.compile(r"<img |class=\"board\"")


def folded(notebook: Any) -> Any:
    """Mark the sections to fold; each loses its heading, which becomes the words of the fold."""
    sections = _sections(notebook.cells)
    shown = next((place for place, cells in enumerate(sections) if _shows(cells)), len(sections))
    for cells in sections[shown + 1 :]:
        found = _HEADING.search(cells[0].source)
        cells[0].metadata["fold_from"] = found["title"] if found else ""
        cells[0].source = _HEADING.sub("", cells[0].source, count=1).strip()
        cells[-1].metadata["fold_to"] = True
    return notebook


def _sections(cells: list[Any]) -> list[list[Any]]:
    """The cells from each second-level heading to before the next; the last cell, which exports, is in none."""
    starts = [
        i for i, cell in enumerate(cells) if cell.cell_type == "markdown" and _HEADING.search(cell.source)
    ]
    ends = [*starts, max(len(cells) - 1, 0)][1:]
    return [cells[start:end] for start, end in zip(starts, ends, strict=True) if start < end]


def _shows(cells: list[Any]) -> bool:
    """Whether a section shows a chart or the board of claims."""
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.get("outputs", [])]
    return any(_TO_LOOK_AT.search(str(output.get("data", {}).get("text/html", ""))) for output in outputs)
