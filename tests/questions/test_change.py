"""Per-condition estimates: by hand where a hand can, by the engine where R checked it, silent where they must be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.questions import change
from outcomes.questions.answers import least_patients
from outcomes.questions.change import condition_estimates
from outcomes.questions.course import pain_course
from outcomes.words import TOO_FEW


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(300, seed=4)[0])


def test_counts_and_shares_are_those_of_the_records(sessions) -> None:
    found = condition_estimates(sessions).set_index(["condition", "time"])
    one = sessions[sessions["condition"] == "neck_pain"]
    relief = (one["pain_pre"] - one["pain_post"]).dropna()
    row = found.loc[("neck_pain", "post")]
    assert row["sessions"] == len(relief)
    assert row["patients"] == one.loc[relief.index, "patient_id"].nunique()
    assert row["capture_rate"] == pytest.approx(len(relief) / len(one))
    assert row["observed"] == pytest.approx(relief.mean())
    assert row["better"] == pytest.approx((relief >= 2).mean())
    assert row["worse"] == pytest.approx((relief <= -2).mean())
    assert row[["better", "same", "worse"]].sum() == pytest.approx(1.0)


def test_readings_outside_the_window_do_not_count(sessions) -> None:
    late = sessions.assign(followup_h=500.0)
    found = condition_estimates(late)
    assert (found.loc[found["time"] == "48h", "sessions"] == 0).all()
    assert (found.loc[found["time"] == "post", "sessions"] > 0).all()


def test_with_one_session_a_patient_a_condition_is_a_plain_t_test(sessions) -> None:
    first = sessions.drop_duplicates("patient_id")
    found = condition_estimates(first, times=["48h"])
    known = oc.with_outcomes(first, ["pain_relief_48h"]).dropna(subset=["pain_relief_48h"])
    own = dict(list(known.groupby("condition", observed=True)["pain_relief_48h"]))
    shown = found[found["patients"] >= least_patients()].set_index("condition")
    assert len(shown) > 5
    tests = {name: ttest_1samp(own[name], 0.0).confidence_interval() for name in shown.index}
    assert shown["conf_low"].tolist() == pytest.approx([tests[name].low for name in shown.index], rel=1e-9)
    assert shown["conf_high"].tolist() == pytest.approx([tests[name].high for name in shown.index], rel=1e-9)


def test_a_movement_measured_in_another_unit_changes_no_other(sessions) -> None:
    """One row rescales with its unit; none borrows another's spread."""
    numbers = ["estimate", "std_error", "conf_low", "conf_high"]
    plain = change.motion(sessions).set_index(["rom_movement", "time"])
    one = str(plain["estimate"].first_valid_index()[0])
    readings = ["rom_pre", "rom_post", "rom_48h"]
    tenfold = np.where(sessions["rom_movement"] == one, 0.1, 1.0)
    scaled = sessions.assign(**{name: sessions[name] * tenfold for name in readings})
    found = change.motion(scaled).set_index(["rom_movement", "time"])
    same, other = found.drop(index=one, level=0), plain.drop(index=one, level=0)
    assert same["estimate"].notna().sum() > 3
    pd.testing.assert_frame_equal(same[numbers], other[numbers], rtol=1e-9)
    pd.testing.assert_frame_equal(found.loc[one, numbers], 0.1 * plain.loc[one, numbers], rtol=1e-9)


def test_nothing_happening_reads_as_nothing_whatever_the_usual_level(sessions) -> None:
    """Groups of very different usual level, readings that only scatter: no group may seem to gain or to lose."""
    rng = np.random.default_rng(3)
    levels = {"mouth_opening": 40.0, "cervical_rotation": 70.0, "knee_flexion": 130.0}
    movement = np.repeat(list(levels), 400)
    patients = np.repeat(np.arange(400), 3)
    usual = np.array([levels[name] for name in movement]) + rng.normal(0, 6, 400)[patients]
    frame = pd.DataFrame(
        {
            "patient_id": patients.astype(str),
            "rom_movement": movement,
            "rom_pre": usual + rng.normal(0, 6, 1200),
            "rom_post": usual + rng.normal(0, 6, 1200),
        }
    )
    found = condition_estimates(frame, "rom_gain", by="rom_movement", times=["post"])
    assert (found["estimate"].abs() < 3.5 * found["std_error"]).all()
    assert found["std_error"].max() < 0.6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "by"),
    [("rom_gain", "rom_movement"), ("pain_relief", "condition"), ("function_gain", "condition")],
)
def test_whole_clinics_without_any_effect_miss_no_change_as_often_as_they_say(measure, by) -> None:
    """300 clinics of 600 patients: about 5 % of all intervals, and of each group within four standard errors."""
    parts = []
    for seed in range(300):
        clinic = oc.read_sessions(oc.simulate_sessions(600, seed=5000 + seed, scenario="null")[0])
        parts.append(condition_estimates(clinic, measure, by=by))
    known = pd.concat(parts)[lambda rows: rows["estimate"].notna()]
    missed = known["conf_low"].gt(0) | known["conf_high"].lt(0)
    each = missed.groupby(known[by]).agg(["mean", "size"])
    assert len(each) >= 10
    assert 0.04 <= missed.mean() <= 0.065
    assert ((each["mean"] - 0.05).abs() < 4 * np.sqrt(0.05 * 0.95 / each["size"])).all()


def test_too_few_patients_is_a_row_that_says_so() -> None:
    small = oc.read_sessions(oc.simulate_sessions(scenario="small_clinic", seed=1)[0])
    found = condition_estimates(small)
    few = found[found["patients"].between(1, least_patients() - 1)]
    assert len(few) > 0
    assert few["estimate"].isna().all()
    assert set(few["note"]) == {TOO_FEW}


def test_conditions_come_in_their_fixed_order(sessions) -> None:
    from outcomes.record.conditions import CONDITIONS

    order = list(dict.fromkeys(condition_estimates(sessions)["condition"]))
    assert order == [name for name in CONDITIONS if name in order]
    times = condition_estimates(sessions)["time"].tolist()[:2]
    assert times == ["post", "48h"]


def test_a_range_is_cut_at_its_movements_error(sessions) -> None:
    from outcomes.record.measures import movement

    found = condition_estimates(sessions, "rom_gain", by="rom_movement").set_index(["rom_movement", "time"])
    name = found.index[0][0]
    part = sessions[sessions["rom_movement"] == name]
    gain = (part["rom_post"] - part["rom_pre"]).dropna()
    assert found.loc[(name, "post"), "better"] == pytest.approx(
        (gain >= movement(name).measurement_error).mean()
    )


def test_what_was_not_recorded_is_said(sessions) -> None:
    bare = oc.read_sessions(sessions.drop(columns=["pain_post", "rom_pre", "rom_post", "rom_48h"]))
    found = condition_estimates(bare)
    post = found[found["time"] == "post"]
    assert (post["sessions"] == 0).all()
    assert set(post["note"]) == {"not recorded"}
    assert condition_estimates(bare, "rom_gain", by="rom_movement")["estimate"].isna().all()


def test_an_unknown_change_is_refused(sessions) -> None:
    with pytest.raises(EstimationError, match="choose one of pain_relief"):
        condition_estimates(sessions, "happiness")


@pytest.mark.parametrize("cohorts", [60, pytest.param(200, marks=pytest.mark.slow)])
def test_the_interval_covers_at_its_rate(cohorts) -> None:
    """Cohorts under the null: the plain mean relief at once is 0 but for rounding at the ends of the scale."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(cohorts):
        patients = np.repeat(np.arange(20), 3)
        pre = 5 + rng.normal(0, 1, 60)
        change = rng.normal(0, 0.7, 20)[patients] + rng.normal(0, 1, 60)
        frame = pd.DataFrame(
            {
                "patient_id": patients.astype(str),
                "condition": "neck_pain",
                "pain_pre": pre,
                "pain_post": pre - change,
            }
        )
        row = condition_estimates(frame, times=["post"]).iloc[0]
        hits += row["conf_low"] <= 0.0 <= row["conf_high"]
    assert hits / cohorts == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / cohorts))


@pytest.fixture(scope="module")
def few() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(150, seed=6)[0])


def test_relief_joins_what_chance_alone_would_give(few):
    found = change.relief(few)
    plain = oc.condition_estimates(few)
    assert found["estimate"].tolist() == pytest.approx(plain["estimate"].tolist(), nan_ok=True)
    expected = oc.expected_change(few, "pain_relief_48h")
    expected = expected.assign(condition=expected["condition"].astype("str")).set_index("condition")[
        "expected_change"
    ]
    mine = found[found["time"] == "48h"].set_index("condition")["expected_change"]
    assert mine.to_dict() == pytest.approx(expected[mine.index].to_dict())
    overall = change.relief(few, overall=True)
    assert overall["condition"].tolist() == ["all", "all"]


def test_the_later_reading_is_compared_in_sessions_that_have_both(few):
    once = few[few["session_number"] == 1].drop_duplicates("patient_id")
    row = change.gained_later(once, overall=True).iloc[0]
    frame = oc.with_outcomes(once, ["pain_relief_post", "pain_relief_48h"])
    gained = (frame["pain_relief_48h"] - frame["pain_relief_post"]).dropna()
    assert row["estimate"] == pytest.approx(gained.mean())
    assert row["std_error"] == pytest.approx(gained.std() / np.sqrt(len(gained)))
    assert row["sessions"] == len(gained)
    assert row["null_benchmark"] == pytest.approx(0.0, abs=0.1)
    assert row["null_benchmark_flare"] == pytest.approx(1.265 * 1.5 * (1 - 0.35), abs=0.1)


def test_nothing_recorded_right_after_says_so_and_goes_on(few):
    absent = few.assign(pain_post=np.nan)
    gained = change.gained_later(absent, overall=True)
    assert gained["note"].tolist() == ["not recorded"]
    assert change.gained_sentences(gained) == ["Pain at 2 days against pain right after: not recorded."]
    assert set(pain_course(absent)["time"]) == {"pre", "48h"}
    none = few.assign(rom_movement=pd.Categorical([None] * len(few)), rom_pre=np.nan, rom_post=np.nan)
    motion = change.motion(none, times=["post"])
    assert change.change_sentences(motion) == ["Range-of-motion gain: not recorded."]


def test_with_no_effect_the_later_reading_differs_as_the_two_benchmarks_do(few) -> None:
    frame = oc.with_outcomes(few, ["pain_relief_post", "pain_relief_48h"])
    both = frame.dropna(subset=["pain_relief_post", "pain_relief_48h"])
    asked = [oc.expected_change(both, f"pain_relief_{time}", by=None) for time in ("post", "48h")]
    post, later = (float(found["expected_change"].iloc[0]) for found in asked)
    assert abs(post) > 1e-4
    row = change.gained_later(few, overall=True).iloc[0]
    assert row["null_benchmark"] == pytest.approx(later - post, rel=1e-9)
