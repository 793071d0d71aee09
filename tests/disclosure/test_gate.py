"""The gate: what is withheld, what stays, what is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.disclosure.gate import protect, protect_all
from outcomes.disclosure.ledger import Ledger
from outcomes.errors import DisclosureError


def estimates(patients, **columns):
    names = ["headache", "neck_pain", "jaw_pain", "low_back_pain", "tennis_elbow"][: len(patients)]
    frame = pd.DataFrame(
        {"condition": names, "patients": patients, "estimate": np.arange(1.0, len(names) + 1)}
    )
    return frame.assign(**columns)


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
    small = page.table.iloc[1]
    assert pd.isna(small["std_error"])
    assert pd.isna(small["why"])
    assert small["note"].startswith("withheld: fewer than 11 patients")
    assert page.withheld[["table", "condition", "columns"]].values.tolist() == [["table", "neck_pain", "all"]]
    assert page.table.iloc[0]["estimate"] == 1.0


def test_zero_may_be_shown():
    table = protect(estimates([40, 0, 5])).table
    assert table["patients"].iloc[1] == 0


def test_the_next_smallest_goes_with_it_where_a_total_is_shown():
    table = pd.concat([estimates([40, 5, 30, 12]), pd.DataFrame({"condition": ["all"], "patients": [87]})])
    shown = protect(table).table
    assert is_withheld(shown, "neck_pain")
    assert is_withheld(shown, "low_back_pain")
    assert shown.set_index("condition")["patients"].dropna().to_dict() == {
        "headache": 40,
        "jaw_pain": 30,
        "all": 87,
    }


def test_small_and_guarding_cells_look_the_same():
    table = pd.concat([estimates([40, 5, 12]), pd.DataFrame({"condition": ["all"], "patients": [57]})])
    page = protect(table)
    assert page.table["note"].iloc[1] == page.table["note"].iloc[2]
    assert len(set(page.withheld["reason"])) == 1


def test_a_total_in_another_table_counts():
    by_condition = estimates([40, 5, 30, 12])
    overall = pd.DataFrame({"patients": [87], "estimate": [1.0]})
    shown = protect_all({"by_condition": by_condition, "overall": overall})
    assert is_withheld(shown["by_condition"].table, "low_back_pain")
    assert shown["overall"].table["patients"].iloc[0] == 87
    assert not is_withheld(protect(by_condition).table.assign(note=""), "low_back_pain")


def test_patients_with_two_conditions_are_no_way_round():
    """The total counts patients once (83 < 87), the sessions still add up: the complement is needed all the same."""
    by_condition = estimates([40, 5, 30, 12], sessions=[100, 9, 80, 40])
    overall = pd.DataFrame({"patients": [83], "sessions": [229]})
    shown = protect_all({"by_condition": by_condition, "overall": overall})["by_condition"].table
    assert is_withheld(shown, "neck_pain")
    assert is_withheld(shown, "low_back_pain")


def test_the_same_group_in_two_tables_is_withheld_in_both():
    first = pd.concat([estimates([40, 5, 30, 12]), pd.DataFrame({"condition": ["all"], "patients": [87]})])
    second = estimates([40, 5, 30, 12]).rename(columns={"estimate": "mean"})
    shown = protect_all({"first": first, "second": second})
    assert shown["second"].table["mean"].isna().tolist() == [False, True, False, True]


def responders(counts, sessions):
    return pd.DataFrame(
        {
            "condition": ["headache", "neck_pain", "jaw_pain"][: len(counts)],
            "patients": 30,
            "sessions": sessions,
            "responders": counts,
            "proportion": np.array(counts) / np.array(sessions),
            "conf_low": 0.1,
            "conf_high": 0.9,
        }
    )


@pytest.mark.parametrize("count", [3, 97])
def test_a_small_part_and_what_it_leaves_are_withheld_with_share_and_interval(count):
    table = protect(responders([count, 50], [100, 100])).table
    assert table.loc[0, ["responders", "proportion", "conf_low", "conf_high"]].isna().all()
    assert table.loc[0, "sessions"] == 100
    assert table.loc[0, "note"].startswith("withheld in part: responders, proportion")
    assert table.loc[1, "proportion"] == 0.5


def test_none_and_all_may_be_shown():
    table = protect(responders([0, 100], [100, 100])).table
    assert table["proportion"].tolist() == [0.0, 1.0]


def test_a_share_without_its_count_is_a_count_too():
    table = pd.DataFrame({"condition": ["headache"], "patients": [40], "sessions": [100], "worse": [0.05]})
    assert protect(table.assign(better=0.5, same=0.45)).table[["worse", "same"]].isna().all(axis=None)
    assert pd.isna(protect(table).table["worse"].iloc[0])


def test_a_small_part_is_not_had_from_the_total():
    table = responders([3, 50, 40], [100, 100, 100])
    total = responders([93], [300]).assign(condition="all", patients=90)
    shown = protect(pd.concat([table, total], ignore_index=True)).table
    assert shown["responders"].isna().sum() == 2
    assert shown.loc[3, "responders"] == 93


def test_without_sessions_a_share_is_one_of_patients():
    table = pd.DataFrame({"patients": [40, 40], "proportion": [0.1, 0.5], "conf_low": [0.0, 0.4]})
    shown = protect(table).table
    assert shown["proportion"].isna().tolist() == [True, False]
    assert shown["conf_low"].isna().tolist() == [True, False]


def test_what_is_missing_is_not_had_from_what_was_reached():
    table = pd.DataFrame(
        {"patients": [40], "sessions": [100], "reached": [95], "missing": [5], "capture_rate": [0.95]}
    )
    shown = protect(table).table
    assert shown[["reached", "missing", "capture_rate"]].isna().all(axis=None)
    assert shown["sessions"].iloc[0] == 100


def test_a_withheld_number_of_eligible_sessions_is_not_had_from_the_capture_rate():
    table = pd.DataFrame(
        {
            "condition": ["headache", "neck_pain", "jaw_pain", "all"],
            "patients": [40, 9, 20, 69],
            "sessions": [80, 18, 40, 138],
            "sessions_eligible": [100, 25, 50, 175],
        }
    )
    table["capture_rate"] = table["sessions"] / table["sessions_eligible"]
    shown = protect(table).table
    assert shown.loc[[1, 2], ["sessions", "sessions_eligible", "capture_rate"]].isna().all(axis=None)
    once = shown["sessions_eligible"].isna()
    assert shown.loc[once, "capture_rate"].isna().all()


def test_eligible_sessions_stay_beside_thresholds():
    curve = pd.DataFrame({"threshold": [1, 2, 3], "patients": 60, "sessions": 100, "sessions_eligible": 120})
    shown = protect(curve.assign(proportion=[0.80, 0.75, 0.50])).table
    assert shown["sessions_eligible"].notna().all()
    assert shown["proportion"].isna().tolist() == [False, True, False]


def test_tails_of_few_patients_are_withheld():
    table = pd.DataFrame({"patients": [20, 30], "p10": [1.0, 1.0], "median": [4.0, 4.0], "p75": [6.0, 6.0]})
    shown = protect(table).table
    assert shown["p10"].isna().tolist() == [True, False]
    assert shown[["median", "p75"]].notna().all(axis=None)


def test_thresholds_of_a_responder_curve_keep_their_distance():
    curve = pd.DataFrame({"threshold": [1, 2, 3, 4], "patients": 60, "sessions": 100})
    shown = protect(curve.assign(proportion=[0.80, 0.75, 0.50, 0.04])).table
    assert shown["proportion"].isna().tolist() == [False, True, False, True]


def test_a_contrast_that_names_a_small_group_is_withheld():
    groups = estimates([40, 5])
    contrasts = pd.DataFrame(
        {"contrast": ["neck_pain - headache", "headache - mean"], "patients": 45, "estimate": [1.0, 2.0]}
    )
    terms = contrasts.rename(columns={"contrast": "term"}).assign(
        term=["condition[T.neck_pain]", "Intercept"]
    )
    shown = protect_all({"groups": groups, "contrasts": contrasts, "terms": terms})
    for name in ("contrasts", "terms"):
        assert shown[name].table["estimate"].isna().tolist() == [True, False]


def test_small_counts_in_words_are_blurred():
    table = estimates([40], why=["7 patients got worse, 40 patients did not; at least 5 patients are needed"])
    text = protect(table).table["why"].iloc[0]
    assert text.startswith("fewer than 11 patients got worse, 40 patients did not; at least 5 patients")


def test_rows_whose_patients_were_not_counted_are_withheld():
    assert is_withheld(protect(estimates([40.0, np.nan])).table, "neck_pain")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"mystery": 1.0}, "mystery"),
        ({"max": 1.0}, "extremes"),
        ({"pain_pre": 1.0}, "single readings"),
        ({"patient_id": "p1"}, "single readings"),
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


@settings(max_examples=30, deadline=None)
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
    bare = {name: pd.DataFrame(table.to_dict("list")) for name, table in once.items()}
    unmarked = {name: page.table for name, page in protect_all(bare).items()}
    for name, table in once.items():
        pd.testing.assert_frame_equal(twice[name], table)
        pd.testing.assert_frame_equal(unmarked[name], table, check_dtype=False)


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


def test_a_later_export_gives_no_small_difference_away():
    ledger = Ledger()
    first = protect_all({"t": estimates([40, 60, 30])}, ledger=ledger)
    ledger.add({name: page.table for name, page in first.items()})
    later = protect_all({"t": estimates([43, 60, 52])}, ledger=ledger)["t"]
    assert later.table["patients"].isna().tolist() == [True, False, False]
    assert "earlier export" in later.table["note"].iloc[0]
    assert json.dumps(later.withheld["reason"].tolist()).count("43") == 0


def test_a_row_withheld_for_its_difference_is_not_had_from_the_total():
    total = pd.DataFrame({"condition": ["all"], "patients": [130]})
    ledger = Ledger()
    ledger.add({"t": pd.concat([estimates([40, 60, 30]), total])})
    later = pd.concat([estimates([43, 80, 52]), total.assign(patients=175)])
    shown = protect_all({"t": later}, ledger=ledger)["t"].table
    assert shown["patients"].isna().sum() == 2


def test_little_more_goes_than_must():
    """Twelve conditions at two times and everybody, one of them small at two days: two conditions go, not more."""
    names = [f"condition_{i}" for i in range(12)]
    post = pd.DataFrame({"condition": names, "time": "post", "patients": [11, 21, *range(30, 130, 10)]})
    later = post.assign(time="48h", patients=[9, 20, *range(28, 128, 10)])
    parts = [
        pd.concat([t, pd.DataFrame([{"condition": "all", "patients": t["patients"].sum()}])])
        for t in (post, later)
    ]
    table = pd.concat(
        [parts[0].fillna({"time": "post"}), parts[1].fillna({"time": "48h"})], ignore_index=True
    )
    shown = protect(table).table
    gone = set(shown.loc[shown["patients"].isna(), "condition"])
    assert gone == {"condition_0", "condition_1"}
    assert shown.loc[shown["condition"] == "all", "patients"].notna().all()
