"""Published figures: each with a citation, in the direction of the library, and never shown as the records' own."""

from __future__ import annotations

import pytest

from outcomes.questions import literature
from outcomes.record.conditions import CONDITIONS
from outcomes.record.measures import MOVEMENTS
from outcomes.record.reference import read_reference
from outcomes.words import causal_claims

TIMES = {"post": "right after", "48h": "at 2 days"}


def test_every_figure_names_its_source_and_lies_in_its_interval():
    rows = read_reference("literature")
    assert all(row["citation"] and row["citation_status"] == "read" and row["rests_on"] for row in rows)
    assert {row["name"] for row in rows} <= {*CONDITIONS, *MOVEMENTS, "all"}
    figures = [
        found for measure in {row["measure"] for row in rows} for found in literature.published(measure)
    ]
    assert len(figures) == len(rows)
    assert all(found.estimate is not None or found.finding for found in figures)
    bounded = [found for found in figures if found.conf_low is not None and found.conf_high is not None]
    assert len(bounded) > 5
    assert all(found.conf_low < found.estimate < found.conf_high for found in bounded)


def test_sentences_speak_of_the_pages_conditions_and_readings_only():
    said = literature.change_sentences("pain_relief", ["neck_pain", "jaw_pain"], TIMES, among=["post"])
    assert len(said) == 3
    assert "neck pain right after, 1.5 points more relief than sham, placebo or waiting" in said[0]
    assert said[1].startswith("Jaw pain right after, pain rose more than after sham")
    assert "short term" not in " ".join(said)
    assert "don't compare directly" in said[2]
    assert literature.change_sentences("pain_relief", ["mid_back_pain"], TIMES) == []
    assert causal_claims(" ".join(said)) == []


@pytest.mark.parametrize("measure", ["adverse_event", "pain_responder", "any_soreness"])
def test_shares_are_percentages_with_their_citations(measure):
    said = literature.share_sentences(measure, "of something")[0]
    known = literature.published(measure)
    assert len(known) > 0
    assert all(f"{100 * found.estimate:.0f}%" in said and found.citation in said for found in known)


@pytest.mark.parametrize("label", ["at 2 days", "two-day follow-up", "48 h", "on day 2"])
def test_labels_of_two_days_are_known_as_such(label):
    assert literature.at_two_days(label)
