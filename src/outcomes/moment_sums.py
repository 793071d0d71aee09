"""The reduction a mixed model is fitted from: cross-products that add, and nothing per patient.

:class:`Moments` holds, for the base columns of a formula, the total cross-product, and for each distinct number of
sessions the cross-product of the patients' column sums. Two clinics' moments add; the sum is the reduction of the
pooled records, digit for digit but for rounding. :class:`PatientTally` collects them from patients' column sums.
Refused with a `ReductionError`: adding moments of different formulas, reading a file that does not hold moments.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.design import ONE, BaseSet, Cell, FactorLevels, base_sets
from outcomes.errors import FormulaError, ReductionError
from outcomes.formula import ModelFormula, parse_formula

if TYPE_CHECKING:
    from outcomes.mixed import MixedFit

__all__ = ["Moments", "OuterSums", "PatientTally", "base_keys", "rounded_centre"]

FORMAT = "outcomes-moments"
VERSION = 1

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.intp]
Key: TypeAlias = tuple[str, Cell]


@dataclass(frozen=True, eq=False)
class OuterSums:
    """Column sums per outer group (clinic) and number of sessions per patient, for nested groupings.

    Attributes
    ----------
    column : str
        The outer grouping column.
    labels : tuple of str
        The outer groups.
    group : ndarray of int, shape (r,)
        Position in `labels` of each row.
    sizes : ndarray of int, shape (r,)
        Sessions per patient.
    patients : ndarray of int, shape (r,)
        How many patients of that group have that many sessions.
    sums : ndarray, shape (r, base columns)
        Their summed base columns.
    """

    column: str
    labels: tuple[str, ...]
    group: Whole
    sizes: Whole
    patients: Whole
    sums: Floats


@dataclass(frozen=True, eq=False)
class Moments:
    """Everything a random-intercept model needs of the records.

    Attributes
    ----------
    formula : ModelFormula
    categorical : mapping of str to FactorLevels
        Factors of the formula and their levels.
    keys : tuple of (str, cell)
        Base columns: a numeric expression (empty for the constant one) within a cell of factors.
    centres : mapping of str to float
        What was subtracted from each numeric expression before it was summed.
    means : mapping of str to float
        Mean of each numeric column, for marginal means.
    total : ndarray, shape (base columns, base columns)
        Cross-product of the centred base columns over all sessions.
    sizes, patients : ndarray of int, shape (k,)
        Each distinct number of sessions per patient, and how many patients have it.
    classes : ndarray, shape (k, base columns, base columns)
        Cross-product of the patients' column sums, one for each of `sizes`.
    level_patients : mapping of str to mapping
        Patients with at least one session at each level of each factor.
    n_missing : int
        Rows left out because a value in the formula was missing.
    outer : OuterSums or None
        Only for nested groupings.
    """

    formula: ModelFormula
    categorical: Mapping[str, FactorLevels]
    keys: tuple[Key, ...]
    centres: Mapping[str, float]
    means: Mapping[str, float]
    total: Floats
    sizes: Whole
    patients: Whole
    classes: Floats
    level_patients: Mapping[str, Mapping[Any, int]]
    n_missing: int
    outer: OuterSums | None = None

    # --- what it rests on ---

    @property
    def n_sessions(self) -> int:
        """Sessions with every value the formula needs."""
        return int((self.sizes * self.patients).sum())

    @property
    def n_patients(self) -> int:
        """Patients with at least one such session."""
        return int(self.patients.sum())

    @property
    def small_classes(self) -> pd.DataFrame:
        """Patients per number of sessions (and outer group): the smallest cells a shared file would show.

        Returns
        -------
        pandas.DataFrame
            ``group, sessions_per_patient, patients``, fewest patients first.
        """
        if self.outer is None:
            rows = {"group": "", "sessions_per_patient": self.sizes, "patients": self.patients}
        else:
            labels = np.array(self.outer.labels, dtype=object)[self.outer.group]
            rows = {
                "group": labels,
                "sessions_per_patient": self.outer.sizes,
                "patients": self.outer.patients,
            }
        return pd.DataFrame(rows).sort_values(["patients", "sessions_per_patient"], ignore_index=True)

    def columns_of(self, expression: str, cell: Cell) -> list[int]:
        """Base columns whose sum is `expression` within `cell`."""
        exact = self._position.get((expression, cell))
        if exact is not None:
            return [exact]
        wanted = dict(cell)
        for base, members in self._by_set.items():
            if base.expression == expression and wanted.keys() <= set(base.factors):
                return [
                    i for i, levels in members if all(level == wanted.get(f, level) for f, level in levels)
                ]
        raise ReductionError(
            f"The moments of {self.formula.text!r} hold no sums of {expression or '1'!r} by {cell}."
        )

    @cached_property
    def _position(self) -> dict[Key, int]:
        return {key: index for index, key in enumerate(self.keys)}

    @cached_property
    def _by_set(self) -> dict[BaseSet, list[tuple[int, Cell]]]:
        """Base columns of each base set."""
        found: dict[BaseSet, list[tuple[int, Cell]]] = {
            base: [] for base in base_sets(self.formula, self.categorical)
        }
        for index, (expression, cell) in enumerate(self.keys):
            found[BaseSet(expression, tuple(f for f, _ in cell))].append((index, cell))
        return found

    def sessions_at(self, factor: str, level: Any) -> int:
        """Sessions at one level of one factor."""
        index = self.columns_of(ONE, ((factor, level),))
        return round(float(self.total[index, index].sum()))

    def seen_levels(self) -> dict[str, list[Any]]:
        """Levels of each factor that have a session, in coding order."""
        return {
            name: [level for level in factor.levels if self.level_patients[name].get(level, 0) > 0]
            for name, factor in self.categorical.items()
        }

    # --- estimation ---

    def fit(self, *, method: str = "REML", conf_level: float = 0.95) -> MixedFit:
        """Fit the mixed model; see :func:`outcomes.fit_mixed`."""
        from outcomes.mixed import fit_moments

        return fit_moments(self, method=method, conf_level=conf_level)

    # --- pooling ---

    def __add__(self, other: Moments) -> Moments:
        """Pool two reductions of different patients.

        Raises
        ------
        ReductionError
            If they were made with different formulas, or a column is a factor in one and a number in the other.
        """
        if not isinstance(other, Moments):
            return NotImplemented
        _check_same_model(self, other)
        categorical = {
            name: factor.united(other.categorical[name]) for name, factor in self.categorical.items()
        }
        keys = tuple(dict.fromkeys((*self.keys, *other.keys)))
        other = other._moved(self.centres)
        sizes = np.union1d(self.sizes, other.sizes).astype(np.intp)
        parts = [part._spread(keys, sizes) for part in (self, other)]
        n, m = self.n_sessions, other.n_sessions
        return Moments(
            self.formula,
            categorical,
            keys,
            self.centres,
            {name: (n * mean + m * other.means[name]) / (n + m) for name, mean in self.means.items()},
            parts[0][0] + parts[1][0],
            sizes,
            parts[0][1] + parts[1][1],
            parts[0][2] + parts[1][2],
            {
                name: _added(counts, other.level_patients[name])
                for name, counts in self.level_patients.items()
            },
            self.n_missing + other.n_missing,
            _joined(self, other, keys),
        )

    def _moved(self, centres: Mapping[str, float]) -> Moments:
        """The same moments about other centres (parallel axes: a shift is linear in the base columns)."""
        shift = np.eye(len(self.keys))
        for index, (expression, cell) in enumerate(self.keys):
            step = self.centres.get(expression, 0.0) - centres.get(expression, 0.0)
            if step:
                shift[self.columns_of(ONE, cell), index] += step
        outer = self.outer
        return dataclasses.replace(
            self,
            centres=centres,
            total=shift.T @ self.total @ shift,
            classes=shift.T @ self.classes @ shift,
            outer=None if outer is None else dataclasses.replace(outer, sums=outer.sums @ shift),
        )

    def _spread(self, keys: Sequence[Key], sizes: Whole) -> tuple[Floats, Whole, Floats]:
        """Total, patients and classes laid out for the columns `keys` and the numbers of sessions `sizes`."""
        position = {key: index for index, key in enumerate(keys)}
        at = np.array([position[key] for key in self.keys], dtype=np.intp)
        rows = np.searchsorted(sizes, self.sizes)
        total = np.zeros((len(keys), len(keys)))
        total[np.ix_(at, at)] = self.total
        patients = np.zeros(len(sizes), dtype=np.intp)
        patients[rows] = self.patients
        classes = np.zeros((len(sizes), len(keys), len(keys)))
        classes[np.ix_(rows, at, at)] = self.classes
        return total, patients, classes

    # --- files ---

    def to_json(self, path: str | Path) -> None:
        """Write to a JSON file that :meth:`from_json` reads back without losing a digit."""
        upper = np.triu_indices(len(self.keys))
        content: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "formula": self.formula.text,
            "factors": {
                name: {
                    "column": factor.column,
                    "levels": list(factor.levels),
                    "declared": factor.declared,
                    "reference": factor.reference,
                    "patients": [int(self.level_patients[name].get(level, 0)) for level in factor.levels],
                }
                for name, factor in self.categorical.items()
            },
            "columns": [{"expression": e, "cell": [list(pair) for pair in cell]} for e, cell in self.keys],
            "centres": dict(self.centres),
            "means": dict(self.means),
            "missing": self.n_missing,
            "total": self.total[upper].tolist(),
            "sizes": self.sizes.tolist(),
            "patients": self.patients.tolist(),
            "classes": [matrix[upper].tolist() for matrix in self.classes],
        }
        if self.outer is not None:
            content["outer"] = {
                "column": self.outer.column,
                "labels": list(self.outer.labels),
                **{
                    name: getattr(self.outer, name).tolist()
                    for name in ("group", "sizes", "patients", "sums")
                },
            }
        Path(path).write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def from_json(cls, path: str | Path) -> Moments:
        """Read moments that :meth:`to_json` wrote.

        Raises
        ------
        ReductionError
            If the file cannot be read, or does not hold moments of this version.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise ReductionError(f"{path} cannot be read as moments: {error}.") from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ReductionError(
                f"{path} does not hold moments; write one with `reduce_moments(...).to_json(path)`."
            )
        if content.get("version") != VERSION:
            raise ReductionError(
                f"{path} holds moments of version {content.get('version')!r}; this release reads version {VERSION}. "
                "Reduce the records again with the same release everywhere."
            )
        try:
            return _read(content)
        except (KeyError, IndexError, TypeError, ValueError, FormulaError) as error:
            raise ReductionError(f"{path} is damaged: {error!r}. Reduce the records again.") from error


def _read(content: Mapping[str, Any]) -> Moments:
    """Moments from the content of their file; whatever does not fit raises."""
    formula = parse_formula(content["formula"])
    factors = content["factors"]
    categorical = {
        name: FactorLevels(f["column"], tuple(f["levels"]), bool(f["declared"]), f["reference"])
        for name, f in factors.items()
    }
    keys = tuple((c["expression"], tuple((f, level) for f, level in c["cell"])) for c in content["columns"])
    sizes = np.array(content["sizes"], dtype=np.intp)
    patients = np.array(content["patients"], dtype=np.intp)
    classes = np.array([_square(flat, len(keys)) for flat in content["classes"]]).reshape(
        -1, len(keys), len(keys)
    )
    if (
        not len(sizes) == len(patients) == len(classes)
        or not keys
        or (sizes < 1).any()
        or (patients < 0).any()
    ):
        raise ValueError("its parts do not belong together")
    return Moments(
        formula,
        categorical,
        keys,
        {str(name): float(value) for name, value in content["centres"].items()},
        {str(name): float(value) for name, value in content["means"].items()},
        _square(content["total"], len(keys)),
        sizes,
        patients,
        classes,
        {name: dict(zip(f["levels"], map(int, f["patients"]), strict=True)) for name, f in factors.items()},
        int(content["missing"]),
        _read_outer(content.get("outer"), len(keys)),
    )


def _read_outer(content: Mapping[str, Any] | None, width: int) -> OuterSums | None:
    if content is None:
        return None
    group, sizes, patients = (
        np.array(content[name], dtype=np.intp) for name in ("group", "sizes", "patients")
    )
    sums = np.array(content["sums"], dtype=np.float64).reshape(-1, width)
    return OuterSums(str(content["column"]), tuple(content["labels"]), group, sizes, patients, sums)


def _square(flat: Sequence[float], width: int) -> Floats:
    """Symmetric matrix from its upper triangle."""
    upper = np.zeros((width, width))
    upper[np.triu_indices(width)] = flat
    if not np.isfinite(upper).all():
        raise ValueError("a sum is not a finite number")
    return upper + np.triu(upper, 1).T


def _check_same_model(a: Moments, b: Moments) -> None:
    """Refuse to pool what was reduced differently."""
    if a.formula.text.replace(" ", "") != b.formula.text.replace(" ", ""):
        raise ReductionError(
            f"These moments were reduced for different formulas, {a.formula.text!r} and {b.formula.text!r}. "
            "Reduce both with the same formula."
        )
    if a.categorical.keys() != b.categorical.keys():
        differing = ", ".join(sorted(a.categorical.keys() ^ b.categorical.keys()))
        raise ReductionError(
            f"`{differing}` is a factor in one reduction and a number in the other: use C({differing})."
        )
    for name, factor in a.categorical.items():
        kinds = {type(level) for part in (factor, b.categorical[name]) for level in part.levels}
        if str in kinds and len(kinds) > 1:
            raise ReductionError(f"The levels of `{name}` are text in one reduction and not in the other.")


def _added(a: Mapping[Any, int], b: Mapping[Any, int]) -> dict[Any, int]:
    return {level: a.get(level, 0) + b.get(level, 0) for level in dict.fromkeys((*a, *b))}


def _joined(a: Moments, b: Moments, keys: Sequence[Key]) -> OuterSums | None:
    """Outer sums of both; a group both have is one group."""
    if a.outer is None or b.outer is None:
        return None
    if a.outer.column != b.outer.column:
        raise ReductionError(
            f"`{a.outer.column}` contains the other grouping in one reduction, not in the other."
        )
    labels = tuple(dict.fromkeys((*a.outer.labels, *b.outer.labels)))
    position = {key: index for index, key in enumerate(keys)}
    frames = []
    for part in (a, b):
        outer = part.outer
        if outer is None:  # pragma: no cover - both were looked at above
            continue
        sums = np.zeros((len(outer.group), len(keys)))
        sums[:, [position[key] for key in part.keys]] = outer.sums
        own = np.array([labels.index(label) for label in outer.labels], dtype=np.intp)
        frames.append((own[outer.group], outer.sizes, outer.patients, sums))
    group, sizes, patients, sums = (np.concatenate(arrays) for arrays in zip(*frames, strict=True))
    return outer_sums(a.outer.column, labels, group, sizes, patients, sums)


def outer_sums(
    column: str, labels: tuple[str, ...], group: Whole, sizes: Whole, patients: Whole, sums: Floats
) -> OuterSums:
    """Add up rows of the same group and number of sessions, in their order."""
    order = np.lexsort((sizes, group))
    group, sizes, patients, sums = group[order], sizes[order], patients[order], sums[order]
    new = (
        np.r_[True, (np.diff(group) != 0) | (np.diff(sizes) != 0)] if len(group) else np.zeros(0, dtype=bool)
    )
    starts = np.flatnonzero(new)
    return OuterSums(
        column,
        labels,
        group[starts],
        sizes[starts],
        np.add.reduceat(patients, starts),
        np.add.reduceat(sums, starts, axis=0),
    )


def base_keys(sets: Iterable[BaseSet], cells: Mapping[tuple[str, ...], Sequence[Cell]]) -> tuple[Key, ...]:
    """Base columns of some sets, given the cells that have a session."""
    return tuple((base.expression, cell) for base in sets for cell in cells[base.factors])


def rounded_centre(mean: float, low: float, high: float) -> float:
    """A centre near the mean on a coarse binary grid.

    Whole numbers (and other short binary fractions) stay such when it is subtracted, so that their sums are exact and
    do not depend on the order in which an engine adds.

    Examples
    --------
    >>> rounded_centre(4.37, 0.0, 10.0)
    4.0
    """
    spread = (high - low) / 4.0
    if not spread > 0 or not np.isfinite(spread):
        return float(mean)
    grid = 2.0 ** np.floor(np.log2(spread))
    return float(np.round(mean / grid) * grid)


class PatientTally:
    """Collects patients' column sums, a batch at a time, into what :class:`Moments` keeps of them.

    Parameters
    ----------
    keys : sequence of (str, cell)
        Base columns, in the order of the sums.
    factors : iterable of str
        Factors whose patients per level are counted.
    """

    def __init__(self, keys: Sequence[Key], factors: Iterable[str]) -> None:
        self._ones = [index for index, (e, _) in enumerate(keys) if e == ONE]
        first = {f for f, _ in keys[self._ones[0]][1]}
        self._counting = np.array(
            [e == ONE and {f for f, _ in cell} == first for e, cell in keys], dtype=np.float64
        )
        self._levels = {factor: _columns_by_level(keys, self._ones, factor) for factor in factors}
        self._classes: dict[int, tuple[int, Floats]] = {}
        self.level_patients: dict[str, dict[Any, int]] = {
            f: dict.fromkeys(v, 0) for f, v in self._levels.items()
        }
        self._outer: list[tuple[Whole, Whole, Whole, Floats]] = []
        self._width = len(keys)

    def add(self, sums: Floats, outer: Whole | None = None) -> None:
        """Take in patients' column sums, shape (patients, base columns), and their outer groups."""
        sizes = np.rint(sums @ self._counting).astype(np.intp)
        present = (sums > 0.5).sum(axis=0) if self._levels else np.zeros(0)
        for factor, levels in self._levels.items():
            for level, columns in levels.items():
                many = len(columns) > 1
                here = np.count_nonzero(sums[:, columns].sum(axis=1) > 0.5) if many else present[columns[0]]
                self.level_patients[factor][level] += int(here)
        counts = np.bincount(sizes)
        order = np.argsort(sizes.astype(np.uint16) if len(counts) < 65_536 else sizes, kind="stable")
        ordered = sums[order]
        stop = 0
        for size in np.flatnonzero(counts):
            start, stop = stop, stop + int(counts[size])
            if size == 0:
                continue
            block = ordered[start:stop]
            patients, product = self._classes.get(int(size), (0, 0.0))
            self._classes[int(size)] = (patients + stop - start, product + block.T @ block)
        if outer is not None:
            some = sizes > 0
            kept = outer_sums("", (), outer[some], sizes[some], np.ones(some.sum(), np.intp), sums[some])
            self._outer.append((kept.group, kept.sizes, kept.patients, kept.sums))

    def classes(self) -> tuple[Whole, Whole, Floats]:
        """Distinct numbers of sessions, patients that have them, and their cross-products."""
        sizes = sorted(self._classes)
        stacked = np.array([self._classes[n][1] for n in sizes]).reshape(-1, self._width, self._width)
        return (
            np.array(sizes, dtype=np.intp),
            np.array([self._classes[n][0] for n in sizes], dtype=np.intp),
            stacked,
        )

    def outer(self, column: str, labels: Sequence[str]) -> OuterSums | None:
        """Sums per outer group, if there is one."""
        if not self._outer:
            return None
        group, sizes, patients, sums = (np.concatenate(arrays) for arrays in zip(*self._outer, strict=True))
        return outer_sums(column, tuple(labels), group, sizes, patients, sums)


def _columns_by_level(keys: Sequence[Key], ones: Sequence[int], factor: str) -> dict[Any, list[int]]:
    """Indicator columns that make up each level of a factor, all of one base set."""
    having = [i for i in ones if factor in dict(keys[i][1])]
    shapes = [tuple(f for f, _ in keys[i][1]) for i in having]
    narrowest = min(shapes, key=len)
    found: dict[Any, list[int]] = {}
    for index, shape in zip(having, shapes, strict=True):
        if shape == narrowest:
            found.setdefault(dict(keys[index][1])[factor], []).append(index)
    return found
