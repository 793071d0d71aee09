"""Outcome columns: arithmetic by hand and by exact fractions, on pandas and on DuckDB, and what they leave missing."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import ibis
import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.models.proportions.rules import rule_shares
from outcomes.questions import kept_relief, missing, patient, thresholds
from outcomes.record.measures import published_rules
from outcomes.record.outcomes import (
    DERIVED,
    Followup,
    ResponderRule,
    meets,
    outside,
    reaches,
    with_outcomes,
    within_between,
)

SESSIONS = pd.DataFrame(
    {
        "patient_id": ["a", "a", "b", "b", "c"],
        "pain_pre": [6.0, 5.0, 2.0, 10.0, 4.0],
        "pain_post": [4.0, 3.5, 0.0, 7.0, np.nan],
        "pain_48h": [3.0, 7.0, 4.0, 2.0, 6.0],
        "rom_pre": [40.0, np.nan, 50.0, 30.0, 20.0],
        "rom_post": [45.0, 60.0, 44.0, 30.0, np.nan],
        "function_pre": [4.0, 4.0, 4.0, 4.0, 4.0],
        "function_post": [5.0, 3.0, np.nan, 4.0, 4.0],
        "followup_h": [48.0, 36.0, 72.0, 73.0, np.nan],
        "twitch_count": [2.0, 4.0, np.nan, 3.0, 5.0],
    }
)
EXPECTED = {
    "pain_relief_post": [2.0, 1.5, 2.0, 3.0, np.nan],
    "pain_relief_48h": [3.0, -2.0, -2.0, np.nan, -2.0],  # the fourth was asked after 73 hours
    "rom_gain_post": [5.0, np.nan, -6.0, 0.0, np.nan],
    "function_gain_post": [1.0, -1.0, np.nan, 0.0, 0.0],
    "pain_responder_post": [1.0, 0.0, np.nan, 1.0, np.nan],  # the third began below 3
    "pain_responder_48h": [1.0, 0.0, np.nan, np.nan, 0.0],
    "pain_worse_48h": [0.0, 1.0, np.nan, np.nan, 1.0],
    "relief_kept": [1.5, -2.0 / 1.5, -1.0, np.nan, np.nan],
}


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_outcomes_are_what_arithmetic_says(engine: str) -> None:
    table = SESSIONS if engine == "pandas" else ibis.memtable(SESSIONS.assign(row=range(5)))
    found = with_outcomes(table)
    if engine == "duckdb":
        found = found.order_by("row").to_pyarrow().to_pandas()
    for name, values in EXPECTED.items():
        np.testing.assert_allclose(found[name].astype(float), values, err_msg=name)
    assert set(found.columns) >= set(EXPECTED)
    assert "rom_gain_48h" not in found, "there is no reading to compute it from"


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_of_no_relief_and_of_more_pain_nothing_can_be_kept(engine: str) -> None:
    frame = pd.DataFrame(
        {"pain_pre": [5.0, 5.0, 5.0], "pain_post": [5.0, 7.0, 4.0], "pain_48h": [2.0, 2.0, 2.0]}
    )
    found = with_outcomes(frame if engine == "pandas" else ibis.memtable(frame), ["relief_kept"])
    kept = (found if engine == "pandas" else found.order_by("pain_post").to_pandas()).set_index("pain_post")[
        "relief_kept"
    ]
    assert kept[4.0] == 3.0
    assert kept[[5.0, 7.0]].isna().all()


def test_the_frame_given_is_not_changed() -> None:
    before = SESSIONS.copy()
    with_outcomes(SESSIONS)
    pd.testing.assert_frame_equal(SESSIONS, before)


def test_a_column_that_is_there_stays() -> None:
    given = SESSIONS.assign(pain_relief_post=99.0)
    assert (with_outcomes(given, ["pain_relief_post"])["pain_relief_post"] == 99.0).all()


def test_rule_and_window_are_the_callers() -> None:
    half = with_outcomes(
        SESSIONS, ["pain_responder_48h"], rule=ResponderRule(percent=50, points=0, least_baseline=0)
    )
    assert half["pain_responder_48h"].tolist()[:3] == [1.0, 0.0, 0.0]
    wide = with_outcomes(SESSIONS, ["pain_relief_48h"], window=Followup(0, 1000))
    assert wide["pain_relief_48h"].tolist() == [3.0, -2.0, -2.0, 8.0, -2.0]


def test_worse_and_responder_never_hold_together() -> None:
    found = with_outcomes(SESSIONS)
    for time in ("post", "48h"):
        assert not ((found[f"pain_worse_{time}"] == 1) & (found[f"pain_responder_{time}"] == 1)).any()


def test_names_that_are_not_outcomes_are_left_alone() -> None:
    assert with_outcomes(SESSIONS, ["pain_pre", "nonsense"]) is SESSIONS
    assert "pain_relief_48h" in DERIVED


def test_within_and_between_add_up_to_the_dose() -> None:
    split = within_between(SESSIONS, "twitch_count")
    known = split["twitch_count"].notna()
    total = split["twitch_count_within"] + split["twitch_count_between"]
    np.testing.assert_allclose(total[known], split["twitch_count"][known])
    assert split["twitch_count_between"].tolist() == [3.0, 3.0, 3.0, 3.0, 5.0]
    within = split.groupby("patient_id")["twitch_count_within"].sum()
    np.testing.assert_allclose(within, 0.0, atol=1e-12)


def test_within_between_names_what_is_absent() -> None:
    with pytest.raises(EstimationError, match="needs the column 'dose'"):
        within_between(SESSIONS, "dose")


# --- thresholds ---

TENTHS = range(101)
PAIRS = list(product(TENTHS, TENTHS))
"""Every pain before with every pain after, in tenths of a point."""
RULES = [
    *(ResponderRule(known.percent, known.points, known.least_baseline) for known in published_rules()),
    ResponderRule(30.0, 2.0, 3.0),
    ResponderRule(-1e6, -1.0, 0.0),
    ResponderRule(-1e6, 0.0, 0.0),
    ResponderRule(33.0, 0.7, 2.3),
]


def exactly(before: int, after: int, rule: ResponderRule) -> float:
    """The flag of a session, in exact fractions; missing where it began below the least pain."""
    percent, points, least = (
        Fraction(str(part)) for part in (rule.percent, rule.points, rule.least_baseline)
    )
    pain, change = Fraction(before, 10), Fraction(before - after, 10)
    if pain < least:
        return float("nan")
    return float(change >= points and change * 100 >= pain * percent)


def table(pairs: list[tuple[int, int]]) -> pd.DataFrame:
    before, after = (np.array(part) / 10 for part in zip(*pairs, strict=True))
    return pd.DataFrame(
        {
            "patient_id": [f"p{row}" for row in range(len(pairs))],
            "session_id": [f"s{row}" for row in range(len(pairs))],
            "condition": "neck_pain",
            "session_number": 1,
            "pain_pre": before,
            "pain_post": after,
            "pain_48h": after,
        }
    )


FALLS_OF_TWO = [(before, before - 20) for before in range(30, 67)]
"""Falls of exactly 2 points that are 30 percent or more: 37 of them."""


@pytest.mark.parametrize("rule", RULES)
def test_flags_of_every_pair_of_readings_are_those_of_exact_fractions(rule: ResponderRule) -> None:
    better = [exactly(*pair, rule) for pair in PAIRS]
    worse = [exactly(before, 2 * before - after, rule) for before, after in PAIRS]
    for frame in (table(PAIRS), ibis.memtable(table(PAIRS))):
        found = with_outcomes(frame, ["pain_responder_post", "pain_worse_post"], rule=rule)
        if not isinstance(found, pd.DataFrame):
            found = found.order_by(ibis._.session_id.substr(1).cast("int")).to_pandas()
        np.testing.assert_array_equal(found["pain_responder_post"].astype(float), better)
        np.testing.assert_array_equal(found["pain_worse_post"].astype(float), worse)
    known = ~np.isnan(better)
    met = meets(*(np.array(part) for part in _change(PAIRS)), rule)
    np.testing.assert_array_equal(met[known], np.array(better)[known].astype(bool))
    assert not met[~known].any()


def _change(pairs: list[tuple[int, int]]) -> tuple[list[float], list[float]]:
    return [before / 10 - after / 10 for before, after in pairs], [before / 10 for before, _ in pairs]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_fall_of_exactly_two_points_counts_by_every_road(engine: str) -> None:
    frame = table(FALLS_OF_TWO)
    assert sum(change >= 2 for change in _change(FALLS_OF_TWO)[0]) < 37, "binary alone loses some"
    given = frame if engine == "pandas" else ibis.memtable(frame)
    for time in ("post", "48h"):
        shares = oc.responders(given, f"pain_responder_{time}", by=None)
        assert shares["responders"].tolist() == [37]
    estimates = oc.condition_estimates(given, "pain_relief")
    assert estimates["better"].tolist() == [1.0, 1.0]
    assert estimates["worse"].tolist() == [0.0, 0.0]
    risen = frame.rename(columns={"pain_pre": "pain_post", "pain_post": "pain_pre"})
    given = risen if engine == "pandas" else ibis.memtable(risen)
    assert oc.condition_estimates(given, "pain_relief", times=["post"])["worse"].tolist() == [1.0]


def test_a_fall_of_exactly_two_points_counts_in_rules_curves_and_groups() -> None:
    frame = table(FALLS_OF_TWO)
    by_rule = thresholds.shares_by_rule(frame).set_index(["rule", "time"])["proportion"]
    assert by_rule["percent_30_points_2"].tolist() == [1.0, 1.0]
    assert rule_shares(frame, "post", [ResponderRule()])["responders"].tolist() == [37]
    curve = thresholds.responder_curve(frame, times=["48h"]).set_index("threshold")["proportion"]
    assert (curve[2.0], curve[3.0]) == (1.0, 0.0)
    assert kept_relief.relief_kept(frame)["sessions"].tolist() == [37, 37]
    assert kept_relief.relief_kept(frame)["share_still_better"].tolist() == [1.0, 1.0]
    reached = missing.who_is_missing(frame.assign(sex="female", age_band="40-49", twitch_count=1.0))
    of_change = reached[reached["variable"] == "change right after"]
    assert of_change.set_index("group")["sessions"].to_dict() == {"2 or more better": 37}
    worse = kept_relief.who_got_worse(frame.assign(sex="female"))
    of_relief = worse[worse["variable"] == "relief right after"]
    assert of_relief.set_index("group")["sessions"].to_dict() == {"2 or more better": 37}


def test_no_change_is_neither_better_nor_worse_where_no_least_change_is_published() -> None:
    """A movement without a published error: what binary leaves of no change is no change."""
    sums = [0.1 + 0.2, 0.3, 3.3 - 1.3 + 1.0]
    frame = table([(50, 50)] * 24).assign(
        rom_movement="neck", rom_pre=sums * 8, rom_post=[0.3, 0.1 + 0.2, 3.0] * 8
    )
    shares = oc.condition_estimates(frame, "rom_gain", times=["post"])
    assert shares[["better", "same", "worse"]].iloc[0].tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (3.3 - 1.3, patient.BETTER),
        (1.3 - 3.3, patient.WORSE),
        (1.99, patient.WITHIN),
        (-1.99, patient.WITHIN),
    ],
)
def test_a_patients_change_of_exactly_the_measurement_error_is_beyond_it(change: float, verdict: str) -> None:
    assert patient._verdict(change, 2.0) == verdict


def test_the_window_takes_its_ends_and_no_unknown_hour_is_outside() -> None:
    hours = pd.Series([35.9, 36.0, 36 * 60 * (1 / 60), 48.0, 72.0, 0.1 + 71.9, 72.1, np.nan])
    assert outside(hours, Followup(36.0, 72.0)).tolist() == [True, *[False] * 5, True, False]


def test_missing_changes_reach_nothing() -> None:
    assert reaches(pd.Series([np.nan, 2.0]), 2).tolist() == [False, True]
    assert not reaches(1.9999, 2.0)
