"""The analysis plan: thresholds, windows, models and families of comparisons as one commented TOML file.

Comes in: the plan that ships with the suite, and a file that changes it. Goes out: a frozen record. What the library
does by default it takes from the plan in use at the moment it is asked (:func:`active_plan`); ``with use_plan(...)``
puts another one in its place. Refuses keys it does not know, values of another kind, and values that make no sense.
"""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from outcomes.errors import PlanError
from outcomes.record.plan_sections import (
    Benchmark,
    Curve,
    Estimates,
    Missing,
    OnePatient,
    Planning,
    Prediction,
    Quality,
    Responder,
    Sensitivity,
    Soreness,
    Twitches,
    Window,
)

__all__ = [
    "ADJUSTMENTS",
    "Plan",
    "active_plan",
    "read_plan",
    "shipped_plan",
    "shipped_plan_text",
    "use_plan",
]

ADJUSTMENTS = {
    "holm": "Holm's adjustment",
    "fdr_bh": "Benjamini and Hochberg's adjustment",
    "none": "without an adjustment",
}
"""How p-values of a family may be adjusted, and what that is called."""
FORMER = {
    "foretelling": "prediction",
    "families.foretelling relief in new patients": "families.predicted relief in new patients",
}
"""Sections and families of earlier plans, and what each is called now; a plan may still call them so."""
CHANGEABLE = ("relation", "relation_groups")
"""Models that may be changed freely."""


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
    prediction: Prediction
    twitches: Twitches
    soreness: Soreness
    one_patient: OnePatient
    planning: Planning
    models: Mapping[str, str]
    page_error: Mapping[str, float]
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
        >>> active_plan().model("twitch_groups", outcome="gain", baseline="")
        'gain ~ dose_bin + condition + (1 | patient_id)'
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

    Warns
    -----
    FutureWarning
        Where it calls something by the name of an earlier version.
    """
    path = Path(path)
    try:
        changes = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlanError(f"There is no plan {path}. Make one: outcomes plan > plan.toml.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{path.name} is not a TOML file that can be read: {error}.") from None
    try:
        changes, former = _renamed(changes)
        plan = _plan(changes)
    except PlanError as error:
        raise PlanError(f"{path.name}: {error}") from None
    for name in former:
        warnings.warn(
            f"{path.name}: {name!r} is called {FORMER[name]!r} now. It was read as before; rename it.",
            FutureWarning,
            stacklevel=2,
        )
    return plan


@cache
def shipped_plan() -> Plan:
    """The plan that ships with the suite."""
    return _plan({})


# --- the plan in use -------------------------------------------------------------------------------------------

_CHOSEN: ContextVar[Plan | None] = ContextVar("plan of this context", default=None)


def active_plan() -> Plan:
    """The plan in use: that of the innermost :func:`use_plan`, else the shipped one.

    Examples
    --------
    >>> active_plan().followup
    Window(least_h=36.0, most_h=72.0)
    """
    return _CHOSEN.get() or shipped_plan()


@contextmanager
def use_plan(plan: Plan | str | Path) -> Iterator[Plan]:
    """Use another plan within a ``with`` block: in everything that is computed there, in this thread or task alone.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan, or the file of one.

    Yields
    ------
    Plan

    Raises
    ------
    PlanError
        As :func:`read_plan`.

    Examples
    --------
    >>> from dataclasses import replace
    >>> wide = replace(active_plan(), followup=Window(24.0, 96.0))
    >>> with use_plan(wide):
    ...     active_plan().followup.most_h
    96.0
    >>> active_plan().followup.most_h
    72.0
    """
    chosen = plan if isinstance(plan, Plan) else read_plan(plan)
    before = _CHOSEN.set(chosen)
    try:
        yield chosen
    finally:
        _CHOSEN.reset(before)


# --- what is no plan -------------------------------------------------------------------------------------------

FREE = "families"
"""The section that may be given keys it did not have: a notebook of one's own may have families of its own."""


def _renamed(changes: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A plan under the names of now, and the former names that stood in it; never both names of one thing."""
    former = []
    for name, now in FORMER.items():
        *above, key = name.split(".")
        holder = changes.get(above[0]) if above else changes
        if not isinstance(holder, dict) or key not in holder:
            continue
        if (renamed := now.rpartition(".")[2]) in holder:
            raise PlanError(f"{name!r} and {now!r} are the same thing. Keep {now!r}.")
        holder[renamed] = holder.pop(key)
        former.append(name)
    return changes, former


def _plan(changes: Mapping[str, Any]) -> Plan:
    sections = tomllib.loads(shipped_plan_text())
    for section, values in changes.items():
        if section not in sections or not isinstance(values, dict):
            raise PlanError(f"a plan has no section [{section}]. It has: {', '.join(sections)}.")
        for key, value in values.items():
            if key not in sections[section] and section != FREE:
                raise PlanError(f"[{section}] has no {key!r}. It has: {', '.join(sections[section])}.")
            sections[section][key] = _value(section, key, value, sections[section].get(key))
    return Plan(**{key: _section(kind, sections[key]) for key, kind in get_type_hints(Plan).items()})


def _value(section: str, key: str, value: Any, shipped: Any) -> Any:
    where = f"{section}.{key}"
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
