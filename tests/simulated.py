"""Synthetic cohorts that several tests look at, and slopes by plain least squares."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from outcomes.simulate.sessions import Truth, simulate_sessions

MANY = 24_000
Drawn = tuple[pd.DataFrame, Truth]


@cache
def large(scenario: str) -> Drawn:
    """About 96,000 sessions: Monte-Carlo error of a mean pain is about 0.01 point."""
    return simulate_sessions(MANY, seed=11, scenario=scenario)


def slopes(outcome: pd.Series, *columns: pd.Series, within: pd.Series) -> np.ndarray:
    """Least-squares slopes and their z values (clusters ignored), groups of ``within`` taken out."""
    frame = pd.concat([outcome, *columns], axis=1).dropna().astype(float)
    centred = frame - frame.groupby(within.loc[frame.index]).transform("mean")
    y, x = centred.iloc[:, 0].to_numpy(), centred.iloc[:, 1:].to_numpy()
    inverse = np.linalg.inv(x.T @ x)
    slope = inverse @ x.T @ y
    residual = y - x @ slope
    return np.array([slope, slope / np.sqrt(np.diag(inverse) * residual.var())])
