"""Twitches per muscle: against statsmodels' clustered least squares, and known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.muscles import TOGETHER, muscle_twitches
from outcomes.words import NOT_RECORDED

MUSCLES = {"soleus": 4.0, "gastrocnemius": 2.5, "masseter": 1.0}


def sessions_of(patients: int = 80, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(patients):
        level = rng.gamma(5, 0.2)
        for _ in range(rng.integers(1, 5)):
            chosen = [name for name in MUSCLES if rng.random() < 0.5] or ["soleus"]
            count = float(rng.poisson(level * sum(MUSCLES[name] for name in chosen)))
            condition = "jaw_pain" if i % 2 else "achilles_tendinopathy"
            rows.append((f"p{i:03d}", condition, "; ".join(chosen), count))
    return pd.DataFrame(rows, columns=["patient_id", "condition", "muscles", "twitch_count"])


def test_muscles_are_clustered_least_squares_as_statsmodels_has_it():
    import statsmodels.api as sm

    frame = sessions_of()
    marks = pd.DataFrame({name: frame["muscles"].str.contains(name).astype(float) for name in MUSCLES})
    codes = pd.factorize(frame["patient_id"])[0]
    fit = sm.OLS(frame["twitch_count"], marks).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
    )
    found = muscle_twitches(frame).set_index("muscle").loc[list(MUSCLES)]
    people = found["patients"].to_numpy()
    np.testing.assert_allclose(found["estimate"], fit.params, rtol=1e-9)
    np.testing.assert_allclose(found["std_error"], fit.bse * np.sqrt(people / (people - 1)), rtol=1e-9)
    assert found["sessions"].tolist() == marks.sum().astype(int).tolist()


def test_intervals_of_muscles_hold_the_truth_about_as_often_as_they_say():
    hits = []
    for seed in range(60):
        found = muscle_twitches(sessions_of(40, seed)).set_index("muscle")
        hits += [
            found.loc[name, "conf_low"] < true < found.loc[name, "conf_high"]
            for name, true in MUSCLES.items()
        ]
    assert 0.88 < np.mean(hits) < 0.99


def test_muscles_never_needled_apart_cannot_be_told_apart():
    frame = sessions_of().assign(muscles="soleus;gastrocnemius")
    found = muscle_twitches(frame)
    assert found["note"].tolist() == [TOGETHER] * 2
    assert found["estimate"].isna().all()


def test_muscles_stand_by_name_neither_by_size_nor_by_twitches():
    found = muscle_twitches(sessions_of())
    assert found["muscle"].tolist() == sorted(MUSCLES)
    assert not found["sessions"].is_monotonic_decreasing or not found["estimate"].is_monotonic_decreasing


@pytest.mark.parametrize("drop", ["muscles", "twitch_count"])
def test_not_recorded_is_a_row_that_says_so(drop):
    found = muscle_twitches(sessions_of().assign(**{drop: np.nan}))
    assert found["note"].tolist() == [NOT_RECORDED]
    assert muscle_twitches(sessions_of().drop(columns=drop))["note"].tolist() == [NOT_RECORDED]


def test_what_is_no_muscle_is_shown_as_other():
    frame = sessions_of()
    renamed = frame.assign(muscles=frame["muscles"].str.replace("masseter", "ask Jane Doe"))
    found = muscle_twitches(renamed).set_index("muscle")["estimate"]
    assert set(found.index) == {"soleus", "gastrocnemius", "other"}
    assert found["other"] == pytest.approx(muscle_twitches(frame).set_index("muscle")["estimate"]["masseter"])
