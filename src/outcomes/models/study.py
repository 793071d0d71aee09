"""Sessions in, everything several clinics pool out: a study's reductions by name, which add part by part.

What a study asks of every clinic is listed here once, so that all send the same. A clinic that did not record something
sends nothing of it, and what is pooled then rests on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError, ReductionError
from outcomes.models.chance.readings import ReadingTable, reduce_readings
from outcomes.models.exchange import Reduction
from outcomes.models.json_file import plan_hash
from outcomes.models.mixed.moments import Moments
from outcomes.models.mixed.reduce import reduce_moments
from outcomes.models.proportions.counts import SUMS, CountTable, reduce_counts
from outcomes.models.proportions.rates import twitch_groups
from outcomes.models.survival.events import EventTable, reduce_events
from outcomes.models.survival.sore_sums import ANY, SoreSums, watched, with_sore_flags
from outcomes.models.totals import TotalTable, reduce_totals
from outcomes.record.outcomes import with_outcomes
from outcomes.record.plan import active_plan
from outcomes.record.synthetic import Synthetic, how_synthetic

__all__ = [
    "BY_TWITCHES",
    "KINDS",
    "TIMES",
    "TWITCHES",
    "Clinics",
    "Part",
    "Study",
    "parts_of_a_study",
    "reduce_study",
    "rests_on_any",
    "together",
]

TIMES = ("post", "48h")
TOTALS = (
    "pain_pre",
    *(f"{gain}_{time}" for gain in ("pain_relief", "function_gain") for time in TIMES),
    *("twitch_count", "soreness_peak", "pain_during"),
)
"""Readings whose means are pooled."""
FLAGS = tuple(f"pain_{flag}_{time}" for flag in ("responder", "worse") for time in TIMES)
"""Flags whose shares are pooled."""
READINGS = (*(f"pain_relief_{time}" for time in TIMES), *FLAGS)
"""Outcomes of which is pooled what chance alone would show."""
TWITCHES = "twitches"
"""The groups of sessions by their twitches, each called by its least number."""
BY_TWITCHES = ("soreness_peak", "pain_relief_post", "pain_relief_48h")
"""Readings whose means are pooled by how many twitches there were."""
KINDS: Mapping[str, type[Reduction]] = {
    "totals": TotalTable,
    "counts": CountTable,
    "readings": ReadingTable,
    "events": EventTable,
    "watched": CountTable,
    "moments": Moments,
}
"""The kinds of reductions, by what a study calls them."""


@dataclass(frozen=True)
class Part:
    """One reduction a study asks for: its kind, of which outcome (or model), and by what; nothing is over all."""

    kind: str
    of: str
    by: str = ""

    @property
    def name(self) -> str:
        """What it is called in a file."""
        return "-".join([self.kind, self.of, f"by {self.by}" if self.by else "all"])

    def reduced(self, sessions: Any) -> Reduction:
        """The reduction of sessions that have whatever a study derives of them."""
        by = self.by or None
        if self.kind == "moments":
            return reduce_moments(active_plan().model(self.of), sessions)
        if self.kind == "events":
            return reduce_events(sessions, by)
        kinds: Mapping[str, Callable[..., Reduction]] = {
            "totals": reduce_totals,
            "counts": reduce_counts,
            "watched": reduce_counts,
            "readings": reduce_readings,
        }
        return kinds[self.kind](sessions, self.of, by)


def parts_of_a_study() -> tuple[Part, ...]:
    """Every reduction a study asks for, in order."""
    under_watch = [watched(hour) for hour in active_plan().soreness.hours[1:]]
    asked = [("totals", TOTALS), ("counts", (*FLAGS, ANY)), ("readings", READINGS)]
    asked += [("events", ("soreness_h",)), ("watched", tuple(under_watch))]
    grouped = [Part(kind, of, by) for kind, every in asked for of in every for by in ("", "condition")]
    by_twitches = [Part("totals", of, TWITCHES) for of in BY_TWITCHES]
    return (*grouped, *by_twitches, Part("moments", "relation_overall"))


def _with_derived(sessions: pd.DataFrame) -> pd.DataFrame:
    """The sessions with all that parts of a study are made of: outcomes, flags of soreness, groups by twitches."""
    derived = with_sore_flags(with_outcomes(sessions, [*TOTALS, *FLAGS]), active_plan().soreness.hours[1:])
    if "twitch_count" in sessions:
        place, least = twitch_groups(sessions["twitch_count"]), np.array(active_plan().twitches.groups)
        derived = derived.assign(**{TWITCHES: np.where(place < 0, np.nan, least[place])})
    return derived


@dataclass(frozen=True, eq=False)
class Study:
    """What one clinic gives to a study, or several together.

    Attributes
    ----------
    parts : dict of str to Reduction
        By the name of the :class:`Part`; what was not recorded is not among them.
    patients, sessions : int
    plan : str
        Hash of the analysis plan they were made under.
    synthetic : {"", "some", "all"}
        Whether the records are synthetic.
    people : frozenset of str
        Keyed hashes of the pseudonyms, where the clinics of a study share a key; else empty.
    clinics : int
        Whose sums these are.
    """

    parts: dict[str, Reduction]
    patients: int
    sessions: int
    plan: str
    synthetic: Synthetic = ""
    people: frozenset[str] = field(default_factory=frozenset)
    clinics: int = 1

    def part(self, kind: str, of: str, by: str = "") -> Any:
        """One reduction; None where it was not recorded."""
        return self.parts.get(Part(kind, of, by).name)

    def soreness(self, by: str = "") -> SoreSums | None:
        """The sums behind shares of sessions sore for longer; None where soreness was not recorded.

        Where hours of it are not among the parts, as in a masked sum, those of nobody stand in their place.
        """
        hours = active_plan().soreness.hours[1:]
        flags = self.part("counts", ANY, by)
        if flags is None:
            return None
        nobody = replace(flags, groups=flags.groups.assign(**dict.fromkeys(SUMS, 0)))
        events = self.part("events", "soreness_h", by) or _no_events(flags)
        found = {hour: self.part("watched", watched(hour), by) for hour in hours}
        return SoreSums(flags, events, {hour: at or nobody for hour, at in found.items()})

    def __add__(self, other: Study) -> Study:
        if not isinstance(other, Study):
            return NotImplemented
        if self.plan != other.plan:
            raise ReductionError(
                "Two studies were reduced under different plans (windows, thresholds or rules), so their sums are of "
                "different things. Reduce both under the same plan."
            )
        names = dict.fromkeys((*self.parts, *other.parts))
        parts = {
            name: reduce(add, [study.parts[name] for study in (self, other) if name in study.parts])
            for name in names
        }
        synthetic: Synthetic = self.synthetic if self.synthetic == other.synthetic else "some"
        return Study(
            parts,
            self.patients + other.patients,
            self.sessions + other.sessions,
            self.plan,
            synthetic,
            self.people | other.people,
            self.clinics + other.clinics,
        )


def _no_events(flags: CountTable) -> EventTable:
    groups = flags.groups[list(flags.by)].assign(patients=0, sessions=0, left_out=0)
    cells = pd.DataFrame(columns=["group", "lower_h", "upper_h", "sessions"]).astype(
        {"group": "int64", "lower_h": "float64", "upper_h": "float64", "sessions": "int64"}
    )
    pairs = pd.DataFrame(columns=["cell_a", "cell_b", "product"]).astype("int64")
    return EventTable(flags.by, groups, cells, pairs)


def reduce_study(sessions: Any, *, people: Iterable[str] = ()) -> Study:
    """Reduce sessions to everything a study asks for, under the plan in use.

    Parameters
    ----------
    sessions : pandas.DataFrame
        From ``read_sessions``.
    people : iterable of str
        Keyed hashes of the pseudonyms, where the clinics of a study share a key.

    Raises
    ------
    ReductionError
        Where there are no sessions.
    """
    if not len(sessions):
        raise ReductionError("There are no sessions to reduce. Check the file that was read.")
    parts, derived = {}, _with_derived(sessions)
    for part in parts_of_a_study():
        try:
            found = part.reduced(derived)
        except EstimationError:
            continue  # what the clinic did not record
        if rests_on_any(found):
            parts[part.name] = found
    patients, mark = int(sessions["patient_id"].nunique()), how_synthetic(sessions["session_id"])
    return Study(parts, patients, len(sessions), plan_hash(), mark, frozenset(people))


def rests_on_any(reduction: Reduction) -> bool:
    """Whether any session has what was reduced."""
    if isinstance(reduction, Moments):
        return reduction.n_sessions > 0
    if isinstance(reduction, TotalTable):
        return bool((reduction.classes["n"] > 0).any())
    groups: pd.DataFrame = reduction.people if isinstance(reduction, ReadingTable) else reduction.groups
    return bool((groups["patients"] > 0).any())


def together(studies: Iterable[Study]) -> Study:
    """What several clinics give, added up."""
    return reduce(add, studies)


@dataclass(frozen=True)
class Clinics:
    """What each clinic gave.

    Attributes
    ----------
    each : tuple of Study
    """

    each: tuple[Study, ...]

    @cached_property
    def whole(self) -> Study:
        """All of it added up."""
        return together(self.each)

    @property
    def synthetic(self) -> Synthetic:
        """Whether the records are synthetic."""
        return self.whole.synthetic
