"""Who comes, for what, and when: synthetic patients, their conditions and their sessions.

Comes in: :class:`~outcomes.simulate.scenarios.Parameters` and a random generator. Goes out: frozen records of numpy
arrays, one value per patient or per session; categories are codes into fixed lists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.record.conditions import CONDITIONS
from outcomes.simulate.scenarios import Floats, Parameters

__all__ = ["SEXES", "SIDES", "People", "Visits", "choose", "draw_people", "draw_visits"]

Ints = npt.NDArray[np.int64]

SEXES = ("female", "male", "other")
SIDES = ("left", "right", "both", "midline")
_OTHER_SEX_SHARE = 0.006
_LEAST_AGE, _GREATEST_AGE, _RETIREMENT_AGE = 20, 97, 68
_MOST_SESSIONS = 12


@dataclass(frozen=True)
class People:
    """One value per patient.

    Attributes
    ----------
    condition, second_condition : numpy.ndarray of int
        Codes into ``CONDITIONS``; the second is -1 for most.
    usual_pain, relief_post, relief_48h, rom_gain, rom_level, function_level : numpy.ndarray of float
        The patient's own deviation from the condition's mean (``rom_level`` in standard deviations).
    twitch, soreness, half_life : numpy.ndarray of float
        The patient's own tendency, in standard deviations.
    course : numpy.ndarray of float
        Points by which usual pain falls in the long run, without treatment.
    """

    clinic: Ints
    condition: Ints
    second_condition: Ints
    age: Ints
    sex: Ints
    activity: Ints
    usual_pain: Floats
    relief_post: Floats
    relief_48h: Floats
    rom_gain: Floats
    rom_level: Floats
    function_level: Floats
    twitch: Floats
    soreness: Floats
    half_life: Floats
    course: Floats
    clinics: int

    def __len__(self) -> int:
        return len(self.condition)


@dataclass(frozen=True)
class Visits:
    """One value per session, in the order patient, day, condition.

    Attributes
    ----------
    patient : numpy.ndarray of int
        Position in :class:`People`.
    sequence : numpy.ndarray of int
        Number of the session within the patient, from 1.
    number : numpy.ndarray of int
        Number of the session within patient and condition, from 1.
    day, episode_day : numpy.ndarray of int
        Days since the patient's first session, and since the first for this condition.
    clinician : numpy.ndarray of int
        Number of the clinician within the block of patients.
    clinician_relief, clinician_vigour : numpy.ndarray of float
        What this clinician adds to relief (points), and to how vigorously they needle (log).
    """

    patient: Ints
    condition: Ints
    sequence: Ints
    number: Ints
    day: Ints
    episode_day: Ints
    side: Ints
    clinician: Ints
    clinician_relief: Floats
    clinician_vigour: Floats

    def __len__(self) -> int:
        return len(self.patient)


def choose(weights: Floats, groups: Ints, rng: np.random.Generator) -> Ints:
    """Draw one category per element, by the weights of its group.

    Parameters
    ----------
    weights : numpy.ndarray
        Groups by categories, not negative; rows need not sum to one.
    groups : numpy.ndarray of int
        Row of ``weights`` for each draw.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of int
        Category codes, same length as ``groups``.
    """
    cumulative = np.cumsum(weights, axis=1)
    cumulative /= cumulative[:, -1:]
    ladder = (cumulative + np.arange(len(weights))[:, None]).ravel()
    found = np.searchsorted(ladder, groups + rng.random(len(groups)), side="right")
    width = weights.shape[1]
    codes: Ints = np.minimum(found - groups * width, width - 1)
    return codes


def draw_people(patients: int, parameters: Parameters, rng: np.random.Generator) -> People:
    """Draw patients: what they come for, who they are, how they differ from the average."""
    p = parameters
    everyone = np.zeros(patients, dtype=np.int64)
    condition = choose(p.of("share")[None, :], everyone, rng)
    clinics = max(1, round(patients / p["patients_per_clinic"]))
    clinic = choose(rng.gamma(8.0, size=(1, clinics)), everyone, rng)
    age = _draw_age(condition, p, rng)
    usual, post, later, *own = rng.standard_normal((9, patients))
    shared = p["response_correlation"]
    return People(
        clinic=clinic,
        condition=condition,
        second_condition=_draw_second_condition(condition, p, rng),
        age=age,
        sex=_draw_sex(condition, p, rng),
        activity=_draw_activity(condition, age, p, rng),
        usual_pain=p["usual_pain_sd"] * usual,
        relief_post=p["response_patient_sd"] * post,
        relief_48h=p["response_patient_sd"] * (shared * post + np.sqrt(1 - shared**2) * later),
        rom_gain=p["rom_response_sd"] * own[0],
        rom_level=own[1],
        function_level=p["function_patient_sd"] * own[2],
        twitch=own[3],
        soreness=own[4],
        half_life=own[5],
        course=p["natural_course_points"] + p["natural_course_sd"] * rng.standard_normal(patients),
        clinics=clinics,
    )


def _draw_age(condition: Ints, p: Parameters, rng: np.random.Generator) -> Ints:
    years = p.of("age_mean")[condition] + p["age_sd"] * rng.standard_normal(len(condition))
    return np.clip(np.rint(years), _LEAST_AGE, _GREATEST_AGE).astype(np.int64)


def _draw_sex(condition: Ints, p: Parameters, rng: np.random.Generator) -> Ints:
    female = p.of("female")
    weights = np.column_stack([female, 1 - female, np.full_like(female, _OTHER_SEX_SHARE)])
    return choose(weights, condition, rng)


def _draw_activity(condition: Ints, age: Ints, p: Parameters, rng: np.random.Generator) -> Ints:
    """Code into ``activities`` plus, as the last one, retired."""
    activity = choose(p.activity_weights, condition, rng)
    retired = (age >= _RETIREMENT_AGE) & (rng.random(len(age)) < p["retired_share"])
    return np.where(retired, len(p.activities), activity)


def _draw_second_condition(condition: Ints, p: Parameters, rng: np.random.Generator) -> Ints:
    """Draw a second condition for a few: half of them the one that often goes with the first."""
    weights = np.tile(p.of("share"), (len(CONDITIONS), 1))
    np.fill_diagonal(weights, 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    partner = [CONDITIONS.index(name) for name in p.conditions["often_with"]]
    weights[np.arange(len(CONDITIONS)), partner] += 1.0
    second = choose(weights, condition, rng)
    return np.where(rng.random(len(condition)) < p["two_condition_share"], second, -1)


def draw_visits(people: People, parameters: Parameters, rng: np.random.Generator) -> Visits:
    """Draw sessions: how many, on which days, on which side, by whom."""
    p = parameters
    patient, condition, start = _draw_episodes(people, rng)
    side = choose(p.conditions[list(SIDES)].to_numpy(dtype=np.float64), condition, rng)
    episode, number = _numbered(_draw_session_counts(len(patient), p, rng))
    gap = np.where(number == 1, 0, _draw_gaps(len(number), p, rng))
    elapsed = np.cumsum(gap)
    episode_day = elapsed - elapsed[np.flatnonzero(number == 1)][episode]
    day = start[episode] + episode_day
    order = np.lexsort((condition[episode], day, patient[episode]))
    episode, number, day, episode_day = (a[order] for a in (episode, number, day, episode_day))
    who = patient[episode]
    clinician, relief, vigour = _draw_clinicians(people, who, p, rng)
    return Visits(
        patient=who,
        condition=condition[episode],
        sequence=_numbered(np.bincount(who, minlength=len(people)))[1],
        number=number,
        day=day,
        episode_day=episode_day,
        side=side[episode],
        clinician=clinician,
        clinician_relief=relief,
        clinician_vigour=vigour,
    )


def _draw_episodes(people: People, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return patient, condition and first day of every episode; the second ones come after the first ones."""
    second = np.flatnonzero(people.second_condition >= 0)
    patient = np.concatenate([np.arange(len(people)), second])
    condition = np.concatenate([people.condition, people.second_condition[second]])
    start = np.concatenate([np.zeros(len(people), dtype=np.int64), rng.integers(1, 90, len(second))])
    return patient, condition, start


def _draw_session_counts(episodes: int, p: Parameters, rng: np.random.Generator) -> Ints:
    further = p["sessions_per_episode"] - 1
    rate = rng.gamma(p["session_shape"], further / p["session_shape"], episodes)
    return 1 + np.minimum(rng.poisson(rate), _MOST_SESSIONS - 1)


def _draw_gaps(sessions: int, p: Parameters, rng: np.random.Generator) -> Ints:
    beyond = p["gap_mean_days"] - p["gap_least_days"]
    gap = p["gap_least_days"] + rng.gamma(2.0, beyond / 2.0, sessions)
    return np.rint(gap).astype(np.int64)


def _numbered(counts: Ints) -> tuple[Ints, Ints]:
    """Return, for groups of these sizes, the group of every member and its number within it, from 1."""
    group = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return group, np.arange(len(group)) - first[group] + 1


def _draw_clinicians(
    people: People, patient: Ints, p: Parameters, rng: np.random.Generator
) -> tuple[Ints, Floats, Floats]:
    """A patient mostly sees the same clinician; a session in five goes to any other of the clinic."""
    per_clinic = int(p["clinicians_per_clinic"])
    usual = rng.integers(0, per_clinic, len(people))
    other = rng.integers(0, per_clinic, len(patient))
    within = np.where(rng.random(len(patient)) < 0.2, other, usual[patient])
    clinician = people.clinic[patient] * per_clinic + within
    total = people.clinics * per_clinic
    relief = p["response_clinician_sd"] * rng.standard_normal(total)
    vigour = p["insertion_clinician_sd"] * rng.standard_normal(total)
    return clinician, relief[clinician], vigour[clinician]
