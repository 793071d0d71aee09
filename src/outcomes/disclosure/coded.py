"""A column of texts in, each text once and its place in every row out: what asks who has a value asks it of numbers.

Names are given to the few texts there are, not to a million rows, and people are told apart by their number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Coded", "Whole", "how_many", "numbered"]

Whole = npt.NDArray[np.intp]


def numbered(patients: pd.Series) -> Whole:
    """A number for each patient, in the order they come."""
    return np.asarray(pd.factorize(patients, use_na_sentinel=False)[0], dtype=np.intp)


def how_many(who: Whole) -> int:
    """How many different patients these numbers are of."""
    return int(np.count_nonzero(np.bincount(who)))


@dataclass(frozen=True)
class Coded:
    """A column as text.

    Attributes
    ----------
    texts : tuple of str
        Each text once.
    codes : numpy.ndarray of int, shape (rows,)
        The place of each row's text; -1 where the row is blank.
    """

    texts: tuple[str, ...]
    codes: Whole

    @classmethod
    def of(cls, column: pd.Series) -> Coded:
        """Code a column of any kind by what its values are as text."""
        codes, values = pd.factorize(column)
        return cls(tuple(str(value) for value in values), codes).renamed({})

    @property
    def blank(self) -> npt.NDArray[np.bool_]:
        """Where there is nothing."""
        return self.codes < 0

    def renamed(self, names: Mapping[str, str | None]) -> Coded:
        """The column with other names for some texts, which join those of the same name; None leaves blank."""
        new = [names.get(text, text) for text in self.texts]
        texts = tuple(dict.fromkeys(text for text in new if text is not None))
        place = {text: at for at, text in enumerate(texts)}
        moved = np.array([*(-1 if text is None else place[text] for text in new), -1], dtype=np.intp)
        return Coded(texts, moved[self.codes])

    def split(self, separator: str = ";") -> tuple[Coded, Whole]:
        """The parts of each list, one after another, and the row that each comes from."""
        parts = [[part.strip() for part in text.split(separator)] for text in self.texts]
        texts = tuple(dict.fromkeys(part for several in parts for part in several))
        place = {text: at for at, text in enumerate(texts)}
        flat = np.array([place[part] for several in parts for part in several], dtype=np.intp)
        size = np.array([len(several) for several in parts], dtype=np.intp)
        first = np.cumsum(size) - size
        rows = np.flatnonzero(~self.blank)
        of = self.codes[rows]
        row = np.repeat(rows, size[of])
        within = np.arange(len(row)) - np.repeat(np.cumsum(size[of]) - size[of], size[of])
        return Coded(texts, flat[np.repeat(first[of], size[of]) + within]), row

    def people(self, who: Whole) -> dict[str, Whole]:
        """Who has which text: the numbers of the patients, each once.

        Parameters
        ----------
        who : numpy.ndarray of int, shape (rows,)
            From :func:`numbered`.
        """
        there, most = ~self.blank, int(who.max(initial=0)) + 1
        both = np.sort(self.codes[there] * most + who[there])
        both = both[np.diff(both, prepend=-1) > 0]
        ends = np.searchsorted(both, np.arange(len(self.texts) + 1) * most)
        found = [both[first:last] % most for first, last in pairwise(ends)]
        return {text: people for text, people in zip(self.texts, found, strict=True) if len(people)}

    def column(self, index: pd.Index) -> pd.Series:
        """The column again, of texts."""
        texts = pd.array(list(self.texts), dtype="str")
        return pd.Series(texts.take(self.codes, allow_fill=True), index=index)
