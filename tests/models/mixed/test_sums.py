"""Sums of a smaller model from those of a larger one, and their smallest cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mixed_frames import made
from outcomes.errors import ReductionError
from outcomes.models.mixed.reduce import reduce_moments


def test_small_classes_are_shown():
    frame = pd.DataFrame({"g": list("aaabbbccccc"), "y": np.arange(11.0) ** 2})
    classes = reduce_moments("y ~ 1 + (1 | g)", frame).small_classes
    assert classes[["sessions_per_patient", "patients"]].values.tolist() == [[5, 1], [3, 2]]


@pytest.mark.parametrize("groups", ["g", "c/g"])
@pytest.mark.parametrize("fixed", ["1", "x", "0 + a", "x + b", "a + x"])
def test_a_smaller_model_follows_from_the_moments_of_a_larger_one(fixed, groups):
    frame = made(3).dropna(subset=["y", "x", "a", "b"])
    larger, smaller = f"y ~ x + a + b + (1 | {groups})", f"y ~ {fixed} + (1 | {groups})"
    narrowed = reduce_moments(larger, frame).narrowed(smaller)
    direct = reduce_moments(smaller, frame)
    assert narrowed.keys == direct.keys
    np.testing.assert_allclose(narrowed.total, direct.total, rtol=1e-12, atol=1e-9)
    pd.testing.assert_frame_equal(narrowed.fit().coefficients, direct.fit().coefficients, rtol=1e-9)


def test_moments_do_not_give_a_model_they_lack_the_sums_of():
    moments = reduce_moments("y ~ x + a + (1 | g)", made(3))
    for formula in ("y ~ z + (1 | g)", "y ~ x:a + (1 | g)", "y ~ x + (1 | c)"):
        with pytest.raises(ReductionError, match="do not hold"):
            moments.narrowed(formula)
