"""Verdicts against hand computation, and over many clinics without any effect: the level is the plan's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.questions.expected import LESS, MORE, NO_MORE, UNSURE, direction, expected_range, verdicts
from outcomes.record.plan import shipped_plan, use_plan

ENDS = ("low", "high")


def _rows(estimates, error=0.1, low=0.0, high=1.0, **more) -> pd.DataFrame:
    estimates = np.atleast_1d(np.asarray(estimates, float))
    reach = stats.norm.ppf(0.975) * error
    return pd.DataFrame(
        {
            "estimate": estimates, "conf_low": estimates - reach, "conf_high": estimates + reach, "std_error": error,
            "df": np.inf, "low": low, "high": high, **more,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "said"),
    [(1.6, MORE), (1.21, UNSURE), (0.9, UNSURE), (0.7, NO_MORE), (0.0, NO_MORE), (-0.6, LESS)],
)
def test_a_figure_is_held_against_the_whole_range(estimate, said) -> None:
    assert verdicts(_rows(estimate), "relief at the follow-up", expected=ENDS).tolist() == [said]


@pytest.mark.parametrize(("high", "said"), [(1.0, NO_MORE), (1.1, UNSURE)])
def test_an_interval_that_ends_where_the_range_ends_is_no_more_than_expected(high, said) -> None:
    """On an owner's page both are told in tenths, so that they meet often."""
    rows = pd.DataFrame(
        {"estimate": [0.5], "conf_low": [0.0], "conf_high": [high], "low": [0.0], "high": [1.0]}
    )
    assert verdicts(rows, "relief at the follow-up", expected=ENDS).tolist() == [said]


def test_the_ends_may_come_in_either_order_and_bad_days_may_be_the_lower_one() -> None:
    rows = _rows(1.6, low=1.0, high=0.0)
    assert verdicts(rows, "relief at the follow-up", expected=ENDS).tolist() == [MORE]


def test_the_limit_is_holms_at_the_familys_share_of_the_error() -> None:
    level = shipped_plan().page_error["range of motion"]
    many = 10
    just = stats.norm.isf(level / many / 2) * 0.1
    for shift, clear in ((1e-4, 1.0), (-1e-4, 0.0)):
        rows = _rows([just + shift, *[0.0] * (many - 1)])
        assert direction(rows, "range of motion").tolist() == [clear, *[0.0] * (many - 1)]


def test_what_has_no_estimate_or_nothing_to_hold_it_against_has_no_verdict() -> None:
    rows = pd.concat([_rows(np.nan), _rows(5.0, low=np.nan), _rows(5.0)], ignore_index=True)
    assert verdicts(rows, "relief at the follow-up", expected=ENDS).tolist() == ["", "", MORE]


def test_few_degrees_of_freedom_are_counted() -> None:
    few = _rows(1.6).assign(df=3.0)
    assert verdicts(few, "relief at the follow-up", expected=ENDS).tolist() == [UNSURE]


def test_ratios_are_judged_on_their_log() -> None:
    rows = pd.DataFrame({"ratio": [1.5, 1 / 1.5], "conf_low": [1.3, 1 / 1.7], "conf_high": [1.7, 1 / 1.3]})
    found = direction(rows, "soreness", estimate="ratio", null=1.0, scale="ratio")
    assert found.tolist() == [1.0, -1.0]


def test_a_ratio_rounded_to_none_at_its_lower_end_is_not_judged() -> None:
    """An owner's interval is rounded outward; a warning of a logarithm ended a page."""
    rows = pd.DataFrame({"ratio": [1.5, 1.5], "conf_low": [0.0, 1.3], "conf_high": [9.0, 1.7]})
    assert direction(rows, "soreness", estimate="ratio", null=1.0, scale="ratio").tolist() == [0.0, 1.0]


def test_shares_near_the_ends_are_judged_on_their_logit() -> None:
    rows = pd.DataFrame(
        {"proportion": [0.02], "conf_low": [0.005], "conf_high": [0.08], "low": 0.1, "high": 0.1}
    )
    on_logit = verdicts(rows, "responders", expected=ENDS, estimate="proportion", scale="share")
    as_if_even = verdicts(rows, "responders", expected=ENDS, estimate="proportion")
    assert (on_logit[0], as_if_even[0]) == (NO_MORE, LESS)


def test_over_many_clinics_without_any_effect_a_family_speaks_at_most_at_its_level(rng) -> None:
    """The upper end itself is the truth: the least favorable case."""
    with use_plan(replace(shipped_plan(), page_error={"relief at the follow-up": 0.05})):
        spoke = [
            verdicts(_rows(rng.normal(1.0, 0.1, 12)), "relief at the follow-up", expected=ENDS)
            .isin([MORE, LESS])
            .any()
            for _ in range(1500)
        ]
    assert 0.01 < np.mean(spoke) < 0.05  # one side of the two: about half of the level


def test_the_parts_of_the_error_add_up_to_5_percent() -> None:
    assert sum(shipped_plan().page_error.values()) == pytest.approx(0.05)


def test_the_range_names_both_ends() -> None:
    assert "0.0 (visits booked ahead) to 1.1 (bad days)" in expected_range(0.0, 1.1)
