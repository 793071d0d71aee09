"""The attack on a finished folder: finds what is planted for it, in tables and in words, and nothing in safe ones."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.disclosure.attack import attack, attack_tables

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


def told(*groups: tuple[str, int, int, str]) -> dict[str, pd.DataFrame]:
    """The table of the records: group, patients, sessions, note."""
    rows = [("all", 60, 200, ""), *groups]
    return {"records": pd.DataFrame(rows, columns=["condition", "patients", "sessions", "note"])}


BEFORE = "as of release 1 (60 patients)"
TWICE = ["records: patients in two groups is 3 to 3"]


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        ([("neck_pain", 40, 130, ""), ("jaw_pain", 23, 70, "")], TWICE),
        ([("neck_pain", 40, 100, ""), ("jaw_pain", 23, 40, ""), ("headache", 20, 60, BEFORE)], []),
        ([("neck_pain", 40, 130, ""), ("jaw_pain", 23, 70, ""), ("headache", 20, 60, BEFORE)], TWICE),
    ],
    ids=["all groups are told anew", "one stands as before", "one of before that is in the others now"],
)
def test_who_is_in_two_groups_is_had_only_from_all_groups(groups, found):
    """Where one stands as it was before, what the others hold says nothing of who is in two of them."""
    assert [str(one) for one in attack_tables(told(*groups))] == found
