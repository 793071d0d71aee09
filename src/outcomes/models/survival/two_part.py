"""Sessions in, the two-part soreness model out: any soreness at all, and how long it lasted among the sore.

A session that was not asked about soreness is left out and counted, never taken as zero. What it finds are
associations: more twitches come with more insertions, so name ``insertion_count`` in the formula where it is
recorded, and show the model without it beside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from outcomes.models import Flags, Floats
from outcomes.models.survival.clustered import NOT_BOUNDED, ONE_PATIENT, Design, coefficient_frame, fit_logit
from outcomes.models.survival.covariates import Rows, coded, complete_rows, designed, parsed_formula
from outcomes.models.survival.lognormal import LogNormal, fit_lognormal

__all__ = ["SorenessModel", "soreness_model"]

FEW_PATIENTS = 30


@dataclass(frozen=True, eq=False)
class SorenessModel:
    """A fitted two-part model of soreness.

    Attributes
    ----------
    formula : str
    any_soreness : pandas.DataFrame
        Log-odds of any soreness: ``term, estimate, std_error, df, statistic, p_value, conf_low, conf_high, note``.
    duration : pandas.DataFrame
        Among the sore, change in log hours per unit: same columns.
    scale : float
        Standard deviation of log hours around the prediction.
    log_likelihood : float
        Of the second part.
    n_sessions, n_patients : int
        That the first part rests on.
    n_sore, n_sore_patients : int
        That the second part rests on.
    n_missing : int
        Sessions left out: not asked, or a value of the formula missing.
    notes : tuple of str
    """

    formula: str
    any_soreness: pd.DataFrame
    duration: pd.DataFrame
    scale: float
    log_likelihood: float
    n_sessions: int
    n_patients: int
    n_sore: int
    n_sore_patients: int
    n_missing: int
    notes: tuple[str, ...]
    _part: _Duration | None = field(repr=False)

    def survival(
        self, hours: Iterable[float] | float, newdata: pd.DataFrame, *, conf_level: float = 0.95
    ) -> pd.DataFrame:
        """Share still sore at given hours, among sessions followed by soreness.

        Parameters
        ----------
        hours : float or iterable of float
        newdata : pandas.DataFrame
            A row per prediction, with the formula's variables.
        conf_level : float

        Returns
        -------
        pandas.DataFrame
            The columns of ``newdata`` with ``time_h, still_sore, std_error, conf_low, conf_high, note``: every row at
            every hour. Limits by the delta method on the normal scale, clustered on patients.

        Raises
        ------
        EstimationError
            Where a variable is absent or a level was not in the records.
        """
        at = (
            np.atleast_1d(np.asarray(hours, dtype=np.float64))
            if not isinstance(hours, Iterable)
            else np.asarray(list(hours), dtype=np.float64)
        )
        rows = newdata.loc[newdata.index.repeat(len(at))].reset_index(drop=True)
        rows["time_h"] = np.tile(at, len(newdata))
        if self._part is None:
            return rows.assign(
                still_sore=np.nan,
                std_error=np.nan,
                conf_low=np.nan,
                conf_high=np.nan,
                note="no model of duration",
            )
        return rows.assign(**self._part.still_sore(newdata, at, conf_level))


@dataclass(frozen=True)
class _Duration:
    """What predictions need: the fit, its design, and how a row of covariates is coded."""

    fit: LogNormal
    design: Design
    spec: Any
    levels: dict[str, frozenset[Any]]
    patients: int

    def still_sore(self, newdata: pd.DataFrame, hours: Floats, conf_level: float) -> dict[str, Any]:
        x = np.repeat(coded(self.spec, newdata, self.levels)[:, self.design.kept], len(hours), axis=0)
        with np.errstate(divide="ignore"):
            log_h = np.tile(np.log(hours), len(newdata))
        z = (log_h - x @ self.fit.coefficients) / self.fit.scale
        finite = np.isfinite(z)
        gradient = np.column_stack([x / self.fit.scale, np.where(finite, z, 0.0)])
        error = np.sqrt(np.einsum("ij,jk,ik->i", gradient, self.fit.covariance, gradient))
        error = np.where(finite, error, 0.0) if self.patients > 1 else np.full(len(z), np.nan)
        q = float(ndtri(0.5 + conf_level / 2.0))
        density = np.where(finite, np.exp(-0.5 * np.where(finite, z, 0.0) ** 2), 0.0) / np.sqrt(2.0 * np.pi)
        unsure = (x[:, self.fit.unbounded] != 0).any(axis=1)
        blank = np.where(unsure, np.nan, 1.0)
        return {
            "still_sore": ndtr(-z) * blank,
            "std_error": density * error * blank,
            "conf_low": ndtr(-z - q * error) * blank,
            "conf_high": ndtr(-z + q * error) * blank,
            "note": np.where(unsure, NOT_BOUNDED, ONE_PATIENT if self.patients < 2 else "").tolist(),
        }


def soreness_model(formula: str, sessions: Any, *, conf_level: float = 0.95) -> SorenessModel:
    """Model soreness in two parts: whether there was any, and the hours it lasted.

    Parameters
    ----------
    formula : str
        Right-hand side, e.g. ``"twitch_count + insertion_count + condition"``, as formulaic reads it.
    sessions : pandas.DataFrame or ibis.Table
        With ``patient_id``, ``soreness_h`` and the formula's variables; ``soreness_ongoing`` and
        ``soreness_free_h`` are used where present.
    conf_level : float
        Confidence level.

    Returns
    -------
    SorenessModel

    Raises
    ------
    FormulaError
        Where the formula cannot be read, has a left-hand side, or names an absent column.
    EstimationError
        Where no session can be used, or a value is infinite.

    Notes
    -----
    First part: logistic, generalised estimating equations with independence and the sandwich clustered on patients.
    Second part: log-normal, the likelihood of exact and censored hours, the same sandwich: R's
    ``survreg(Surv(lower, upper, type = "interval2") ~ ..., dist = "lognormal", cluster = patient_id)``. Reference
    distribution normal (``df`` infinite); with few patients the sandwich is too small, which ``notes`` says.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"patient_id": list("abcd"), "soreness_h": [4.0, 6.0, 8.0, 0.0]})
    >>> model = soreness_model("1", sessions)
    >>> model.n_sessions, model.n_sore, round(float(model.duration["estimate"][0]), 3)
    (4, 3, 1.752)
    """
    parsed, variables = parsed_formula(formula, sessions)
    rows = complete_rows(sessions, variables)
    sore = (rows.upper > 0) & ~np.isnan(rows.lower)
    informative = sore & ~((rows.lower == 0) & np.isinf(rows.upper))
    notes: list[str] = []
    first = _first_part(parsed, rows, sore, conf_level, notes)
    second = rows.subset(informative)
    part, duration = _second_part(parsed, second, conf_level, notes)
    if rows.missing:
        notes.append(f"{rows.missing} session(s) left out: not asked about soreness, or a value missing")
    if rows.patients < FEW_PATIENTS:
        notes.append(
            f"{rows.patients} patients: with fewer than {FEW_PATIENTS}, clustered errors tend to be too small"
        )
    return SorenessModel(
        formula=formula,
        any_soreness=first,
        duration=duration,
        scale=part.fit.scale if part else float("nan"),
        log_likelihood=part.fit.log_likelihood if part else float("nan"),
        n_sessions=len(rows.lower),
        n_patients=rows.patients,
        n_sore=len(second.lower),
        n_sore_patients=second.patients,
        n_missing=rows.missing,
        notes=tuple(dict.fromkeys(notes)),
        _part=part,
    )


def _first_part(parsed: Any, rows: Rows, sore: Flags, conf_level: float, notes: list[str]) -> pd.DataFrame:
    design, _ = designed(parsed, rows)
    fit = fit_logit(design, rows.pattern, rows.patient, sore)
    covariance = design.back @ fit.covariance @ design.back.T
    found = (design.back @ fit.values, covariance, design.unbounded(fit.flat))
    frame = coefficient_frame(design, found, rows.patients, conf_level)
    if sore.all() or not sore.any():
        word = "every" if sore.all() else "no"
        remark = f"{word} session asked was followed by soreness: no odds to compare"
        notes.append(remark)
        blank = {name: np.nan for name in frame.columns if name not in ("term", "note")}
        frame = frame.assign(**blank, note=remark)
    return frame


def _second_part(
    parsed: Any, rows: Rows, conf_level: float, notes: list[str]
) -> tuple[_Duration | None, pd.DataFrame]:
    if not len(rows.lower):
        notes.append("no session was followed by soreness of known duration")
        return None, _blank_frame((), notes[-1])
    design, spec = designed(parsed, rows)
    fit = fit_lognormal(design, rows.pattern, rows.patient, (rows.lower, rows.upper))
    reason = _no_scale(fit, rows)
    if reason:
        notes.append(reason)
        return None, _blank_frame(design.names, reason)
    found = (fit.coefficients, fit.covariance[:-1, :-1], fit.unbounded)
    frame = coefficient_frame(design, found, rows.patients, conf_level)
    levels = {
        str(name): frozenset(rows.covariates[name].unique())
        for name in rows.covariates
        if not pd.api.types.is_numeric_dtype(rows.covariates[name])
    }
    return _Duration(fit, design, spec, levels, rows.patients), frame


def _no_scale(fit: LogNormal, rows: Rows) -> str:
    """Say why the spread of hours cannot be told, if it cannot."""
    if np.isinf(rows.upper).all():
        return "every duration is censored: nobody is known to have stopped being sore"
    if not fit.converged or not 1e-6 < fit.scale < 1e6 or not fit.scale_known:
        return "the spread of durations cannot be estimated: too few, or all alike"
    return ""


def _blank_frame(names: tuple[str, ...], note: str) -> pd.DataFrame:
    columns = ["estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high"]
    return pd.DataFrame({"term": pd.Series(names, dtype="str")}).assign(
        **dict.fromkeys(columns, np.nan), note=note
    )
