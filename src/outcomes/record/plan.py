"""The analysis plan: thresholds, windows, models and families of comparisons as one commented TOML file.

Comes in: the plan that ships with the suite, and (in a run with ``--plan``) a file that changes it. Goes out: a frozen
record that the defaults of the library are taken from. Refuses keys it does not know and values of another kind.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from outcomes.errors import PlanError

__all__ = ["ADJUSTMENTS", "PLAN", "TOO_FEW_PATIENTS", "Plan", "active_plan", "read_plan", "shipped_plan_text"]
PLAN = "OUTCOMES_PLAN"
"""Environment variable that names the plan of a run, in its processes."""
ADJUSTMENTS = {
    "holm": "Holm's adjustment",
    "fdr_bh": "Benjamini and Hochberg's adjustment",
    "none": "without an adjustment",
}
"""How p-values of a family may be adjusted, and what that is called."""
CHANGEABLE = ("change", "relation")
"""Models that may be changed freely."""


@dataclass(frozen=True)
class Responder:
    """When a session counts as a response."""

    percent: float
    points: float
    least_baseline: float


@dataclass(frozen=True)
class Window:
    """Hours after the session within which a reading counts as the 2-day outcome."""

    least_h: float
    most_h: float


@dataclass(frozen=True)
class Estimates:
    """Of all estimates."""

    least_patients: int
    seed: int


@dataclass(frozen=True)
class Quality:
    """Shares of the sessions without a reading above which an answer needs care, or is hard to trust."""

    care: float
    doubt: float


@dataclass(frozen=True)
class Curve:
    """Thresholds of the cumulative responder curve."""

    points: tuple[float, ...]
    percent: tuple[float, ...]


@dataclass(frozen=True)
class Benchmark:
    """What no effect at all would show."""

    bad_day: float


@dataclass(frozen=True)
class Missing:
    """Points by which those who were not reached are supposed to have fared worse."""

    steps: tuple[float, ...]
    specification: float


@dataclass(frozen=True)
class Sensitivity:
    """Other choices a reasonable analyst might make."""

    windows_h: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Foretelling:
    """Relief foretold in patients not seen yet."""

    folds: int


@dataclass(frozen=True)
class Twitches:
    """Groups of sessions by twitches, and how it is asked whether twitches foretell."""

    groups: tuple[int, ...]
    folds: int
    least_patients: int


@dataclass(frozen=True)
class Soreness:
    """How long soreness lasts."""

    hours: tuple[int, ...]
    stays: int
    most_lost: float


@dataclass(frozen=True)
class OnePatient:
    """The course of one patient."""

    coverage: float


@dataclass(frozen=True)
class Planning:
    """How many more patients."""

    target: float
    factors: tuple[float, ...]
    differences: tuple[float, ...]
    power: float


@dataclass(frozen=True)
class Plan:
    """What ``reference/plan.toml`` says, section by section; ``models`` and ``families`` by their names."""

    responder: Responder
    followup: Window
    estimates: Estimates
    quality: Quality
    curve: Curve
    benchmark: Benchmark
    missing: Missing
    sensitivity: Sensitivity
    foretelling: Foretelling
    twitches: Twitches
    soreness: Soreness
    one_patient: OnePatient
    planning: Planning
    models: Mapping[str, str]
    families: Mapping[str, str]

    def model(self, name: str, *, without: Iterable[str] = (), **filled: str) -> str:
        """The formula of a model.

        Parameters
        ----------
        name : str
            A key of ``models``.
        without : iterable of str
            Terms to leave out, because the records cannot tell them apart.
        **filled : str
            What its braces stand for; nothing leaves the term out.

        Examples
        --------
        >>> active_plan().model("change", outcome="gain", group="knee", baseline="")
        'gain ~ 0 + knee + (1 | patient_id)'
        >>> active_plan().model("clinicians", without=["condition"])
        'pain_relief_48h ~ pain_pre + (1 | clinician_id/patient_id)'
        """
        left, tilde, right = self.models[name].rpartition("~")
        left_out = {"", *without}
        terms = [term.strip().format(**filled) for term in right.split(" + ")]
        kept = [term for term in terms if term not in left_out]
        return f"{left.format(**filled)}{tilde} {' + '.join(kept)}".strip()

    def adjustment(self, family: str) -> str:
        """How the p-values of a family are adjusted for their number: ``holm``, ``fdr_bh`` or ``none``."""
        return self.families.get(family, "holm")


def shipped_plan_text() -> str:
    """Text of the plan that ships with the suite, comments and all."""
    return files("outcomes").joinpath("reference", "plan.toml").read_text(encoding="utf-8")


def read_plan(path: str | Path) -> Plan:
    """Read a plan; what it leaves out keeps the shipped value.

    Raises
    ------
    PlanError
        Where there is no such file, it is not TOML, or it holds something a plan does not.
    """
    path = Path(path)
    try:
        changes = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlanError(f"There is no plan {path}. Make one: outcomes plan > plan.toml.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{path.name} is not a TOML file that can be read: {error}.") from None
    return _plan(changes, path.name)


@cache
def active_plan() -> Plan:
    """The plan of this run, or the shipped one."""
    chosen = os.environ.get(PLAN)
    return read_plan(chosen) if chosen else _plan({}, "plan.toml")


# --- what is no plan -------------------------------------------------------------------------------------------

FREE = "families"
"""The section that may be given keys it did not have: a notebook of one's own may have families of its own."""


def _plan(changes: Mapping[str, Any], name: str) -> Plan:
    sections = tomllib.loads(shipped_plan_text())
    for section, values in changes.items():
        if section not in sections or not isinstance(values, dict):
            raise PlanError(f"{name}: a plan has no section [{section}]. It has: {', '.join(sections)}.")
        for key, value in values.items():
            if key not in sections[section] and section != FREE:
                raise PlanError(
                    f"{name}: [{section}] has no {key!r}. It has: {', '.join(sections[section])}."
                )
            sections[section][key] = _value(section, key, value, sections[section].get(key), name)
    plan = Plan(**{key: _section(kind, sections[key]) for key, kind in get_type_hints(Plan).items()})
    _refuse_senseless(plan, name)
    return plan


def _value(section: str, key: str, value: Any, shipped: Any, name: str) -> Any:
    where = f"{name}: {section}.{key}"
    if section == FREE:
        if value not in ADJUSTMENTS:
            raise PlanError(f"{where} must be one of {', '.join(ADJUSTMENTS)}; found {value!r}.")
        return value
    if section == "models":
        return _formula(value, shipped, where, freely=key in CHANGEABLE)
    return _same(value, shipped, where)


def _section(kind: Any, values: dict[str, Any]) -> Any:
    """A section as its record; models and families, which have no fixed keys, as they are."""
    return (
        kind(**{key: _frozen(value) for key, value in values.items()}) if isinstance(kind, type) else values
    )


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _same(value: Any, shipped: Any, where: str) -> Any:
    """A value of the same kind as the shipped one."""
    if isinstance(shipped, list):
        if not isinstance(value, list) or not value:
            raise PlanError(f"{where} must be a list like {shipped}; found {value!r}.")
        return [_same(part, shipped[0], where) for part in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlanError(f"{where} must be a number; found {value!r}.")
    if isinstance(shipped, int) and not isinstance(value, int):
        raise PlanError(f"{where} must be a whole number; found {value!r}.")
    return type(shipped)(value)


def _formula(value: Any, shipped: str, where: str, *, freely: bool) -> str:
    """A formula that keeps the grouping of the shipped one; or all its terms, and then is made of the same names."""
    kept = [term for term in _terms(shipped) if "|" in term or not freely]
    if not isinstance(value, str) or set(kept) - set(_terms(value)):
        raise PlanError(f"{where} must be a formula that holds {', '.join(kept)}; found {value!r}.")
    names = r"{\w+}" if freely else r"{\w+}|[A-Za-z_]\w*"
    known, found = (re.findall(names, text) for text in (shipped, value))
    if set(found) - {*known, "I"} or re.search(r"[{}]", re.sub(r"{\w+}", "", value)):
        may = ", ".join(dict.fromkeys(known))
        raise PlanError(f"{where} may hold {may or 'no braces'} only; found {value!r}.")
    return value


def _terms(formula: str) -> list[str]:
    left, _, right = formula.rpartition("~")
    return [part.strip() for part in [left, *right.split(" + ")] if part.strip()]


def _refuse_senseless(plan: Plan, name: str) -> None:
    rule, window = plan.responder, plan.followup
    shares = {
        "quality.care": plan.quality.care,
        "quality.doubt": plan.quality.doubt,
        "soreness.most_lost": plan.soreness.most_lost,
        "one_patient.coverage": plan.one_patient.coverage,
        "planning.power": plan.planning.power,
    }
    if not (0 <= rule.percent <= 100 and 0 <= rule.points <= 10 and 0 <= rule.least_baseline <= 10):
        raise PlanError(f"{name}: [responder] takes a percent of 0-100 and points of 0-10.")
    for low, high in [(window.least_h, window.most_h), *_pairs(plan, name)]:
        if not 0 <= low < high:
            raise PlanError(f"{name}: a window runs from 0 hours or more to more; found {low:g} to {high:g}.")
    if plan.estimates.least_patients < 2:
        raise PlanError(f"{name}: estimates.least_patients must be 2 or more; one patient has no spread.")
    for key, share in shares.items():
        if not 0 < share < 1:
            raise PlanError(f"{name}: {key} must lie between 0 and 1; found {share:g}.")
    if min(plan.foretelling.folds, plan.twitches.folds) < 2:
        raise PlanError(f"{name}: folds must be 2 or more: each part is foretold from the others.")
    for key, values in {
        "twitches.groups": plan.twitches.groups,
        "soreness.hours": plan.soreness.hours,
    }.items():
        if values[0] != 0 or list(values) != sorted(set(values)):
            raise PlanError(f"{name}: {key} must begin with 0 and rise; found {list(values)}.")
    if plan.planning.target <= 0:
        raise PlanError(f"{name}: planning.target must be more than 0.")


def _pairs(plan: Plan, name: str) -> list[tuple[float, float]]:
    for window in plan.sensitivity.windows_h:
        if len(window) != 2:
            raise PlanError(f"{name}: sensitivity.windows_h holds pairs of hours; found {list(window)}.")
    return list(plan.sensitivity.windows_h)


TOO_FEW_PATIENTS = active_plan().estimates.least_patients
"""Fewer patients than this, and an estimate is a row that says so."""
