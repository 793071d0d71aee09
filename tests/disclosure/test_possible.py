"""How few and how many numbers can be together: against trying every one of them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outcomes.disclosure.deduced import Unknowns
from outcomes.disclosure.possible import WholeNumbers


def key(name: str):
    return ("patients", "", frozenset({("condition", name)}), frozenset(), 0.0)


def known(bounds, *sums) -> WholeNumbers:
    """Numbers between bounds, and sums of some of them: names, least and most."""
    unknowns = Unknowns()
    for name, (low, high) in bounds.items():
        unknowns.learn(key(name), low, high, "t")
    for names, low, high in sums:
        unknowns.sums.append(({key(name): weight for name, weight in names.items()}, low, high))
    return WholeNumbers(unknowns)


def test_what_a_total_leaves():
    """Ten in all, of whom three at most are here: seven at least are there."""
    numbers = known({"a": (0, 3), "b": (0, 100)}, ({"a": 1.0, "b": 1.0}, 10.0, 10.0))
    assert numbers.range_of({key("b"): 1.0}) == (7.0, 10.0)
    assert numbers.range_of({key("b"): 1.0, key("a"): -1.0}) == (4.0, 10.0)


def test_what_a_total_of_millions_leaves():
    numbers = known(
        {"all": (3e6, 3e6), "a": (2e6, np.inf), "b": (0, 100)}, ({"all": -1.0, "a": 1.0, "b": 1.0}, 0.0, 0.0)
    )
    assert numbers.range_of({key("b"): 1.0}) == (0.0, 100.0)
    assert numbers.range_of({key("a"): 1.0}) == (2_999_900.0, 3e6)


def test_a_number_that_stands_in_no_sum_is_between_its_bounds():
    assert known({"a": (2, 9)}).range_of({key("a"): 1.0}) == (2.0, 9.0)


def test_sums_of_sums_reach_far():
    chain = [({x: 1.0, y: -1.0}, 0.0, 0.0) for x, y in ("ab", "bc", "cd")]
    bounds = {"a": (0, 5), "b": (0, 50), "c": (0, 50), "d": (4, 50)}
    assert known(bounds, *chain).range_of({key("b"): 1.0}) == (4.0, 5.0)


def test_what_is_said_to_add_up_and_does_not_hides_nothing():
    """One sum is false; the true one still narrows."""
    numbers = known(
        {"a": (5, 5), "b": (5, 5), "c": (0, 50)},
        ({"a": 1.0, "b": 1.0}, 11.0, 11.0),
        ({"a": 1.0, "c": 1.0}, 12.0, 12.0),
    )
    assert numbers.range_of({key("c"): 1.0}) == (7.0, 7.0)


def test_a_sum_that_is_known_within_bounds_is_no_equality():
    """Between 4 and 9 in all, of whom two are here: between 2 and 7 there."""
    numbers = known({"a": (2, 2), "b": (0, 50)}, ({"a": 1.0, "b": 1.0}, 4.0, 9.0))
    assert numbers.range_of({key("b"): 1.0}) == (2.0, 7.0)


def test_a_sum_with_a_number_that_was_read_nowhere_is_left_out():
    numbers = known({"a": (0, 3)}, ({"a": 1.0, "nobody": 1.0}, 3.0, 3.0))
    assert not numbers.knows({key("nobody"): 1.0})
    assert numbers.range_of({key("a"): 1.0}) == (0.0, 3.0)


WEIGHTS = st.lists(st.integers(-1, 1), min_size=3, max_size=3)
BOUNDS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)).map(sorted), min_size=3, max_size=3)
SUMS = st.lists(st.tuples(WEIGHTS, st.integers(0, 3), st.booleans()), max_size=2)


@settings(max_examples=40, deadline=None)
@given(BOUNDS, SUMS, WEIGHTS.filter(any))
def test_ranges_are_those_found_by_trying_all(bounds, sums, asked):
    """Sums are exact, or at least so much."""
    tried = [
        point
        for point in product(*(range(low, high + 1) for low, high in bounds))
        if all(
            np.dot(weights, point) == least if exact else np.dot(weights, point) >= least
            for weights, least, exact in sums
        )
    ]
    assume(tried)
    ties = [
        (weighted(weights), float(least), float(least) if exact else np.inf)
        for weights, least, exact in sums
        if any(weights)
    ]
    found = known(dict(zip("abc", bounds, strict=True)), *ties).range_of(
        {key(name): weight for name, weight in weighted(asked).items()}
    )
    values = [float(np.dot(asked, point)) for point in tried]
    assert found == pytest.approx((min(values), max(values)))


def weighted(weights):
    return {name: float(weight) for name, weight in zip("abc", weights, strict=True) if weight}
