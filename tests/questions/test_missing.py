"""What the missing could change: closed forms, counting by hand, and cohorts whose missing values are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import missing


@pytest.fixture(scope="module")
def once() -> pd.DataFrame:
    """One session a patient, a third without follow-up, more often where pain was high."""
    rng = np.random.default_rng(11)
    n = 300
    pre = rng.integers(3, 10, n).astype(float)
    later = np.clip(np.round(0.6 * pre + rng.normal(0, 1.5, n)), 0, 10)
    gone = rng.random(n) < 0.1 + 0.06 * (pre - 3)
    return _sessions(pre, np.where(gone, np.nan, later), post=np.nan)


def _sessions(pre, later, post) -> pd.DataFrame:
    n = len(pre)
    names = [f"P{i:03d}" for i in range(n)]
    return pd.DataFrame(
        {
            "patient_id": names, "condition": "neck_pain", "session_number": 1, "pain_pre": pre, "pain_post": post,
            "pain_48h": later, "followup_h": 48.0, "age_band": "40-49", "twitch_count": np.nan,
            "sex": np.where(np.arange(n) % 2, "male", "female"),
        }
    )  # fmt: skip


def test_missing_at_random_is_the_regression_at_the_mean_of_all(once):
    seen = once.dropna(subset=["pain_48h"])
    relief = seen["pain_pre"] - seen["pain_48h"]
    slope, intercept = np.polyfit(seen["pain_pre"], relief, 1)
    row = missing.tipping_point(once, deltas=[0.0]).iloc[0]
    assert row["estimate"] == pytest.approx(intercept + slope * once["pain_pre"].mean())
    assert row["observed"] == pytest.approx(relief.mean())
    assert abs(row["estimate"] - row["observed"]) > 0.02
    assert (row["patients"], row["capture_rate"]) == (len(seen), pytest.approx(len(seen) / len(once)))


def test_each_point_worse_costs_the_share_missing(once):
    steps = missing.tipping_point(once, deltas=[0.0, 1.0, 2.0])
    share = once["pain_48h"].isna().mean()
    assert np.diff(steps["estimate"]) == pytest.approx([-share, -share])
    n = len(once)
    of_share = share * (1 - share) / (n - 1)
    extra = steps["std_error"] ** 2 - steps["std_error"].iloc[0] ** 2
    assert extra.tolist() == pytest.approx([0.0, of_share, 4 * of_share], rel=1e-6)


def test_with_nobody_missing_nothing_hangs_on_them(once):
    steps = missing.tipping_point(once.dropna(subset=["pain_48h"]))
    assert steps["estimate"].std() == pytest.approx(0.0, abs=1e-9)
    assert missing.tipping_verdicts(steps)["verdict"].iloc[0] == "excludes no change up to 2.00 points worse"


def test_verdicts_say_where_the_interval_reaches_no_change():
    steps = pd.DataFrame(
        {
            "condition": ["a"] * 3 + ["b"] * 3 + ["c"] * 3,
            "delta": [0.0, 0.5, 1.0] * 3,
            "patients": 20, "sessions": 30, "capture_rate": 0.6, "estimate": 0.5,
            "conf_low": [0.3, 0.1, -0.1, -0.2, -0.3, -0.4, np.nan, np.nan, np.nan],
            "conf_high": 1.0, "note": "",
        }
    )  # fmt: skip
    assert missing.tipping_verdicts(steps)["verdict"].tolist() == [
        "flips if the unreached did 1.00 points worse",
        "includes no change even if the unreached did as well",
        "cannot say",
    ]


def test_bounds_are_the_counts_with_every_missing_failed_or_responded(once):
    met = (once["pain_pre"] - once["pain_48h"] >= 2) & (
        once["pain_pre"] - once["pain_48h"] >= 0.3 * once["pain_pre"]
    )
    gone = once["pain_48h"].isna()
    rows = missing.missing_bounds(once).set_index("method")["proportion"]
    assert rows["those who answered"] == pytest.approx(met.sum() / (~gone).sum())
    assert rows["all missing failed"] == pytest.approx(met.sum() / len(once))
    assert rows["all missing responded"] == pytest.approx((met.sum() + gone.sum()) / len(once))


def test_who_is_missing_finds_what_was_built_in(once):
    found = missing.who_is_missing(once)
    by_pain = found[found["variable"] == "pain before"].set_index("group")["proportion"]
    assert by_pain.index.tolist() == ["below 4", "4 to below 7", "7 or more"]
    for group, low, high in (("below 4", -1, 4), ("4 to below 7", 4, 7), ("7 or more", 7, 11)):
        of_group = once[(once["pain_pre"] >= low) & (once["pain_pre"] < high)]
        assert by_pain[group] == pytest.approx(of_group["pain_48h"].notna().mean())
    said = " ".join(missing.missing_sentences(found))
    assert "By pain before" in said
    assert "By sex" not in said


def test_a_follow_up_outside_the_window_counts_as_missing(once):
    late = once.assign(followup_h=np.where(np.arange(len(once)) < 50, 100.0, 48.0))
    expected = once["pain_48h"].notna() & (np.arange(len(once)) >= 50)
    assert missing.tipping_point(late, deltas=[0.0])["sessions"].iloc[0] == expected.sum()


@pytest.mark.parametrize(("scenario", "least", "most"), [("mnar", 0.15, 0.35), ("literature", -0.08, 0.08)])
def test_the_line_passes_through_the_truth_where_the_missing_fared_worse(scenario, least, most):
    sessions, truth = oc.simulate_sessions(3000, seed=8, scenario=scenario)
    complete = truth.sessions.loc[sessions["session_id"], "pain_48h_complete"].to_numpy(float)
    relief = float((sessions["pain_pre"].to_numpy(float) - complete).mean())
    steps = missing.tipping_point(sessions.assign(followup_h=np.nan), overall=True)
    assert least < steps["estimate"].iloc[0] - relief < most
    assert (steps["conf_low"] <= relief).any()
    assert (steps["estimate"] - relief).abs().min() < 0.04


def test_too_few_and_not_recorded_are_rows_with_a_reason(once):
    for table, note in (
        (once.iloc[:5], "too few patients to say"),
        (once.assign(pain_48h=np.nan), "not recorded"),
    ):
        steps = missing.tipping_point(table, deltas=[0.0, 1.0])
        assert steps["note"].tolist() == [note, note]
        assert steps["estimate"].isna().all()
        verdicts = missing.tipping_verdicts(steps)
        assert verdicts["verdict"].tolist() == ["cannot say"]
        assert note in " ".join(missing.tipping_sentences(steps, verdicts))
    assert missing.missing_bounds(once.assign(pain_48h=np.nan))["note"].tolist() == ["not recorded"]
    assert (
        "not recorded"
        in missing.bounds_sentences(missing.missing_bounds(once.assign(pain_48h=np.nan), overall=True))[0]
    )


def test_who_is_missing_cannot_be_told_where_nothing_can_be_compared():
    rows = pd.DataFrame(
        {"variable": ["sex", "sex"], "group": ["female", "male"], "proportion": [0.6, np.nan],
         "conf_low": [0.5, np.nan], "conf_high": [0.7, np.nan]}
    )  # fmt: skip
    assert missing.missing_sentences(rows) == [
        "Do patients who answered differ from those who did not? Too few to estimate."
    ]


@pytest.mark.parametrize(("share", "used"), [(0.5, False), (0.9, True)])
def test_relief_right_after_is_in_the_model_only_where_most_sessions_have_it(once, share, used):
    rng = np.random.default_rng(4)
    post = (once["pain_pre"] - rng.integers(0, 4, len(once))).where(rng.random(len(once)) < share)
    found = missing.tipping_point(once.assign(pain_post=post), deltas=[0.0]).iloc[0]
    without = missing.tipping_point(once, deltas=[0.0]).iloc[0]
    assert bool(abs(found["estimate"] - without["estimate"]) > 1e-6) is used
    assert found["sessions"] == once["pain_48h"].notna().sum()


def test_who_changed_right_after_is_counted_by_two_points_either_way():
    """Of those two points worse half were followed up, of those within two points all, of those better a quarter."""
    change, followed = [-2.0, -1.9, 0.0, 1.9, 2.0], {-2.0: 2, 2.0: 4}
    rows = [(value, i % followed.get(value, 1) == 0) for value in change for i in range(40)]
    post = 5.0 - np.array([value for value, _ in rows])
    later = np.array([4.0 if seen else np.nan for _, seen in rows])
    found = missing.who_is_missing(_sessions(np.full(len(rows), 5.0), later, post))
    shares = found[found["variable"] == "change right after"].set_index("group")["proportion"]
    assert shares.to_dict() == {"2 or more worse": 0.5, "within 2 points": 1.0, "2 or more better": 0.25}


def test_ages_and_twitches_are_grouped_where_the_names_of_the_groups_say():
    """All of the young without a twitch were followed up, half of the two bands between, a quarter of the oldest."""
    kinds = [("30-39", 0.0, 1), ("40-49", 1.0, 2), ("50-59", 5.0, 2), ("60-69", 6.0, 4)]
    rows = [(age, twitches, i % each == 0) for age, twitches, each in kinds for i in range(20)]
    frame = _sessions(
        np.full(len(rows), 5.0), np.array([4.0 if seen else np.nan for *_, seen in rows]), np.nan
    )
    frame = frame.assign(age_band=[age for age, *_ in rows], twitch_count=[n for _, n, _ in rows])
    found = missing.who_is_missing(frame).set_index(["variable", "group"])["proportion"]
    assert found["age"].to_dict() == {"below 40": 1.0, "40 to 59": 0.5, "60 and over": 0.25}
    assert found["twitches"].to_dict() == {"none": 1.0, "1 to 5": 0.5, "6 or more": 0.25}
