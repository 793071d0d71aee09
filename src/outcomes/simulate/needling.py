"""What is done in a session and how sore it leaves: muscles, needles, insertions, twitches, soreness.

Comes in: patients and visits from :mod:`outcomes.simulate.people`. Goes out: frozen records of numpy arrays,
one value per session, nothing missing yet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from outcomes.record.conditions import CONDITIONS
from outcomes.simulate.people import SEXES, Ints, People, Visits, choose
from outcomes.simulate.scenarios import Floats, Parameters, scenario_parameters

__all__ = [
    "CO_INTERVENTIONS",
    "TECHNIQUES",
    "Needling",
    "Soreness",
    "draw_needling",
    "draw_soreness",
    "expected_needling",
    "muscle_sets",
]

TECHNIQUES = ("deep_pistoning", "deep_static", "superficial", "electrical", "other")
_TECHNIQUE_WEIGHTS = (0.62, 0.15, 0.08, 0.12, 0.03)
_SUPERFICIAL = TECHNIQUES.index("superficial")
CO_INTERVENTIONS = ("manual_therapy", "exercise", "heat", "taping", "education", "medication")
_CO_INTERVENTION_SHARES = (0.55, 0.5, 0.15, 0.08, 0.3, 0.04)
_LEAST_BASE_PEAK = 0.75
_REFERENCE_DRAWS = 4096


@dataclass(frozen=True)
class Needling:
    """What was done. ``vigour`` is relative to the average session, ``twitch_dose`` what counts for relief."""

    technique: Ints
    co_interventions: Ints
    muscles: Ints
    needles: Ints
    insertions: Ints
    twitches: Ints
    twitch_dose: Floats


@dataclass(frozen=True)
class Soreness:
    """True soreness: ``hours`` is 0 and ``peak`` 0 where there is none; ``peak`` is not rounded."""

    hours: Floats
    peak: Floats
    half_life: Floats


@cache
def muscle_sets(names: str, mean: float) -> tuple[tuple[str, ...], tuple[int, ...], tuple[float, ...]]:
    """Return every set of these muscles, its size, and its probability.

    The size is 1 + Poisson, cut at the length of the list; muscles named first are needled more often.

    Parameters
    ----------
    names : str
        Muscles with ``;`` between.
    mean : float
        Mean size before the cut.
    """
    muscles = names.split(";")
    sets, sizes, weights = [], [], []
    for size in range(1, len(muscles) + 1):
        chance = math.exp(1 - mean) * (mean - 1) ** (size - 1) / math.factorial(size - 1)
        chosen = list(combinations(range(len(muscles)), size))
        liking = [math.prod(1 / (1 + i) for i in c) for c in chosen]
        for c, like in zip(chosen, liking, strict=True):
            sets.append(";".join(muscles[i] for i in c))
            sizes.append(size)
            weights.append(chance * like / sum(liking))
    return tuple(sets), tuple(sizes), tuple(weights)


def _muscle_table(p: Parameters) -> tuple[Floats, Ints]:
    """Weights and sizes of the muscle sets, conditions by sets, padded with zero weight."""
    tables = [
        muscle_sets(n, m) for n, m in zip(p.conditions["muscles"], p.conditions["muscles_mean"], strict=True)
    ]
    width = max(len(t[0]) for t in tables)
    weights, sizes = np.zeros((len(tables), width)), np.ones((len(tables), width), dtype=np.int64)
    for row, (_, size, weight) in enumerate(tables):
        weights[row, : len(weight)] = weight
        sizes[row, : len(size)] = size
    return weights, sizes


def draw_needling(
    condition: Ints, tendency: Floats, style: Floats, parameters: Parameters, rng: np.random.Generator
) -> Needling:
    """Draw muscles, needles, insertions and twitches (a hurdle negative binomial per muscle).

    Parameters
    ----------
    condition : numpy.ndarray of int
    tendency : numpy.ndarray of float
        The patient's tendency to twitch, in standard deviations.
    style : numpy.ndarray of float
        The clinician's vigour, log.
    parameters : Parameters
    rng : numpy.random.Generator
    """
    p, n = parameters, len(condition)
    everyone = np.zeros(n, dtype=np.int64)
    technique = choose(np.array([_TECHNIQUE_WEIGHTS]), everyone, rng)
    superficial = technique == _SUPERFICIAL
    weights, sizes = _muscle_table(p)
    muscles = choose(weights, condition, rng)
    count = sizes[condition, muscles]
    vigour = rng.gamma(p["insertion_shape"], 1 / p["insertion_shape"], n) * np.exp(style)
    vigour *= np.where(superficial, p["superficial_insertion_ratio"], 1.0)
    insertions = count + rng.poisson(p["insertions_per_muscle"] * count * vigour)
    insertions = np.minimum(insertions, int(p["insertions_most"]))
    tempo = np.exp(p["twitch_patient_sd"] * tendency) * vigour ** p["twitch_insertion_power"]
    tempo *= np.where(superficial, p["superficial_twitch_ratio"], 1.0)
    twitches = _draw_twitches(condition, count, tempo, p, rng)
    full = np.minimum(twitches, p["twitch_full_count"])
    return Needling(
        technique=technique,
        co_interventions=choose(_co_intervention_weights()[None, :], everyone, rng),
        muscles=muscles,
        needles=count + rng.binomial(count, p["extra_needle_share"]),
        insertions=insertions,
        twitches=twitches,
        twitch_dose=full + p["twitch_later_weight"] * (twitches - full),
    )


def _draw_twitches(
    condition: Ints, muscles: Ints, tempo: Floats, p: Parameters, rng: np.random.Generator
) -> Ints:
    """Sum a hurdle negative binomial over muscles: twitching muscles first, then twitches beyond the first.

    A sum of independent negative binomials with one scale is a negative binomial with the shapes added.
    """
    silent = p.of("muscle_without_twitch")
    beyond_first = p.of("twitches_per_muscle") / (1 - silent) - 1
    twitching = rng.binomial(muscles, 1 - silent[condition])
    rate = rng.gamma(p["twitch_shape"] * twitching) * beyond_first[condition] * tempo / p["twitch_shape"]
    twitches: Ints = np.minimum(twitching + rng.poisson(rate), int(p["twitches_most"]))
    return twitches


@cache
def _co_intervention_weights() -> Floats:
    """Probability of every set of co-interventions, the set written as bits."""
    bits = (np.arange(2 ** len(CO_INTERVENTIONS))[:, None] >> np.arange(len(CO_INTERVENTIONS))) & 1
    share = np.array(_CO_INTERVENTION_SHARES)
    return np.asarray(np.where(bits == 1, share, 1 - share).prod(axis=1))


@cache
def expected_needling(scenario: str) -> tuple[Floats, Floats, Floats]:
    """Return mean twitches, insertions and twitch dose per condition, from a large draw with a fixed seed.

    Effects of dose are centred on these, so that the condition's effect is the average over its sessions.
    """
    rng = np.random.default_rng(0)
    parameters = scenario_parameters(scenario)
    condition = np.repeat(np.arange(len(CONDITIONS)), _REFERENCE_DRAWS)
    tendency, style = rng.standard_normal((2, len(condition)))
    style *= parameters["insertion_clinician_sd"]
    done = draw_needling(condition, tendency, style, parameters, rng)
    by_condition = [
        np.asarray(x, dtype=np.float64).reshape(len(CONDITIONS), -1).mean(axis=1)
        for x in (done.twitches, done.insertions, done.twitch_dose)
    ]
    return by_condition[0], by_condition[1], by_condition[2]


def draw_soreness(
    people: People, visits: Visits, needling: Needling, parameters: Parameters, rng: np.random.Generator
) -> Soreness:
    """Draw worst soreness and its duration.

    Soreness halves every so many hours until it is below a limit. Each twitch and insertion beyond the
    condition's average multiplies both the peak and the duration, so that log hours are linear in the dose.
    """
    p, c, who = parameters, visits.condition, visits.patient
    twitches, insertions, _ = expected_needling(p.scenario)
    dose = p["soreness_per_twitch"] * (needling.twitches - twitches[c])
    dose += p["soreness_per_insertion"] * (needling.insertions - insertions[c])
    own, today = np.sqrt(p["soreness_patient_share"]), np.sqrt(1 - p["soreness_patient_share"])
    tonight, slowness = rng.standard_normal((2, len(visits)))
    female = people.sex[who] == SEXES.index("female")
    log_peak = np.log(p.of("soreness_peak"))[c] + np.log(p["soreness_female_ratio"]) * (female - 0.5)
    log_peak += p["soreness_peak_log_sd"] * (own * people.soreness[who] + today * tonight)
    base = np.maximum(np.exp(log_peak), _LEAST_BASE_PEAK)
    slow = p["soreness_half_life_log_sd"] * (own * people.half_life[who] + today * slowness)
    half_life = p["soreness_half_life_h"] * np.exp(slow)
    hours = half_life * np.log2(base / p["soreness_free_below"]) * np.exp(dose)
    sore = rng.random(len(visits)) < p["soreness_any"]
    peak = np.minimum(base * np.exp(dose), 10.0)
    return Soreness(np.where(sore, hours, 0.0), np.where(sore, peak, 0.0), half_life)
