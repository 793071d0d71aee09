"""What people write, and what it means in its column: a table to read through, one line a text."""

from __future__ import annotations

import pytest

from outcomes.intake.values import Choices, read_value
from outcomes.record.columns import column

# column | text | value, or further columns | kind
READ = """
pain_pre | 7 | | as it is
pain_pre | 7.5 | | as it is
pain_pre | 12 | | as it is
pain_pre | 7/10 | 7 | rewritten
pain_pre | 7 out of 10 | 7 | rewritten
pain_pre | 65/100 | 6.5 | rewritten
pain_pre | 7 - severe | 7 | rewritten
pain_pre | severe (7) | 7 | rewritten
pain_pre | 7/10 today | 7 | rewritten
pain_pre | 6,5 | 6.5 | rewritten
pain_pre | +2 | 2 | rewritten
pain_pre | seven | 7 | rewritten
pain_pre | 70 mm | 7 | rewritten
pain_pre | 7.5 cm | 7.5 | rewritten
pain_pre | 6½ | 6.5 | rewritten
pain_pre | no pain | 0 | rewritten
pain_pre | 5-6 | 5.5 | flagged
pain_pre | 5 to 6 | 5.5 | flagged
pain_pre | 5–6/10 | 5.5 | flagged
pain_pre | ~7 | 7 | flagged
pain_pre | 7ish | 7 | flagged
pain_pre | N/A | | not recorded
pain_pre | refused | | not recorded
pain_pre | NASK | | not recorded
pain_pre | -99 | | not recorded
pain_pre | 99 | | unclear
pain_pre | >7 | | unclear
pain_pre | 11/10 | | unclear
pain_pre | none | | unclear
pain_pre | several | | unclear
pain_pre | moderate | | unclear
pain_pre | 5/6 | | unclear
pain_pre | 7? | | unclear
pain_pre | 2 days | | unclear
pain_pre | 7 months ago | | unclear
pain_pre | 2026-05-06 00:00:00 | | unclear
twitch_count | 3 twitches | 3 | rewritten
twitch_count | 3x | 3 | rewritten
twitch_count | 1,000 | 1000 | rewritten
twitch_count | no twitches | 0 | rewritten
twitch_count | none | 0 | flagged
twitch_count | about 3 | 3 | flagged
twitch_count | >10 | | unclear
twitch_count | 10+ | | unclear
twitch_count | 2-3 | | unclear
twitch_count | many | | unclear
rom_pre | 45° | 45 | rewritten
rom_pre | 45 deg | 45 | rewritten
rom_pre | 110 mm | 110 | rewritten
rom_pre | 62,5 | 62.5 | rewritten
rom_pre | WNL | | unclear
soreness_h | 48 | | as it is
soreness_h | 2 days | 48 | rewritten
soreness_h | 36 hrs | 36 | rewritten
soreness_h | 1.5 days | 36 | rewritten
soreness_h | half a day | 12 | rewritten
soreness_h | 2 d 4 h | 52 | rewritten
soreness_h | 90 min | 1.5 | rewritten
soreness_h | none | 0 | rewritten
soreness_h | not sore | 0 | rewritten
soreness_h | 1-2 d | 24, soreness_free_h 48 | rewritten
soreness_h | between 1 and 2 days | 24, soreness_free_h 48 | rewritten
soreness_h | 24 to 48 hours | 24, soreness_free_h 48 | rewritten
soreness_h | about a day | 12, soreness_free_h 36 | rewritten
soreness_h | approx 2 days | 36, soreness_free_h 60 | rewritten
soreness_h | less than a day | soreness_free_h 24 | rewritten
soreness_h | gone by 36 h | soreness_free_h 36 | rewritten
soreness_h | more than 2 days | 48, soreness_ongoing true | rewritten
soreness_h | 2 days+ | 48, soreness_ongoing true | rewritten
soreness_h | still sore at 48h | 48, soreness_ongoing true | rewritten
soreness_h | still sore | soreness_ongoing true | rewritten
soreness_h | Still a bit sore today | soreness_ongoing true | rewritten
soreness_h | a few days | | unclear
soreness_h | overnight | | unclear
soreness_h | yes | | unclear
followup_h | 2 days | 48 | rewritten
followup_h | about 2 days | 48 | flagged
followup_h | more than 2 days | | unclear
condition | neck_pain | | as it is
condition | Neck Pain | | as it is
condition | M54.2 | neck_pain | rewritten
condition | R shoulder pain | shoulder_pain, side right | rewritten
condition | see notes | | unclear
muscles | upper_trapezius;soleus | | as it is
muscles | UT, QL | upper_trapezius;quadratus_lumborum | rewritten
muscles | L UT / R SCM | upper_trapezius;sternocleidomastoid | rewritten
muscles | UT; something else | upper_trapezius | flagged
muscles | something else | | unclear
co_interventions | Exercise, Heat | exercise;heat | rewritten
co_interventions | ice | | unclear
sex | F | female | rewritten
sex | Female | | as it is
sex | unknown | | as it is
side | L | left | rewritten
side | R/L | both | rewritten
followup_status | No answer | | as it is
followup_status | voicemail | no_answer | rewritten
adverse_event | No | none | rewritten
adverse_event | Bruising, headache | other | flagged
adverse_event | small hematoma | bruising | flagged
adverse_event | felt faint | faintness | flagged
adverse_event | pneumothorax | other | rewritten
adverse_event | no bruise seen | | unclear
adverse_event | all fine | | unclear
chronicity | 3 weeks | under_6_weeks | rewritten
chronicity | 6 weeks | 6_to_12_weeks | rewritten
chronicity | 3 months | 3_to_12_months | rewritten
chronicity | 12 months | 3_to_12_months | rewritten
chronicity | a year and a half | over_a_year | rewritten
chronicity | > 1 year | over_a_year | rewritten
chronicity | <6 wk | under_6_weeks | rewritten
chronicity | 2-6 yrs | over_a_year | rewritten
chronicity | > 3 months | | unclear
chronicity | 1-6 months | | unclear
chronicity | 3 | | unclear
needled_before | 2 times | 1_to_3 | rewritten
needled_before | once | 1_to_3 | rewritten
needled_before | x5 | 4_or_more | rewritten
needled_before | over 10 sessions | 4_or_more | rewritten
needled_before | 2-5 | | unclear
followup_h | day 2 | 48 | rewritten
followup_h | 3 calls | | unclear
twitch_count | x3 | 3 | rewritten
twitch_count | no LTR | 0 | rewritten
pain_pre | mod 5 | 5 | rewritten
soreness_h | 12 hours or so | 11.5, soreness_free_h 12.5 | rewritten
soreness_h | a day and a half | 36 | rewritten
side | bilat | both | rewritten
side | Right side | right | rewritten
followup_status | LVM | no_answer | rewritten
soreness_ongoing | Yes, still | true | rewritten
soreness_ongoing | no | | as it is
soreness_ongoing | maybe | | unclear
rom_movement | cerv rot | cervical_rotation | rewritten
age_band | 47 | 40-49 | rewritten
age_band | 40_49 | 40-49 | rewritten
age_band | 90 plus | 90+ | rewritten
age_band | 40s | 40-49 | rewritten
"""
CASES = [tuple(part.strip() for part in line.split("|")) for line in READ.strip().splitlines()]


@pytest.mark.parametrize(
    ("name", "text", "value", "kind"), CASES, ids=[f"{name}: {text}" for name, text, *_ in CASES]
)
def test_a_text_means(name: str, text: str, value: str, kind: str) -> None:
    reading = read_value(column(name), text, Choices())
    if kind == "as it is":
        assert reading is None
        return
    assert reading is not None
    others = [f"{other} {told}" for other, told in reading.values.items() if other != name]
    assert (", ".join([*filter(None, [reading.values.get(name)]), *others]), reading.kind) == (value, kind)


@pytest.mark.parametrize(
    ("name", "text", "choices", "value"),
    [
        ("pain_pre", "5-6", Choices(ranges="missing"), None),
        ("pain_pre", ">7", Choices(bounds="bound"), "7"),
        ("twitch_count", "10+", Choices(bounds="bound"), "10"),
        ("pain_pre", "70 mm", Choices(unit="mm"), "70"),
        ("pain_pre", "7 cm", Choices(unit="mm"), "70"),
        ("soreness_h", "2", Choices(unit="days"), "48"),
        ("soreness_h", "2", Choices(unit="unknown"), None),
        ("soreness_h", "2 days", Choices(unit="unknown"), "48"),
        ("rom_pre", "4.5 cm", Choices(movement="mouth_opening"), "45"),
        ("rom_pre", "45 deg", Choices(movement="mouth_opening"), None),
        ("rom_pre", "110 mm", Choices(movement="cervical_rotation"), None),
    ],
)
def test_choices_and_units_settle_what_could_be_two_things(name, text, choices, value) -> None:
    reading = read_value(column(name), text, choices)
    assert (reading.values.get(name) if reading else None) == value


def test_99_is_a_reading_of_a_scale_to_100() -> None:
    assert read_value(column("pain_pre"), "99", Choices(unit="mm")) is None


def test_a_plain_zero_of_unknown_unit_is_zero() -> None:
    assert read_value(column("soreness_h"), "0", Choices(unit="unknown")) is None


@pytest.mark.parametrize(
    ("name", "text", "unit", "value"),
    [
        ("ppt_pre", "2.5 kg/cm2", None, "245.16625"),
        ("ppt_pre", "25 N/cm²", None, "250"),
        ("ppt_48h", "300 kPa", "kg/cm2", "3.059148639"),
        ("ppt_post", "2.5 kgf/cm^2", "kg/cm2", "2.5"),
        ("ppt_post", "120 mmHg", None, None),
        ("pain_during", "4/10", None, "4"),
        ("tightness_pre", "70 mm", None, "7"),
        ("trigger_points", "none", None, "0"),
        ("activity_limited_h", "1 day", None, "24"),
        ("sensation", "Achy, cramping", None, "deep_ache;cramp"),
        ("chronicity", "more than a year", None, "over_a_year"),
        ("prom", "Oswestry", None, "odi"),
    ],
)
def test_answers_to_what_is_asked_later_are_read_as_people_write_them(name, text, unit, value) -> None:
    reading = read_value(column(name), text, Choices(unit=unit))
    assert (reading.values.get(name) if reading else None) == value
