"""Two sums over sessions in, their ratio out, with a linearised error that respects the patient."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models import Floats

__all__ = ["clustered_error", "ratio_of_sums"]


def ratio_of_sums(above: Floats, below: Floats, patients: npt.NDArray[Any]) -> tuple[float, float]:
    """Ratio of two sums over sessions and its error, clustered on patients.

    Examples
    --------
    >>> ratio_of_sums(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0]), np.array([0, 0, 1]))
    (1.0, 0.3333333333333333)
    """
    total = float(below.sum())
    ratio = float(above.sum() / total)
    return ratio, clustered_error(above - ratio * below, patients) / total


def clustered_error(deviations: Floats, patients: npt.NDArray[Any]) -> float:
    """Error of a sum over sessions, from each session's deviation, clustered on patients."""
    sums = pd.Series(deviations).groupby(patients).sum().to_numpy(dtype=np.float64)
    n = len(sums)
    return float(np.sqrt((sums**2).sum() * n / max(n - 1, 1)))
