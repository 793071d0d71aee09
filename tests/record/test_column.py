"""What a column is, in words: what it allows, what a form offers, what a code is called."""

from __future__ import annotations

from itertools import pairwise

import pytest

from outcomes.record.column import ACTIVITIES, AGE_BANDS, WIDE_AGE_BANDS, Column, three_readings
from outcomes.record.columns import COLUMNS


def column(kind: str, **more: object) -> Column:
    return Column("x", kind, "meaning", "Label", **more)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (column("integer", low=0, high=10), "a whole number 0–10"),
        (column("number", low=0, high=10), "0–10"),
        (column("number", low=0), "0 or more"),
        (column("number", low=0, above=True), "above 0"),
        (column("number", low=-2.5, high=2.5), "-2.5–2.5"),
        (column("flag"), "true or false"),
        (column("category", values=("left", "right")), "one of: left, right"),
        (column("tags", values=("heat", "tape")), "any of (; between): heat, tape"),
        (column("tags"), "short codes in letters, digits and underscores, ; between"),
        (column("tag"), "a short code in letters, digits and underscores"),
        (column("id"), "a pseudonym"),
        (column("id", unique=True), "a pseudonym, different in every row"),
    ],
)
def test_what_is_allowed_in_words(given: Column, says: str) -> None:
    assert given.allowed == says


@pytest.mark.parametrize("bands", [AGE_BANDS, *WIDE_AGE_BANDS.values()])
def test_every_age_to_120_lies_in_exactly_one_band(bands: tuple[str, ...]) -> None:
    for age in range(121):
        holds = []
        for band in bands:
            low, _, high = band.rstrip("+").partition("-")
            holds.append(int(low) <= age <= (int(high) if high else 200))
        assert sum(holds) == 1, age
    assert bands[-1].endswith("+")


@pytest.mark.parametrize("width", WIDE_AGE_BANDS)
def test_a_wide_band_is_made_of_whole_narrow_ones(width: int) -> None:
    starts = {int(band.split("-")[0].rstrip("+")) for band in AGE_BANDS}
    wide = [int(band.split("-")[0].rstrip("+")) for band in WIDE_AGE_BANDS[width]]
    assert set(wide) <= starts
    assert {b - a for a, b in pairwise(wide)} == {width}


def test_an_open_list_is_offered_and_not_enforced() -> None:
    named = {c.name: c for c in COLUMNS}
    assert named["activity"].values == ()
    assert named["activity"].offered == ACTIVITIES
    assert named["side"].offered == named["side"].values


def test_codes_in_words() -> None:
    named = {c.name: c for c in COLUMNS}
    assert named["condition"].label_of("neck_pain") == "Neck pain"
    assert named["side"].label_of("left+right") == "Left or right"
    assert named["side"].label_of("left+nonsense") == "Left+nonsense", "no join of codes the column has"
    assert named["rom_movement"].label_of("straight_leg_raise") == "Straight-leg raise (degree)"


def test_three_readings_are_one_measure_at_three_times() -> None:
    before, after, later = three_readings("grip", "grip strength", "Grip", "kg", 90)
    assert [c.name for c in (before, after, later)] == ["grip_pre", "grip_post", "grip_48h"]
    assert {(c.kind, c.unit, c.low, c.high) for c in (before, after, later)} == {("number", "kg", 0, 90)}
    assert [c.event for c in (before, after, later)] == ["session", "session", "follow-up"]
    assert later.label == "Grip at 2 days"
