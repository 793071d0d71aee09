"""The variances of a fitted mixed model: of each grouping and of the residual, with intervals where they are known.

In come sums, a likelihood and the verdict on its variances, out come tidy frames. A variance that the records cannot
tell is missing, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models import Floats
from outcomes.models.mixed.basis import Basis
from outcomes.models.mixed.boundary import Verdict
from outcomes.models.mixed.likelihood import Likelihood
from outcomes.models.mixed.profile import variance_intervals
from outcomes.models.mixed.sums import Sums

__all__ = ["Variances"]

NO_LIMITS = "no interval: so few sessions do not bound it, or put it elsewhere by the full likelihood"


@dataclass(frozen=True, eq=False)
class Variances:
    """Variances of the groupings, the patients' first, then of the residual.

    Attributes
    ----------
    sums : Sums
    basis : Basis
    likelihood : Likelihood
    verdict : Verdict
    no_errors : str
        Why the model has no standard errors, or empty.
    """

    sums: Sums
    basis: Basis
    likelihood: Likelihood
    verdict: Verdict
    no_errors: str

    @cached_property
    def values(self) -> Floats:
        """The variances, also those that are not to be shown."""
        ratios, nu = self.verdict.ratios, self.likelihood.degrees
        if not self.verdict.residual_known:
            return np.full(len(ratios) + 1, np.nan)
        if self.verdict.no_residual:
            return np.append(np.full_like(ratios, np.nan), 0.0)
        rss = max(self.likelihood.profile(ratios).rss, 0.0)
        residual = rss / nu / self.basis.response_scale**2 if nu > 0 else np.nan
        return np.append(ratios * residual, residual)

    @cached_property
    def groups(self) -> list[str]:
        """Names of the groupings as lme4 gives them, the patients' first, and ``Residual``."""
        labels, outer = self.sums.formula.labels, self.sums.outer
        if self.sums.formula.nested_by_data and outer is not None and outer.column != labels[0]:
            labels = labels[::-1]
        return [*reversed(labels), "Residual"]

    @cached_property
    def reasons(self) -> npt.NDArray[np.object_]:
        """Why each variance cannot be told; empty where it can."""
        unknown = self.verdict.unknown
        residual = self.no_errors or (unknown[0] if len(unknown) == 1 else "")
        return np.array([*unknown, residual], dtype=object)

    def frame(self) -> pd.DataFrame:
        """``group, variance, std_dev`` and a `note` where something could not be estimated."""
        variances = self.values.copy()
        variances[:-1][self.reasons[:-1] != ""] = np.nan
        frame = pd.DataFrame({"group": self.groups, "variance": variances, "std_dev": np.sqrt(variances)})
        return frame.assign(note=self.reasons) if any(self.reasons) else frame

    def with_limits(self, conf_level: float) -> pd.DataFrame:
        """:meth:`frame` with ``conf_low, conf_high``."""
        frame = self.frame()
        limits = self.limits(range(len(frame)), conf_level)
        frame.insert(3, "conf_low", limits[:, 0])
        frame.insert(4, "conf_high", limits[:, 1])
        without = np.isnan(limits).any(axis=1) & (self.reasons == "")
        return frame.assign(note=np.where(without, NO_LIMITS, self.reasons)) if without.any() else frame

    def limits(self, places: Sequence[int], conf_level: float) -> Floats:
        """Profile-likelihood limits of some of the variances, in their order; missing where one is not known."""
        limits = np.full((len(self.reasons), 2), np.nan)
        full = replace(self.likelihood, reml=False)
        # positions in the likelihood, which leaves out an outer grouping that cannot be told apart
        there = {place: place for place in range(full.n_ratios)} | {len(self.reasons) - 1: full.n_ratios}
        known = [place for place in places if not self.reasons[place] and place in there]
        if known:
            found = variance_intervals(full, conf_level, [there[place] for place in known])
            limits[known] = np.array(found).reshape(-1, 2) / self.basis.response_scale**2
        low, high = limits[:, 0], limits[:, 1]
        outside = (low > self.values * (1.0 + 1e-9)) | (high < self.values * (1.0 - 1e-9))
        limits[outside] = (
            np.nan
        )  # of the full likelihood, which so few sessions put elsewhere than the restricted one
        return limits[list(places)]

    @property
    def intraclass_correlation(self) -> float:
        """Share of the variance that lies between patients (and outer groups), given the fixed effects."""
        ratios, unknown = self.verdict.ratios, self.verdict.unknown
        only_their_sum = len(set(unknown)) == 1 and unknown[0]
        if self.no_errors or only_their_sum:
            return float("nan")
        return float(ratios.sum() / (1.0 + ratios.sum()))
