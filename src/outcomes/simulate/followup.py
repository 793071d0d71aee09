"""What the clinic gets to know: who is reached at two days, and every reading with the missing ones missing.

Comes in: patients, visits, pain and soreness as they truly were. Goes out: numpy arrays, one value per
session, NaN where nothing was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.record.conditions import CONDITIONS, condition
from outcomes.record.measures import movement
from outcomes.simulate.needling import Soreness
from outcomes.simulate.pain import Pain, scale_0_10
from outcomes.simulate.people import Ints, People, Visits, choose
from outcomes.simulate.scenarios import Floats, Parameters

__all__ = [
    "ADVERSE_EVENTS",
    "STATUSES",
    "Followup",
    "Function",
    "Motion",
    "draw_adverse_events",
    "draw_followup",
    "draw_function",
    "draw_global_impression",
    "draw_motion",
    "reported_pain",
    "reported_soreness",
]

Flags = npt.NDArray[np.bool_]

STATUSES = ("reached", "no_answer", "declined", "not_attempted")
ADVERSE_EVENTS = ("none", "bruising", "bleeding", "faintness", "headache", "nausea", "aggravation", "other")
_HEAPS = np.array([6.0, 12.0, 24.0, 48.0, 72.0])
_CONTACTS = np.array([0.0, 6.0, 12.0, 24.0, 36.0, 48.0, 72.0, np.inf])


@dataclass(frozen=True)
class Followup:
    """What came of the 2-day follow-up; ``hours`` is missing where nobody was reached."""

    reached: Flags
    status: Ints
    hours: Floats
    missing_not_at_random: Flags


@dataclass(frozen=True)
class Motion:
    """Range of motion: true gains and readings, missing where the condition has no usual movement."""

    gain_post: Floats
    gain_48h: Floats
    pre: Floats
    post: Floats
    later: Floats


@dataclass(frozen=True)
class Function:
    """PSFS readings (whole numbers, 0-10) and the true gains."""

    gain_post: Floats
    gain_48h: Floats
    pre: Floats
    post: Floats
    later: Floats


def draw_followup(
    people: People, visits: Visits, pain: Pain, parameters: Parameters, rng: np.random.Generator
) -> Followup:
    """Draw who is reached at two days and when; under ``mnar`` those who got worse answer less often."""
    p, n = parameters, len(visits)
    logit = p["followup_logit"] + p["followup_per_decade"] * (people.age[visits.patient] - 46) / 10
    logit += p["followup_first_session"] * (visits.number == 1)
    worse = p["followup_per_point_worse"] * (pain.later - pain.pre)
    chance = rng.random(n)
    reached = chance < 1 / (1 + np.exp(-logit - worse))
    at_random = chance < 1 / (1 + np.exp(-logit))
    lost = np.array(
        [
            1 - p["followup_declined_share"] - p["followup_not_attempted_share"],
            p["followup_declined_share"],
            p["followup_not_attempted_share"],
        ]
    )
    status = np.where(reached, 0, 1 + choose(lost[None, :], np.zeros(n, dtype=np.int64), rng))
    return Followup(reached, status, _draw_followup_hours(reached, p, rng), at_random & ~reached)


def _draw_followup_hours(reached: Flags, p: Parameters, rng: np.random.Generator) -> Floats:
    """Around 48 h; a few before 36 h or after 72 h."""
    n = len(reached)
    timely = np.clip(np.rint(48 + p["followup_hours_sd"] * rng.standard_normal(n)), 37, 71)
    chance, spread = rng.random((2, n))
    early, late = np.rint(20 + 15 * spread), np.rint(73 + 47 * spread**2)
    outside = np.where(chance < p["followup_untimely_share"] / 2, early, late)
    hours = np.where(chance < p["followup_untimely_share"], outside, timely)
    return np.where(reached, hours, np.nan)


def draw_adverse_events(visits: Visits, parameters: Parameters, rng: np.random.Generator) -> Ints:
    """Draw the adverse event of each session, a code into ``ADVERSE_EVENTS``."""
    shares = [parameters[f"adverse_{kind}"] for kind in ADVERSE_EVENTS[1:]]
    weights = np.array([[1 - sum(shares), *shares]])
    return choose(weights, np.zeros(len(visits), dtype=np.int64), rng)


def reported_pain(
    pain: Pain, followup: Followup, parameters: Parameters, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the readings right after and at two days with the missing ones missing."""
    p = parameters
    forgotten, unanswered = rng.random((2, len(pain.pre)))
    post = np.where(forgotten < p["pain_post_missing"], np.nan, pain.post)
    heard = followup.reached & (unanswered >= p["pain_48h_missing"])
    return post, np.where(heard, pain.later, np.nan)


def reported_soreness(
    soreness: Soreness, followup: Followup, parameters: Parameters, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats, Floats]:
    """Write down what the patient says: hours, still sore, free by, worst soreness.

    Hours are whole and mostly heaped; a few are known only as an interval between two contacts; whoever is
    still sore is censored at the follow-up. Everything is missing where nobody asked.

    Returns
    -------
    tuple of numpy.ndarray
        ``soreness_h``, ``soreness_ongoing`` (0 or 1), ``soreness_free_h``, ``soreness_peak``.
    """
    p, n = parameters, len(soreness.hours)
    chance = rng.random((3, n))
    asked = followup.reached & (chance[0] >= p["soreness_unasked"])
    until = np.where(asked, followup.hours, np.nan)
    ever = soreness.hours > 0
    ongoing = ever & (soreness.hours > until)
    by_interval = ever & ~ongoing & (chance[1] < p["soreness_interval_share"])
    hours = np.maximum(np.rint(soreness.hours), 1.0)
    heap = _HEAPS[np.searchsorted((_HEAPS[1:] + _HEAPS[:-1]) / 2, soreness.hours)]
    near = (soreness.hours > 3.0) & (np.abs(heap - soreness.hours) <= 12.0)
    heaped = (chance[2] < p["soreness_heaping"]) & (heap <= until) & near
    hours = np.minimum(np.where(heaped, heap, hours), until)
    contact = np.searchsorted(_CONTACTS, soreness.hours, side="left")
    hours = np.where(by_interval, _CONTACTS[np.maximum(contact - 1, 0)], hours)
    free = np.where(by_interval, np.minimum(_CONTACTS[contact], until), np.nan)
    hours = np.where(ongoing, until, np.where(ever, hours, 0.0))
    blank = ~asked
    peak = np.where(ever, np.clip(np.rint(soreness.peak), 1, 10), 0.0)
    return (
        np.where(blank, np.nan, hours),
        np.where(blank, np.nan, ongoing),
        np.where(blank, np.nan, free),
        np.where(blank, np.nan, peak),
    )


def draw_motion(
    people: People, visits: Visits, followup: Followup, parameters: Parameters, rng: np.random.Generator
) -> Motion:
    """Draw range of motion in the condition's usual movement, with measurement error and a warm-up drift."""
    p, c, who, n = parameters, visits.condition, visits.patient, len(visits)
    lasting = p["carry_over_share"] * p.of("rom_gain_48h")[c] * (visits.number - 1)
    level = p.of("rom_mean")[c] + p.of("rom_sd")[c] * people.rom_level[who] + lasting
    gain_post = p.of("rom_gain_post")[c] + people.rom_gain[who]
    gain_48h = p.of("rom_gain_48h")[c] + people.rom_gain[who]
    error = p.of("rom_error_sd")[c] * rng.standard_normal((3, n))
    measured, returned = rng.random((2, n))
    seen = measured >= p["rom_missing"]
    back = seen & followup.reached & (returned < p["rom_48h_share"])
    most = _most_motion()[c]

    def reading(true: Floats, which: int, taken: Flags) -> Floats:
        return np.where(taken, np.clip(np.rint(true + error[which]), 0.0, most), np.nan)

    return Motion(
        gain_post=gain_post,
        gain_48h=gain_48h,
        pre=reading(level, 0, seen),
        post=reading(level + gain_post + p["rom_second_reading_drift"], 1, seen),
        later=reading(level + gain_48h, 2, back),
    )


def _most_motion() -> Floats:
    """Greatest possible range in each condition's usual movement; missing where it has none."""
    usual = [condition(name).usual_movement for name in CONDITIONS]
    return np.array([np.nan if name is None else movement(name).most for name in usual])


def draw_function(
    people: People,
    visits: Visits,
    pain: Pain,
    followup: Followup,
    parameters: Parameters,
    rng: np.random.Generator,
) -> Function:
    """Draw PSFS readings: what usual pain and the day's flare leave of function, and an error."""
    p, n = parameters, len(visits)
    slope, rest = p["function_per_pain"], p["function_at_no_pain"] + people.function_level[visits.patient]
    before = rest - slope * (pain.usual + pain.flare_pre)
    at_48h = rest - slope * (pain.usual + pain.flare_48h - pain.relief_48h)
    error = p["function_error_sd"] * rng.standard_normal((3, n))
    chance = rng.random((3, n))
    asked = chance[0] >= p["function_missing"]
    repeated = asked & (chance[1] < p["function_post_share"])
    heard = asked & followup.reached & (chance[2] >= p["function_48h_missing"])
    return Function(
        gain_post=slope * pain.relief_post,
        gain_48h=slope * pain.relief_48h,
        pre=np.where(asked, scale_0_10(before + error[0]), np.nan),
        post=np.where(repeated, scale_0_10(before + slope * pain.relief_post + error[1]), np.nan),
        later=np.where(heard, scale_0_10(at_48h + error[2]), np.nan),
    )


def draw_global_impression(
    pain: Pain, followup: Followup, parameters: Parameters, rng: np.random.Generator
) -> Floats:
    """Draw the global impression of change at two days, 1 (very much improved) to 7 (very much worse)."""
    p = parameters
    felt = pain.flare_pre - pain.flare_48h + pain.relief_48h
    latent = 4.0 - p["pgic_per_point"] * felt + p["pgic_error_sd"] * rng.standard_normal(len(felt))
    heard = followup.reached & (rng.random(len(felt)) >= p["pgic_missing"])
    return np.where(heard, np.clip(np.rint(latent), 1.0, 7.0), np.nan)
