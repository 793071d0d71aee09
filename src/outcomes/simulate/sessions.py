"""A synthetic clinic whose truth is known: sessions as a clinic would record them, and what really happened.

Comes in: a number of patients, a seed, a scenario. Goes out: the session record as a frame (``registry.py`` writes it
as Parquet parts, for any number of patients). Nothing here describes a real person.

Patients are drawn in blocks of 25,000, each from its own stream spawned from the seed; a cohort is the same
whether it is returned as a frame or written in parts of any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.record.conditions import CONDITIONS
from outcomes.simulate.aftermath import After, draw_aftermath
from outcomes.simulate.answers import draw_answers
from outcomes.simulate.followup import (
    draw_adverse_events,
    draw_followup,
    draw_function,
    draw_global_impression,
    draw_motion,
    reported_pain,
    reported_soreness,
)
from outcomes.simulate.needling import draw_needling, draw_soreness, expected_needling
from outcomes.simulate.pain import draw_pain
from outcomes.simulate.people import draw_people, draw_visits
from outcomes.simulate.record import Block, record_frame, record_table, truth_frame
from outcomes.simulate.scenarios import SCENARIOS, Parameters, SimulationError, scenario_parameters

__all__ = [
    "SCENARIOS",
    "SimulationError",
    "Truth",
    "check_seed",
    "checked_patients",
    "drawn_blocks",
    "simulate_sessions",
]

_BLOCK_PATIENTS = 25_000
_STEPS = 12
_LATER_STEPS = 2
"""Streams of what the record came to ask later: spawned after the others, which stay as they were."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What really happened in a synthetic cohort.

    Attributes
    ----------
    scenario : str
    seed : int
    conditions : pandas.DataFrame
        One row per condition: the average effect of a session (positive = better; points, degrees or mm),
        usual pain, soreness, expected twitches and insertions, pain of the needling (of a patient of average
        tolerance who was needled before, with a complaint of under three months).
    parameters : pandas.DataFrame
        ``name, value, unit, anchor, status``.
    sessions : pandas.DataFrame
        Indexed by ``session_id``: latent pain, true relief, true soreness, the 2-day pain before it went
        missing, and whether it went missing because of what it was.
    """

    scenario: str
    seed: int
    conditions: pd.DataFrame
    parameters: pd.DataFrame
    sessions: pd.DataFrame


def simulate_sessions(
    patients: int | None = None, *, seed: int = 1, scenario: str = "literature"
) -> tuple[pd.DataFrame, Truth]:
    """Make a synthetic cohort with known truth.

    Parameters
    ----------
    patients : int, optional
        Number of patients, at least 1; by default 600 (about 2,400 sessions), or 40 for ``small_clinic``.
    seed : int, default 1
        The same seed gives the same records, to the last digit.
    scenario : str, default "literature"
        One of ``SCENARIOS``.

    Returns
    -------
    sessions : pandas.DataFrame
        The session record: every column of the schema, in order, one row per session, sorted by patient and
        day. Whole-number columns are integers where nothing is missing and floats elsewhere; text is ``str``;
        ``soreness_ongoing`` is ``boolean``.
    truth : Truth

    Raises
    ------
    SimulationError
        If the scenario is unknown, or the number of patients or the seed cannot be used.

    Examples
    --------
    >>> sessions, truth = simulate_sessions(5, seed=1, scenario="null")
    >>> sessions["patient_id"].nunique()
    5
    >>> float(truth.conditions["pain_relief_48h"].abs().max())
    0.0
    """
    parameters = scenario_parameters(scenario)
    patients = checked_patients(parameters.default_patients if patients is None else patients)
    check_seed(seed)
    blocks = list(drawn_blocks(patients, seed, parameters))
    sessions = record_frame(record_table(block) for block in blocks)
    latent = pd.concat([truth_frame(block) for block in blocks], ignore_index=True)
    latent.insert(0, "session_id", sessions["session_id"])
    truth = Truth(
        scenario=scenario,
        seed=seed,
        conditions=_true_conditions(parameters),
        parameters=parameters.table(),
        sessions=latent.set_index("session_id"),
    )
    return sessions, truth


def checked_patients(patients: int) -> int:
    """The number of patients, where it can be one."""
    if isinstance(patients, bool) or not isinstance(patients, int | np.integer) or patients < 1:
        raise SimulationError(
            f"The number of patients is {patients!r}; it must be a whole number of at least 1."
        )
    return int(patients)


def check_seed(seed: int) -> None:
    """Refuse what can be no seed."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise SimulationError(f"The seed is {seed!r}; it must be a whole number of at least 0.")


def drawn_blocks(patients: int, seed: int, parameters: Parameters) -> Iterator[Block]:
    """Draw block after block; a block's stream depends on the seed and its number alone."""
    for number, first in enumerate(range(0, patients, _BLOCK_PATIENTS)):
        count = min(_BLOCK_PATIENTS, patients - first)
        stream = np.random.SeedSequence(seed, spawn_key=(number,))
        yield _draw_block(first, count, patients, stream, parameters)


def _draw_block(
    first: int, count: int, patients: int, stream: np.random.SeedSequence, parameters: Parameters
) -> Block:
    """Draw one block of patients, each step from its own stream.

    With streams apart, two scenarios with one seed have the same patients, visits and errors.
    """
    p = parameters
    r = [np.random.default_rng(s) for s in stream.spawn(_STEPS + _LATER_STEPS)]
    people = draw_people(count, p, r[0])
    visits = draw_visits(people, p, r[1])
    needling = draw_needling(
        visits.condition, people.twitch[visits.patient], visits.clinician_vigour, p, r[2]
    )
    soreness = draw_soreness(people, visits, needling, p, r[3])
    pain = draw_pain(people, visits, needling, soreness, p, r[4])
    followup = draw_followup(people, visits, pain, p, r[5])
    adverse_event = draw_adverse_events(visits, p, r[11])
    motion = draw_motion(people, visits, followup, p, r[6])
    after = After(people, visits, soreness, pain, followup, motion, adverse_event)
    return Block(
        first_patient=first,
        all_patients=patients,
        parameters=p,
        people=people,
        visits=visits,
        needling=needling,
        soreness=soreness,
        pain=pain,
        followup=followup,
        motion=motion,
        function=draw_function(people, visits, pain, followup, p, r[7]),
        pain_reported=reported_pain(pain, followup, p, r[8]),
        soreness_reported=reported_soreness(soreness, followup, p, r[9]),
        global_impression=draw_global_impression(pain, followup, p, r[10]),
        adverse_event=adverse_event,
        uncounted=r[11].random((2, len(visits))),
        answers=(
            draw_answers(people, visits, needling, pain, parameters=p, rng=r[_STEPS]),
            draw_aftermath(after, p, r[_STEPS + 1]),
        ),
    )


_SAME_EVERYWHERE = ("ppt_gain_post", "ppt_gain_48h", "tightness_relief_post", "tightness_relief_48h")


def _true_conditions(p: Parameters) -> pd.DataFrame:
    twitches, insertions, _ = expected_needling(p.scenario)
    given = p.conditions
    return pd.DataFrame(
        {
            "condition": list(CONDITIONS),
            "usual_pain": given["usual_pain"],
            "pain_relief_post": given["pain_relief_post"],
            "pain_relief_48h": given["pain_relief_48h"],
            "rom_movement": given["rom_movement"],
            "rom_gain_post": given["rom_gain_post"],
            "rom_gain_48h": given["rom_gain_48h"],
            "function_gain_post": p["function_per_pain"] * given["pain_relief_post"],
            "function_gain_48h": p["function_per_pain"] * given["pain_relief_48h"],
            "soreness_peak": given["soreness_peak"],
            "soreness_half_life_h": p["soreness_half_life_h"],
            "soreness_log_hours_per_twitch": p["soreness_per_twitch"],
            "soreness_log_hours_per_insertion": p["soreness_per_insertion"],
            "twitches_per_session": twitches,
            "insertions_per_session": insertions,
            "pain_during": given["pain_during"],
            "twitch_visible": given["twitch_visible"],
            **{name: p[name] for name in _SAME_EVERYWHERE},
            "anchor": given["anchor"],
        }
    )
