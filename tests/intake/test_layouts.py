"""Which tool wrote a file, and its table with one row of headings and one row per answer."""

from __future__ import annotations

import pytest

from layout_files import LAYOUTS
from outcomes.intake.draft import draft_mapping


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("REDCap alone", ["# REDCap, one row per form, 36 sessions", "[redcap]", 'record = "record_id"']),
        (
            "WebPT",
            [
                "# WebPT, one row per measurement, 36 sessions",
                "[long_to_wide]",
                '"Pain before (NPRS)" = "pain_pre"',
            ],
        ),
        ("Qualtrics", ["# Qualtrics, 36 answers, one per session", 'layout = "qualtrics"']),
    ],
)
def test_other_layouts_are_recognised(name, says, tmp_path):
    text = draft_mapping(LAYOUTS[name][0](tmp_path))
    assert [words for words in says if words not in text] == []
