"""Sessions and a right-hand side in, what a model of soreness needs out: complete rows, their covariates in columns.

Refused with a `FormulaError`: formulas that cannot be read or computed; with an `EstimationError`: no complete row,
infinite or impossible values, levels that the fitted records did not have.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError, FormulaError
from outcomes.models import Flags, Floats, Ints
from outcomes.models.groups import fetched, is_lazy, number_groups, require_columns
from outcomes.models.survival.clustered import Design, design_of
from outcomes.models.survival.events_frame import soreness_bounds
from outcomes.record.outcomes import with_outcomes

__all__ = ["Rows", "coded", "complete_rows", "designed", "parsed_formula"]

SORENESS = ("soreness_h", "soreness_ongoing", "soreness_free_h")


@dataclass(frozen=True)
class Rows:
    """Complete sessions: bounds of soreness, patient, covariates as distinct rows and which row each session has."""

    lower: Floats
    upper: Floats
    patient: Ints
    pattern: Ints
    covariates: pd.DataFrame
    missing: int

    def subset(self, keep: Flags) -> Rows:
        """Some of the sessions, patients and covariates numbered anew, those of one covariate row together."""
        present = np.bincount(self.pattern[keep], minlength=len(self.covariates)) > 0
        used, pattern = np.flatnonzero(present), (np.cumsum(present) - 1)[self.pattern[keep]]
        order = np.argsort(
            pattern, kind="stable"
        )  # neighbours alike, so that sums run through memory in order
        rows = np.flatnonzero(keep)[order]
        patient = pd.factorize(self.patient[rows])[0].astype(np.int64)
        covariates = self.covariates.iloc[used].reset_index(drop=True)
        return Rows(self.lower[rows], self.upper[rows], patient, pattern[order], covariates, self.missing)

    @property
    def patients(self) -> int:
        """How many there are."""
        return int(self.patient.max(initial=-1)) + 1


def parsed_formula(formula: str, sessions: Any) -> tuple[Any, list[str]]:
    """Parse a one-sided formula; return it and the columns it needs."""
    import formulaic

    if "~" in formula:
        raise FormulaError(
            f"{formula!r} has a left-hand side; soreness is the outcome, so give the right-hand side alone."
        )
    try:
        parsed = formulaic.Formula(formula)
        variables = sorted(map(str, parsed.required_variables))
    except (formulaic.errors.FormulaicError, SyntaxError, AttributeError) as error:
        raise FormulaError(
            f"{formula!r} cannot be read; give terms such as 'twitch_count + condition'. Patients need no "
            "term of their own: every error is clustered on them."
        ) from error
    _refuse_of_all_rows(formula)
    is_lazy(sessions)
    absent = [name for name in variables if name not in sessions.columns]
    if absent:
        absent = [name for name in absent if name not in with_outcomes(sessions, absent).columns]
    if absent:
        have = ", ".join(map(str, sessions.columns))
        raise FormulaError(f"{formula!r} names {absent[0]!r}, which is not a column; there are {have}.")
    return parsed, variables


def _refuse_of_all_rows(formula: str) -> None:
    """Refuse what is computed from all sessions at once: distinct rows alone would give another value."""
    from formulaic.transforms import TRANSFORMS

    for name, transform in TRANSFORMS.items():
        of_all = name == "lag" or hasattr(transform, "__is_stateful_transform__")
        if of_all and re.search(rf"\b{name}\(", formula):
            raise FormulaError(
                f"{name}() depends on all sessions at once; add it as a column of the table instead."
            )


def complete_rows(sessions: Any, variables: list[str]) -> Rows:
    """Sessions with soreness, a patient and every value of the formula; the others counted."""
    require_columns(sessions, ["patient_id", "soreness_h"])
    table = with_outcomes(sessions, variables)
    wanted = [name for name in dict.fromkeys([*variables, "patient_id", *SORENESS]) if name in table.columns]
    frame = fetched(table.select(*wanted)) if is_lazy(table) else table[wanted]
    lower, upper = soreness_bounds(frame)
    _refuse_infinite(frame, variables)
    groups = number_groups(frame, variables)
    keep = ~np.isnan(lower) & (groups.codes >= 0) & frame["patient_id"].notna().to_numpy()
    if not keep.any():
        raise EstimationError(
            "no session has soreness, a patient and every value of the formula. Check which of "
            f"{', '.join(['soreness_h', *variables])} is blank throughout."
        )
    if (lower[keep] < 0).any() or (upper[keep] < lower[keep]).any():
        raise EstimationError(
            "soreness hours are below 0, or soreness_free_h lies before soreness_h; correct the records."
        )
    whole = Rows(
        lower, upper, pd.factorize(frame["patient_id"])[0], groups.codes, groups.keys, int((~keep).sum())
    )
    return whole.subset(keep)


def _refuse_infinite(frame: pd.DataFrame, names: list[str]) -> None:
    for name in [*names, "soreness_h"]:
        if (
            pd.api.types.is_float_dtype(frame[name])
            and np.isinf(frame[name].to_numpy(dtype=float, na_value=np.nan)).any()
        ):
            raise EstimationError(
                f"{name} holds an infinite value; correct it, or blank it where it is not known."
            )


def matrix_of(parsed: Any, rows: Rows) -> tuple[Floats, tuple[str, ...], Any]:
    """Code the distinct covariate rows as formulaic does."""
    import formulaic

    covariates = (
        rows.covariates
        if len(rows.covariates.columns)
        else pd.DataFrame({"_": np.zeros(len(rows.covariates))})
    )
    try:
        with np.errstate(divide="ignore", invalid="ignore"):  # what is not finite is refused below
            matrix = parsed.get_model_matrix(covariates, context={}, na_action="ignore")
    except formulaic.errors.FormulaicError as error:
        raise FormulaError(f"the formula cannot be computed: {error}.") from error
    values = matrix.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise EstimationError("a term of the formula is not finite for some session (a logarithm of zero?).")
    return values, tuple(map(str, matrix.columns)), matrix.model_spec


def designed(parsed: Any, rows: Rows) -> tuple[Design, Any]:
    """The covariates as an orthonormal design, and how formulaic coded them."""
    values, names, spec = matrix_of(parsed, rows)
    weight = np.bincount(rows.pattern, minlength=len(values)).astype(float)
    return design_of(values, names, weight), spec


def coded(spec: Any, newdata: pd.DataFrame, levels: dict[str, frozenset[Any]]) -> Floats:
    """New rows coded as the fitted ones were."""
    absent = [name for name in spec.required_variables if name not in newdata]
    if absent:
        raise EstimationError(
            f"newdata lacks {absent[0]!r}; it needs {', '.join(sorted(spec.required_variables))}."
        )
    for name, known in levels.items():
        strange = set(newdata[name]) - known
        if strange:
            found, allowed = min(map(str, strange)), ", ".join(sorted(map(str, known)))
            raise EstimationError(
                f"newdata has {name} {found!r}, which no sore session had; there are {allowed}."
            )
    plain = newdata if len(newdata.columns) else pd.DataFrame({"_": np.zeros(len(newdata))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(spec.get_model_matrix(plain, context={}), dtype=np.float64)
