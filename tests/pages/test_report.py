"""The Word report, read back: what every file says, the claims what says too much first, a sheet for every card."""

from __future__ import annotations

import pytest

from outcomes.pages import report
from pages.small_export import ALT, BANNER, SYNTHETIC, small_export

CLAIM = {
    "claim": "C3", "statement": "It elicits a twitch", "measure": "share of sessions", "model": "m",
    "criterion": "above 50%", "estimate": 0.2, "conf_low": 0.1, "conf_high": 0.3, "p_value": 0.01, "patients": 40,
    "sessions": 90, "why": "w", "wording": "say this",
}  # fmt: skip
CLAIMS = [
    {**CLAIM, "verdict": "supported"},
    {**CLAIM, "claim": "C5", "verdict": "contradicted", "wording": None},
]


def read(tmp_path, **how):
    """The report of a small export, opened again."""
    from docx import Document

    report.write(small_export(tmp_path, **how), tmp_path / "report.docx")
    return Document(str(tmp_path / "report.docx"))


def paragraphs(document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def test_it_begins_with_what_every_file_says_and_ends_with_how_it_was_made(tmp_path) -> None:
    document = read(tmp_path)
    said = paragraphs(document)
    assert said[:3] == ["Dry needling", SYNTHETIC, BANNER]
    assert said[-1] == "Made by a test."
    assert [shape._inline.docPr.get("descr") for shape in document.inline_shapes] == [ALT]
    assert (document.core_properties.title, document.core_properties.author) == ("Dry needling", "")


def test_claims_stand_in_a_table_what_says_too_much_first(tmp_path) -> None:
    rows = [
        [cell.text for cell in row.cells]
        for row in read(tmp_path, **{"09_claims__claims": CLAIMS}).tables[0].rows
    ]
    assert rows == [
        ["Claim", "Verdict", "Our figure (95% CI)", "Suggested wording"],
        ["C5. It elicits a twitch", "more than our records show", "20% (10% to 30%)", ""],
        ["C3. It elicits a twitch", "supported", "20% (10% to 30%)", "say this"],
    ]


def test_without_claims_there_is_no_table_of_them(tmp_path) -> None:
    document = read(tmp_path)
    assert document.tables == []
    assert "Does our website match our records?" not in paragraphs(document)


@pytest.mark.parametrize("synthetic", [True, False])
def test_every_condition_with_a_card_has_a_sheet_in_large_letters(synthetic, tmp_path) -> None:
    document = read(tmp_path, synthetic=synthetic)
    said = paragraphs(document)
    titles = [text for text in said if text.endswith(": what other patients noticed")]
    assert titles == [f"{name}: what other patients noticed" for name in ("Headache", "Tennis elbow")]
    line = "Clearly less pain at 2 days\nabout 4 in 10 (40%)\nExpected without any effect: 28% to 49%."
    assert line in said
    large = [run.font.size.pt for p in document.paragraphs if p.text == line for run in p.runs]
    assert large == [14.0, 14.0]
    assert sum(text == SYNTHETIC for text in said) == (3 if synthetic else 0)
    assert sum("This is no promise for you" in text for text in said) == 2
