"""One patient: predictions against the whole covariance matrix and by simulation, changes against measurement error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

import outcomes as oc
from outcomes.errors import OutcomesError
from outcomes.models.mixed.fit import fit_mixed
from outcomes.questions import patient as one
from outcomes.words import NOT_RECORDED, TOO_FEW

TIMES = {"pre": "before", "post": "right after", "48h": "at 2 days"}


def clinic(patients: int = 25, seed: int = 1, *, between: float = 1.0, residual: float = 1.2) -> pd.DataFrame:
    """Unrounded pain of one condition; relief has a spread between patients and within."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(patients), rng.integers(1, 7, patients))
    before = rng.uniform(3, 9, len(who))
    relief = 0.5 + 0.2 * before + rng.normal(0, between, patients)[who] + rng.normal(0, residual, len(who))
    return pd.DataFrame(
        {
            "patient_id": [f"p{i:02d}" for i in who],
            "condition": "neck_pain",
            "session_number": pd.Series(who).groupby(who).cumcount().to_numpy() + 1,
            "pain_pre": before,
            "pain_48h": before - relief,
        }
    )


def kriged(frame: pd.DataFrame, patient: str) -> tuple[float, float]:
    """Universal kriging with the fitted variances and the whole covariance matrix written out."""
    used = frame.assign(relief=frame["pain_pre"] - frame["pain_48h"])
    fit = fit_mixed("relief ~ pain_pre + (1 | patient_id)", used)
    s2, t2 = fit.sigma**2, float(fit.variance_components["variance"].iloc[0])
    same = used["patient_id"].to_numpy()[:, None] == used["patient_id"].to_numpy()[None, :]
    v = t2 * same + s2 * np.eye(len(used))
    x = np.column_stack([np.ones(len(used)), used["pain_pre"]])
    c = t2 * (used["patient_id"] == patient).to_numpy(float)
    at = np.array([1.0, used.loc[used["patient_id"] == patient, "pain_pre"].mean()])
    inverse = np.linalg.inv(v)
    information = np.linalg.inv(x.T @ inverse @ x)
    beta = information @ x.T @ inverse @ used["relief"]
    d = at - x.T @ inverse @ c
    estimate = at @ beta + c @ inverse @ (used["relief"] - x @ beta)
    return float(estimate), float(np.sqrt(t2 + s2 - c @ inverse @ c + d @ information @ d))


@pytest.mark.parametrize("patient", ["p00", "p03", "p11"])
def test_the_next_session_is_predicted_as_by_the_whole_covariance_matrix(patient):
    frame = clinic()
    row = one.next_session(frame, patient).set_index("time").loc["48h"]
    estimate, error = kriged(frame, patient)
    assert row["estimate"] == pytest.approx(estimate, rel=1e-6)
    assert row["std_error"] == pytest.approx(error, rel=1e-6)
    reach = t.ppf(0.9, 24) * error
    before = frame.loc[frame["patient_id"] == patient, "pain_pre"].mean()
    assert row["conf_high"] == pytest.approx(min(estimate + reach, before), rel=1e-6)


@pytest.mark.slow
def test_the_range_holds_eight_in_ten_next_sessions():
    held = []
    for seed in range(40):
        frame = clinic(30, seed, between=0.6, residual=0.8)
        last = frame.groupby("patient_id").tail(1).index
        for index in last[:12]:
            patient = frame.loc[index, "patient_id"]
            mean = frame.loc[frame["patient_id"] == patient, "pain_pre"].mean()
            seen = frame.copy()
            seen.loc[index, "pain_48h"] = np.nan
            row = one.next_session(seen, patient).set_index("time").loc["48h"]
            relief = (
                frame.loc[index, "pain_pre"]
                - frame.loc[index, "pain_48h"]
                + 0.2 * (mean - frame.loc[index, "pain_pre"])
            )
            held.append(row["conf_low"] <= relief <= row["conf_high"])
    assert 0.76 < np.mean(held) < 0.86


def test_a_patient_without_readings_is_predicted_as_a_new_one():
    frame = clinic()
    frame.loc[frame["patient_id"] == "p03", "pain_48h"] = np.nan
    fit = fit_mixed(
        "relief ~ pain_pre + (1 | patient_id)", frame.assign(relief=frame["pain_pre"] - frame["pain_48h"])
    )
    row = one.next_session(frame, "p03").set_index("time").loc["48h"]
    at = frame.loc[frame["patient_id"] == "p03", ["pain_pre"]].mean().to_frame().T.assign(patient_id="new")
    assert row["sessions"] == 0
    assert row["estimate"] == pytest.approx(float(fit.predict(at).iloc[0]))


def test_changes_stand_against_measurement_error():
    frame = clinic(12)
    own = pd.DataFrame(
        {
            "patient_id": "me",
            "condition": "neck_pain",
            "session_number": [1, 2, 3, 4],
            "pain_pre": [8.0, 5.0, 5.0, 5.0],
            "pain_48h": [4.0, 4.0, 9.0, np.nan],
        }
    )
    found = one.reliable_changes(pd.concat([frame, own], ignore_index=True), "me")
    rows = found[(found["measure"] == "pain_relief") & (found["time"] == "48h")]
    assert rows["measurement_error"].dropna().unique().tolist() == [
        pytest.approx(4.0)
    ]  # Kovacs 2008, neck pain
    assert rows["verdict"].tolist()[:3] == [one.BETTER, one.WITHIN, one.WORSE]
    assert rows["note"].iloc[3] == NOT_RECORDED
    assert (rows["conf_low"] < rows["expected"]).iloc[:3].all()
    said = one.reliable_sentences(found, TIMES)
    assert any("of 3 sessions with a reading, 1 better and 1 worse" in text for text in said)
    assert any("right after: not recorded" in text for text in said)


def test_like_sessions_are_those_of_others():
    frame = clinic(12)
    own = frame["patient_id"] == "p04"
    found = one.reliable_changes(frame, "p04")
    shifted = frame.assign(pain_48h=frame["pain_48h"].where(~own, frame["pain_48h"] - 3.0))
    again = one.reliable_changes(shifted, "p04")
    pd.testing.assert_series_equal(found["expected"], again["expected"])
    told = found["estimate"].notna()
    np.testing.assert_allclose(again["estimate"][told] - found["estimate"][told], 3.0)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("headache", 2.4),
        ("low_back_pain", 2.828),
        ("tennis_elbow", 1.668),
        ("jaw_pain", 1.96 * np.sqrt(2) * 1.02),
        ("elsewhere", 2.827),
    ],
)
def test_measurement_error_of_pain_is_the_conditions_own_or_the_scales(name, error):
    assert one.pain_error(name) == pytest.approx(error, abs=1e-3)


def test_with_too_few_others_nothing_is_predicted():
    frame = clinic(5)
    assert set(one.next_session(frame, "p01")["note"]) == {NOT_RECORDED, TOO_FEW}
    assert all(
        "too few" in text or "not recorded" in text
        for text in one.next_sentences(one.next_session(frame, "p01"), TIMES)
    )


def test_an_unknown_patient_is_refused_without_naming_others():
    with pytest.raises(
        OutcomesError, match=r"no session is of the patient 'nobody'.*25 pseudonyms"
    ) as caught:
        one.one_patient(clinic(), "nobody")
    assert "p01" not in str(caught.value)


def test_patients_come_by_number_of_sessions_then_by_name():
    frame = pd.DataFrame({"patient_id": list("abbcc")})
    assert one.patients_by_sessions(frame) == ["b", "c", "a"]
    assert one.most_seen(frame) == "b"


def test_the_frames_pass_the_gate_for_the_clinic_and_are_withheld_from_anybody_else():
    frame = clinic()
    for table in (oc.reliable_changes(frame, "p03"), oc.next_session(frame, "p03")):
        shown = oc.protect(table, audience="clinician").table
        assert shown["estimate"].notna().any()
        assert not oc.protect(table, audience="owner").table["estimate"].notna().any()
        assert not oc.protect(table, audience="researcher").table["estimate"].notna().any()


def test_the_next_session_is_said_with_its_range():
    said = one.next_sentences(one.next_session(clinic(), "p03"), TIMES)
    assert "80% of such sessions are expected between" in said[1]
    assert "below 0 is more pain" in said[1]


def test_measurement_error_is_said_with_its_unit():
    changes = one.reliable_changes(clinic(), "p03")
    assert set(changes.loc[changes["measure"] == "pain_relief", "unit"]) == {"points"}
    said = one.reliable_sentences(changes, TIMES)
    assert any("than measurement error (" in sentence and " points)." in sentence for sentence in said)
    assert said[-1].endswith("differ by 2 points or more 31% of the time.")


def test_no_more_relief_is_foreseen_than_there_is_pain_and_no_pain_beyond_ten():
    frame = clinic(25, 3, between=3.0, residual=4.0).assign(pain_pre=lambda f: f["pain_pre"].clip(4, 5))
    rows = pd.concat([one.next_session(frame, f"p{i:02d}") for i in range(12)], ignore_index=True)
    rows = rows[rows["time"] == "48h"]
    before = np.array([frame.loc[frame["patient_id"] == f"p{i:02d}", "pain_pre"].mean() for i in range(12)])
    assert (rows["conf_high"].to_numpy() <= before + 1e-12).all()
    assert (before - rows["conf_low"].to_numpy() <= 10.0 + 1e-12).all()
    assert (rows["conf_high"].to_numpy() == before).any()
