"""Columns of the record: what each may hold, in words; ages and bands by arithmetic; names that are not its."""

from __future__ import annotations

import pytest

from outcomes.errors import EstimationError
from outcomes.record.columns import (
    ACTIVITIES,
    AGE_BANDS,
    COLUMN_NAMES,
    COLUMNS,
    WIDE_AGE_BANDS,
    column,
    own_name,
    ten_year_band,
    wide_age_band,
)
from outcomes.record.measures import MOVEMENTS, movement
from outcomes.record.outcomes import DERIVED


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("session_id", "a pseudonym, different in every row"),
        ("patient_id", "a pseudonym"),
        ("session_number", "a whole number 1–1000"),
        ("followup_h", "0–8760"),
        ("pain_pre", "0–10"),
        ("side", "one of: left, right, both, midline"),
        ("activity", "a short code in letters, digits and underscores"),
        ("muscles", "short codes in letters, digits and underscores, ; between"),
        ("soreness_ongoing", "true or false"),
    ],
)
def test_what_a_column_may_hold_is_said_in_words(name: str, allowed: str) -> None:
    assert column(name).allowed == allowed


def test_several_codes_are_said_to_be_several() -> None:
    assert column("co_interventions").allowed.startswith("any of (; between): manual_therapy, ")


def test_a_form_offers_what_is_allowed_or_suggested() -> None:
    assert column("side").offered == ("left", "right", "both", "midline")
    assert column("activity").offered == ACTIVITIES
    assert column("activity").values == ()
    assert column("pain_pre").offered == column("muscles").offered == ()
    assert column("age_band").offered == AGE_BANDS


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("condition", "piriformis_sciatica", "Piriformis / sciatica"),
        ("condition", "knee_pain", "Knee pain"),
        ("rom_movement", "mouth_opening", "Mouth opening (mm)"),
        ("rom_movement", "wrist_turn", "Wrist turn"),
        ("technique", "deep_static", "Deep static"),
        ("age_band", "90+", "90+"),
    ],
)
def test_codes_have_labels(name: str, code: str, words: str) -> None:
    assert column(name).label_of(code) == words


def test_the_record_holds_what_outcomes_are_derived_from() -> None:
    needed = {need for derived in DERIVED.values() for need in derived.needs}
    assert needed <= set(COLUMN_NAMES)
    assert len(set(COLUMN_NAMES)) == len(COLUMNS) == 62
    assert column("rom_post").high == max(movement(name).most for name in MOVEMENTS)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pain_prr", "'pain_prr' is not a column of the session record. Near it: pain_pre"),
        ("Followup", "Near it: followup_h"),
        ("zzz", "It has: session_id, patient_id, .*adverse_event"),
    ],
)
def test_a_name_that_is_no_columns_is_refused_with_names_near_it(name: str, says: str) -> None:
    with pytest.raises(EstimationError, match=says):
        column(name)


@pytest.mark.parametrize("age", range(131))
def test_every_age_has_the_band_that_holds_it(age: int) -> None:
    band = f"{age // 10 * 10}-{age // 10 * 10 + 9}" if age < 90 else "90+"
    assert band in AGE_BANDS
    assert ten_year_band(str(age)) == ten_year_band(f"{age} years") == ten_year_band(band) == band
    for years, last in ((20, 80), (30, 60)):
        low = min(age // years * years, last)
        wide = f"{low}+" if low == last else f"{low}-{low + years - 1}"
        assert wide in WIDE_AGE_BANDS[years]
        assert wide_age_band(band, years) == wide


@pytest.mark.parametrize("text", ["131", "forty", "", "40-60", "40+", "-4", "1e2"])
def test_what_is_no_age_has_no_band(text: str) -> None:
    assert ten_year_band(text) is None


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("93 y", "90+"),
        ("over 95", "90+"),
        ("40–49", "40-49"),
        ("40 to 49", "40-49"),
        ("47.5", "40-49"),
        (" 7 ", "0-9"),
    ],
)
def test_ages_are_read_as_people_write_them(text: str, band: str) -> None:
    assert ten_year_band(text) == band


def test_wide_bands_are_accepted_and_not_offered() -> None:
    wide = {band for bands in WIDE_AGE_BANDS.values() for band in bands}
    assert set(column("age_band").also) == wide
    assert wide.isdisjoint(column("age_band").offered)
    assert (wide_age_band("unknown", 20), wide_age_band("", 30)) == (None, None)


def test_headings_are_read_as_the_column_they_spell() -> None:
    assert [own_name(text) for text in ("Patient ID", "pain-48H", " Room no.")] == [
        *["patient_id", "pain_48h", "Room no."]
    ]
