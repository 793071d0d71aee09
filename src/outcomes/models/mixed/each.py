"""One mixed model for each level of a column: every group has its own slopes and its own variances.

A common model gives all groups one residual and one patient variance; where they differ, its intervals are too wide for
some and too narrow for others, however many sessions there are. Levels whose model cannot be fitted say why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.models.groups import codes_of, fetched, is_lazy, known, require_columns
from outcomes.models.mixed.fit import fit_mixed
from outcomes.models.mixed.fitted import MixedFit

__all__ = ["EachFit", "fit_each"]


@dataclass(frozen=True, eq=False)
class EachFit:
    """Mixed models of the same formula, one for each level of a column.

    Attributes
    ----------
    by : str
    fits : mapping
        The fit of each level that has one.
    reasons : mapping
        Why a level has none.
    """

    by: str
    fits: Mapping[Any, MixedFit]
    reasons: Mapping[Any, str]

    @property
    def coefficients(self) -> pd.DataFrame:
        """Coefficients of every level: ``<by>, term, estimate, ..., note``."""
        parts = [fit.coefficients.assign(**{self.by: level}) for level, fit in self.fits.items()]
        return self._joined(parts, "term")

    def marginal_means(
        self, at: Mapping[str, Any] | None = None, *, baseline_error: bool = True
    ) -> pd.DataFrame:
        """Mean of each level in its own model, as :meth:`MixedFit.marginal_means`: the column is a factor there.

        Returns
        -------
        pandas.DataFrame
            ``<by>, estimate, std_error, df, conf_low, conf_high, patients, sessions, note``.
        """
        parts = [fit.marginal_means(self.by, at, baseline_error=baseline_error) for fit in self.fits.values()]
        return self._joined(parts, "estimate")

    def _joined(self, parts: list[pd.DataFrame], second: str) -> pd.DataFrame:
        """The levels' frames in one, those without a fit as missing rows with the reason."""
        missing = [pd.DataFrame({self.by: [level], "note": [why]}) for level, why in self.reasons.items()]
        whole = pd.concat([*parts, *missing], ignore_index=True)
        whole["note"] = whole["note"].fillna("") if "note" in whole else ""
        if second not in whole:
            whole[second] = np.nan
        return whole[[self.by, *(name for name in whole if name not in {self.by, "note"}), "note"]]


def fit_each(
    formula: str,
    table: Any,
    by: str,
    *,
    method: str = "REML",
    conf_level: float = 0.95,
    df: str = "satterthwaite",
) -> EachFit:
    """Fit one mixed model for each level of a column.

    Parameters
    ----------
    formula : str
        As for :func:`outcomes.fit_mixed`; with ``by`` as a factor, if means are wanted.
    table : pandas.DataFrame or ibis Table
    by : str
        Column of the groups, such as ``"condition"`` or ``"rom_movement"``.
    method, conf_level, df
        As for :func:`outcomes.fit_mixed`.

    Returns
    -------
    EachFit

    Raises
    ------
    EstimationError
        If the column is absent.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 3.0, 2.0, 60.0, 20.0, 10.0], "p": list("abcdef"), "g": list("uuuvvv")})
    >>> fit_each("y ~ 0 + g + (1 | p)", frame, "g").marginal_means()[["estimate", "std_error"]].round(2).values.tolist()
    [[2.0, 0.58], [30.0, 15.28]]
    """
    require_columns(table, [by])
    fits: dict[Any, MixedFit] = {}
    reasons: dict[Any, str] = {}
    for level in _levels(table, by):
        part = _part(table, by, level)
        try:
            fits[level] = fit_mixed(formula, part, method=method, conf_level=conf_level, df=df)
        except OutcomesError as error:
            reasons[level] = f"no estimate: {error}"
    return EachFit(by, fits, reasons)


def _part(table: Any, by: str, level: Any) -> Any:
    return table.filter(table[by] == level) if is_lazy(table) else table[table[by] == level]


def _levels(table: Any, by: str) -> list[Any]:
    """Levels that have a row, in their order."""
    if is_lazy(table):
        column = fetched(table.filter(known(table[by])).select(by).distinct())[by]
    else:
        column = table[by]
        if isinstance(column.dtype, pd.CategoricalDtype):
            return [level for level in column.cat.categories if (column == level).any()]
    return codes_of(column)[1]
