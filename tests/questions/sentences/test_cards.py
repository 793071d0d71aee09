"""A condition's card in words: shares as people count, what is expected next to the first, reasons for blanks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions.sentences.cards import (
    card_note,
    card_rule,
    card_sentences,
    conditions_shown,
    not_shown_sentences,
)


def line(condition: str, label: str, share: float = 0.3, benchmark: float = np.nan, **more) -> dict:
    return {
        "condition": condition, "label": label, "proportion": share, "conf_low": share - 0.1,
        "conf_high": share + 0.1, "null_benchmark": benchmark, "capture_rate": 0.7, "patients": 40, "sessions": 90,
        "note": "", **more,
    }  # fmt: skip


CARDS = pd.DataFrame(
    [
        line("neck_pain", "Clearly less pain right after", 0.42, 0.2),
        line("neck_pain", "Clearly less pain at 2 days", 0.31, 0.25),
        line("neck_pain", "Clearly more pain at 2 days", 0.08, 0.11),
        line("neck_pain", "Sore for more than a day", np.nan, note="too few patients to say"),
        line("headache", "Clearly less pain at 2 days", np.nan, note="withheld: fewer than 11 patients"),
        line("jaw_pain", "Clearly less pain at 2 days", np.nan, note="not recorded"),
    ]
)


def test_a_card_has_a_part_for_every_known_line() -> None:
    said = card_sentences(CARDS, "neck_pain")
    assert said[0].startswith(
        "Neck pain, after a session: clearly less pain right after: about 4 in 10 (likely"
    )
    assert said[0].count("(40 patients, 90 sessions; follow-up in 70% of sessions)") == 3
    assert "Sore" not in said[0]
    assert said[1] == card_note(CARDS, "neck_pain")


def test_the_note_gives_both_directions_without_any_effect_and_the_rule() -> None:
    note = card_note(CARDS, "neck_pain")
    assert "Expected without any effect, clearly less pain: 20% right after and 25% at 2 days." in note
    assert "Expected without any effect, clearly more pain: 11% at 2 days." in note
    assert "Recorded in 70% of sessions right after and 70% of sessions at 2 days." in note
    assert note.endswith(card_rule())
    assert "30% and 2 points, if pain before was 3 or more" in card_rule()
    blank = CARDS.assign(null_benchmark=np.nan, capture_rate=np.nan)
    assert card_note(blank, "neck_pain") == card_rule()


def test_conditions_without_a_card_are_named_by_the_reason() -> None:
    assert conditions_shown(CARDS) == ["neck_pain"]
    assert not_shown_sentences(CARDS) == ["Headache: not shown (privacy).", "Jaw pain: not recorded."]
    assert not_shown_sentences(CARDS.head(3)) == ["Every condition in the records has a card."]
    assert card_sentences(CARDS, "headache") == ["Headache: not shown (privacy)."]
