"""The attack on a finished folder: finds what is planted for it, in tables and in words, and nothing in safe ones."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.disclosure.attack import attack, attack_tables
from outcomes.disclosure.deduced import deduced
from outcomes.disclosure.printed import rows_of, wholes_in

RECORDS = pd.DataFrame(
    {"condition": ["all", "neck_pain", "headache"], "patients": [60, 40, 20], "sessions": [200, 130, 70]}
)


def test_whole_groups_that_add_up_are_safe():
    assert attack_tables({"records": RECORDS}) == []


def test_a_group_that_a_total_gives_away_is_found():
    flow = pd.DataFrame(
        {"condition": ["all", "neck_pain", "headache"], "patients": [60, 55, 5], "sessions": [200, 193, 7]}
    )
    said = [str(finding) for finding in attack_tables({"records": flow})]
    assert any("headache" in one for one in said), said


@pytest.mark.parametrize("width", [11, 22, 44])
def test_a_rounded_count_is_read_as_the_band_its_note_names(width):
    """Groups of 11 patients or more; by each printed number all counts that are printed so, and no others."""
    printed = {}
    for count in range(11, 300):
        low, high = max(count // width * width, 11), count // width * width + width - 1
        printed.setdefault(5 * round((low + high) // 2 / 5), set()).add(count)
    for shown, counts in printed.items():
        rows = pd.DataFrame(
            {"condition": ["all", "headache"], "measure": ["", "x"], "patients": [900, shown]}
        )
        rows["note"] = ["", f"patients rounded to a band of {width}"]
        bounds = deduced([*rows_of("t", rows)], wholes_in([*rows_of("t", rows)]), 11)
        key = next(key for key in bounds.low if key[2])
        assert (bounds.low[key], bounds.high[key]) == (
            min(counts),
            min(counts) // width * width + width - 1,
        ), shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>We saw 7 patients.</p>", ["“We saw 7 patients”"]),
        ('<img alt="In 3 sessions pain rose">', ["“3 sessions”"]),
        ("<p>Fewer than 7 patients; after about 6 in 10 sessions; 1,207 patients</p>", []),
        ('<span class="gt_footnote_marks">1</span> patients rounded', []),
    ],
)
def test_a_small_count_in_words_is_found(text, found, tmp_path):
    (tmp_path / "page.html").write_text(text, "utf-8")
    assert [finding.what for finding in attack(tmp_path)] == found
