"""The columns of a model: which sums a reduction must hold, and which of them make each design column.

Every design column is a product of indicators (cells of factors) and one numeric expression. The *base columns* of a
reduction are these products with all levels kept, for the widest factor sets only, together with the plain indicators
that go with every numeric expression. They are closed under shifts of the expressions, so that sums can be centred
exactly and moved to another centre, and every treatment-coded design column is a plain sum of some of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import pandas as pd

from outcomes.errors import FormulaError
from outcomes.models.mixed.formula import ModelFormula

__all__ = ["BaseSet", "DesignColumn", "FactorLevels", "base_sets", "design_columns"]

Cell: TypeAlias = tuple[tuple[str, Any], ...]
"""Levels that some factors take, as ``((factor, level), ...)`` sorted by factor."""

ONE = ""
"""The expression of a plain indicator: the constant one."""


@dataclass(frozen=True)
class FactorLevels:
    """Levels of one factor, in the order they are coded.

    Attributes
    ----------
    column : str
        Column of the table.
    levels : tuple
        All levels, seen or declared; those without a session are left out when a model is coded.
    declared : bool
        The order was given (a pandas category, ``levels=``), rather than sorted.
    reference : object
        Reference level asked for, or None for the first.
    """

    column: str
    levels: tuple[Any, ...]
    declared: bool = False
    reference: Any = None

    def united(self, other: FactorLevels) -> FactorLevels:
        """Levels of both, sorted; in this one's order where one of them was declared in another order than sorted."""
        fresh = [level for level in other.levels if level not in set(self.levels)]
        merged = (*self.levels, *fresh)
        declared = self.declared or other.declared
        own_order = any(of.declared and of.levels != sorted_levels(of.levels) for of in (self, other))
        return FactorLevels(
            self.column, merged if own_order else sorted_levels(merged), declared, self.reference
        )


def sorted_levels(levels: Iterable[Any]) -> tuple[Any, ...]:
    """Levels in their natural order, or in that of their text where they cannot be compared."""
    found = list(levels)
    try:
        return tuple(sorted(found))
    except TypeError:
        return tuple(sorted(found, key=str))


@dataclass(frozen=True)
class BaseSet:
    """One numeric expression within every cell of some factors.

    Attributes
    ----------
    expression : str
        The numeric expression; empty for the constant one.
    factors : tuple of str
        Factor expressions, sorted.
    """

    expression: str
    factors: tuple[str, ...]


def numeric_part(term: Iterable[str], categorical: Mapping[str, FactorLevels]) -> str:
    """The numeric expressions of a term as one product; empty if there is none."""
    return ":".join(e for e in term if e not in categorical)


def base_sets(formula: ModelFormula, categorical: Mapping[str, FactorLevels]) -> tuple[BaseSet, ...]:
    """The base sets a reduction of this formula holds: the widest factor sets for each expression.

    Parameters
    ----------
    formula : ModelFormula
    categorical : mapping of str to FactorLevels
        The expressions that are factors in this table.

    Returns
    -------
    tuple of BaseSet
        The indicators first; the response's own set last.
    """
    wanted: dict[str, set[tuple[str, ...]]] = {ONE: {()}}
    for term in formula.terms:
        factors = tuple(sorted(e for e in term if e in categorical))
        wanted[ONE].add(factors)
        wanted.setdefault(numeric_part(term, categorical), set()).add(factors)
    sets = [BaseSet(e, factors) for e, found in wanted.items() for factors in _widest(found)]
    response = BaseSet(formula.response, ())
    return (*(s for s in sets if s != response), response)


def _widest(found: set[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Factor sets that are not within another one."""
    return sorted(a for a in found if not any(set(a) < set(b) for b in found))


@dataclass(frozen=True)
class DesignColumn:
    """One treatment-coded column of the model matrix.

    Attributes
    ----------
    name : str
        As formulaic calls it.
    term : tuple of str
        Expressions it multiplies.
    expression : str
        The numeric expressions as one product; empty for an indicator.
    cell : tuple of (str, object)
        Level of each of its factors, sorted by factor.
    """

    name: str
    term: tuple[str, ...]
    expression: str
    cell: Cell = field(default=())


def design_columns(
    formula: ModelFormula, categorical: Mapping[str, FactorLevels], seen: Mapping[str, Sequence[Any]]
) -> list[DesignColumn]:
    """Columns of the model matrix, in formulaic's order and with its names.

    Parameters
    ----------
    formula : ModelFormula
    categorical : mapping of str to FactorLevels
    seen : mapping of str to sequence
        Levels of each factor that have at least one session, in coding order.

    Returns
    -------
    list of DesignColumn

    Raises
    ------
    FormulaError
        If a reference level was asked for that no session has.
    """
    for name, factor in categorical.items():
        if factor.reference is not None and factor.reference not in seen[name]:
            known = ", ".join(map(str, seen[name]))
            raise FormulaError(
                f"`{name}` asks for the reference {factor.reference!r}; the sessions have: {known}."
            )
    columns: list[DesignColumn] = []
    for product in _products(formula.terms, frozenset(categorical)):
        columns.extend(_coded(product, categorical, seen))
    return columns


def _coded(
    product_of: Sequence[tuple[str, bool]],
    categorical: Mapping[str, FactorLevels],
    seen: Mapping[str, Sequence[Any]],
) -> list[DesignColumn]:
    """Columns of one product of factors; the first factor's levels run fastest."""
    parts: list[list[tuple[str, str, Any]]] = []
    for expression, reduced in product_of:
        if expression not in categorical:
            parts.append([(expression, expression, None)])
            continue
        levels = seen[expression]
        reference = categorical[expression].reference
        left_out = levels[0] if reference is None else reference
        kept = [level for level in levels if not (reduced and level == left_out)]
        mark = "T." if reduced else ""
        parts.append([(f"{expression}[{mark}{level}]", expression, level) for level in kept])
    term = tuple(e for e, _ in product_of)
    columns = []
    for backwards in itertools.product(*reversed(parts)):
        product = backwards[::-1]
        name = ":".join(label for label, _, _ in product) or "Intercept"
        cell = tuple(
            sorted(((e, level) for _, e, level in product if e in categorical), key=lambda pair: pair[0])
        )
        columns.append(DesignColumn(name, term, numeric_part(term, categorical), cell))
    return columns


@lru_cache(maxsize=512)
def _products(
    terms: tuple[tuple[str, ...], ...], categorical: frozenset[str]
) -> list[tuple[tuple[str, bool], ...]]:
    """Products of factors to build so that the columns are of full rank in structure, as formulaic and R choose them.

    formulaic decides, on a two-row table with two levels for each factor: which products a term needs depends on what
    the other terms span, not on the levels. A pair is an expression and whether its reference level is left out.
    """
    from formulaic import ModelSpec

    places = {e: f"v{place}" for place, e in enumerate(dict.fromkeys(itertools.chain(*terms)))}
    expressions = {name: e for e, name in places.items()}
    grid = pd.DataFrame(
        {name: pd.Categorical(["a", "b"]) if e in categorical else [0.0, 1.0] for e, name in places.items()},
        index=range(2),
    )
    right = " + ".join(["0", *(":".join(places[e] for e in term) or "1" for term in terms)])
    structure = ModelSpec(formula=right).get_model_matrix(grid).model_spec.structure
    return [
        tuple((expressions.get(f.factor.expr, f.factor.expr), f.reduced) for f in scoped.factors)
        for encoded in structure
        for scoped in encoded.scoped_terms
    ]
