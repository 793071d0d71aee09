"""The gate: what is rounded, what becomes a range, what is withheld, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.disclosure.gate import protect, protect_all
from outcomes.errors import DisclosureError


def estimates(patients, **columns):
    names = ["headache", "neck_pain", "jaw_pain", "low_back_pain", "tennis_elbow"][: len(patients)]
    frame = pd.DataFrame(
        {"condition": names, "patients": patients, "estimate": np.arange(1.0, len(names) + 1)}
    )
    return frame.assign(**columns)


def everybody(patients, **columns):
    return pd.DataFrame({"condition": ["all"], "patients": [patients], **columns})


def is_withheld(table, condition):
    row = table.set_index("condition").loc[condition]
    return pd.isna(row["patients"]) and pd.isna(row["estimate"]) and row["note"].startswith("withheld: ")


def test_nothing_small_nothing_changed():
    table = estimates([40, 11, 0])
    before = table.copy()
    page = protect(table)
    pd.testing.assert_frame_equal(page.table, before)
    pd.testing.assert_frame_equal(table, before)
    assert page.withheld.empty
    assert page.limits.least_patients == 11


@pytest.mark.parametrize("patients", [1, 10])
def test_a_small_row_is_withheld_with_the_reason(patients):
    table = estimates([40, patients], std_error=[0.1, 0.2], why=["41 of them", "7 of them"])
    page = protect(table)
    assert is_withheld(page.table, "neck_pain")
    assert page.table.loc[1, ["std_error", "why"]].isna().all()
    assert page.table["note"].iloc[1] == "withheld: fewer than 11 patients"
    assert page.withheld[["table", "condition"]].values.tolist() == [["table", "neck_pain"]]
    assert page.table.iloc[0]["estimate"] == 1.0


def test_figures_are_rounded_to_what_the_interval_supports():
    table = estimates([40, 12], conf_low=[0.612, 1.1], conf_high=[1.388, 2.9], std_error=[0.1979, 0.459])
    table = table.assign(
        estimate=[1.0234, 2.0], observed=[1.0871, 1.93], df=[38.7, 10.2], p_value=[3.2e-7, 0.0234]
    )
    shown = protect(table).table
    assert shown["estimate"].tolist() == [1.0, 2.0]
    assert shown[["conf_low", "conf_high"]].values.tolist() == [[0.6, 1.4], [1.0, 3.0]]
    assert shown["observed"].tolist() == [1.1, 2.0]
    assert shown["std_error"].tolist() == [0.2, 0.5]
    assert shown["p_value"].tolist() == [0.001, 0.02]
    assert shown["df"].isna().all()


@settings(max_examples=60, deadline=None)
@given(st.floats(-10, 10), st.floats(0.01, 5), st.integers(11, 2000))
def test_a_rounded_interval_holds_the_one_computed(estimate, half, patients):
    low, high = estimate - half, estimate + half
    row = protect(
        pd.DataFrame({"patients": [patients], "estimate": estimate, "conf_low": low, "conf_high": high})
    ).table
    shown = row.iloc[0]
    assert shown["conf_low"] <= low + 1e-9
    assert shown["conf_high"] >= high - 1e-9
    assert abs(shown["estimate"] - estimate) <= half / 4 + 1e-9
    assert shown["conf_low"] <= shown["estimate"] <= shown["conf_high"]


def test_a_total_gives_no_small_group_away():
    """Groups of 40, 5, 30 and 12 patients, 87 in all: some are rounded until the five cannot be had, never all."""
    table = pd.concat([estimates([40, 5, 30, 12]), everybody(87)], ignore_index=True)
    shown = protect(table).table.set_index("condition")
    assert is_withheld(shown.reset_index(), "neck_pain")
    assert shown.loc["all", "patients"] == 87
    rounded = shown["note"].str.contains("rounded")
    assert rounded.sum() in (1, 2)
    assert shown["note"][rounded].str.fullmatch(r"patients rounded to a band of (11|22)").all()
    assert not rounded["all"]


def test_a_total_in_another_table_counts():
    shown = protect_all({"by_condition": estimates([40, 5, 30, 12]), "overall": everybody(87)})
    assert shown["by_condition"].table["note"].str.contains("rounded").any()
    assert shown["overall"].table["patients"].iloc[0] == 87
    assert not protect(estimates([40, 5, 30, 12])).table["note"].str.contains("rounded").any()


def test_how_many_patients_have_two_conditions_is_not_had_by_adding_up():
    """Groups of 40, 30 and 21 patients, 88 in all: three have two conditions."""
    table = pd.concat([estimates([40, 30, 21]), everybody(88)], ignore_index=True)
    shown = protect(table).table.set_index("condition")
    assert shown.loc["all", "patients"] == 88
    assert shown["note"].str.contains("rounded").any()


def test_how_many_came_twice_is_not_had_from_patients_and_sessions():
    shown = protect(pd.DataFrame({"patients": [60], "sessions": [63]})).table
    assert "rounded" in shown["note"].iloc[0]
    assert "note" not in protect(pd.DataFrame({"patients": [60], "sessions": [160]})).table
    assert "note" not in protect(pd.DataFrame({"patients": [60], "sessions": [60]})).table


def test_populations_of_one_group_are_told_in_bands():
    """Of 600 patients 597 have one reading and 551 another: nobody learns how many lack one."""
    table = pd.DataFrame(
        {"measure": ["records", "one", "other"], "patients": [600, 597, 551], "estimate": 1.0}
    )
    assert protect(table).table["patients"].tolist() == [600, 600, 555]


def responders(counts, sessions, **columns):
    count = len(counts)
    return pd.DataFrame(
        {
            "condition": ["headache", "neck_pain", "jaw_pain"][:count],
            "patients": 30,
            "sessions": sessions,
            "responders": counts,
            "proportion": np.array(counts) / np.array(sessions),
            "conf_low": 0.1,
            "conf_high": 0.9,
            **columns,
        }
    )


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (3, "fewer than 11 of 45 (under 1 in 4)"),
        (0, "fewer than 11 of 45 (under 1 in 4)"),
        (43, "more than 32 of 45"),
    ],
)
def test_a_small_part_and_what_it_leaves_are_told_as_a_range(count, said):
    row = protect(responders([count], [45])).table.iloc[0]
    assert pd.isna(row["responders"])
    assert pd.isna(row["proportion"])
    assert row["note"].startswith(said)
    assert row["conf_low"] <= count / 45 <= row["conf_high"]
    assert row["sessions"] == 45


def test_a_share_in_the_middle_is_rounded_to_a_band_of_eleven():
    shares = [protect(responders([count], [100])).table["proportion"].iloc[0] for count in range(33, 44)]
    assert len(set(shares)) == 1
    assert abs(shares[0] - 0.38) < 0.06


def test_a_share_without_its_count_is_a_count_too():
    table = pd.DataFrame({"condition": ["headache"], "patients": [40], "sessions": [100], "worse": [0.05]})
    shown = protect(table.assign(better=0.5, same=0.45)).table
    assert pd.isna(shown["worse"].iloc[0])
    assert "worse: fewer than 11 of 100" in shown["note"].iloc[0]


def test_a_small_part_is_not_had_from_the_total():
    """Three, fifty and forty respond, ninety-three in all; each of the others is told closely enough to matter."""
    table = responders([3, 50, 40], [100, 100, 100])
    total = responders([93], [300]).assign(condition="all", patients=90)
    shown = protect(pd.concat([table, total], ignore_index=True)).table
    assert pd.isna(shown["proportion"].iloc[0])
    assert shown["responders"].isna().all()


def test_without_sessions_a_share_is_one_of_patients():
    table = pd.DataFrame(
        {"patients": [40, 140], "proportion": [0.1, 0.5], "conf_low": [0.0, 0.4], "conf_high": 0.6}
    )
    shown = protect(table).table
    assert shown["proportion"].isna().tolist() == [True, False]


def test_tails_of_few_patients_are_withheld():
    table = pd.DataFrame({"patients": [20, 30], "p10": [1.0, 1.0], "median": [4.0, 4.0], "p75": [6.0, 6.0]})
    shown = protect(table).table
    assert shown["p10"].isna().tolist() == [True, False]
    assert shown[["median", "p75"]].notna().all(axis=None)


def test_steps_of_a_flow_that_lie_near_another_go():
    flow = pd.DataFrame({"step": ["recorded", "eligible", "tried", "reached", "known"], "patients": 100})
    shown = protect(flow.assign(sessions=[400, 400, 395, 300, 290])).table
    assert shown["sessions"].isna().tolist() == [False, False, True, True, False]


def test_a_contrast_that_names_a_small_group_is_withheld():
    groups = estimates([40, 5])
    contrasts = pd.DataFrame(
        {"contrast": ["neck_pain - headache", "headache - mean"], "patients": 45, "estimate": [1.0, 2.0]}
    )
    shown = protect_all({"groups": groups, "contrasts": contrasts})
    assert shown["contrasts"].table["estimate"].isna().tolist() == [True, False]


def test_small_counts_in_words_are_blurred():
    table = estimates([40], why=["7 patients got worse, 40 patients did not; at least 5 patients are needed"])
    text = protect(table).table["why"].iloc[0]
    assert text.startswith("fewer than 11 patients got worse, 40 patients did not; at least 5 patients")


def test_rows_whose_patients_were_not_counted_are_withheld():
    assert is_withheld(protect(estimates([40.0, np.nan])).table, "neck_pain")


@pytest.mark.parametrize("one", ["1 patient", "1 session"])
def test_one_in_words_is_blurred_to_several(one):
    text = protect(estimates([40], why=[f"{one} got worse"])).table["why"].iloc[0]
    assert text == f"fewer than 11 {one[2:]}s got worse"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"mystery": 1.0}, "mystery"),
        ({"max": 1.0}, "extremes"),
        ({"pain_pre": 1.0}, "single readings"),
        ({"patient_id": "p1"}, "single readings"),
        ({"at_risk": 30}, "shares at fixed hours"),
    ],
)
def test_what_is_unknown_or_single_is_refused(columns, words):
    with pytest.raises(DisclosureError, match=words):
        protect(estimates([40], **columns))


def test_a_table_must_say_how_many_patients():
    with pytest.raises(DisclosureError, match="no column 'patients'"):
        protect(pd.DataFrame({"condition": ["headache"], "estimate": [1.0]}), name="thresholds")
    thresholds = pd.DataFrame({"anything": ["headache"], "citation": ["Farrar 2001"]})
    page = protect(thresholds, kind="reference")
    pd.testing.assert_frame_equal(page.table, thresholds)
    with pytest.raises(DisclosureError, match="declared as reference"):
        protect(estimates([3]), kind="reference")
    with pytest.raises(DisclosureError, match="only a pandas DataFrame"):
        protect([1, 2])
    with pytest.raises(DisclosureError, match="choose estimates or reference"):
        protect(thresholds, kind="other")


def test_the_clinician_sees_a_single_patient():
    course = pd.DataFrame({"session_number": [1, 2], "pain_pre": [6.0, 5.0], "patient_id": ["p1", "p1"]})
    pd.testing.assert_frame_equal(protect(course, audience="clinician").table, course)
    assert protect(estimates([1]), audience="clinician").table["patients"].iloc[0] == 1
    with pytest.raises(DisclosureError, match="mystery"):
        protect(course.assign(mystery=1), audience="clinician")


def test_the_researcher_has_a_limit_of_its_own():
    shown = protect(estimates([5, 4]), audience="researcher").table
    assert shown["patients"].iloc[0] == 5
    assert is_withheld(shown, "neck_pain")


COUNTS = st.lists(st.one_of(st.integers(0, 14), st.integers(0, 80)), min_size=8, max_size=8)


@settings(max_examples=20, deadline=None)
@given(COUNTS, COUNTS)
def test_protecting_twice_equals_once(patients, responded):
    conditions = ["headache", "neck_pain", "jaw_pain", "other"]
    keys = pd.MultiIndex.from_product([conditions, ["female", "male"]], names=["condition", "sex"])
    inner = pd.DataFrame({"patients": patients, "sessions": np.array(patients) * 2}, index=keys).reset_index()
    inner["responders"] = np.minimum(responded, inner["sessions"])
    outer = inner.groupby("condition", as_index=False, sort=False)[
        ["patients", "sessions", "responders"]
    ].sum()
    tables = {"inner": inner, "outer": outer, "all": outer.drop(columns="condition").sum().to_frame().T}
    once = {name: page.table for name, page in protect_all(tables).items()}
    twice = {name: page.table for name, page in protect_all(once).items()}
    for name, table in once.items():
        pd.testing.assert_frame_equal(twice[name], table)


def test_a_changed_table_is_protected_again():
    shown = protect(estimates([40, 5])).table
    shown.loc[0, "patients"] = 4
    assert is_withheld(protect(shown).table, "headache")


@settings(max_examples=30, deadline=None)
@given(COUNTS, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(patients, random):
    table = pd.DataFrame({"condition": list("abcdefgh"), "patients": patients, "estimate": 1.0})
    table.loc[8] = ["all", sum(patients), 1.0]
    order = list(range(9))
    random.shuffle(order)
    once, mixed = protect(table).table, protect(table.iloc[order].reset_index(drop=True)).table
    pd.testing.assert_series_equal(
        once.set_index("condition")["patients"].sort_index(),
        mixed.set_index("condition")["patients"].sort_index(),
        check_dtype=False,
    )
