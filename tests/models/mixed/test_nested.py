"""What clinics around patients add: against the covariance matrix written out, and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.mixed.nested import outer_pieces, outer_table
from outcomes.models.mixed.sums import outer_sums

Q = 3


def drawn(rng, clinics, alike):
    """Patients of clinics, each with some sessions; ``alike`` gives every clinic the same make-up."""
    rows, clinic, person = [], [], []
    for c in range(clinics):
        for n in (1, 2, 2) if alike else rng.integers(1, 4, rng.integers(1, 5)):
            rows.append(rng.normal(size=(n, Q)))
            clinic += [c] * n
            person += [len(rows) - 1] * n
    return np.concatenate(rows), np.array(clinic), np.array(person)


def table_of(w, clinic, person):
    sizes = np.bincount(person)
    sums = np.array([w[person == p].sum(axis=0) for p in range(len(sizes))])
    of = np.array([clinic[person == p][0] for p in range(len(sizes))])
    labels = tuple(str(c) for c in range(of.max() + 1))
    outer = outer_sums("clinic_id", labels, of, sizes, np.ones(len(sizes), int), sums)
    return outer_table(outer, outer.sums)


@pytest.mark.parametrize(("clinics", "alike"), [(4, False), (40, True)])
def test_cross_products_and_determinant_are_those_of_the_whole_matrix(rng, clinics, alike):
    """Also where clinics of one make-up are merged, which must change nothing."""
    w, clinic, person = drawn(rng, clinics, alike)
    inner, own = 0.7, 0.4
    same = (person[:, None] == person).astype(float)
    without = np.eye(len(w)) + inner * same
    v = without + own * (clinic[:, None] == clinic)
    pieces = outer_pieces(table_of(w, clinic, person), np.array([inner, own]))
    added = w.T @ np.linalg.inv(v) @ w - w.T @ np.linalg.inv(without) @ w
    assert pieces.a == pytest.approx(added, rel=1e-8, abs=1e-10)
    more = np.linalg.slogdet(v)[1] - np.linalg.slogdet(without)[1]
    assert pieces.logdet == pytest.approx(more, rel=1e-10)


def test_derivatives_are_those_of_finite_differences(rng):
    table = table_of(*drawn(rng, 5, False))
    at, h = np.array([0.6, 0.3]), 1e-5
    pieces = outer_pieces(table, at)
    for k, step in enumerate(h * np.eye(2)):
        up, down = outer_pieces(table, at + step), outer_pieces(table, at - step)
        assert pieces.da[k] == pytest.approx((up.a - down.a) / (2 * h), rel=1e-6, abs=1e-7)
        assert pieces.dda[k] == pytest.approx((up.da - down.da) / (2 * h), rel=1e-6, abs=1e-6)
        assert pieces.dlogdet[k] == pytest.approx((up.logdet - down.logdet) / (2 * h), rel=1e-6)
        assert pieces.ddlogdet[k] == pytest.approx((up.dlogdet - down.dlogdet) / (2 * h), rel=1e-5, abs=1e-6)
