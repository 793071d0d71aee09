"""One notebook as a page: its title, question and way to the others; prose and pictures, and no code."""

from __future__ import annotations

from pathlib import Path

import nbformat.v4 as v4
import pandas as pd
import pytest

from outcomes.pages.export import Exported
from outcomes.pages.html import page_html, titled, write_estimates
from outcomes.pages.notebooks import Book


def book(*cells: str, name: str = "02_immediate") -> Book:
    return Book(Path(f"{name}.ipynb"), v4.new_notebook(cells=[v4.new_markdown_cell(text) for text in cells]))


@pytest.mark.parametrize(
    ("cells", "title", "question"),
    [
        (["# Right after: what changed?\n\n*What changed?*"], "Right after: what changed?", "What changed?"),
        (["# Title", "## Part\n\n- a list\n\n| a table |\n\nThe question."], "Title", "The question."),
        (["Before.\n\n# Title\n\n**Which?**"], "Title", "Which?"),
        (["## No first heading\n\nWords."], "02_immediate", "Words."),
        (["# Title alone"], "Title alone", ""),
    ],
)
def test_a_title_is_the_first_heading_and_the_question_what_follows_it(cells, title, question) -> None:
    assert titled(book(*cells)) == Exported("02_immediate", title, question)


PAGES = [
    Exported("00_start_here", "Start here: one page", "What is in these records?"),
    Exported("02_immediate", "Right after the session: what changed?", "What changed?"),
]


def page(source: str, output: str = "") -> str:
    shown = [v4.new_output("display_data", {"text/html": output})] if output else []
    cells = [v4.new_markdown_cell(source), v4.new_code_cell("secret = 1 / 7", outputs=shown)]
    return page_html(v4.new_notebook(cells=cells), PAGES[1], PAGES, "Made by <us>", "Synthetic records.")


def test_a_page_has_prose_and_what_was_shown_and_no_code() -> None:
    made = page("# Right after\n\nSome *prose*.", "<p>shown</p>")
    assert "<em>prose</em>" in made
    assert "<p>shown</p>" in made
    assert "secret" not in made
    assert "<script" not in made
    assert "Synthetic records." in made
    assert "Made by &lt;us&gt;" in made


def test_the_way_to_the_other_pages_has_the_short_form_of_each_title() -> None:
    made = page("# Right after")
    way = made[made.index("<nav") : made.index("</nav>")]
    assert 'href="00_start_here.html"' in way
    assert "Start here" in way
    assert "Right after the session" in way
    assert "one page" not in way
    assert "what changed?" not in way


def test_links_from_notebook_to_notebook_lead_from_page_to_page_and_others_stay() -> None:
    made = page(
        "# T\n\n[next](03_two_day.ipynb), [file](own.ipynb), [site](https://example.org/03_two_day.ipynb)"
    )
    assert 'href="03_two_day.html"' in made
    assert 'href="own.ipynb"' in made
    assert "https://example.org/03_two_day.ipynb" in made


def test_the_table_of_all_tables_says_whose_each_row_is_and_of_which_family(tmp_path) -> None:
    (tmp_path / "tables").mkdir()
    pd.DataFrame({"condition": ["all"], "estimate": [1.0]}).to_csv(
        tmp_path / "tables/02_immediate-relief.csv", index=False
    )
    pd.DataFrame({"step": ["recorded"], "patients": [40]}).to_csv(
        tmp_path / "tables/00_start_here-flow.csv", index=False
    )
    (tmp_path / "00_start_here.page.json").write_text('{"tables": {"flow": ""}}')
    (tmp_path / "02_immediate.page.json").write_text('{"tables": {"relief": "relief right after"}}')
    write_estimates(tmp_path, PAGES)
    found = pd.read_csv(tmp_path / "estimates.csv")
    assert found.columns.tolist() == [
        "notebook",
        "table",
        "family",
        "step",
        "patients",
        "condition",
        "estimate",
    ]
    assert found[["notebook", "table"]].to_numpy().tolist() == [
        ["00_start_here", "flow"],
        ["02_immediate", "relief"],
    ]
    assert found.loc[1, ["family", "estimate"]].tolist() == ["relief right after", 1.0]
    assert found.loc[0, ["condition", "estimate"]].isna().all()
