"""Measures, movements and published rules: what is looked up, with and without its time, and what is refused."""

from __future__ import annotations

import pytest

from outcomes.errors import EstimationError
from outcomes.record.measures import (
    MOVEMENTS,
    TIME_LABELS,
    TIMES,
    measure,
    movement,
    published_rules,
)
from outcomes.record.outcomes import DERIVED


@pytest.mark.parametrize("time", ["", "_pre", "_post", "_48h"])
def test_a_measure_is_the_same_at_every_time(time: str) -> None:
    found = measure(f"pain_relief{time}")
    assert (found.name, found.unit, found.null_value, found.smallest_change) == (
        "pain_relief",
        "points",
        0.0,
        2.0,
    )
    assert (measure(f"pain{time}").low, measure(f"pain{time}").high) == (0.0, 10.0)


def test_every_derived_outcome_is_a_measure_with_a_null_value_or_a_reason() -> None:
    found = {name: measure(name) for name in DERIVED}
    assert found["rom_gain_48h"].smallest_change is None
    assert {name for name, what in found.items() if what.null_value == 0.0} >= {
        *("pain_relief_post", "pain_relief_48h", "rom_gain_post", "function_gain_48h")
    }
    assert all(what.citation for what in found.values())


def test_names_that_are_not_known_are_refused_with_those_that_are() -> None:
    with pytest.raises(EstimationError, match=r"'mood' is not a measure this suite knows\. It knows: pain, "):
        measure("mood")
    with pytest.raises(
        EstimationError, match=r"'toe_curl' is not a movement this suite knows\. It knows: cervical_fl"
    ):
        movement("toe_curl")


def test_movements_have_a_unit_a_normal_range_and_an_error_within_it() -> None:
    found = [movement(name) for name in MOVEMENTS]
    assert {one.unit for one in found} == {"degree", "mm", "cm"}
    assert all(0 < one.measurement_error < one.normal <= one.most for one in found)
    assert movement("lumbar_flexion").measurement_error == pytest.approx(1.96 * 2**0.5 * 4.6, abs=0.06)
    assert movement("cervical_flexion").measurement_error == pytest.approx(1.96 * 2**0.5 * 4.1, abs=0.08)
    assert movement("mouth_opening").label_with_unit == "Mouth opening (mm)"
    assert movement("cervical_flexion").measurement_error_different_raters is None


def test_published_rules_begin_with_the_plans() -> None:
    first = published_rules()[0]
    assert (first.name, first.percent, first.points, first.least_baseline) == (
        "percent_30_points_2",
        30.0,
        2.0,
        3.0,
    )
    assert len({rule.name for rule in published_rules()}) == len(published_rules()) > 3


def test_readings_have_their_labels_in_the_order_of_time() -> None:
    assert list(TIME_LABELS) == ["pre", *TIMES]
    assert list(TIME_LABELS.values()) == ["before", "right after", "at 2 days"]
