"""A reduction laid out as numbers and back: the sum of two lists is the reduction of both clinics."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import outcomes as oc
from mixed_frames import made, quick, same_fit
from outcomes.errors import ReductionError
from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.reduce import reduce_moments
from outcomes.models.secure.layout import layout_of
from outcomes.record.conditions import CONDITIONS

LEVELS = {"a": ["u", "v", "w"], "b": ["no", "yes"]}


def summed(layout, reductions):
    return layout.reduction(np.sum([list(layout.values(each)) for each in reductions], axis=0).tolist())


@quick
@given(
    seed=st.integers(0, 10**6),
    formula=st.sampled_from(
        ["y ~ x + (1 | g)", "y ~ a * x + (1 | g)", "y ~ a * x + I(x**2) + (1 | g)", "y ~ 0 + a + (1 | g)"]
    ),
)
def test_the_sum_of_lists_is_the_fit_of_all_records(seed, formula) -> None:
    frame = made(seed)
    layout = layout_of(
        formula, levels={k: v for k, v in LEVELS.items() if k in formula.split("|")[0]}, most_sessions=80
    )
    half = pd.factorize(frame["g"])[0] % 2
    reductions = [reduce_moments(formula, frame[half == at]) for at in (0, 1)]
    assert len(list(layout.values(reductions[0]))) == layout.length
    same_fit(summed(layout, reductions).fit(), fit_mixed(formula, frame), rtol=1e-6)


def test_every_list_is_as_long_whoever_came(reductions) -> None:
    layout = layout_of(reductions[0].formula.text, most_sessions=40)
    assert {len(list(layout.values(each))) for each in reductions} == {layout.length}


def test_levels_of_the_record_are_those_of_its_codes() -> None:
    layout = layout_of("pain_relief_post ~ condition + sex + pain_pre + (1 | patient_id)")
    assert set(layout.levels["condition"]) == set(CONDITIONS)
    assert layout.levels["sex"] == ("female", "male", "other", "unknown")
    assert layout.centres == {"pain_pre": 0.0, "pain_relief_post": 0.0}


def test_what_cannot_be_laid_out_is_refused() -> None:
    for call, says in (
        (lambda: layout_of("y ~ x + (1 | c/g)"), "one grouping"),
        (lambda: layout_of("y ~ C(z) + (1 | g)"), r"Which levels can `C\(z\)` have"),
        (lambda: layout_of("y ~ x + (1 | g)", most_sessions=0), "at least 1"),
    ):
        with pytest.raises(ReductionError, match=says):
            call()


def test_a_reduction_that_does_not_fit_is_told_why() -> None:
    frame = made(5)
    layout = layout_of("y ~ a + (1 | g)", levels={"a": ["u", "v"]}, most_sessions=2)
    few = frame.groupby("g").head(2)
    for moments, says in (
        (reduce_moments("y ~ a + x + (1 | g)", few), "The round adds 'y ~ a"),
        (reduce_moments("y ~ a + (1 | g)", few), "have w in `a`"),
        (reduce_moments("y ~ a + (1 | g)", frame[frame["a"] != "w"]), "more sessions than the 2"),
        (reduce_moments("y ~ a + (1 | g)", few.assign(a=1.0)), "`a` is a factor in the round or"),
        (oc.reduce_counts(few.assign(patient_id=few["g"], f=True), "f", None), "not CountTable"),
    ):
        with pytest.raises(ReductionError, match=says):
            list(layout.values(moments))


def test_reductions_under_another_plan_do_not_fit(reductions) -> None:
    from dataclasses import replace

    layout = replace(layout_of(reductions[0].formula.text), plan="0" * 16)
    with pytest.raises(ReductionError, match="another plan"):
        list(layout.values(reductions[0]))


@pytest.mark.parametrize("change", [0.5, -1e9, 1e30])
def test_numbers_that_are_no_counts_are_no_reduction(reductions, change) -> None:
    layout = layout_of(reductions[0].formula.text, most_sessions=40)
    values = list(layout.values(reductions[0]))
    values[1] += change
    with pytest.raises(ReductionError, match="do not add up"):
        layout.reduction(values)
