"""Patients alike, counted by another road; and made coarser no more than needed."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.deidentify.k_anonymity import generalise, k_anonymity
from outcomes.deidentify.run import deidentify
from outcomes.errors import DisclosureError
from outcomes.record.columns import AGE_BANDS, WIDE_AGE_BANDS, column, wide_age_band

KEY = b"not a secret, but long enough"


def test_k_is_counted_over_patients_not_sessions():
    sessions = pd.DataFrame(
        {
            "patient_id": ["a", "a", "a", "b", "c", "c"],
            "sex": ["female", "female", "female", "male", "male", "male"],
            "condition": ["headache", "headache", "headache", "headache", "headache", None],
            "clinic_id": [None] * 6,
        }
    )
    report = k_anonymity(sessions)
    assert list(report.columns) == ["sex", "condition", "patients"]
    assert sorted(report.values.tolist()) == [
        ["female", "headache", 1],
        ["male", "headache", 2],
        ["male", "not recorded", 1],
    ]
    assert report.attrs["k"] == 1
    assert report["patients"].is_monotonic_increasing
    assert "patient_id" not in report


def test_k_anonymity_of_a_lazy_table_is_the_same():
    import ibis

    sessions = pd.DataFrame({"patient_id": list("aabc"), "sex": ["female", "female", "male", "male"]})
    lazy = k_anonymity(ibis.memtable(sessions))
    pd.testing.assert_frame_equal(lazy, k_anonymity(sessions), check_dtype=False)


def test_k_anonymity_without_anything_to_know():
    sessions = pd.DataFrame({"patient_id": ["a", "b", "b"]})
    assert k_anonymity(sessions).values.tolist() == [[2]]
    assert k_anonymity(sessions.head(0)).attrs["k"] == 0
    with pytest.raises(DisclosureError, match="patient_id"):
        k_anonymity(sessions.rename(columns={"patient_id": "id"}))


def cohort(ages: list[str], sexes: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"patient_id": [f"P{i}" for i in range(len(ages))], "age_band": ages, "sex": sexes})


def test_bands_are_widened_as_little_as_reaches_k():
    frame = cohort(["20-29", "30-39", "40-49", "50-59"] * 3, ["female"] * 12)
    safe, report = deidentify(frame, key=KEY, generalise=5)
    assert set(safe["age_band"]) == {"20-39", "40-59"}
    assert report.k == 6
    assert "20-year bands" in report.columns.set_index("column").loc["age_band", "done"]
    assert set(deidentify(frame, key=KEY, generalise=3)[0]["age_band"]) == {
        "20-29",
        "30-39",
        "40-49",
        "50-59",
    }


def test_age_is_left_out_before_sex():
    frame = cohort(["0-9", "30-39", "60-69", "90+"] * 2, ["female", "male"] * 4)
    safe, report = deidentify(frame, key=KEY, generalise=4)
    assert "age_band" not in safe
    assert report.k == 4
    assert set(safe["sex"]) == {"female", "male"}


def test_rare_activities_become_other():
    frame = cohort(["30-39"] * 12, ["female"] * 12).assign(
        activity=["runner"] * 6 + ["driver"] * 3 + ["dancer"] * 3
    )
    safe, report = deidentify(frame, key=KEY, generalise=6)
    assert safe["activity"].value_counts().to_dict() == {"runner": 6, "other": 6}
    assert report.k == 6


def test_a_k_out_of_reach_is_said():
    with pytest.raises(DisclosureError, match=r"group of 20.*group of 12, of 12 patients"):
        deidentify(cohort(["30-39"] * 12, ["female"] * 12), key=KEY, generalise=20)
    with pytest.raises(DisclosureError, match="Choose 2 or more"):
        deidentify(cohort(["30-39"], ["female"]), key=KEY, generalise=1)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(AGE_BANDS), st.sampled_from(["female", "male", "other"]), st.sampled_from("abcd")
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(2, 6),
)
def test_k_holds_by_a_count_of_its_own(people, k):
    frame = pd.DataFrame(people, columns=["age_band", "sex", "activity"]).assign(
        patient_id=[f"P{i}" for i in range(len(people))]
    )
    if len(people) < k:
        with pytest.raises(DisclosureError):
            generalise(frame, k)
        return
    coarse = generalise(frame, k).sessions
    keys = coarse[["age_band", "sex", "activity"]].astype(object).where(coarse.notna(), "-")
    assert pd.Series(list(map(tuple, keys.to_numpy()))).value_counts().min() >= k
    allowed = {*AGE_BANDS, *WIDE_AGE_BANDS[20], *WIDE_AGE_BANDS[30]}
    assert set(coarse["age_band"].dropna()) <= allowed


def test_the_wide_bands_are_those_the_record_takes():
    assert {*WIDE_AGE_BANDS[20], *WIDE_AGE_BANDS[30]} == set(column("age_band").also)


@pytest.mark.parametrize("years", [20, 30])
def test_every_band_lies_within_its_wide_age_band(years):
    wide = {band: wide_age_band(band, years) for band in AGE_BANDS}
    ages = {band: int(band.rstrip("+").split("-")[0]) for band in AGE_BANDS}
    assert {
        band: (ages[band] // years * years if "+" not in w else int(w[:2])) for band, w in wide.items()
    } == {band: int(w.rstrip("+").split("-")[0]) for band, w in wide.items()}
    assert [wide["0-9"], wide["80-89"], wide["90+"]] == (
        ["0-19", "80+", "80+"] if years == 20 else ["0-29", "60+", "60+"]
    )
    assert wide_age_band("unknown", years) is None


def test_ages_are_widened_before_the_clinic_is_left_out():
    frame = cohort(["20-29", "30-39"] * 4, ["female"] * 8).assign(
        clinic_id=["north", "north", "south", "south"] * 2
    )
    assert generalise(frame, 4).done == {"age_band": "20-year bands"}
