"""What the synthetic cohort is made of: named scenarios and their parameters, as data with an anchor each.

Comes in: ``reference/simulation*.csv``. Goes out: one frozen :class:`Parameters` per scenario. Refuses a
scenario it does not know, with the list of those it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.record.conditions import CONDITIONS, condition
from outcomes.record.reference import read_reference

__all__ = ["SCENARIOS", "Parameters", "SimulationError", "scenario_parameters"]

Floats: TypeAlias = npt.NDArray[np.float64]

SCENARIOS: Mapping[str, str] = MappingProxyType(
    {
        "literature": "Modest true effects, each below the published one; every nuisance present.",
        "null": "No effect of any kind and scheduled attendance: all change is regression to the mean.",
        "null_flare": "No effect of any kind, and everybody books in a flare: the change a clinic mistakes for one.",
        "soreness_masks": "True relief at once hidden by soreness that leaks into the reading; clear at two days.",
        "mnar": "As literature, but patients who are worse at two days answer less often.",
        "twitch_confounded": "Insertions drive relief and soreness; twitches go with insertions and do nothing.",
        "small_clinic": "As literature, 40 patients: most conditions have fewer than 11.",
        "clinician_none": "As literature, without any difference between clinicians.",
        "registry": "As literature, for any number of patients in many clinics.",
    }
)
"""Every scenario and what it stands for."""

_DEFAULT_PATIENTS: Mapping[str, int] = MappingProxyType({"small_clinic": 40})


class SimulationError(OutcomesError):
    """A synthetic cohort that cannot be made as asked."""


@dataclass(frozen=True)
class Parameters:
    """Everything the generator needs to know, for one scenario.

    Attributes
    ----------
    scenario : str
    values : mapping of str to float
        Parameters by name (``reference/simulation.csv``, with the scenario's changes).
    conditions : pandas.DataFrame
        One row per condition, in the order of ``CONDITIONS``: usual pain, true effects (positive = better),
        motion, needling, soreness.
    activities : tuple of str
    activity_weights : numpy.ndarray
        Conditions by activities; rows need not sum to one.
    """

    scenario: str
    values: Mapping[str, float]
    conditions: pd.DataFrame
    activities: tuple[str, ...]
    activity_weights: Floats

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def of(self, column: str) -> Floats:
        """Return a numeric column of ``conditions``, one value per condition."""
        return self.conditions[column].to_numpy(dtype=np.float64)

    @property
    def default_patients(self) -> int:
        """Patients where the caller does not say."""
        return _DEFAULT_PATIENTS.get(self.scenario, 600)

    def table(self) -> pd.DataFrame:
        """Return the parameters as a tidy frame: ``name, value, unit, anchor, status``.

        Returns
        -------
        pandas.DataFrame
            ``status`` is ``read``, ``derived`` or ``assumed`` as for the anchor, or ``scenario`` where the
            scenario sets the value; its reason is then the anchor.
        """
        why = {row["parameter"]: row["why"] for row in _scenario_rows(self.scenario)}
        rows = [
            {
                "name": row["name"],
                "value": self.values[row["name"]],
                "unit": row["unit"],
                "anchor": why.get(row["name"], row["anchor"]),
                "status": "scenario" if row["name"] in why else row["status"],
            }
            for row in read_reference("simulation")
        ]
        return pd.DataFrame(rows)


@cache
def scenario_parameters(scenario: str) -> Parameters:
    """Return the parameters of a scenario.

    Parameters
    ----------
    scenario : str
        One of ``SCENARIOS``.

    Returns
    -------
    parameters : Parameters

    Raises
    ------
    SimulationError
        If there is no such scenario.

    Examples
    --------
    >>> scenario_parameters("null")["response_patient_sd"]
    0.0
    """
    if scenario not in SCENARIOS:
        raise SimulationError(f"There is no scenario {scenario!r}. Choose one of: {', '.join(SCENARIOS)}.")
    changes = {row["parameter"]: float(row["value"]) for row in _scenario_rows(scenario)}
    values = {row["name"]: float(row["value"]) for row in read_reference("simulation")}
    conditions = _condition_table()
    for name, value in changes.items():
        if name in values:
            values[name] = value
        else:
            conditions[name] = value
    activities, weights = _activity_weights()
    return Parameters(scenario, MappingProxyType(values), conditions, activities, weights)


def _scenario_rows(scenario: str) -> list[dict[str, str]]:
    return [row for row in read_reference("simulation_scenarios") if row["scenario"] == scenario]


def _condition_table() -> pd.DataFrame:
    """One row per condition, in the fixed order; muscles and movement come from the condition itself."""
    given = {row["condition"]: row for row in read_reference("simulation_conditions")}
    rows = []
    for name in CONDITIONS:
        row: dict[str, object] = dict(given[name])
        row["muscles"] = given[name]["muscles"] or ";".join(condition(name).muscles)
        row["rom_movement"] = condition(name).usual_movement
        rows.append(row)
    text = {"condition", "often_with", "muscles", "rom_movement", "anchor", "prom"}
    frame = pd.DataFrame(rows)
    return frame.assign(**{c: pd.to_numeric(frame[c]) for c in frame.columns if c not in text})


def _activity_weights() -> tuple[tuple[str, ...], Floats]:
    rows = read_reference("simulation_activities")
    activities = tuple(dict.fromkeys(row["activity"] for row in rows))
    weights = np.zeros((len(CONDITIONS), len(activities)))
    for row in sorted(rows, key=lambda row: row["condition"] != "*"):
        where = slice(None) if row["condition"] == "*" else CONDITIONS.index(row["condition"])
        weights[where, activities.index(row["activity"])] = float(row["weight"])
    return activities, weights
