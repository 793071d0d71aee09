"""Notebooks as files: which there are, what is in them, and the parameters a run puts into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes.errors import ExportError
from outcomes.files.write import write_whole

__all__ = ["Book", "notebook_folder", "notebooks", "read_book"]


@dataclass(frozen=True)
class Book:
    """A notebook about to be run: where it stands and what is in it."""

    path: Path
    node: Any

    @property
    def name(self) -> str:
        """Its name, without folder and ending."""
        return self.path.stem

    @property
    def code(self) -> list[Any]:
        """Its code cells."""
        return [cell for cell in self.node.cells if cell.cell_type == "code"]

    def keep(self, outputs: Iterable[list[dict[str, Any]]]) -> None:
        """Put what each code cell displayed into the notebook."""
        from nbformat import from_dict

        for cell, displayed in zip(self.code, outputs, strict=True):
            cell.outputs = [from_dict(output) for output in displayed]

    def write(self) -> None:
        """Write it where it stands, whole or not at all."""
        from nbformat import writes

        write_whole(self.path, writes(self.node) + "\n")


def notebook_folder() -> Path:
    """Where the notebooks are: in the installed package, or beside its source."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "notebooks", package.parents[1] / "notebooks"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise ExportError("The notebooks are not installed. Install outcomes again, or run it from its source.")


def notebooks(only: tuple[str, ...] = ()) -> list[Path]:
    """The notebooks in order, or those named.

    Raises
    ------
    ExportError
        Where a name is not that of a notebook; the message lists them.
    """
    found = sorted(notebook_folder().glob("[0-9]*.ipynb"))
    names = [path.stem for path in found]
    for name in only:
        if name not in names:
            raise ExportError(f"There is no notebook {name!r}. There are: {', '.join(names)}.")
    return [path for path in found if not only or path.stem in only]


def read_book(path: Path, values: Mapping[str, Any]) -> Book:
    """Read a notebook and put parameters behind its cell tagged ``parameters``.

    Raises
    ------
    ExportError
        Where no cell is tagged so.
    """
    import nbformat

    node = nbformat.read(path, as_version=4)
    source = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    at = [i for i, cell in enumerate(node.cells) if "parameters" in cell.metadata.get("tags", [])]
    if not at:
        raise ExportError(
            f"Notebook {path.stem} has no cell tagged 'parameters', so it cannot be given the records."
        )
    cell = nbformat.v4.new_code_cell(source, id="run-parameters", metadata={"tags": ["injected-parameters"]})
    node.cells.insert(at[0] + 1, cell)
    return Book(path, node)
