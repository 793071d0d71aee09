"""What clinics send each other instead of records: reductions of any kind, to and from files, and what they estimate.

Reductions of different clinics add (``a + b``), and the fit of the sum is exactly the fit of the pooled records. Of few
patients a sum is nearly a record: what is refused here is to pass such a cell on unseen, to group by what identifies,
and to add the same records twice or records reduced under different plans.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from outcomes.errors import ReductionError
from outcomes.models.chance.null_benchmark import null_benchmark
from outcomes.models.chance.readings import ReadingTable
from outcomes.models.means import clustered_means
from outcomes.models.mixed.moments import FORMAT as MOMENTS
from outcomes.models.mixed.moments import Moments
from outcomes.models.proportions.counts import CountTable
from outcomes.models.proportions.responders import responders
from outcomes.models.survival.curves import soreness_summary
from outcomes.models.survival.events import EventTable
from outcomes.models.totals import TotalTable

__all__ = [
    "Reduction",
    "contents",
    "estimates_of",
    "labelled_by",
    "pooled",
    "read_reduction",
    "refuse_identifiers",
    "refuse_small_cells",
    "small_cells",
]

Reduction: TypeAlias = Moments | EventTable | CountTable | TotalTable | ReadingTable
_KINDS: dict[str, Any] = {
    MOMENTS: Moments,
    **{kind.FORMAT: kind for kind in (EventTable, CountTable, TotalTable, ReadingTable)},
}
"""What reads a file, by what it says it is."""
IDENTIFIERS = ("session_id", "patient_id")


def read_reduction(path: str | Path) -> Reduction:
    """Read a reduction of any kind from the file it was written to.

    Raises
    ------
    ReductionError
        Where the file holds none.
    """
    try:
        text = Path(path).read_text("utf-8")
        found: Reduction = _KINDS[json.loads(text)["format"]].from_json(text)
        return found
    except (OSError, ValueError, KeyError, TypeError, ReductionError) as error:
        raise ReductionError(f"{path} holds no reduction. Make one with `outcomes reduce`.") from error


def _plan_of(file: Path) -> str:
    """What the plan said that a reduction was made under; nothing where an earlier version wrote the file."""
    return str(json.loads(file.read_text("utf-8")).get("plan", ""))


def contents(reduction: Reduction, least: int) -> str:
    """Say what a file of the reduction holds, and whether a cell of it is small."""
    what = "sums and counts"
    if isinstance(reduction, Moments):
        what = f"sums over {reduction.n_patients:,} patients"
    few = small_cells(reduction, least)
    if not few:
        return f"{what}, each of {least} or more"
    return (
        f"{what}, some of fewer than {least} ({'; '.join(few)}): for inside the clinic, or under an agreement"
    )


def small_cells(reduction: Reduction, least: int) -> list[str]:
    """What of a reduction rests on fewer than ``least``, in words that name no group and no number.

    Parameters
    ----------
    reduction : Reduction
    least : int

    Returns
    -------
    list of str
        Empty where nothing does.
    """
    return [what for what, counts in _cells(reduction) if any(0 < n < least for n in counts)]


def _cells(reduction: Reduction) -> Iterator[tuple[str, Sequence[Any]]]:
    """The counts of a reduction, by what they are of."""
    if isinstance(reduction, Moments):
        yield "patients with the same number of sessions", list(reduction.small_classes["patients"])
        for name, levels in reduction.level_patients.items():
            yield f"patients by {name}", list(levels.values())
        return
    if isinstance(reduction, TotalTable):
        seen = reduction.classes[reduction.classes["n"] > 0]
        yield "patients with the same number of sessions", list(seen["patients"])
        return
    if isinstance(reduction, ReadingTable):
        yield "sessions by pain before", list(reduction.cells["sessions"])
        return
    groups = reduction.groups
    of = " and ".join(reduction.by)
    yield f"patients by {of}" if of else "patients", list(groups["patients"])
    if isinstance(reduction, EventTable):
        yield "sessions by hours of soreness", list(reduction.cells["sessions"])
        return
    met = groups["responders"]
    yield f"sessions with {reduction.flag}, or without", [*met, *(groups["sessions"] - met)]


def refuse_small_cells(reduction: Reduction, least: int) -> None:
    """Stop before a reduction is written that tells of a few patients.

    Raises
    ------
    ReductionError
        Naming what is small.
    """
    few = small_cells(reduction, least)
    if few:
        raise ReductionError(
            f"This would hold cells of fewer than {least} ({'; '.join(few)}), and of a few patients a sum is nearly a "
            "record. Reduce by fewer groups; or, where it stays inside the clinic or goes out under an agreement, add "
            "--i-am-inside. Nothing was written."
        )


def refuse_identifiers(by: Sequence[str]) -> None:
    """Stop before records are grouped by what identifies them.

    Raises
    ------
    ReductionError
        Naming the column.
    """
    named = [name for name in by if name in IDENTIFIERS]
    if named:
        raise ReductionError(
            f"Grouped by {named[0]}, a reduction would hold every {named[0]}: group by something else."
        )


def labelled_by(reduction: Reduction) -> list[str]:
    """The columns whose values a reduction holds as labels."""
    if not isinstance(reduction, Moments):
        return list(reduction.by)
    outer = [] if reduction.outer is None else [reduction.outer.column]
    return [*(factor.column for factor in reduction.categorical.values()), *outer]


def pooled(files: Sequence[Path]) -> Reduction:
    """Add the reductions of several clinics.

    Raises
    ------
    ReductionError
        Where two files hold the same sums, or were reduced in different ways.
    """
    seen: dict[str, Path] = {}
    read = [read_reduction(file) for file in files]
    for file, reduction in zip(files, read, strict=True):
        held = hashlib.sha256(reduction.to_json().encode()).hexdigest()
        if held in seen:
            raise ReductionError(
                f"{seen[held]} and {file} hold the same sums, so the same patients would count twice. Name each once."
            )
        seen[held] = file
    plans = {_plan_of(file): file for file in files}
    if len(plans) > 1:
        first, second = list(plans.values())[:2]
        raise ReductionError(
            f"{first} and {second} were reduced under different plans (windows, thresholds or rules), so their sums "
            "are of different things. Reduce both under the same plan."
        )
    return reduce(add, read)


def estimates_of(reduction: Reduction) -> pd.DataFrame:
    """The estimates a reduction was made for: coefficients, means, a soreness summary, proportions, benchmarks."""
    if isinstance(reduction, Moments):
        return reduction.fit().coefficients
    if isinstance(reduction, TotalTable):
        return clustered_means(reduction, reduction.outcome)
    if isinstance(reduction, ReadingTable):
        return null_benchmark(reduction, reduction.outcome)
    if isinstance(reduction, EventTable):
        return soreness_summary(reduction, by=None if not reduction.by else list(reduction.by))
    return responders(reduction, reduction.flag, list(reduction.by) or None)
