"""Complete rows and their covariates: who is left out and counted, what is refused and in which words."""

from __future__ import annotations

import re

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from outcomes.errors import EstimationError, FormulaError
from outcomes.models.survival.covariates import coded, complete_rows, designed, parsed_formula

FRAME = pd.DataFrame(
    {
        "patient_id": ["a", "a", "b", "c", None, "d"],
        "condition": ["neck", "neck", "heel", "neck", "heel", None],
        "twitch_count": [2.0, 0.0, 2.0, np.nan, 1.0, 3.0],
        "soreness_h": [6.0, 12.0, np.nan, 4.0, 5.0, 7.0],
        "soreness_ongoing": [False, True, False, False, False, False],
        "soreness_free_h": [np.nan, np.nan, 30.0, np.nan, np.nan, np.nan],
    }
)
"""Three sessions that are complete; one without a count, one without a patient, one without a condition."""


def lazy(frame: pd.DataFrame) -> ibis.Table:
    return ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))


@pytest.mark.parametrize("make", [lambda frame: frame, lazy])
def test_rows_without_a_value_of_the_formula_or_a_patient_are_left_out_and_counted(make) -> None:
    rows = complete_rows(make(FRAME), ["condition", "twitch_count"])
    assert (rows.missing, rows.patients) == (3, 2)
    found = rows.covariates.loc[rows.pattern].reset_index(drop=True)
    told = zip(found["condition"], found["twitch_count"], rows.lower, rows.upper, strict=True)
    assert sorted(told) == [("heel", 2.0, 0.0, 30.0), ("neck", 0.0, 12.0, np.inf), ("neck", 2.0, 6.0, 6.0)]


def test_a_part_has_its_own_patients_and_keeps_equal_covariates_together() -> None:
    frame = pd.DataFrame(
        {"patient_id": list("abcab"), "twitch_count": [1.0, 2, 1, 2, 3], "soreness_h": [1.0, 2, 3, 4, 5]}
    )
    whole = complete_rows(frame, ["twitch_count"])
    part = whole.subset(whole.lower >= 3)
    assert part.patients == 3
    assert np.all(np.diff(part.pattern) >= 0)
    assert part.covariates["twitch_count"].to_numpy()[part.pattern].tolist() == [1, 2, 3]
    assert part.lower.tolist() == [3, 4, 5]
    assert len(set(part.patient)) == 3
    assert whole.subset(np.zeros(5, dtype=bool)).patients == 0


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("soreness_h ~ twitch_count", "has a left-hand side"),
        ("twitch_count + (1 | patient_id)", "Patients need no term of their own"),
        ("twitch_count +", "cannot be read"),
        ("scale(twitch_count)", "scale() depends on all sessions at once"),
        ("condition + lag(twitch_count)", "lag() depends on all sessions at once"),
        ("twitches", "names 'twitches', which is not a column; there are patient_id, condition"),
    ],
)
def test_a_formula_that_cannot_be_used_is_refused_in_words(formula, says) -> None:
    with pytest.raises(FormulaError, match=re.escape(says)):
        parsed_formula(formula, FRAME)


def test_what_is_derived_can_be_named_though_it_is_no_column_yet() -> None:
    frame = FRAME.assign(pain_pre=5.0, pain_post=3.0)
    assert parsed_formula("pain_relief_post + condition", frame)[1] == ["condition", "pain_relief_post"]
    rows = complete_rows(frame, ["pain_relief_post"])
    assert rows.covariates["pain_relief_post"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"twitch_count": np.inf}, "twitch_count holds an infinite value"),
        ({"soreness_h": np.inf, "soreness_free_h": np.nan}, "soreness_h holds an infinite value"),
        ({"soreness_h": -1.0}, "soreness hours are below 0"),
        ({"soreness_free_h": 1.0}, "soreness_free_h lies before soreness_h"),
        (
            {"soreness_h": np.nan, "soreness_free_h": np.nan},
            "no session has soreness, a patient and every value",
        ),
    ],
)
def test_records_that_cannot_be_so_are_refused(change, says) -> None:
    with pytest.raises(EstimationError, match=says):
        complete_rows(FRAME.assign(**change), ["twitch_count"])


def test_the_design_is_that_of_formulaic_and_a_term_must_be_finite() -> None:
    parsed, names = parsed_formula("condition * twitch_count", FRAME)
    rows = complete_rows(FRAME, names)
    design, _ = designed(parsed, rows)
    assert design.names == (
        "Intercept",
        "condition[T.neck]",
        "twitch_count",
        "condition[T.neck]:twitch_count",
    )
    assert design.kept.sum() == 3  # three sessions say no more
    parsed, names = parsed_formula("np.log(twitch_count)", FRAME)
    with pytest.raises(EstimationError, match="is not finite for some session"):
        designed(parsed, complete_rows(FRAME, names))


def test_new_rows_are_coded_as_the_fitted_ones_were() -> None:
    parsed, names = parsed_formula("condition + twitch_count", FRAME)
    _, spec = designed(parsed, complete_rows(FRAME, names))
    levels = {"condition": frozenset({"neck", "heel"})}
    new = pd.DataFrame({"condition": ["neck", "heel"], "twitch_count": [4.0, 5.0]})
    assert coded(spec, new, levels).tolist() == [[1, 1, 4], [1, 0, 5]]
    assert coded(spec, new.tail(1), levels).tolist() == [[1, 0, 5]]
    with pytest.raises(
        EstimationError, match="newdata lacks 'twitch_count'; it needs condition, twitch_count"
    ):
        coded(spec, new[["condition"]], levels)
    with pytest.raises(
        EstimationError, match="newdata has condition 'jaw', which no sore session had; there are heel"
    ):
        coded(spec, new.assign(condition="jaw"), levels)


def test_a_formula_of_one_level_alone_needs_no_covariates() -> None:
    parsed, names = parsed_formula("1", FRAME)
    rows = complete_rows(FRAME, names)
    design, spec = designed(parsed, rows)
    assert (names, rows.missing, design.names) == ([], 1, ("Intercept",))
    assert coded(spec, pd.DataFrame(index=[0, 1]), {}).tolist() == [[1.0], [1.0]]
