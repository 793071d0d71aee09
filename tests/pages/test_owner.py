"""The owner's first screen and the cards of conditions, from tables as an export writes them."""

from __future__ import annotations

import pytest

from outcomes.pages.owner import Tables, first_screen
from pages.tables_of_an_export import TIMES, written


@pytest.fixture
def export(tmp_path) -> Tables:
    return written(tmp_path)


def test_the_first_screen_leaves_out_what_no_page_made(export) -> None:
    records, said = first_screen(export)
    assert records.startswith("300 sessions of 120 patients.")
    assert [topic for topic, _ in said] == ["Right after", "At 2 days"]
    assert first_screen(Tables(export.folder / "nowhere", TIMES)) == ("", [])


def test_cards_stand_by_name_with_region_and_most_patients(export) -> None:
    cards = export.cards
    assert [card.label for card in cards] == ["Golfer's elbow", "Headache", "Tennis elbow"]
    assert [(card.region, card.patients) for card in cards] == [("elbow", 0), ("head", 70), ("elbow", 40)]
    assert dict(cards[1].figures)["Pain right after"] == "0.2 higher (0.0 to 0.5)"
    assert {value for _, value in cards[0].figures} == {"not shown (privacy)"}


def _sore(threshold: int, share: float) -> dict[str, object]:
    row = {"condition": "headache", "threshold": threshold, "proportion": share, "note": ""}
    return {**row, "conf_low": share - 0.05, "conf_high": share + 0.05, "patients": 60, "sessions": 150}


def test_a_card_gives_soreness_at_two_days_of_all_the_hours_there_are(tmp_path) -> None:
    rows = [_sore(hours, share) for hours, share in ((0, 0.8), (24, 0.55), (48, 0.25), (72, 0.1))]
    headache = written(tmp_path, **{"06_soreness__shares": rows}).cards[1]
    assert headache.label == "Headache"
    assert headache.figures[-1] == ("Sore over 2 days", "25% (20% to 30%)")
    assert [name for name, _ in headache.figures].count("Sore over 2 days") == 1
