"""Draw the house: the folders of the import contract as a Mermaid picture and a table, into docs/architecture.md.

Comes in: the layers in pyproject.toml and the first line of each folder's docstring. Goes out: the part of
docs/architecture.md between its two marks. A test fails where the page and the contract differ.
"""

from __future__ import annotations

import ast
import tomllib
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/architecture.md"
START, END = "<!-- house: made by tools/architecture.py -->", "<!-- end of house -->"


def layers() -> list[str]:
    """Folders and modules of the contract, the lowest first: the way a record takes."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    names = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    return list(reversed(names))


def purpose(name: str) -> str:
    """The first line of a folder's or module's docstring."""
    source = ROOT / "src/outcomes" / name
    path = source / "__init__.py" if source.is_dir() else source.with_suffix(".py")
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()[0]


def picture() -> str:
    """The house in Mermaid: one box a folder, an arrow to what may use it."""
    names = layers()
    boxes = [f'    {name}["<b>{shown(name)}</b><br/>{purpose(name)}"]' for name in names]
    arrows = [f"    {low} --> {high}" for low, high in pairwise(names)]
    return "\n".join(["```mermaid", "flowchart TB", *boxes, *arrows, "```"])


def shown(name: str) -> str:
    """A folder with a slash, a module with its ending."""
    return f"{name}/" if (ROOT / "src/outcomes" / name).is_dir() else f"{name}.py"


def house() -> str:
    """Everything between the two marks."""
    return f"{START}\n\n{picture()}\n\n{END}"


def page_with_house(text: str) -> str:
    """The page with the part between its marks made again."""
    head, rest = text.split(START)
    return head + house() + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page_with_house(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
