"""The analysis plan: thresholds, windows and models as one commented TOML file.

Comes in: the plan that ships with the suite, and (in a run with ``--plan``) a file that changes it. Goes out: a frozen
record that the defaults of the library are taken from. Refuses keys it does not know and values of another kind.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from outcomes.errors import PlanError

__all__ = ["PLAN", "Plan", "active_plan", "read_plan", "shipped_plan_text"]

PLAN = "OUTCOMES_PLAN"
"""Environment variable that names the plan of a run, in its kernels."""


@dataclass(frozen=True)
class Plan:
    """What ``reference/plan.toml`` says, field by field."""

    percent: float
    points: float
    least_baseline: float
    least_h: float
    most_h: float
    least_patients: int
    seed: int
    change: str
    relation: str


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


def _plan(changes: dict[str, Any], name: str) -> Plan:
    shipped = tomllib.loads(shipped_plan_text())
    for section, values in changes.items():
        if section not in shipped or not isinstance(values, dict):
            raise PlanError(f"{name}: a plan has no section [{section}]. It has: {', '.join(shipped)}.")
        for key, value in values.items():
            if key not in shipped[section]:
                raise PlanError(f"{name}: [{section}] has no {key!r}. It has: {', '.join(shipped[section])}.")
            shipped[section][key] = _checked(value, shipped[section][key], f"{name}: {section}.{key}")
    plan = Plan(**{key: value for section in shipped.values() for key, value in section.items()})
    _refuse_senseless(plan, name)
    return plan


def _checked(value: Any, shipped: Any, where: str) -> Any:
    if isinstance(shipped, str):
        if not isinstance(value, str) or "(1 | patient_id)" not in value:
            raise PlanError(f"{where} must be a formula with (1 | patient_id); found {value!r}.")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlanError(f"{where} must be a number; found {value!r}.")
    if isinstance(shipped, int) and not isinstance(value, int):
        raise PlanError(f"{where} must be a whole number; found {value!r}.")
    return type(shipped)(value)


def _refuse_senseless(plan: Plan, name: str) -> None:
    if not (0 <= plan.percent <= 100 and 0 <= plan.points <= 10 and 0 <= plan.least_baseline <= 10):
        raise PlanError(f"{name}: [responder] takes a percent of 0-100 and points of 0-10.")
    if not 0 <= plan.least_h < plan.most_h:
        raise PlanError(f"{name}: [followup] least_h must be 0 or more, and below most_h.")
    if plan.least_patients < 2:
        raise PlanError(f"{name}: estimates.least_patients must be 2 or more; one patient has no spread.")
    try:
        plan.change.format(outcome="a", group="b", baseline="c")
    except (KeyError, IndexError, ValueError):
        raise PlanError(
            f"{name}: models.change may hold {{outcome}}, {{group}} and {{baseline}} only."
        ) from None
