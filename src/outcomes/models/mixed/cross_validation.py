"""Sessions in, predictions of patients never seen out: patients are dealt into folds, each predicted from the others.

Moments add, so each fold is reduced once, for the largest of the models, and the moments of the others are their sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models import Floats, Whole
from outcomes.models.mixed.fit import fit_moments
from outcomes.models.mixed.reduce import reduce_moments

__all__ = ["deal_patients", "predict_each_fold"]


def deal_patients(patients: pd.Series[Any], folds: int, seed: int) -> Whole:
    """Fold of each session: patients in the order of their names, dealt out by the seed.

    Examples
    --------
    >>> deal_patients(pd.Series(["b", "a", "b", "c"]), 2, seed=1).tolist()
    [1, 0, 1, 0]
    """
    codes, names = pd.factorize(patients, sort=True)
    dealt = np.random.default_rng(seed).permutation(len(names)) % folds
    return np.asarray(dealt[codes], dtype=np.intp)


def predict_each_fold(
    sessions: pd.DataFrame, fold: Whole, models: Mapping[str, str], *, factor: str
) -> dict[str, Floats]:
    """Predict each session from the folds its patient is not in.

    Parameters
    ----------
    sessions : pandas.DataFrame
    fold : ndarray of int, shape (sessions,)
        From 0; see :func:`deal_patients`.
    models : mapping
        Formulas by name, of one outcome; the last one holds the terms of all.
    factor : str
        Column of a factor. A session with a level that no other fold has is not predicted: missing.

    Returns
    -------
    dict of str to ndarray, shape (sessions,)
    """
    predicted = {name: np.full(len(sessions), np.nan) for name in models}
    largest, levels = list(models.values())[-1], sessions[factor]
    parts = [reduce_moments(largest, sessions[fold == k]) for k in range(int(fold.max()) + 1)]
    for k in range(len(parts)):
        others = reduce(add, (part for j, part in enumerate(parts) if j != k))
        known = levels.isin(levels[fold != k].unique()).to_numpy()
        here = np.flatnonzero((fold == k) & known)
        for name, formula in models.items():
            guess = fit_moments(others.narrowed(formula)).predict(sessions.iloc[here])
            predicted[name][here] = guess.to_numpy(dtype=np.float64)
    return predicted
