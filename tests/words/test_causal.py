"""Sentences that claim a cause."""

from __future__ import annotations

import pytest

from outcomes.words import causal_claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Needling reduced pain.", ["Needling reduced pain."]),
        ("Less pain followed. The change was due to needling!", ["The change was due to needling!"]),
        ("Whether needling helped cannot be said.", []),
        ("Nothing here was caused by it.", []),
        ("Because of the bad weather few came.", []),
        ("We ask whether needling helped.", []),
        (
            "Needling helped! We can't say how. Was it due to needling? Nobody knows.",
            ["Needling helped!", "Was it due to needling?"],
        ),
    ],
)
def test_sentences_that_claim_a_cause_are_found(text, claims):
    assert causal_claims(text) == claims
