"""Yes-or-no outcomes in, log-odds with patient-clustered errors out.

A logistic regression whose sandwich is summed within patients: the generalised estimating equations with an
independence working correlation (Liang & Zeger 1986, Biometrika 73:13).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from outcomes.models.groups import Ints
from outcomes.models.survival.clustered import Design, Estimate, Terms, ascend

__all__ = ["fit_logit"]

Floats = npt.NDArray[np.float64]


def fit_logit(design: Design, pattern: Ints, patient: Ints, happened: npt.NDArray[np.bool_]) -> Estimate:
    """Fit log-odds of ``happened`` on the design; coefficients are of its orthonormal columns."""
    sign = np.where(happened, 1.0, -1.0)
    nothing = np.zeros(len(sign))

    def terms(predictor: Floats, _: float) -> Terms:
        other = expit(-sign * predictor)
        value = -np.logaddexp(0.0, -sign * predictor)
        return Terms(value, sign * other, -other * (1.0 - other), nothing, nothing, nothing)

    return ascend(design, pattern, patient, terms, (np.zeros(design.columns.shape[1]), None))
