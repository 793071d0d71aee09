"""Rows found again in a later release: by what they are of, with who stands behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.disclosure.rows import Rows

KEY = b"0" * 32


def table(patients, estimates, **columns):
    names = ["neck_pain", "headache", "jaw_pain"][: len(patients)]
    frame = pd.DataFrame({"condition": names, "patients": patients, "estimate": estimates})
    return frame.assign(**columns)


def rows(frame, raw=None):
    return Rows.of("relief", frame, frame if raw is None else raw, KEY)


def test_what_is_held_is_read_again_and_shown_as_it_was():
    frame = table([40, 30], [1.0, np.nan], note=["", "withheld: fewer than 11 patients"])
    made = rows(frame)
    again = Rows.read("relief", made.held())
    assert again == made
    pd.testing.assert_frame_equal(again.frame(frame), frame)


def test_rows_that_say_the_same_of_what_they_are_of_are_kept_apart():
    twice = pd.concat([table([40], [1.0]), table([40], [2.0])], ignore_index=True)
    made = rows(twice)
    assert len(made.values) == 2
    assert made.frame(twice)["estimate"].tolist() == [1.0, 2.0]


def test_the_figures_behind_a_row_are_those_before_the_gate_and_cannot_be_read():
    shown = table([40], [1.0])
    first, second = (rows(shown, table([40], [value])) for value in (1.04, 0.96))
    (key,) = first.values
    assert first.behind[key] != second.behind[key]
    assert "1.04" not in str(first.behind)
    other = Rows.of("relief", shown, table([40], [1.04]), b"1" * 32)
    assert other.behind[key] != first.behind[key]


@pytest.mark.parametrize(("now", "enough"), [(40, True), (50, False), (51, True), (30, False), (29, True)])
def test_a_row_differs_enough_by_eleven_patients_or_by_nothing(now, enough):
    """The same figures of as many patients, or of eleven more or fewer."""
    earlier, later = rows(table([40], [1.0])), rows(table([now], [1.0]))
    (key,) = earlier.values
    assert later.differs_enough(key, earlier, 11) is enough


def test_other_figures_of_as_many_patients_do_not_differ_enough():
    earlier, later = rows(table([40], [1.0])), rows(table([40], [1.1]))
    (key,) = earlier.values
    assert not later.differs_enough(key, earlier, 11)


def test_a_row_that_is_withheld_keeps_what_it_is_of_and_loses_its_figures_and_words():
    made = rows(table([40], [1.0], why=["4 of them"], note=["boundary"]))
    (key,) = made.values
    row = made.withheld(key, "withheld: as of release 1").frame(table([40], [1.0])).iloc[0]
    assert row["condition"] == "neck_pain"
    assert pd.isna(row["patients"])
    assert pd.isna(row["estimate"])
    assert pd.isna(row["why"])
    assert row["note"] == "withheld: as of release 1"


def test_a_note_is_added_once_and_the_earliest_release_stays():
    made = rows(table([40], [1.0], note=["boundary"]))
    (key,) = made.values
    first = made.noted(key, "as of release 1")
    assert first.values[key][-1] == "boundary; as of release 1"
    assert first.noted(key, "as of release 2").values[key] == first.values[key]
    assert rows(table([40], [1.0])).noted(key, "as of release 1").columns[-1] == "note"


def test_a_row_taken_over_brings_its_columns_and_is_blank_where_it_has_none():
    now = rows(table([40], [1.0], better=[0.4]))
    earlier = rows(pd.DataFrame({"condition": ["headache"], "patients": [30], "median": [2.0]}))
    (key,) = earlier.values
    now.take(key, earlier)
    frame = now.frame(table([40], [1.0])).set_index("condition")
    assert frame.loc["headache", ["patients", "median"]].tolist() == [30, 2.0]
    assert frame.loc["headache", ["estimate", "better"]].isna().all()
    assert pd.isna(frame.loc["neck_pain", "median"])
    assert now.behind[key] == earlier.behind[key]


def test_where_a_row_is_from_is_its_condition_and_its_other_groups():
    made = rows(
        pd.DataFrame(
            {"condition": ["neck_pain", "all"], "sex": ["female", "all"], "time": "post", "patients": 40}
        )
    )
    assert [made.where(key) for key in made.values] == [
        ("neck_pain", frozenset({"female"})),
        (None, frozenset()),
    ]


def test_a_claim_is_the_same_row_whatever_is_said_of_how_it_was_checked():
    """One claim more was tested in a later release: every claim stood twice, once withheld, and a page failed."""
    first, later = (
        Rows.of("claims", frame, frame, KEY)
        for frame in (
            pd.DataFrame(
                {
                    "claim": ["C3", "C4"],
                    "adjust": f"Holm's adjustment, {n} claims",
                    "model": model,
                    "patients": [40, 40],
                }
            )
            for n, model in ((9, "mean"), (10, "mixed model"))
        )
    )
    assert first.values.keys() == later.values.keys()
    assert len(first.values) == 2


def test_of_how_many_tests_a_row_is_one_is_no_part_of_what_it_is_of():
    made = [
        pd.DataFrame({"measure": ["relief"], "adjust": [adjust], "patients": [40]})
        for adjust in ("Holm's adjustment, 2 outcomes", "Holm's adjustment, 3 outcomes", "none")
    ]
    first, second, other = (Rows.of("relations", frame, frame, KEY).values.keys() for frame in made)
    assert first == second != other
