"""What an outer grouping (clinics around patients) adds to the cross-products of a likelihood.

In come the sums per outer group of the moments, out come the rank-one updates of ``A = W' V^-1 W`` and of ``log |V|``,
with derivatives in both variance ratios. See docs/methods/mixed-models.md for the algebra.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from outcomes.models import Floats, Whole
from outcomes.models.mixed.sums import OuterSums

__all__ = ["OuterTable", "Pieces", "outer_pieces", "outer_table"]


@dataclass(frozen=True, eq=False)
class Pieces:
    """``A`` and ``log |V|`` at some variance ratios, with first and second derivatives in them.

    Attributes
    ----------
    a : ndarray, shape (q, q)
    da : ndarray, shape (k, q, q)
    dda : ndarray, shape (k, k, q, q)
    logdet : float
    dlogdet : ndarray, shape (k,)
    ddlogdet : ndarray, shape (k, k)
    """

    a: Floats
    da: Floats
    dda: Floats
    logdet: float
    dlogdet: Floats
    ddlogdet: Floats


@dataclass(frozen=True, eq=False)
class OuterTable:
    """Outer groups as the likelihood needs them.

    Attributes
    ----------
    starts : ndarray of int, shape (groups,)
        First row of each group.
    sizes, patients : ndarray, shape (rows,)
        Sessions per patient, and patients that have so many.
    sums : ndarray, shape (rows, q)
        Their column sums.
    weight : ndarray, shape (groups,)
        How many groups each stands for in ``log |V|``.
    """

    starts: Whole
    sizes: Floats
    patients: Floats
    sums: Floats
    weight: Floats

    @cached_property
    def _columns(self) -> Floats:
        """The column sums, and the sessions they are of."""
        return np.column_stack([self.sums, self.patients * self.sizes])

    def by_group(self, *shares: Floats) -> list[tuple[Floats, Floats]]:
        """Sums within groups, for each of some shares, of the share times the column sums, and times the sessions."""
        # One sparse matrix of as many blocks as there are shares adds all of them up in one pass: row
        # `group` of block k holds share k of the group's patients, in the places of their rows.
        rows, groups = len(self.sizes), len(self.starts)
        first = (np.arange(len(shares))[:, None] * rows + self.starts).ravel()
        ends, place = np.append(first, len(shares) * rows), np.tile(np.arange(rows), len(shares))
        adding = csr_array((np.concatenate(shares), place, ends), (len(first), rows))
        added = (adding @ self._columns).reshape(len(shares), groups, -1)
        return [(each[:, :-1], each[:, -1]) for each in added]


def outer_table(outer: OuterSums, sums: Floats) -> OuterTable:
    """Lay out outer groups, those of one make-up merged where they are many.

    Groups with the same numbers of patients and sessions enter the likelihood through their cross-product alone, so
    any other rows with that cross-product do as well: a triangular factor has no more rows than columns.

    Parameters
    ----------
    outer : OuterSums
    sums : ndarray, shape (rows, q)
        Its sums in the columns of the likelihood.

    Returns
    -------
    OuterTable
    """
    # Rows come sorted by group, so a group is a run of rows.
    starts = np.flatnonzero(np.r_[True, np.diff(outer.group) != 0])
    stops = np.r_[starts[1:], len(outer.group)]
    # Groups are of one make-up if they have as many patients of each number of sessions: then `d` and `k` of
    # docs/methods/mixed-models.md are the same number for all of them, at every ratio.
    alike: dict[bytes, list[int]] = {}
    for place, (low, high) in enumerate(zip(starts, stops, strict=True)):
        alike.setdefault(outer.sizes[low:high].tobytes() + outer.patients[low:high].tobytes(), []).append(
            place
        )
    alone, parts = np.ones(len(starts), dtype=bool), []
    for members in alike.values():
        low, rows = starts[members[0]], int(stops[members[0]] - starts[members[0]])
        if len(members) <= rows * sums.shape[1]:
            continue  # a triangular factor would have no fewer rows
        alone[members] = False
        # A group enters through u = sum of share * its rows, which is linear in its rows laid side by side;
        # sum k u u' over the members therefore needs only the cross-product of these long rows, which R of
        # their QR decomposition has too.
        stacked = sums[starts[members][:, None] + np.arange(rows)].reshape(len(members), -1)
        stacked = np.asarray(np.linalg.qr(stacked, mode="r"))
        repeat = len(stacked)
        sizes, patients = (np.tile(v[low : low + rows], repeat) for v in (outer.sizes, outer.patients))
        weight = np.full(repeat, len(members) / repeat)  # log |V| still counts every member
        parts.append((np.full(repeat, rows), sizes, patients, stacked.reshape(repeat * rows, -1), weight))
    own = np.repeat(alone, stops - starts)
    lengths = (stops - starts)[alone]
    parts.append((lengths, outer.sizes[own], outer.patients[own], sums[own], np.ones(len(lengths))))
    lengths, sizes, patients, columns, weight = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    first = np.r_[0, np.cumsum(lengths)[:-1]].astype(np.intp)
    return OuterTable(first, sizes.astype(np.float64), patients.astype(np.float64), columns, weight)


def outer_pieces(outer: OuterTable, ratios: Floats) -> Pieces:
    """What the outer grouping adds to ``A`` and ``log |V|``, with derivatives."""
    # u, d: sums over a group of a_n times column sums and times sessions, a_n = 1 / (1 + inner n); u1, d1
    # and u2, d2 their first and second derivatives in the patients' ratio. A group adds -k u u' to A and
    # log(room) to log |V|, room = 1 + own d and k = own / room; k1, k11 are k's derivatives in the
    # patients' ratio, kappa in its own, kappa1 in both.
    inner, own = ratios
    n, weight = outer.sizes, outer.weight
    share = 1.0 / (1.0 + inner * n)
    (u, d), (u1, d1), (u2, d2) = outer.by_group(share, -n * share**2, 2.0 * n**2 * share**3)
    room = 1.0 + own * d
    k, kappa = own / room, 1.0 / room**2
    k1, k11 = -(k**2) * d1, 2.0 * k**3 * d1**2 - k**2 * d2
    kappa1, kappa2 = -2.0 * own * d1 / room**3, -2.0 * d / room**3

    def times(*parts: tuple[Floats, Floats]) -> Floats:
        return np.asarray(sum(weights[:, None] * columns for weights, columns in parts))

    # Each product u' (weights u) is made once; where a derivative is not symmetric, half of it is, and its
    # transpose is added below. One stacked product serves all six.
    left = [
        times((k, u)),
        times((k1 / 2.0, u), (k, u1)),
        times((k11 / 2.0, u), (2.0 * k1, u1), (k, u2)),
        times((kappa, u)),
        times((kappa1 / 2.0, u), (kappa, u1)),
        times((kappa2, u)),
    ]
    straight, first, second, outer_first, mixed, outer_second = -(np.hstack(left).T @ u).reshape(
        6, *2 * u.shape[1:]
    )
    second = second - times((k, u1)).T @ u1
    first, second, mixed = (product + product.T for product in (first, second, mixed))
    da, dda = np.array([first, outer_first]), np.array([[second, mixed], [mixed, outer_second]])
    dlog = np.array([float(weight @ (k * d1)), float(weight @ (d / room))])
    middle = float(weight @ (kappa * d1))
    inner_inner, own_own = float(weight @ (k * d2 - (k * d1) ** 2)), -float(weight @ ((d / room) ** 2))
    ddlog = np.array([[inner_inner, middle], [middle, own_own]])
    return Pieces(straight, da, dda, float(weight @ np.log(room)), dlog, ddlog)
