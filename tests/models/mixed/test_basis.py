"""Which columns are kept, and that no digits are lost on the way: against least squares on the columns themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.models.mixed.basis import choose_basis
from outcomes.models.mixed.reduce import reduce_moments


def frame_of(rng, rows=40):
    frame = pd.DataFrame(
        {
            "patient_id": np.repeat(np.arange(rows // 4), 4),
            "x": rng.normal(size=rows),
            "g": rng.choice(list("abc"), rows),
        }
    )
    return frame.assign(y=2.0 + frame["x"] + rng.normal(size=rows))


def test_a_column_that_earlier_ones_span_is_dropped_and_said_how(rng):
    frame = frame_of(rng).assign(twice=lambda f: 3.0 + 2.0 * f["x"])
    basis = choose_basis(reduce_moments("y ~ x + twice + (1 | patient_id)", frame))
    assert basis.aliased == ("twice",)
    assert basis.aliases[2] == pytest.approx([3.0, 2.0], rel=1e-9)


def test_a_factor_that_repeats_another_is_dropped(rng):
    frame = frame_of(rng).assign(h=lambda f: f["g"].str.upper())
    basis = choose_basis(reduce_moments("y ~ g + h + (1 | patient_id)", frame))
    assert len(basis.kept) == 3
    assert len(basis.aliased) == 2


def test_the_stand_ins_are_of_unit_length(rng):
    sums = reduce_moments("y ~ x * g + (1 | patient_id)", frame_of(rng))
    basis = choose_basis(sums)
    lengths = np.einsum("ij,ik,kj->j", basis.map, sums.total, basis.map)
    assert lengths == pytest.approx(np.ones(len(lengths)), rel=1e-12)


@pytest.mark.parametrize("far", [0.0, 1e6, 1e9])
def test_least_squares_from_the_basis_keeps_its_digits_far_from_zero(rng, far):
    """A covariate of a thousand million plus or minus one: the slope is that of the covariate near zero."""
    frame = frame_of(rng)
    moved = frame.assign(x=frame["x"].round(3) + far)
    near = np.polyfit(frame["x"].round(3), frame["y"], 1)[0]
    sums = reduce_moments("y ~ x + (1 | patient_id)", moved)
    basis = choose_basis(sums)
    a = basis.map.T @ sums.total @ basis.map
    inner = np.linalg.solve(a[:-1, :-1], a[:-1, -1]) / basis.response_scale
    assert (basis.back @ inner)[1] == pytest.approx(near, rel=1e-6 if far > 1e8 else 1e-9)
