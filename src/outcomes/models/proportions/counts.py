"""Sessions in, counts out: how many sessions met a flag, and how they share patients.

A share and its patient-clustered variance need six sums over patients only (patients, sessions ``n``,
sessions that met the flag ``r``, and the sums of ``n^2``, ``n r``, ``r^2``): nothing per patient, and they add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models import Flags, Floats, Ints, Whole
from outcomes.models.groups import (
    by_columns,
    fetched,
    is_lazy,
    known,
    number_groups,
    numbers,
    require_columns,
    sorted_frame,
    summed_by,
    unordered_codes,
)
from outcomes.models.json_file import InJson, refuse_unlike

__all__ = ["SUMS", "CountTable", "People", "patient_classes", "reduce_counts"]

SUMS = ("patients", "sessions", "responders", "left_out", "sessions_squared", "cross", "responders_squared")


@dataclass(frozen=True, eq=False)
class CountTable(InJson):
    """Sums over patients of sessions and of sessions that met a flag.

    Attributes
    ----------
    by : tuple of str
        Grouping columns.
    flag : str
        Name of the flag.
    groups : pandas.DataFrame
        ``<by>, patients, sessions, responders, left_out, sessions_squared, cross, responders_squared``: a row a
        group. ``left_out`` are sessions where the flag is undefined; the last three are the sums over patients
        of ``n^2``, ``n r`` and ``r^2``.

    Notes
    -----
    ``a + b`` pools two tables whose patients are different people, e.g. of two clinics.
    """

    FORMAT: ClassVar[str] = "outcomes/count-table/1"
    NOUN: ClassVar[str] = "a table of counts"
    by: tuple[str, ...]
    flag: str
    groups: pd.DataFrame

    def __add__(self, other: CountTable) -> CountTable:
        if not isinstance(other, CountTable):
            return NotImplemented
        refuse_unlike("counts", (self.flag, self.by), (other.flag, other.by))
        return CountTable(self.by, self.flag, summed_by([self.groups, other.groups], self.by, SUMS))

    def _parts(self) -> Mapping[str, Any]:
        return {"by": list(self.by), "flag": self.flag, "groups": self.groups}

    @classmethod
    def _of(cls, body: Mapping[str, Any]) -> Self:
        groups = pd.DataFrame(body["groups"], index=range(len(body["groups"]["patients"])))
        return cls(tuple(body["by"]), str(body["flag"]), groups.astype(dict.fromkeys(SUMS, np.int64)))


def reduce_counts(sessions: Any, flag: str, by: str | Sequence[str] | None = "condition") -> CountTable:
    """Reduce sessions to counts of a flag.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
        Needs ``patient_id``, the flag (or the readings a derived one is computed from) and the ``by`` columns.
    flag : str
        Column of 0 and 1 (or booleans), missing where undefined; e.g. ``"pain_responder_48h"``.
    by : str or list of str or None
        Grouping columns; None for one group.

    Returns
    -------
    CountTable

    Raises
    ------
    EstimationError
        Where a column is absent, or the flag holds anything but 0 and 1.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"patient_id": ["a", "a", "b"], "better": [1, 0, 1]})
    >>> reduce_counts(sessions, "better", by=None).groups[["patients", "sessions", "cross"]].values.tolist()
    [[2, 3, 3]]
    """
    from outcomes.record.outcomes import with_outcomes

    columns = by_columns(by)
    is_lazy(sessions)
    table = with_outcomes(sessions, [flag])
    _require_flag(table, flag)
    require_columns(table, [*columns, "patient_id", flag])
    summed = _summed_lazy if is_lazy(table) else _summed_frame
    groups, odd = summed(table, flag, columns)
    if odd > 0:
        raise EstimationError(f"{flag} is neither 0 nor 1 in {odd} session(s); give a column that is.")
    return CountTable(columns, flag, groups)


def _summed_lazy(table: Any, flag: str, by: tuple[str, ...]) -> tuple[pd.DataFrame, int]:
    """Groups of a :class:`CountTable` from a lazy table, and how many flags are neither 0 nor 1."""
    classes = patient_classes(table, flag, by, _neither)
    return _summed(classes, by), int(classes["odd"].sum())


def _summed_frame(frame: pd.DataFrame, flag: str, by: tuple[str, ...]) -> tuple[pd.DataFrame, int]:
    """The same from a frame."""
    people, value = People.of(frame, by), numbers(frame[flag])
    known = people.known & ~np.isnan(value)
    met = known & (value == 1)
    n, r, left_out = (people.per_person(flags) for flags in (known, met, ~known))
    return people.counts(n, r, left_out), int(np.count_nonzero(people.inside & known & ~met & (value != 0)))


def _neither(value: Any) -> Any:
    return (value != 0) & (value != 1)


def _summed(classes: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """Add classes of patients up to the sums of a :class:`CountTable`."""
    group = number_groups(classes, by)
    people, n, r = (classes[name].to_numpy(dtype=np.float64) for name in ("patients", "n", "total"))
    sums = {
        "patients": people * (n > 0),
        "sessions": people * n,
        "responders": people * r,
        "left_out": classes["left_out"].to_numpy(dtype=np.float64),
        "sessions_squared": people * n**2,
        "cross": people * n * r,
        "responders_squared": people * r**2,
    }
    size = len(group.keys)
    return group.keys.assign(
        **{
            name: np.bincount(group.codes, weights=value, minlength=size).astype(np.int64)
            for name, value in sums.items()
        }
    )


@dataclass(frozen=True, eq=False)
class People:
    """Sessions by the patient they are of, patients apart in each group: coded once for any number of flags.

    Attributes
    ----------
    keys : pandas.DataFrame
        The groups.
    group : ndarray of int, shape (people,)
        Position in ``keys`` of each patient.
    person : ndarray of int, shape (sessions in a group,)
    inside, known : ndarray of bool, shape (sessions,)
        Sessions that have a group, and those that have a patient.
    """

    keys: pd.DataFrame
    group: Ints
    person: Whole
    inside: Flags
    known: Flags

    @classmethod
    def of(cls, frame: pd.DataFrame, by: tuple[str, ...]) -> People:
        """Code the sessions of a frame, which needs ``patient_id`` and the ``by`` columns."""
        groups = number_groups(frame, by)
        patient, size = unordered_codes(frame["patient_id"])
        inside = groups.codes >= 0
        person, keys = pd.factorize(groups.codes[inside] * (size + 1) + patient[inside] + 1)
        return cls(groups.keys, np.asarray(keys) // (size + 1), person, inside, patient >= 0)

    def per_person(self, weight: npt.NDArray[Any]) -> Floats:
        """Add up sessions (a weight or a yes or no for each, in a group or not) within each patient."""
        inside = weight if self.inside.all() else weight[self.inside]
        if inside.dtype == np.bool_:
            return np.bincount(self.person[inside], minlength=len(self.group)).astype(float)
        return np.bincount(self.person, weights=inside, minlength=len(self.group)).astype(float)

    def counts(self, n: Floats, r: Floats, left_out: Floats) -> pd.DataFrame:
        """Groups of a :class:`CountTable`, from each patient's sessions, those that met the flag, those left out."""
        sums = {
            "patients": n > 0,
            "sessions": n,
            "responders": r,
            "left_out": left_out,
            "sessions_squared": n**2,
            "cross": n * r,
            "responders_squared": r**2,
        }
        size = len(self.keys)
        return self.keys.assign(
            **{
                name: np.bincount(self.group, weights=value, minlength=size).astype(np.int64)
                for name, value in sums.items()
            }
        )


def _require_flag(table: Any, flag: str) -> None:
    from outcomes.record.outcomes import DERIVED

    if flag not in table.columns and flag in DERIVED:
        needs = ", ".join(DERIVED[flag].needs)
        raise EstimationError(
            f"{flag} is derived from {needs}; the table does not have them all. Record them first."
        )


def patient_classes(table: Any, column: str, by: tuple[str, ...], odd: Callable[[Any], Any]) -> pd.DataFrame:
    """Count patients by how many sessions they have and what these add up to.

    Returns
    -------
    pandas.DataFrame
        ``<by>, n, total, patients, squares, zeros, left_out, odd``: per group, and per number ``n`` of sessions with a
        value and their ``total``, the patients; and summed over these patients the squares of the values, the
        sessions at zero, those without a value or a patient, and those with an impossible one.
    """
    build = _classes_lazy if is_lazy(table) else _classes_frame
    return sorted_frame(build(table, column, by, odd), [*by, "n", "total"])


def _classes_frame(
    frame: pd.DataFrame, column: str, by: tuple[str, ...], odd: Callable[[Any], Any]
) -> pd.DataFrame:
    people = People.of(frame, by)
    value = numbers(frame[column])
    usable = people.known & ~np.isnan(value)
    with np.errstate(invalid="ignore"):
        seen = np.where(usable, value, 0.0)
        sums = pd.DataFrame(
            {
                "g": people.group,
                "n": people.per_person(usable),
                "total": people.per_person(seen),
                "squares": people.per_person(seen**2),
                "zeros": people.per_person(usable & (value == 0)),
                "left_out": people.per_person(~usable),
                "odd": people.per_person(usable & odd(value)),
            }
        )
    grouped = sums.groupby(["g", "n", "total"], sort=True)
    classes = grouped.sum().assign(patients=grouped.size()).reset_index()
    keys_of = people.keys.iloc[classes["g"].to_numpy()].reset_index(drop=True)
    return pd.concat([keys_of, classes.drop(columns="g")], axis=1)


def _classes_lazy(table: Any, column: str, by: tuple[str, ...], odd: Callable[[Any], Any]) -> pd.DataFrame:
    import ibis

    value = table[column].cast("float64")
    value = ibis.ifelse(value.isnan(), ibis.null("float64"), value)
    names = list(dict.fromkeys([*by, "patient_id"]))
    rows = table.select(*names, value=value)
    for name in by:
        rows = rows.filter(known(rows[name]))
    rows = rows.mutate(usable=known(rows.patient_id) & known(rows.value))
    seen = rows.mutate(seen=ibis.ifelse(rows.usable, rows.value, 0.0))
    person = seen.group_by(names).agg(
        n=seen.usable.cast("float64").sum(),
        total=seen.seen.sum(),
        squares=(seen.seen * seen.seen).sum(),
        zeros=(seen.usable & (seen.seen == 0)).cast("float64").sum(),
        left_out=(~seen.usable).cast("float64").sum(),
        odd=(seen.usable & odd(seen.seen)).cast("float64").sum(),
    )
    added = {name: person[name].sum() for name in ("squares", "zeros", "left_out", "odd")}
    return fetched(person.group_by([*by, "n", "total"]).agg(patients=person.count(), **added))
