"""What a masked sum is of: the same numbers in the same places for every clinic, agreed on before anybody looks.

Comes in: a formula, the levels its factors may have, and the most sessions a patient may have. Goes out: a reduction as
a list of numbers in that order, zeros where the clinic has nobody; and the reduction a sum of such lists is. That a
clinic lacks a level, or how often its patients came, is not to be seen from its list's length. Refused: what does not
fit.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from outcomes.errors import ReductionError, shown
from outcomes.models import Floats
from outcomes.models.json_file import plan_hash
from outcomes.models.mixed.codes import expressions_of, factors_of
from outcomes.models.mixed.design import ONE, FactorLevels, base_sets, sorted_levels
from outcomes.models.mixed.formula import ModelFormula, parse_formula, variables_of
from outcomes.models.mixed.moments import Moments
from outcomes.models.mixed.sums import Key, base_keys
from outcomes.record.columns import COLUMNS

__all__ = ["Layout", "layout_of"]

NOT_A_SUM = (
    "The masked files do not add up to sums of patients: a clinic did not mask as agreed. Begin a new round."
)


@dataclass(frozen=True)
class Layout:
    """The numbers of a masked reduction, in order.

    Attributes
    ----------
    formula : str
    levels : mapping of str to tuple
        Of each factor of the formula, the levels it may have.
    most_sessions : int
        Of one patient.
    centres : mapping of str to float
        What is subtracted from each numeric expression before it is squared.
    plan : str
        Hash of the plan the reductions are made under.
    """

    formula: str
    levels: Mapping[str, tuple[Any, ...]]
    most_sessions: int
    centres: Mapping[str, float]
    plan: str

    @cached_property
    def _formula(self) -> ModelFormula:
        return parse_formula(self.formula)

    @cached_property
    def _categorical(self) -> dict[str, FactorLevels]:
        codings = factors_of(self._formula, lambda name: name in self.levels)
        return {
            name: FactorLevels(codings[name].column, tuple(levels), True, codings[name].reference)
            for name, levels in self.levels.items()
        }

    @cached_property
    def _keys(self) -> tuple[Key, ...]:
        sets = base_sets(self._formula, self._categorical)
        cells = {
            base.factors: [
                tuple(zip(base.factors, those, strict=True))
                for those in itertools.product(*(self.levels[name] for name in base.factors))
            ]
            for base in sets
        }
        return base_keys(sets, cells)

    @cached_property
    def _numbers(self) -> tuple[str, ...]:
        """Numeric columns, whose means a reduction carries."""
        numeric = [e for e in self._formula.expressions if e not in self.levels]
        names = (variables_of(e, self._formula) for e in [*numeric, self._formula.response])
        return tuple(dict.fromkeys(itertools.chain.from_iterable(names)))

    @property
    def length(self) -> int:
        """How many numbers there are."""
        upper = len(self._keys) * (len(self._keys) + 1) // 2
        levels = sum(len(those) for those in self.levels.values())
        return 1 + self.most_sessions + levels + len(self._numbers) + upper * (1 + self.most_sessions)

    # --- there ---

    def values(self, moments: Moments) -> Iterator[float]:
        """The numbers of a reduction, in order.

        Raises
        ------
        ReductionError
            Where the reduction is of another model, or holds what has no place here.
        """
        self._check(moments)
        total, patients, classes = moments.moved(self.centres).spread(
            self._keys, np.arange(1, self.most_sessions + 1)
        )
        upper = np.triu_indices(len(self._keys))
        yield float(moments.n_missing)
        yield from map(float, patients)
        for name, levels in self.levels.items():
            yield from (float(moments.level_patients[name].get(level, 0)) for level in levels)
        yield from (moments.n_sessions * moments.means[name] for name in self._numbers)
        yield from total[upper].tolist()
        for matrix in classes:
            yield from matrix[upper].tolist()

    def _check(self, moments: Moments) -> None:
        """Refuse a reduction that does not fit."""
        if not isinstance(moments, Moments):
            raise ReductionError(
                f"Only the moments of a mixed model can be masked (`oc.reduce_moments`), not {type(moments).__name__}."
            )
        if moments.formula.text.replace(" ", "") != self._formula.text.replace(" ", ""):
            raise ReductionError(
                f"The round adds {self._formula.text!r}, and this is a reduction of {moments.formula.text!r}. "
                "Reduce the records with the formula of the round."
            )
        if plan_hash() != self.plan:
            raise ReductionError(
                "The round was begun under another plan (windows, thresholds or rules). Reduce under that plan."
            )
        if moments.categorical.keys() != self.levels.keys():
            differing = ", ".join(sorted(moments.categorical.keys() ^ self.levels.keys()))
            raise ReductionError(f"`{differing}` is a factor in the round or in the reduction, not in both.")
        for name, factor in moments.categorical.items():
            beyond = [level for level in factor.levels if level not in self.levels[name]]
            if any(moments.level_patients[name].get(level, 0) for level in beyond):
                raise ReductionError(
                    f"The records have {shown(beyond[0])} in `{factor.column}`, which the round has no place for. "
                    "Ask for a new round with this level, or correct the records."
                )
        if len(moments.sizes) and int(moments.sizes.max()) > self.most_sessions:
            raise ReductionError(
                f"A patient has more sessions than the {self.most_sessions} the round has a place for. Ask for a new "
                "round with more."
            )

    # --- and back ---

    def reduction(self, values: Sequence[float]) -> Moments:
        """The reduction that a sum of such numbers is.

        Raises
        ------
        ReductionError
            Where its counts are no counts: masks that did not cancel.
        """
        width, sizes = len(self._keys), self.most_sessions
        given = iter(values)
        missing, *patients = itertools.islice(given, 1 + sizes)
        counts = {
            name: dict(zip(levels, itertools.islice(given, len(levels)), strict=True))
            for name, levels in self.levels.items()
        }
        sums = dict(zip(self._numbers, itertools.islice(given, len(self._numbers)), strict=True))
        total, *classes = (
            _square(list(itertools.islice(given, width * (width + 1) // 2)), width) for _ in range(1 + sizes)
        )
        every = [missing, *patients, *(n for of in counts.values() for n in of.values())]
        if not all(0 <= n < 2**53 and n == int(n) for n in every) or not any(patients):
            raise ReductionError(NOT_A_SUM)
        whole = Moments(
            self._formula,
            self._categorical,
            self._keys,
            dict(self.centres),
            sums,
            total,
            np.arange(1, sizes + 1),
            np.array(patients).astype(np.intp),
            np.array(classes),
            {name: {level: int(n) for level, n in of.items()} for name, of in counts.items()},
            int(missing),
        )
        sessions = float(total[np.ix_(ones := whole.columns_of(ONE, ()), ones)].sum())
        if sessions != whole.n_sessions:
            raise ReductionError(NOT_A_SUM)
        return _without_empty(replace(whole, means={name: value / sessions for name, value in sums.items()}))


def _square(flat: list[float], width: int) -> Floats:
    upper = np.zeros((width, width))
    upper[np.triu_indices(width)] = flat
    return upper + np.triu(upper, 1).T


def _without_empty(whole: Moments) -> Moments:
    """Without the levels, columns and numbers of sessions that nobody has."""
    some = whole.patients > 0
    sessions = np.diag(whole.total)
    cells = np.array([sessions[whole.columns_of(ONE, cell)].sum() > 0 for _, cell in whole.keys], dtype=bool)
    seen = whole.seen_levels()
    return replace(
        whole,
        categorical={name: replace(f, levels=tuple(seen[name])) for name, f in whole.categorical.items()},
        keys=tuple(key for key, there in zip(whole.keys, cells, strict=True) if there),
        total=whole.total[np.ix_(cells, cells)],
        sizes=whole.sizes[some],
        patients=whole.patients[some],
        classes=whole.classes[np.ix_(some, cells, cells)],
        level_patients={
            name: {v: whole.level_patients[name][v] for v in levels} for name, levels in seen.items()
        },
    )


def layout_of(
    formula: str,
    *,
    levels: Mapping[str, Sequence[Any]] | None = None,
    most_sessions: int = 60,
    centres: Mapping[str, float] | None = None,
) -> Layout:
    """Agree on what a masked sum is of.

    Parameters
    ----------
    formula : str
        Of one grouping, ``(1 | patient_id)``.
    levels : mapping, optional
        Levels of factors, by their expression in the formula; those of the record's own columns are known.
    most_sessions : int
        Of one patient: a masked file grows with it.
    centres : mapping, optional
        A number near the mean of numeric expressions that lie far from zero.

    Raises
    ------
    ReductionError
        Where a factor's levels are not known, or the formula groups by more than patients.
    """
    parsed = parse_formula(formula)
    if len(parsed.groups) != 1:
        raise ReductionError(
            f"Masked sums are of models with one grouping, such as (1 | patient_id); found {parsed.text!r}."
        )
    if most_sessions < 1:
        raise ReductionError(f"The most sessions of a patient are at least 1, found {most_sessions}.")
    known = {c.name: c.values for c in COLUMNS if c.kind == "category"}
    given = dict(levels or {})
    codings = factors_of(parsed, lambda name: name in known or name in given)
    found = {}
    for name, coding in codings.items():
        those = given.get(name) or coding.levels or known.get(coding.column)
        if not those:
            raise ReductionError(f"Which levels can `{name}` have? Give levels={{{name!r}: [...]}}.")
        found[name] = tuple(those) if name in given or coding.levels else sorted_levels(those)
    expressions = expressions_of(parsed, found)
    return Layout(
        parsed.text,
        found,
        int(most_sessions),
        {e: float((centres or {}).get(e, 0.0)) for e in expressions},
        plan_hash(),
    )
