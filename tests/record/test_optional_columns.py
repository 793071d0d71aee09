"""Optional columns: the old record's columns come first and are untouched; movements have columns of their own."""

from __future__ import annotations

from outcomes.record.columns import COLUMNS, KNOWN_NAMES, MOVEMENT_COLUMNS, column, own_name
from outcomes.record.measures import MOVEMENTS, QUESTIONNAIRES, movement, questionnaire
from outcomes.record.optional_columns import OPTIONAL_COLUMNS


def test_none_is_needed_and_all_come_after_the_columns_there_were() -> None:
    assert [c for c in OPTIONAL_COLUMNS if c.needed or c.unique] == []
    assert COLUMNS[-len(OPTIONAL_COLUMNS) :] == OPTIONAL_COLUMNS
    assert COLUMNS[-len(OPTIONAL_COLUMNS) - 1].name == "adverse_event"


def test_every_movement_has_three_readings_up_to_its_cap() -> None:
    assert len(MOVEMENT_COLUMNS) == 3 * len(MOVEMENTS)
    assert {c.high for c in MOVEMENT_COLUMNS if "mouth_opening" in c.name} == {movement("mouth_opening").most}
    assert column("rom_mouth_opening_48h").event == "follow-up"
    assert own_name("ROM mouth-opening 48h") == "rom_mouth_opening_48h"


def test_names_are_apart() -> None:
    assert len(set(KNOWN_NAMES)) == len(KNOWN_NAMES) == len(COLUMNS) + len(MOVEMENT_COLUMNS)
    assert not {"rom_pre", "rom_post", "rom_48h", "rom_mode"} & {c.name for c in MOVEMENT_COLUMNS}


def test_questionnaires_have_a_range_a_direction_and_a_change_within_it() -> None:
    found = [questionnaire(name) for name in QUESTIONNAIRES]
    assert {one.direction for one in found} == {"lower is better", "higher is better"}
    assert [one.name for one in found if not 0 < one.smallest_change < one.high - one.low] == []
    assert {one.citation_status for one in found} == {"read", "to be checked"}
    assert (questionnaire("hit_6").low, questionnaire("hit_6").high) == (36.0, 78.0)
    assert column("prom").label_of("ndi") == "Neck Disability Index (%)"


def test_a_form_offers_the_codes() -> None:
    assert column("chronicity").offered[0] == "under_6_weeks"
    assert column("sensation").allowed.startswith("any of (; between): deep_ache, cramp")
    assert column("prom").offered == QUESTIONNAIRES
