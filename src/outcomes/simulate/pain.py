"""Pain before, right after and two days later: usual pain, the day's flare, the true effect, the reading.

Comes in: patients, visits, needling and soreness. Goes out: a frozen record of numpy arrays, latent truths
beside the whole numbers a patient would say, nothing missing yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.simulate.needling import Needling, Soreness, expected_needling
from outcomes.simulate.people import People, Visits
from outcomes.simulate.scenarios import Floats, Parameters

__all__ = ["Pain", "draw_pain", "scale_0_10"]


@dataclass(frozen=True)
class Pain:
    """Latent pain, and the three readings without missing ones (whole numbers, 0-10).

    ``twitch_relief_*`` and ``relief_*`` are true effects (positive = better); the first is part of the second.
    ``level_*`` are usual pain with the day's flare, before and two days later without the effect.
    """

    usual: Floats
    flare_pre: Floats
    flare_48h: Floats
    twitch_relief_post: Floats
    twitch_relief_48h: Floats
    relief_post: Floats
    relief_48h: Floats
    leak: Floats
    pre: Floats
    post: Floats
    later: Floats


def draw_pain(
    people: People,
    visits: Visits,
    needling: Needling,
    soreness: Soreness,
    parameters: Parameters,
    rng: np.random.Generator,
) -> Pain:
    """Draw pain before, right after and two days later: usual pain, the day's flare, the effect, the error."""
    p, n = parameters, len(visits)
    relief = _true_relief(people, visits, needling, p)
    usual = _usual_pain(people, visits, p)
    flare_pre, flare_48h = _draw_flares(visits, p, rng)
    leak = p["leak_share"] * soreness.peak
    error = p["reading_error_sd"] * rng.standard_normal((3, n))
    return Pain(
        usual=usual,
        flare_pre=flare_pre,
        flare_48h=flare_48h,
        twitch_relief_post=p["twitch_relief_post"] * needling.twitch_dose,
        twitch_relief_48h=p["twitch_relief_48h"] * needling.twitch_dose,
        relief_post=relief[0],
        relief_48h=relief[1],
        leak=leak,
        pre=scale_0_10(usual + flare_pre + error[0]),
        post=scale_0_10(usual + flare_pre - relief[0] + leak + error[1]),
        later=scale_0_10(usual + flare_48h - relief[1] + error[2]),
    )


def _true_relief(people: People, visits: Visits, needling: Needling, p: Parameters) -> tuple[Floats, Floats]:
    c, who = visits.condition, visits.patient
    _, insertions, dose = expected_needling(p.scenario)
    extra_dose, extra_insertions = needling.twitch_dose - dose[c], needling.insertions - insertions[c]
    own = {"post": people.relief_post, "48h": people.relief_48h}
    post, later = (
        p.of(f"pain_relief_{time}")[c]
        + own[time][who]
        + visits.clinician_relief
        + p[f"twitch_relief_{time}"] * extra_dose
        + p[f"insertion_relief_{time}"] * extra_insertions
        for time in ("post", "48h")
    )
    return post, later


def _usual_pain(people: People, visits: Visits, p: Parameters) -> Floats:
    """Usual pain at the session: falls on its own, and by what earlier sessions left behind."""
    c, who = visits.condition, visits.patient
    alone = people.course[who] * (1 - np.exp(-visits.episode_day / p["natural_course_days"]))
    lasting = p["carry_over_share"] * (p.of("pain_relief_48h")[c] + people.relief_48h[who])
    level: Floats = p.of("usual_pain")[c] + people.usual_pain[who] - alone - lasting * (visits.number - 1)
    return level


def _draw_flares(visits: Visits, p: Parameters, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw the flare at the session and two days on; who books in a flare has one beyond the threshold.

    The flare beyond the threshold is a normal one cut from below, drawn by inversion of its distribution.
    """
    from scipy.special import ndtr, ndtri

    chance = np.where(visits.number == 1, p["flare_booking_first"], p["flare_booking_later"])
    booked = rng.random(len(visits)) < chance
    above = ndtr(-p["flare_booking_points"] / p["flare_sd"])
    upper = 1.0 - rng.random(len(visits))
    now = np.clip(-ndtri(np.where(booked, upper * above, upper)), -8.0, 8.0)
    correlation = p["flare_correlation_48h"]
    fresh = rng.standard_normal(len(visits))
    then = correlation * now + np.sqrt(1 - correlation**2) * fresh
    return p["flare_sd"] * now, p["flare_sd"] * then


def scale_0_10(latent: Floats) -> Floats:
    """Return a latent level as a patient says it: a whole number, 0-10."""
    return np.clip(np.rint(latent), 0.0, 10.0)
