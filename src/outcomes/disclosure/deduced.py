"""What is printed in, what anybody could deduce out: whole numbers between bounds, and the sums they stand in.

Every number is taken for what it says, rounded as ``docs/privacy.md`` says numbers are rounded. Unknown are patients
and sessions, tied by what anybody knows: parts of a group add up to it, a stricter threshold is met by fewer, no more
are followed up than there are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from outcomes.disclosure.printed import Key, Seen

__all__ = ["FAR", "Sum", "Unknowns", "deduced", "number"]

PARTITIONS = frozenset(("condition", "followup_status", "group", "value", "dose", "relief_post"))
"""Kinds of groups of which every session is in exactly one; others may be blank, or overlap."""
PARTS = frozenset(("better", "same", "worse"))
SHARES = PARTS | {"proportion", "capture_rate", "missing_rate", "zero_share", "share", "share_in_window"}
ELIGIBLE = "sessions_eligible"
_RANGE = re.compile(
    r"(?:(?P<name>[a-z][a-z0-9 ]*): )?"
    r"(?:(?P<way>fewer|more) than (?P<end>[\d,]+)|(?P<low>[\d,]+) to (?P<high>[\d,]+)) of "
)
_BAND = re.compile(r"(?P<names>[a-z ]+?) (?:rounded to a band of (?P<width>\d+)|not shown)")
Sum = tuple[dict[Key, float], float, float]
"""Weights, and the least and the most they add up to."""
FAR = 1e6
"""More than any number that is printed nowhere."""


@dataclass
class Unknowns:
    """Whole numbers between bounds, and the sums they stand in."""

    low: dict[Key, float] = field(default_factory=dict)
    high: dict[Key, float] = field(default_factory=dict)
    seen_in: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    sums: list[Sum] = field(default_factory=list)
    wanted: dict[str, tuple[dict[Key, float], set[str]]] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)

    def learn(self, key: Key, low: float, high: float, table: str) -> Key:
        """A number lies between two others."""
        both = max(self.low.get(key, 0.0), low), min(self.high.get(key, np.inf), high)
        if both[0] <= both[1]:  # else two numbers were taken for one
            self.low[key], self.high[key] = both
        self.seen_in[key].add(table)
        return key

    def ask(self, what: str, terms: Mapping[Key, float], most: float = np.inf) -> None:
        """Want to know how few and how many this can be; that it is no more than ``most`` is no secret."""
        self.most[what] = most
        self.wanted[what] = dict(terms), set().union(*(self.seen_in[key] for key in terms))


def deduced(rows: list[Seen], whole: Mapping[tuple[str, Any], Seen], limit: int) -> Unknowns:
    """What anybody could deduce from rows of tables; ``whole`` is the row of everybody in each group."""
    unknowns = Unknowns()
    for row in rows:
        _learn_row(unknowns, row, whole, limit)
    _learn_sums(unknowns, rows)
    _ask_between(unknowns, rows, whole, limit)
    return unknowns


def _learn_row(unknowns: Unknowns, row: Seen, whole: Mapping[Any, Seen], limit: int) -> None:
    everybody = whole.get((row.release, frozenset()))
    base = whole.get((row.release, row.where)) or everybody
    for unit in ("patients", "sessions"):
        if unit not in row.values and "withheld" not in row.note and not _is_rounded(row, unit):
            continue
        wholes = [one for one in (base, everybody) if one is not None and not _is_rounded(one, unit)]
        most = wholes[0].count(unit) if wholes else np.inf
        width = _bands(row.note).get(unit) or (1 if row is base else limit)
        low, high = _printed_range(row.count(unit), most, width, limit)
        if base is everybody and row.where and width > 1:  # how many the group has in all was read nowhere
            low = min(low, _printed_range(row.count(unit), row.count(unit), width, limit)[0])
        unknowns.learn(row.key(unit), low, high, row.table)
        if base is not None and base is not row:
            unknowns.sums.append(({base.key(unit): 1.0, row.key(unit): -1.0}, 0.0, np.inf))
    ranges = {m.group("name") or "": m for m in _RANGE.finditer(row.note)}
    if row.count("capture_rate") >= 1 and base is not None and row.count(ELIGIBLE) == base.count("sessions"):
        unknowns.sums.append(({base.key("sessions"): 1.0, row.key("sessions"): -1.0}, 0.0, 0.0))
    for name in SHARES & row.values.keys() | {n for n in SHARES if n.replace("_", " ") in ranges}:
        _learn_share(unknowns, row, name, ranges.get(name.replace("_", " ")), limit)
    if "" in ranges:
        _learn_share(unknowns, row, "proportion", ranges[""], limit)


def _is_rounded(row: Seen, unit: str) -> bool:
    return unit in _bands(row.note)


@cache
def _bands(note: str) -> dict[str, int]:
    """Which numbers of its row a note says are rounded, to bands of how many; none where they are not shown."""
    found = [match for said in note.split("; ") if (match := _BAND.fullmatch(said))]
    return {name: int(m.group("width") or 0) for m in found for name in m.group("names").split(" and ")}


def _printed_range(shown: float, most: float, width: int, limit: int) -> tuple[float, float]:
    """How few and how many a printed number may stand for: itself, or its band, the last of which reaches the whole.

    A row that is shown is of nobody, or of at least as many patients as the limit; its note says how wide a band is.
    """
    if not np.isfinite(shown):
        return 0.0, most if np.isfinite(most) else FAR
    if width == 1 or not shown:
        return shown, shown
    last = max(int((most + 1) // width) - 1, 0) if np.isfinite(most) else 10**9
    if shown == most:
        return float(max(last * width, limit)), most
    for at in range(max(int(shown // width) - 1, 0), int(shown // width) + 2):
        low, high = max(at * width, limit), (at + 1) * width - 1
        if at < last and 5 * (((low + high) // 2 * 2 + 5) // 10) == shown:
            return float(low), float(high)
    return shown, shown  # no band is printed so: it is the number itself


def _learn_share(unknowns: Unknowns, row: Seen, name: str, said: re.Match[str] | None, limit: int) -> None:
    if name == "capture_rate" and ELIGIBLE in row.values:
        return  # a share of others than the row's own sessions
    of = "sessions" if "sessions" in row.values or _is_rounded(row, "sessions") else "patients"
    whole, key = row.key(of), (name, *row.key(of))
    if said is not None and said.group("way"):
        end = number(said.group("end"))
        low, high = (0.0, end - 1) if said.group("way") == "fewer" else (end + 1, np.inf)
    elif said is not None:
        low, high = number(said.group("low")), number(said.group("high"))
    else:
        share, shown = row.count(name), row.count(of)
        if not np.isfinite(share * shown):
            return
        low, high = (
            (0.0, np.inf)
            if share >= 1
            else _of_share(share, shown, _unit(row, name, unknowns.low[whole]), limit)
        )
    unknowns.learn(key, low, high, row.table)
    is_all = said is None and row.count(name) >= 1
    unknowns.sums.append(({whole: 1.0, key: -1.0}, 0.0, 0.0 if is_all else np.inf))
    unknowns.ask(f"{name} of {_name(row)}", {key: 1.0})


def _of_share(share: float, whole: float, unit: float, limit: int) -> tuple[float, float]:
    """The least and the most of the bands that may be printed as a share: each whose middle, as a share, is so near."""
    found = [
        at * limit
        for at in range(1, int(whole // limit) + 1)
        if abs((at * limit + (limit - 1) // 2) / whole - share) <= unit / 2 + 1e-9
    ]
    return (float(min(found)), float(max(found) + limit - 1)) if found else (0.0, np.inf)


def _unit(row: Seen, name: str, sessions: float) -> float:
    """The coarsest unit a share may be rounded to: half its interval's half-width, or one by how many sessions."""
    ends = [row.count(f"{stem}{end}") for stem in (f"{name}_", "") for end in ("conf_low", "conf_high")]
    reach = [abs(end - row.count(name)) for end in ends if np.isfinite(end) and 0 <= end <= 1]
    by_interval = max(reach, default=0.0) / 2
    return max(_nice(max(by_interval, 0.5 / max(sessions, 1.0) ** 0.5)), 0.01)


def _nice(most: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is no greater."""
    scale = 10.0 ** np.floor(np.log10(most) + 1e-9)
    return float(max(step for step in (1, 2, 5) if step * scale <= most * (1 + 1e-9)) * scale)


def number(text: str) -> float:
    """A printed count."""
    return float(text.replace(",", ""))


def _name(row: Seen) -> str:
    group = ", ".join(value for _, value in sorted(row.where)) or "everybody"
    asked = ", ".join(value for _, value in sorted(row.about))
    return f"{group} ({asked})" if asked else group


def _learn_sums(unknowns: Unknowns, rows: list[Seen]) -> None:
    """Groups of one kind add up to everybody, better and worse to all, and fewer meet a stricter threshold."""
    families: dict[tuple[Any, ...], dict[frozenset[tuple[str, str]], Seen]] = defaultdict(dict)
    for row in rows:
        kinds = frozenset(key for key, _ in row.where)
        families[row.release, row.about, kinds][row.where] = row
    for (release, about, kinds), groups in families.items():
        total = families.get((release, about, frozenset()), {}).get(frozenset())
        if kinds <= PARTITIONS and len(kinds) == 1 and len(groups) > 1 and total is not None:
            for name in ("sessions", *SHARES):
                _learn_sum(unknowns, name, list(groups.values()), total)
        for row in groups.values():
            found = [(name, *row.key("sessions")) for name in sorted(PARTS)]
            if all(key in unknowns.low for key in found):
                unknowns.sums.append(({**dict.fromkeys(found, 1.0), row.key("sessions"): -1.0}, 0.0, 0.0))


def _learn_sum(unknowns: Unknowns, name: str, groups: list[Seen], total: Seen) -> None:
    def key(row: Seen) -> Key:
        return row.key("sessions") if name == "sessions" else (name, *row.key("sessions"))

    keys = [key(row) for row in groups]
    if key(total) in unknowns.low and all(one in unknowns.low for one in keys):
        unknowns.sums.append(({**dict.fromkeys(keys, 1.0), key(total): -1.0}, 0.0, 0.0))


def _ask_between(
    unknowns: Unknowns, rows: list[Seen], whole: Mapping[tuple[str, Any], Seen], limit: int
) -> None:
    """What lies between two groups, one within the other: those without a reading, those between two thresholds."""
    for (release, where), row in whole.items():
        mine = {one.key("sessions"): one for one in rows if (one.release, one.where) == (release, where)}
        for one in mine.values():
            for unit in ("patients", "sessions"):
                if one is not row and {one.key(unit), row.key(unit)} <= unknowns.low.keys():
                    terms = {row.key(unit): 1.0, one.key(unit): -1.0}
                    most = unknowns.high[row.key(unit)] - limit
                    unknowns.ask(f"{unit} of {_name(one)} without it", terms, most)
        if {row.key("sessions"), row.key("patients")} <= unknowns.low.keys():
            unknowns.ask(
                f"second sessions of {_name(row)}", {row.key("sessions"): 1.0, row.key("patients"): -1.0}
            )
    _ask_twice(unknowns, whole)
    _ask_thresholds(unknowns, rows)


def _ask_twice(unknowns: Unknowns, whole: Mapping[tuple[str, Any], Seen]) -> None:
    """By how many the groups hold more patients than there are: those who are in two of them."""
    of_kind = {at: row for at, row in whole.items() if [kind for kind, _ in at[1]] == ["condition"]}
    for total in (row for (_, where), row in whole.items() if not where):
        groups = {where: row for (release, where), row in of_kind.items() if release == total.release}
        others = {where for _, where in of_kind} - groups.keys()
        if len(groups) > 1 and _are_all(unknowns, [*groups.values()], total, bool(others)):
            terms = {**{row.key("patients"): 1.0 for row in groups.values()}, total.key("patients"): -1.0}
            unknowns.sums.append((terms, 0.0, np.inf))
            unknowns.ask("patients in two groups", terms)


def _are_all(unknowns: Unknowns, groups: list[Seen], total: Seen, others: bool) -> bool:
    """Whether these are all groups of a release: where others stand as of another one, their sessions tell it."""
    if not all(row.key("patients") in unknowns.low for row in (total, *groups)):
        return False
    low, high = (
        sum(known.get(row.key("sessions"), far) for row in groups) - known.get(total.key("sessions"), far)
        for known, far in ((unknowns.low, 0.0), (unknowns.high, FAR))
    )
    return low == high == 0.0 if others else True


def _ask_thresholds(unknowns: Unknowns, rows: list[Seen]) -> None:
    curves: dict[tuple[Any, ...], list[tuple[float, Seen]]] = defaultdict(list)
    for row in rows:
        if "threshold" in row.values and ("proportion", *row.key("sessions")) in unknowns.low:
            others = frozenset(pair for pair in row.about if pair[0] != "threshold")
            curves[row.table, row.release, row.where, others].append((row.count("threshold"), row))
    for curve in curves.values():
        ordered = [row for _, row in sorted(curve, key=lambda pair: pair[0])]
        for looser, stricter in pairwise(ordered):
            terms = {
                ("proportion", *looser.key("sessions")): 1.0,
                ("proportion", *stricter.key("sessions")): -1.0,
            }
            unknowns.sums.append((terms, 0.0, np.inf))
            unknowns.ask(f"between {_name(looser)} and {_name(stricter)}", terms)
