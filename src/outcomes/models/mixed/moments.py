"""The reduction a mixed model is fitted from: sums that add, travel in a file and hold nothing per patient.

Two clinics' moments add; the sum is the reduction of the pooled records, digit for digit but for rounding. Refused with
a `ReductionError`: adding moments of different formulas, reading a file that does not hold moments.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.errors import FormulaError, ReductionError
from outcomes.models import Floats, Whole
from outcomes.models.json_file import read_json, write_json
from outcomes.models.mixed.design import ONE, FactorLevels
from outcomes.models.mixed.fitted import MixedFit, fit_moments
from outcomes.models.mixed.formula import parse_formula
from outcomes.models.mixed.sums import Key, OuterSums, Sums, outer_sums

__all__ = ["Moments"]

FORMAT = "outcomes-moments"
VERSION = 1


class Moments(Sums):
    """The sums of a mixed model, to be fitted, narrowed to smaller models, pooled and written to a file."""

    # --- estimation ---

    def fit(self, *, method: str = "REML", conf_level: float = 0.95, df: str = "satterthwaite") -> MixedFit:
        """Fit the mixed model; see :func:`outcomes.fit_mixed`."""
        return fit_moments(self, method=method, conf_level=conf_level, df=df)

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
        other = other.moved(self.centres)
        sizes = np.union1d(self.sizes, other.sizes).astype(np.intp)
        parts = [part.spread(keys, sizes) for part in (self, other)]
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

    def moved(self, centres: Mapping[str, float]) -> Moments:
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

    def spread(self, keys: Sequence[Key], sizes: Whole) -> tuple[Floats, Whole, Floats]:
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

    def to_json(self, path: str | Path | None = None) -> str:
        """Write as JSON text, to ``path`` too where one is given; :meth:`from_json` reads it without losing a digit."""
        upper = np.triu_indices(len(self.keys))
        content: dict[str, Any] = {
            "version": VERSION,
            "formula": self.formula.text,
            "factors": {name: self._factor_content(name) for name in self.categorical},
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
            arrays = {n: getattr(self.outer, n).tolist() for n in ("group", "sizes", "patients", "sums")}
            content["outer"] = {"column": self.outer.column, "labels": list(self.outer.labels), **arrays}
        return write_json(FORMAT, content, path)

    def _factor_content(self, name: str) -> dict[str, Any]:
        factor, patients = self.categorical[name], self.level_patients[name]
        return {
            "column": factor.column,
            "levels": list(factor.levels),
            "declared": factor.declared,
            "reference": factor.reference,
            "patients": [int(patients.get(level, 0)) for level in factor.levels],
        }

    @classmethod
    def from_json(cls, source: str | Path) -> Moments:
        """Read what :meth:`to_json` wrote: a path, or the text itself.

        Raises
        ------
        ReductionError
            If the source cannot be read, or does not hold moments of this version.
        """
        content = read_json(source, FORMAT, "moments")
        if content.get("version") != VERSION:
            raise ReductionError(
                f"these are moments of version {content.get('version')!r}; this release reads version "
                f"{VERSION}. "
                "Reduce the records again with the same release everywhere."
            )
        try:
            return _read(content)
        except (KeyError, IndexError, TypeError, ValueError, FormulaError) as error:
            raise ReductionError(f"moments are damaged ({error!r}); reduce the records again.") from error


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
