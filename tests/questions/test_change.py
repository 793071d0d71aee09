"""Per-condition estimates: by hand where a hand can, by the engine where R checked it, silent where they must be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.questions.change import condition_estimates, immediate_to_two_day, pain_course
from outcomes.record.plan import TOO_FEW_PATIENTS
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


def test_means_are_the_marginal_means_of_the_model_at_the_conditions_own_baseline(sessions) -> None:
    found = condition_estimates(sessions, times=["48h"])
    enough = found.loc[found["patients"] >= TOO_FEW_PATIENTS, "condition"]
    fit = oc.fit_mixed(
        "pain_relief_48h ~ condition + pain_pre + (1 | patient_id)",
        sessions[sessions["condition"].isin(enough)],
    )
    known = oc.with_outcomes(sessions, ["pain_relief_48h"]).dropna(subset=["pain_relief_48h"])
    own = known.groupby("condition", observed=True)["pain_pre"].mean()
    for row in found[found["condition"].isin(enough)].itertuples():
        means = fit.marginal_means("condition", at={"pain_pre": own[row.condition]}).set_index("condition")
        assert row.estimate == pytest.approx(means.loc[row.condition, "estimate"], rel=1e-7)
        assert row.conf_low == pytest.approx(means.loc[row.condition, "conf_low"], rel=1e-6, abs=1e-8)


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


def test_too_few_patients_is_a_row_that_says_so() -> None:
    small = oc.read_sessions(oc.simulate_sessions(scenario="small_clinic", seed=1)[0])
    found = condition_estimates(small)
    few = found[found["patients"].between(1, TOO_FEW_PATIENTS - 1)]
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


def test_spread_is_that_of_the_values(sessions) -> None:
    found = pain_course(sessions).set_index(["condition", "time"])
    values = sessions.loc[sessions["condition"] == "neck_pain", "pain_pre"]
    row = found.loc[("neck_pain", "pre")]
    assert row["mean"] == pytest.approx(values.mean())
    expected = np.quantile(values, [0.1, 0.25, 0.5, 0.75, 0.9], method="inverted_cdf")
    assert row[["p10", "p25", "median", "p75", "p90"]].tolist() == expected.tolist()


def test_the_relation_of_the_readings_is_the_models_slope(sessions) -> None:
    found = immediate_to_two_day(sessions)
    fit = oc.fit_mixed("pain_relief_48h ~ pain_relief_post + pain_pre + (1 | patient_id)", sessions)
    slope = fit.coefficients.set_index("term").loc["pain_relief_post", "estimate"]
    assert found["slope"].tolist() == pytest.approx([slope] * len(found))
    steps = np.diff(found["line"]) / np.diff(found["relief_post"])
    assert steps == pytest.approx(slope)
    told = found[found["estimate"].notna()]
    assert (told["estimate"] - told["line"]).abs().max() < 4 * told[
        "std_error"
    ].max()  # dots at the line's baseline
    both = oc.with_outcomes(sessions, ["pain_relief_post", "pain_relief_48h"])
    both = both.dropna(subset=["pain_relief_post", "pain_relief_48h"])
    bins = both["pain_relief_post"].clip(-3, 6).astype(int).astype(str)
    kept = both.assign(bin=bins)[bins.isin(told["relief_post"].astype(int).astype(str))]
    means = oc.fit_mixed("pain_relief_48h ~ bin + pain_pre + (1 | patient_id)", kept).marginal_means("bin")
    expected = means.assign(at=means["bin"].astype(float)).sort_values("at")["estimate"]
    assert told["estimate"].tolist() == pytest.approx(expected.tolist(), rel=1e-6)
    nothing = immediate_to_two_day(sessions.assign(pain_48h=np.nan))
    assert nothing["note"].tolist() == [TOO_FEW]


def test_the_interval_covers_at_its_rate() -> None:
    """200 cohorts under the null: the plain mean relief at once is 0 but for rounding at the ends of the scale."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
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
    assert 0.905 <= hits / 200 <= 0.99  # 95 % less and plus three standard errors


def test_a_reading_that_nobody_has_leaves_the_others(sessions) -> None:
    found = pain_course(sessions.assign(pain_48h=np.nan))
    assert set(found["time"]) == {"pre", "post"}
    assert found["time"].tolist()[:2] == ["pre", "post"]
