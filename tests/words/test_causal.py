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
    ],
)
def test_sentences_that_claim_a_cause_are_found(text, claims):
    assert causal_claims(text) == claims
