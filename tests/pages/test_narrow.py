"""Tables on a phone: wide ones know their labels and parts, those that fit are left as they are."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from outcomes.charts.tables import as_table, condition_table
from outcomes.pages.narrow import narrowed


@pytest.fixture
def wide() -> str:
    """A table with a group of columns for each reading, as page 00 has it, and a missing number with its reason."""
    rows = [
        {
            "condition": condition,
            "time": time,
            "estimate": estimate,
            "conf_low": estimate - 1,
            "conf_high": estimate + 1,
            "patients": 40,
            "sessions": 1200,
            "better": 0.4,
            "note": "" if estimate == estimate else "withheld: counts below 11",
        }
        for condition, time, estimate in (
            ("neck_pain", "post", 1.0),
            ("neck_pain", "48h", 2.0),
            ("jaw_pain", "post", float("nan")),
            ("jaw_pain", "48h", 0.5),
        )
    ]
    return condition_table(pd.DataFrame(rows), title="Relief < change & more").as_raw_html()


def _without_marks(page: str) -> str:
    page = page.replace('class="gt_table rows"', 'class="gt_table"')
    return re.sub(r' (data-label|role)="[^"]*"', "", page)


def test_every_cell_of_a_wide_table_is_labelled_by_its_columns(wide) -> None:
    labelled = re.findall(r'<td [^>]*data-label="([^"]*)"[^>]*>(.*?)</td>', narrowed(wide), re.DOTALL)
    neck = dict(labelled[:8])
    assert len(labelled) == 16
    assert neck["right after, Estimate (95% CI)"].replace("\xa0", " ").startswith("1.0 (0.0 to 2.0)")
    assert neck["at 2 days, Sessions"] == "1,200"
    assert [label.split(",")[0] for label, _ in labelled[:8]] == ["right after"] * 4 + ["at 2 days"] * 4


def test_the_parts_of_a_wide_table_say_what_they_are_and_nothing_else_changes(wide) -> None:
    made = narrowed(wide)
    assert _without_marks(made) == wide
    for part, role in (("tr", "row"), ("td", "cell"), ("thead", "rowgroup"), ("tbody", "rowgroup")):
        assert re.findall(rf"<{part}\b(?![^>]*role=\"{role}\")", made) == []
    heads = re.findall(r"<th [^>]*>", made)
    assert {
        re.search(r'role="(\w+)"', head)[1] for head in heads if "row" in head.split("scope=")[1][:5]
    } == {"rowheader"}
    assert {re.search(r'role="(\w+)"', head)[1] for head in heads if 'scope="col' in head} == {"columnheader"}


def test_the_order_in_which_a_tag_says_things_does_not_matter(wide) -> None:
    """A page passes through Beautiful Soup, which sorts them."""
    from bs4 import BeautifulSoup

    sorted_ = narrowed(str(BeautifulSoup(wide, "html.parser")))
    assert sorted_.count("data-label=") == 16
    assert 'data-label="at 2 days, Sessions"' in sorted_


def test_a_table_that_fits_is_left_alone() -> None:
    table = as_table(pd.DataFrame({"condition": ["jaw_pain"], "patients": [12]})).as_raw_html()
    assert narrowed(table) == table


def test_one_long_word_or_many_columns_make_a_table_wide() -> None:
    many = pd.DataFrame({"condition": ["jaw_pain"], **{f"column{i}": ["a few"] for i in range(7)}})
    word = pd.DataFrame({"condition": ["jaw_pain"], "why": ["a" * 40]})
    words = pd.DataFrame({"condition": ["jaw_pain"], "why": ["a few words " * 20]})
    shown = [narrowed(as_table(frame).as_raw_html()) for frame in (many, word, words, many[:0])]
    assert ['class="gt_table rows"' in table for table in shown] == [True, True, False, True]
    assert "data-label" not in shown[3]  # no row, no cell to label
