"""Which columns of a design can be estimated, and well-conditioned stand-ins for them.

In come moments, out comes a :class:`Basis`: the design columns kept, those dropped because earlier ones already span
them (as R drops them), and a linear map from the moments' base columns to centred, scaled columns that span the same
model. Nothing is ever squared before it is centred where the model allows centring, so a covariate of 1e6 plus or
minus 1 keeps its digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models import Floats
from outcomes.models.mixed.design import ONE, DesignColumn, design_columns
from outcomes.models.mixed.sums import Sums

__all__ = ["Basis", "choose_basis"]

ALIASED = 1e-12
"""Squared length left of a column after the earlier ones, relative to its own, below which it is aliased."""

CONSTANT = 1e-24
"""The same, relative to the column before it was centred: what is left is rounding of the records."""


@dataclass(frozen=True, eq=False)
class Basis:
    """Columns of a model that can be estimated.

    Attributes
    ----------
    columns : tuple of DesignColumn
        Every column of the design.
    kept : tuple of int
        Those that are estimated, in order.
    aliases : mapping of int to ndarray, shape (kept columns,)
        Each dropped column as a combination of the kept ones.
    map : ndarray, shape (base columns, kept columns + 1)
        From base columns to the stand-ins ``Z``, then the response, all of unit length.
    back : ndarray, shape (kept columns, kept columns)
        From coefficients of ``Z`` to those of the design.
    response_scale : float
        What the response was multiplied by.
    response_shift : ndarray, shape (kept columns,)
        To add to the coefficients for the centre of the response.
    log_scale : float
        ``log |Z'Z|`` less ``log |X'X|``.
    """

    columns: tuple[DesignColumn, ...]
    kept: tuple[int, ...]
    aliases: dict[int, Floats]
    map: Floats
    back: Floats
    response_scale: float
    response_shift: Floats
    log_scale: float

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the kept columns."""
        return tuple(self.columns[index].name for index in self.kept)

    @property
    def aliased(self) -> tuple[str, ...]:
        """Names of the dropped columns."""
        return tuple(self.columns[index].name for index in sorted(self.aliases))


class _Span:
    """An orthonormal basis, in the metric of a cross-product, of the columns added so far."""

    def __init__(self, metric: Floats) -> None:
        self.metric = metric
        self.vectors = np.zeros((len(metric), 0))

    def left_of(self, column: Floats) -> tuple[Floats, float, float]:
        """What is left of a column, its squared length, and that of the whole column."""
        rest = column
        for _ in range(2):
            rest = rest - self.vectors @ (self.vectors.T @ (self.metric @ rest))
        return rest, float(rest @ self.metric @ rest), float(column @ self.metric @ column)

    def add(self, rest: Floats, length: float) -> None:
        """Take in what was left of a column."""
        self.vectors = np.column_stack([self.vectors, rest / np.sqrt(length)])


def choose_basis(moments: Sums) -> Basis:
    """Keep the design columns that are not spanned by earlier ones, and centre them where the model allows.

    Parameters
    ----------
    moments : Sums

    Returns
    -------
    Basis
    """
    columns = design_columns(moments.formula, moments.categorical, moments.seen_levels())
    chooser = _Chooser(moments, columns)
    for index in range(len(columns)):
        chooser.consider(index)
    return chooser.basis()


class _Chooser:
    """The state of one pass over the design columns."""

    def __init__(self, moments: Sums, columns: list[DesignColumn]) -> None:
        width = len(moments.keys)
        self.moments, self.columns = moments, columns
        self.centred = np.zeros((len(columns), width))
        self.companion = np.zeros((len(columns), width))
        self.centre = np.zeros(len(columns))
        for row, column in enumerate(columns):
            self.centred[row, moments.columns_of(column.expression, column.cell)] = 1.0
            self.companion[row, moments.columns_of(ONE, column.cell)] = 1.0
            if column.expression != ONE:
                self.centre[row] = moments.centres[column.expression]
        self.span, self.indicators = _Span(moments.total), _Span(moments.total)
        self.kept: list[int] = []
        self.dropped: list[int] = []
        self.free: dict[int, bool] = {}

    def _raw(self, index: int) -> Floats:
        return np.asarray(self.centred[index] + self.centre[index] * self.companion[index])

    def _indicated(self, indicator: Floats) -> bool:
        """Whether the kept indicator columns span an indicator."""
        _, rest, whole = self.indicators.left_of(indicator)
        return rest <= 1e-10 * whole

    def consider(self, index: int) -> None:
        """Keep or drop one column, given those before it."""
        column = self.columns[index]
        free = column.expression != ONE and self._indicated(self.companion[index])
        candidate = self.centred[index] if free else self._raw(index)
        rest, left, whole = self.span.left_of(candidate)
        raw = self._raw(index)
        if left <= ALIASED * whole or left <= CONSTANT * float(raw @ self.moments.total @ raw):
            self.dropped.append(index)
            return
        self.kept.append(index)
        self.free[index] = free
        self.span.add(rest, left)
        if column.expression == ONE:
            rest, left, _ = self.indicators.left_of(candidate)
            self.indicators.add(rest, left)

    def _combination(self, indicator: Floats) -> Floats:
        """An indicator as a combination of the kept indicator columns, in the order of the kept columns."""
        found = np.zeros(len(self.kept))
        ones = [i for i, index in enumerate(self.kept) if self.columns[index].expression == ONE]
        same = [i for i in ones if np.array_equal(self.companion[self.kept[i]], indicator)]
        if same:
            found[same[0]] = 1.0
            return found
        stack = self.companion[[self.kept[i] for i in ones]]
        gram, target = stack @ self.moments.total @ stack.T, stack @ self.moments.total @ indicator
        solution = np.linalg.solve(gram, target)
        nearest = np.rint(solution)
        found[ones] = np.where(np.abs(solution - nearest) < 1e-9, nearest, solution)
        return found

    def basis(self) -> Basis:
        """The basis of the columns kept."""
        for index in self.kept:
            if self.columns[index].expression != ONE and not self.free[index]:
                self.free[index] = self._indicated(self.companion[index])
        p, width = len(self.kept), self.centred.shape[1]
        stand_ins, back = np.zeros((width, p + 1)), np.eye(p)
        for place, index in enumerate(self.kept):
            stand_ins[:, place] = self.centred[index] if self.free[index] else self._raw(index)
            if self.free[index] and self.centre[index]:
                back[:, place] -= self.centre[index] * self._combination(self.companion[index])
        shift = self._respond(stand_ins)
        lengths = np.sqrt(np.einsum("ij,ik,kj->j", stand_ins, self.moments.total, stand_ins))
        scale = 1.0 / np.where(lengths > 0, lengths, 1.0)
        aliases = {index: self._alias(index, stand_ins[:, :p], back) for index in self.dropped}
        return Basis(
            tuple(self.columns),
            tuple(self.kept),
            aliases,
            stand_ins * scale,
            back * scale[:p],
            float(scale[p]),
            shift,
            2.0 * float(np.log(scale[:p]).sum()),
        )

    def _respond(self, stand_ins: Floats) -> Floats:
        """Put the response into the last stand-in; returns what its centre adds to the coefficients."""
        name = self.moments.formula.response
        stand_ins[self.moments.columns_of(name, ()), -1] = 1.0
        centre, whole = self.moments.centres[name], np.zeros(len(stand_ins))
        whole[self.moments.columns_of(ONE, ())] = 1.0
        if centre and self._indicated(whole):
            return centre * self._combination(whole)
        stand_ins[:, -1] += centre * whole
        return np.zeros(len(self.kept))

    def _alias(self, index: int, stand_ins: Floats, back: Floats) -> Floats:
        """A dropped column as a combination of the kept ones."""
        free = self.columns[index].expression != ONE and self._indicated(self.companion[index])
        column = self.centred[index] if free else self._raw(index)
        metric = self.moments.total
        lengths = np.sqrt(np.einsum("ij,ik,kj->j", stand_ins, metric, stand_ins))
        scaled = stand_ins / lengths
        found = back @ (np.linalg.lstsq(scaled.T @ metric @ scaled, scaled.T @ metric @ column)[0] / lengths)
        return np.asarray(
            found + self.centre[index] * self._combination(self.companion[index]) if free else found
        )
