"""What is folded: every section after the first that shows a chart or the board, whatever the notebook."""

from __future__ import annotations

import nbformat.v4 as v4
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.pages.folding import folded

CHART = '<img alt="x" src="data:">'


def notebook(*sections: tuple[str, str]):
    """A title, a section a pair of heading and HTML shown, and the cell that exports."""
    cells = [v4.new_markdown_cell("# Title\n\nA question?")]
    for heading, shown in sections:
        output = v4.new_output("display_data", {"text/html": shown}) if shown else None
        cells += [
            v4.new_markdown_cell(f"## {heading}\n\nWhat is asked."),
            v4.new_code_cell("page.chart()", outputs=[output] if output else []),
        ]
    return v4.new_notebook(cells=[*cells, v4.new_code_cell("page.export()")])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["", "<p>words</p>", CHART, '<ul class="board"></ul>']), max_size=5))
def test_all_that_follow_the_first_to_look_at(shown: list[str]) -> None:
    made = folded(notebook(*((f"Part {i}", html) for i, html in enumerate(shown))))
    first = next((i for i, html in enumerate(shown) if "<img" in html or "board" in html), len(shown))
    titles = [cell.metadata["fold_from"] for cell in made.cells if "fold_from" in cell.metadata]
    assert titles == [f"Part {i}" for i in range(first + 1, len(shown))]
    assert sum("fold_to" in cell.metadata for cell in made.cells) == len(titles)
    assert "fold_to" not in made.cells[-1].metadata, "the cell that exports is in no fold"


@pytest.mark.parametrize("heading", ["Who was followed up?", "Pain & range"])
def test_a_folded_section_gives_its_heading_to_the_fold(heading: str) -> None:
    made = folded(notebook(("Answer", CHART), (heading, CHART)))
    opening = next(cell for cell in made.cells if "fold_from" in cell.metadata)
    assert opening.metadata["fold_from"] == heading
    assert opening.source == "What is asked."


def test_what_follows_the_first_chart_is_folded_and_the_rest_is_not() -> None:
    cell, code = v4.new_markdown_cell, v4.new_code_cell
    shown = v4.new_output("display_data", {"text/html": '<img alt="x" src="data:">'})
    book = v4.new_notebook(
        cells=[
            cell("# T"),
            cell("## A"),
            code("a", outputs=[shown]),
            cell("## B\n\nwords"),
            code("b"),
            code("export"),
        ]
    )
    marks = [(dict(made.metadata), made.source) for made in folded(book).cells]
    assert marks[1] == ({}, "## A")
    assert marks[3] == ({"fold_from": "B"}, "words")
    assert marks[4][0] == {"fold_to": True}
    assert marks[5][0] == {}


def test_a_page_without_a_chart_is_not_folded() -> None:
    cell = v4.new_markdown_cell
    book = v4.new_notebook(cells=[cell("# T"), cell("## A"), cell("## B"), cell("end")])
    assert not any(made.metadata for made in folded(book).cells)
