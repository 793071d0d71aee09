"""Weights for those who stopped: by hand where nothing tells who stops, by balance, and by leaving patients out."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.errors import EstimationError
from outcomes.models import dropout
from outcomes.models.dropout import Courses, weights_to_go_on


def begun(patients: int, seed: int = 0):
    """Courses of three sessions; with more pain they are the likelier to go on."""
    rng = np.random.default_rng(seed)
    pains = rng.normal(5.0, 1.5, patients)[:, None] + rng.normal(0.0, 1.0, (patients, 3))
    on = rng.random((patients, 2)) < 1 / (1 + np.exp(4.0 - pains[:, :2]))
    last = 1 + on[:, 0] + (on[:, 0] & on[:, 1])
    rows = [(who, n + 1, pains[who, n], pains[who, 0]) for who in range(patients) for n in range(last[who])]
    who, number, pain, first = map(np.array, zip(*rows, strict=True))
    return made(who, number, pain, first), pain


def made(who, number, pain, first):
    who, number = (np.asarray(x, dtype=np.intp) for x in (who, number))
    return Courses(who, number, who, np.column_stack([np.ones(len(who)), pain, first - pain]))


def test_who_went_on_stand_alike_for_all_where_nothing_tells_them_apart():
    """Two of six went on: each stands for three."""
    went_on = np.array([True, False] * 3)[[0, 2, 1, 3, 5, 4]]
    found = weights_to_go_on(np.ones((6, 1)), went_on, np.ones(6))
    assert found == pytest.approx(np.full(6, 6 / went_on.sum()))


def test_weighted_means_of_those_who_went_on_are_those_of_all(monkeypatch):
    """Without the ridge to the last digit; with it nearly."""
    rng = np.random.default_rng(3)
    design = np.column_stack([np.ones(200), rng.normal(5, 2, 200), rng.integers(0, 2, 200)])
    went_on = rng.random(200) < 1 / (1 + np.exp(3.0 - 0.6 * design[:, 1]))
    weights = rng.uniform(1, 3, 200)

    def off():
        each = weights * weights_to_go_on(design, went_on, weights) * went_on
        return np.abs(each @ design - weights @ design) / weights.sum()

    assert off()[0] < 1e-9
    assert off().max() < 0.01
    monkeypatch.setattr(dropout, "RIDGE", 0.0)
    assert off().max() < 1e-9


def test_all_or_nobody_went_on():
    design = np.column_stack([np.ones(4), np.arange(4.0)])
    assert weights_to_go_on(design, np.full(4, True), np.ones(4)).tolist() == [1.0] * 4
    with pytest.raises(EstimationError, match="no course goes on"):
        weights_to_go_on(design, np.full(4, False), np.ones(4))


def test_the_first_mean_is_plain_and_its_error_sums_a_patients_courses():
    """Two courses each of three patients; the second course is the first one again."""
    values = np.array([1.0, 2.0, 6.0, 1.0, 2.0, 6.0])
    courses = Courses(
        np.arange(6, dtype=np.intp), np.ones(6, np.intp), np.tile(np.arange(3), 2), np.ones((6, 1))
    )
    mean, error = courses.mean(values, 1)
    assert mean == pytest.approx(3.0)
    assert error == pytest.approx(np.std([1.0, 2.0, 6.0], ddof=1) / np.sqrt(3))


def test_a_reading_that_is_missing_is_left_out():
    courses, pain = begun(80)
    blank = np.where(np.arange(len(pain)) % 5 == 0, np.nan, pain)
    at = courses.number == 1
    assert courses.mean(blank, 1)[0] == pytest.approx(np.nanmean(blank[at]))


@pytest.mark.parametrize("number", [2, 3])
def test_the_error_is_about_that_of_leaving_patients_out(number):
    """Jackknife of everything, weights included."""
    courses, pain = begun(120, seed=5)
    found, error = courses.mean(pain, number)
    without = []
    for who in range(120):
        kept = courses.patient != who
        fewer = Courses(*(x[kept] for x in (courses.course, courses.number, courses.patient, courses.design)))
        without.append(fewer.mean(pain[kept], number)[0])
    jackknife = np.sqrt(119 / 120 * ((np.array(without) - np.mean(without)) ** 2).sum())
    assert error == pytest.approx(jackknife, rel=0.15)
    assert abs(found - 5.0) < 3 * error
