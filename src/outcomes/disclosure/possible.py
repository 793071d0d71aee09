"""Whole numbers between bounds and in sums in, how few and how many some of them can be together out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from outcomes.disclosure.deduced import FAR, Sum, Unknowns
from outcomes.disclosure.printed import Key

__all__ = ["WholeNumbers"]

PUSHES = 24
"""So many times all sums are pushed at once, before one after the other."""
SECONDS = 2.0
"""So long one range is sought; a range not found by then is taken to be as wide as it may be."""
Floats = npt.NDArray[np.float64]


class WholeNumbers:
    """Whole numbers between bounds and in sums: how few and how many some of them can be together."""

    def __init__(self, unknowns: Unknowns) -> None:
        self.place = {key: at for at, key in enumerate(unknowns.low)}
        self.low = np.array([unknowns.low[key] for key in self.place])
        far = max([FAR, *(2.0 * low for low in unknowns.low.values())])  # more than a million may be printed
        self.high = np.array([min(unknowns.high[key], far) for key in self.place])
        self.sums = self._true([found for found in unknowns.sums if self.knows(found[0])])
        self.of: dict[int, list[int]] = defaultdict(list)
        for at, (terms, _, _) in enumerate(self.sums):
            for key in terms:
                self.of[self.place[key]].append(at)

    def _true(self, sums: list[Sum]) -> list[Sum]:
        """Sums that can all be: what is taken to add up, and does not, would hide what does."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import coo_array, eye_array, hstack

        entries = [(i, self.place[k], w) for i, (terms, _, _) in enumerate(sums) for k, w in terms.items()]
        if not entries:
            return sums
        rows, columns, weights = zip(*entries, strict=True)
        matrix = coo_array((weights, (rows, columns)), shape=(len(sums), len(self.place)))
        stacked: Any = hstack([matrix, eye_array(len(sums)), -eye_array(len(sums))])
        slack = np.ones(2 * len(sums))
        solve: Any = milp
        solved = solve(
            np.concatenate([np.zeros(len(self.place)), slack]),
            constraints=LinearConstraint(stacked.tocsr(), [s[1] for s in sums], [s[2] for s in sums]),
            bounds=Bounds(np.concatenate([self.low, 0 * slack]), np.concatenate([self.high, np.inf * slack])),
        )
        off = solved.x[len(self.place) :].reshape(2, -1).sum(axis=0) > 1e-6
        return [found for found, is_off in zip(sums, off, strict=True) if not is_off]

    def knows(self, terms: Mapping[Key, float]) -> bool:
        """Whether all of these were read somewhere."""
        return all(key in self.place for key in terms)

    def row(self, terms: Mapping[Key, float]) -> Floats:
        """Weights of all unknowns in a sum."""
        weights = np.zeros(len(self.place))
        for key, weight in terms.items():
            weights[self.place[key]] += weight
        return weights

    def pushed(self, weights: list[Floats], limit: int) -> tuple[Floats, Floats]:
        """The least and the most each sum was seen to be when all were pushed at once, up or down at random.

        Whatever was seen can be; so a range that was seen to be wide need not be asked for alone.
        """
        low, high = np.full(len(weights), np.inf), np.full(len(weights), -np.inf)
        rng, every = np.random.default_rng(1), list(range(len(self.place)))
        asked = self._asked(every, list(range(len(self.sums))))
        for turn in range(PUSHES):
            left = [at for at in range(len(weights)) if high[at] - low[at] < limit - 1]
            if not left:
                break
            signs = np.full(len(left), (-1.0) ** turn) if turn < 2 else rng.choice([-1.0, 1.0], len(left))
            cost = np.zeros(len(every))
            for at, sign in zip(left, signs * rng.uniform(0.5, 1.5, len(left)), strict=True):
                cost += sign * weights[at]
            point = _solved(cost, asked).x
            if point is None:
                break
            values = np.array([float(row @ np.round(point)) for row in weights])
            low, high = np.minimum(low, values), np.maximum(high, values)
        return low, high

    def range_of(self, terms: Mapping[Key, float]) -> tuple[float, float]:
        """The range of one sum."""
        weights = self.row(terms)
        inside, used = self._near([self.place[key] for key in terms])
        asked = self._asked(inside, used)
        solved = [_solved(sign * weights[inside], asked) for sign in (1.0, -1.0)]
        least, most = (-np.inf if one.mip_dual_bound is None else one.mip_dual_bound for one in solved)
        return float(least), -float(most)

    def _asked(self, inside: list[int], used: list[int]) -> dict[str, Any]:
        """Some numbers between their bounds, whole, in some of the sums: what a solver is asked about them."""
        from scipy.optimize import Bounds, LinearConstraint
        from scipy.sparse import coo_array

        at = {old: new for new, old in enumerate(inside)}
        entries = [(i, at[self.place[k]], w) for i, s in enumerate(used) for k, w in self.sums[s][0].items()]
        rows, columns, weights = zip(*entries, strict=True) if entries else ((), (), ())
        matrix = coo_array((weights, (rows, columns)), shape=(len(used), len(inside))).tocsr()
        sums = LinearConstraint(matrix, [self.sums[s][1] for s in used], [self.sums[s][2] for s in used])
        bounds = Bounds(self.low[inside], self.high[inside])
        whole = np.ones(len(inside))
        return {"integrality": whole, "bounds": bounds, "constraints": sums if used else None}

    def _near(self, start: list[int]) -> tuple[list[int], list[int]]:
        """The numbers tied to some, by sums of sums, and those sums."""
        inside, used, queue = dict.fromkeys(start), dict[int, None](), list(start)
        while queue:
            for at in self.of[queue.pop()]:
                if at not in used:
                    used[at] = None
                    others = [self.place[key] for key in self.sums[at][0]]
                    queue += [o for o in others if o not in inside and self.low[o] < self.high[o]]
                    inside.update(dict.fromkeys(others))
        return list(inside), list(used)


def _solved(cost: Floats, asked: Mapping[str, Any]) -> Any:
    """The least of a sum: a point that can be, and a bound below which it cannot be, however long it was sought."""
    from scipy.optimize import milp

    solve: Any = milp
    return solve(cost, **asked, options={"time_limit": SECONDS})
