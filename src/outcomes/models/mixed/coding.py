"""Which products of coded factors a list of terms needs, so that their columns are of full rank in structure.

In come terms and which of their expressions are factors, out come products in column order, by the rule of patsy and
formulaic.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ScopedTerm", "code_terms"]


@dataclass(frozen=True)
class ScopedTerm:
    """One product of coded factors: each factor's expression and whether its reference level is left out."""

    factors: tuple[tuple[str, bool], ...]


def code_terms(terms: Iterable[tuple[str, ...]], categorical: Iterable[str]) -> list[ScopedTerm]:
    """Products to build so that the columns are of full rank in structure, as formulaic and R choose them.

    Parameters
    ----------
    terms : iterable of tuple of str
        Terms by degree; the empty tuple is the intercept.
    categorical : iterable of str
        The expressions that are factors.

    Returns
    -------
    list of ScopedTerm
        In column order. ``(expression, True)`` marks a factor without its reference level.

    Notes
    -----
    The rule is that of patsy and formulaic: a term spans the products of its factors with and without the reference
    level; what earlier terms span is taken away, and what is left is merged, ``z + z:a-reduced -> z:a``.

    Examples
    --------
    >>> [s.factors for s in code_terms([(), ("a",), ("a", "x")], {"a"})]
    [(), (('a', True),), (('a', False), ('x', False))]
    """
    factors = set(categorical)
    spanned: set[frozenset[tuple[str, bool]]] = set()
    coded: list[ScopedTerm] = []
    for term in terms:
        choices = [((e, True), None) if e in factors else ((e, False),) for e in term]
        span = [tuple(p for p in product if p is not None) for product in itertools.product(*choices)]
        fresh = [product for product in span if frozenset(product) not in spanned]
        coded.extend(ScopedTerm(product) for product in _merged(fresh))
        spanned.update(map(frozenset, fresh))
    return coded


def _merged(products: Iterable[tuple[tuple[str, bool], ...]]) -> list[tuple[tuple[str, bool], ...]]:
    """Apply ``(anything) + (anything):(reduced) -> (anything):(full)`` until nothing changes."""
    kept: list[tuple[tuple[str, bool], ...]] = []
    for product in sorted(products, key=len):
        for existing in kept:
            extra = set(product) - set(existing)
            if len(product) - 1 == len(existing) and len(extra) == 1 and next(iter(extra))[1]:
                wider = tuple((e, False) if (e, r) in extra else (e, r) for e, r in product)
                others = [p for p in kept if p != existing]
                kept = _merged([*others, *([] if wider in others else [wider])])
                break
        else:
            kept.append(product)
    return kept
