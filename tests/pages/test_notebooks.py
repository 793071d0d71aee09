"""Notebooks as files: found by name, given the parameters of a run."""

from __future__ import annotations

import nbformat
import pytest

from outcomes.errors import ExportError
from outcomes.pages.notebooks import notebooks, read_book


@pytest.fixture
def path(tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in ("import os", "data = 1", "data")]
    cells.insert(1, nbformat.v4.new_markdown_cell("Text."))
    cells[2].metadata["tags"] = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "00_book.ipynb")
    return tmp_path / "00_book.ipynb"


def test_parameters_stand_behind_the_tagged_cell(path) -> None:
    book = read_book(path, {"data": "a 'path'", "out": None})
    assert book.name == "00_book"
    assert [cell.source for cell in book.code] == [
        "import os",
        "data = 1",
        "data = \"a 'path'\"\nout = None",
        "data",
    ]


def test_a_notebook_without_a_cell_for_parameters_is_refused(path) -> None:
    path.write_text(path.read_text().replace('"parameters"', '"other"'))
    with pytest.raises(ExportError, match="Notebook 00_book has no cell tagged 'parameters'"):
        read_book(path, {"data": "x"})


def test_what_cells_displayed_is_kept_in_the_notebook(path) -> None:
    book = read_book(path, {})
    picture = {"output_type": "display_data", "data": {"image/png": "iVBORw=="}, "metadata": {}}
    book.keep([[], [picture], [], []])
    nbformat.validate(book.node)
    assert book.code[1].outputs == [picture]


def test_an_unknown_notebook_is_named_with_those_there_are() -> None:
    with pytest.raises(ExportError, match=r"There is no notebook '99_none'. There are: 00_start_here"):
        notebooks(("99_none",))
    assert [found.stem for found in notebooks(("06_soreness",))] == ["06_soreness"]
