"""Who comes: plain shares, differences against statsmodels, none where there is none, and what was not asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import outcomes as oc
from outcomes.questions import who_comes
from outcomes.questions.expected import LESS, MORE
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.words import NOT_RECORDED, causal_claims

SAME, EQUAL = "same condition", "same condition and pain before"


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(250, seed=7)[0])


@pytest.fixture(scope="module")
def differences(sessions) -> pd.DataFrame:
    return who_comes.group_differences(sessions)


def test_the_mix_counts_each_patient_and_condition_once(sessions) -> None:
    mix = who_comes.patient_mix(sessions)
    first = sessions.sort_values("session_number").drop_duplicates(["patient_id", "condition"])
    told = first["chronicity"].dropna().astype(object)
    row = mix.set_index(["condition", "label"]).loc[("all", "Over a year")]
    assert row["sessions"] == len(told)
    assert row["proportion"] == pytest.approx(told.eq("over_a_year").mean())
    symptoms = first["symptoms"].dropna().str.split(";")
    row = mix.set_index(["condition", "label"]).loc[("all", "Tightness")]
    assert row["proportion"] == pytest.approx(np.mean(["tightness" in tags for tags in symptoms]))
    lasted = mix[(mix["condition"] == "all") & (mix["variable"] == "complaint has lasted")]
    assert lasted["proportion"].sum() == pytest.approx(1.0)


def test_differences_are_those_of_statsmodels(sessions, differences) -> None:
    from statsmodels.formula.api import mixedlm

    frame = oc.with_outcomes(sessions, ["pain_relief_48h"])
    frame = frame.assign(
        group=frame["chronicity"].astype(object).eq("over_a_year").astype(float),
        area=frame["condition"].astype(str),
    )
    frame = frame.dropna(subset=["pain_relief_48h", "pain_pre", "chronicity"])
    ours = differences[differences["value"] == "Over a year"].set_index("model")
    for model, terms in ((SAME, "area + group"), (EQUAL, "area + pain_pre + group")):
        theirs = mixedlm(f"pain_relief_48h ~ {terms}", frame, groups=frame["patient_id"]).fit()
        assert ours.loc[model, "estimate_unshrunk"] == pytest.approx(theirs.params["group"], abs=2e-3)
        assert ours.loc[model, "std_error"] == pytest.approx(theirs.bse["group"], rel=2e-2)


def test_both_ends_of_what_no_effect_shows_are_those_of_the_formula(sessions, differences) -> None:
    frame = oc.with_outcomes(sessions, ["pain_relief_48h"]).dropna(
        subset=["pain_relief_48h", "pain_pre", "chronicity"]
    )
    group = frame["chronicity"].astype(object).eq("over_a_year").astype(float)
    area = pd.get_dummies(frame["condition"].astype(str)).astype(float)
    higher = np.linalg.lstsq(np.column_stack([area, group]), frame["pain_pre"], rcond=None)[0][-1]
    rows = differences[differences["value"] == "Over a year"].set_index("model")
    slope = rows.loc[SAME, "null_benchmark_flare"] / higher
    assert 0.2 < slope < 1.0
    assert rows.loc[EQUAL, "null_benchmark"] == pytest.approx(-slope * higher)
    assert (rows.loc[SAME, "null_benchmark"], rows.loc[EQUAL, "null_benchmark_flare"]) == (0.0, 0.0)


def test_figures_are_shrunk_within_a_question(differences) -> None:
    for _, rows in differences.groupby(["variable", "model"]):
        known = rows[rows["estimate"].notna()]
        assert known["estimate"].std() <= known["estimate_unshrunk"].std() + 1e-12
        assert ((known["conf_low"] <= known["estimate"]) & (known["estimate"] <= known["conf_high"])).all()


def spoken_of(clinics: int, patients: int, first_seed: int) -> np.ndarray:
    """Whether a clinic in which groups make no difference is told that one does; and how often intervals miss 0."""
    spoke, missed = [], []
    for seed in range(first_seed, first_seed + clinics):
        rows = who_comes.group_differences(oc.simulate_sessions(patients, seed=seed, scenario="null")[0])
        said = who_comes.difference_sentences(rows)
        spoke.append(any(f"relief was {way}" in text for text in said for way in (MORE, LESS)))
        missed.append(float(((rows["conf_low"] > 0) | (rows["conf_high"] < 0)).mean()))
    return np.array([spoke, missed])


def test_groups_that_make_no_difference_are_not_spoken_of_in_a_few_clinics() -> None:
    spoke, missed = spoken_of(4, 150, 300)
    assert spoke.sum() == 0
    assert missed.mean() < 0.15


@pytest.mark.slow
def test_groups_that_make_no_difference_are_spoken_of_in_at_most_one_clinic_of_a_hundred() -> None:
    spoke, missed = spoken_of(100, 300, 1000)
    assert spoke.sum() <= binom.isf(0.01, len(spoke), 0.01)
    assert missed.mean() < 0.05


def test_a_group_that_differs_in_both_models_is_named(sessions) -> None:
    later = sessions["pain_48h"].where(~sessions["chronicity"].astype(object).eq("over_a_year"), 0.0)
    told = sessions.assign(pain_48h=later.where(sessions["pain_48h"].notna()))
    said = who_comes.difference_sentences(who_comes.group_differences(told))
    assert "Over a year: relief was more than expected, at equal pain before too." in said


def test_averages_weigh_conditions_as_they_come_and_alike(sessions) -> None:
    found = who_comes.mix_averages(sessions).set_index("label")
    frame = oc.with_outcomes(sessions, ["pain_relief_48h"]).dropna(subset=["pain_relief_48h"])
    assert found.loc["as patients come", "estimate"] == pytest.approx(frame["pain_relief_48h"].mean())
    people = frame.groupby("condition", observed=True)["patient_id"].nunique()
    means = frame.groupby("condition", observed=True)["pain_relief_48h"].mean()[people >= 8]
    assert found.loc["every condition alike", "estimate"] == pytest.approx(means.mean())
    assert found.loc["every condition alike", "std_error"] > 0
    said = who_comes.average_sentences(who_comes.mix_averages(sessions), {})
    assert sum("Expected without any effect" in text for text in said) == 2
    assert causal_claims(" ".join(said)) == []


def test_records_that_do_not_ask_say_so(sessions) -> None:
    old = sessions.drop(columns=[c.name for c in OPTIONAL_COLUMNS] + ["activity"])
    assert set(who_comes.patient_mix(old)["note"]) == {NOT_RECORDED}
    assert set(who_comes.group_differences(old)["note"]) == {NOT_RECORDED}
    assert "do not ask" in who_comes.mix_sentences(who_comes.patient_mix(old))[0]
    assert who_comes.difference_sentences(who_comes.group_differences(old)) == [
        "Whether relief differs between these groups: not recorded."
    ]
    nobody = who_comes.mix_averages(old.assign(pain_48h=np.nan))
    assert set(nobody["note"]) == {NOT_RECORDED}


def test_every_table_passes_the_gate(sessions, differences) -> None:
    mix = who_comes.patient_mix(sessions)
    tables = {
        "mix": mix[mix["condition"] == "all"],
        "differences": differences,
        "averages": who_comes.mix_averages(sessions),
    }
    shown = oc.protect_all(tables, audience="owner")
    counts = pd.concat([found.table["patients"] for found in shown.values()]).dropna()
    assert not counts.between(1, 10).any()
