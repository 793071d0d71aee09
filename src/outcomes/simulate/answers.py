"""What patients are asked besides: what needling felt like, the complaint, tolerance and experience, questionnaires.

Comes in: patients, visits, needling and pain as they truly were, and a generator of its own, so that nothing drawn
before changes. Goes out: one array per optional column of the record (codes by number, tags as bits, NaN where nothing
was recorded), and what really happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.record.measures import QUESTIONNAIRES, questionnaire
from outcomes.simulate.needling import Needling
from outcomes.simulate.pain import Pain, scale_0_10
from outcomes.simulate.people import Ints, People, Visits, choose
from outcomes.simulate.scenarios import Floats, Parameters

__all__ = ["Answers", "bits_of", "draw_answers", "missing_at_random"]

_CHRONICITY = (0.2, 0.15, 0.3, 0.35)
_ELSEWHERE = ((0, 0.7), (2, 0.2), (6, 0.1))
_SENSATION = (0.65, 0.35, 0.15, 0.08, 0.06, 0.3)
_ONSET = (0.3, 0.25, 0.4, 0.35, 0.15)
_SYMPTOMS = (0.7, 0.8, 0.55, 0.2, 0.12, 0.35)
_LEAST_CHRONIC = 2
_EVERY = 3


@dataclass(frozen=True)
class Answers:
    """Recorded answers by column, and the truth behind them, both one value per session.

    Attributes
    ----------
    recorded : mapping of str to numpy.ndarray
    truth : mapping of str to numpy.ndarray
    """

    recorded: Mapping[str, Floats]
    truth: Mapping[str, Floats]


def draw_answers(
    people: People,
    visits: Visits,
    needling: Needling,
    pain: Pain,
    *,
    parameters: Parameters,
    rng: np.random.Generator,
) -> Answers:
    """Draw what patients answer about themselves, the complaint and the needling."""
    p, who = parameters, visits.patient
    tolerance = scale_0_10(p["tolerance_mean"] + p["tolerance_sd"] * rng.standard_normal(len(people)))
    complaint = _complaint(people, visits, rng)
    before = _needled_before(people, visits, rng)
    latent = p.of("pain_during")[visits.condition]
    latent = latent + p["pain_during_per_tolerance"] * (tolerance[who] - p["tolerance_mean"])
    latent = latent + p["pain_during_first_time"] * (before == 0)
    latent = latent + p["pain_during_long_lasting"] * (complaint["chronicity"] >= _LEAST_CHRONIC)
    latent = latent + p["pain_during_patient_sd"] * rng.standard_normal(len(people))[who]
    error = p["pain_during_error_sd"] * rng.standard_normal(len(visits))
    sign = np.where(rng.random(len(visits)) < p.of("twitch_visible")[visits.condition], 0, 1)
    answers = {
        "pain_during": scale_0_10(latent + error),
        "needle_felt": _needle_felt(people, who, p, rng),
        "sensation": bits_of(_SENSATION, len(visits), rng),
        "needled_before": before,
        "pain_tolerance": tolerance[who],
        "twitch_seen": np.where(needling.twitches == 0, 2, sign),
        **complaint,
        "trigger_points": 1.0 + rng.poisson(p["trigger_points_mean"] - 1, len(visits)),
        **_questionnaire(visits, pain, p, rng),
    }
    once = frozenset(["pain_tolerance", "prom", "prom_score"])
    recorded = {
        name: np.asarray(values, dtype=np.float64)
        if name in once
        else missing_at_random(values, p["unanswered"], rng)
        for name, values in answers.items()
    }
    return Answers(recorded, {"pain_during": latent})


def missing_at_random(values: Floats | Ints, share: float, rng: np.random.Generator) -> Floats:
    """The values with a share of them missing."""
    return np.where(rng.random(len(values)) < share, np.nan, values)


def bits_of(shares: Sequence[float], n: int, rng: np.random.Generator) -> Floats:
    """Several answers at once, each with its own share, as the bits of one number."""
    ticked = rng.random((n, len(shares))) < np.array(shares)
    return np.asarray(ticked @ (2.0 ** np.arange(len(shares))), dtype=np.float64)


def _complaint(people: People, visits: Visits, rng: np.random.Generator) -> dict[str, Floats]:
    """How long it has lasted, where it came from, what it brings: the same in every session for one condition."""
    second = (visits.condition != people.condition[visits.patient]).astype(np.int64)
    everyone = np.zeros(2 * len(people), dtype=np.int64)
    chronicity = choose(np.array([_CHRONICITY]), everyone, rng).reshape(2, -1)
    onset = bits_of(_ONSET, 2 * len(people), rng).reshape(2, -1)
    symptoms = bits_of(_SYMPTOMS, 2 * len(people), rng).reshape(2, -1)
    return {
        "chronicity": chronicity[second, visits.patient].astype(np.float64),
        "onset": onset[second, visits.patient],
        "symptoms": symptoms[second, visits.patient],
    }


def _needled_before(people: People, visits: Visits, rng: np.random.Generator) -> Floats:
    """Never, one to three, four sessions or more: elsewhere before the first, and here since."""
    counts, shares = np.array([n for n, _ in _ELSEWHERE]), np.array([[share for _, share in _ELSEWHERE]])
    elsewhere = counts[choose(shares, np.zeros(len(people), dtype=np.int64), rng)]
    sessions = elsewhere[visits.patient] + visits.sequence - 1
    return np.digitize(sessions, [1, 4]).astype(np.float64)


def _needle_felt(people: People, who: Ints, p: Parameters, rng: np.random.Generator) -> Floats:
    """Not felt, barely, felt: a patient who feels the needle tends to feel it again."""
    own, today = np.sqrt(p["needle_felt_patient_share"]), np.sqrt(1 - p["needle_felt_patient_share"])
    feeling = own * rng.standard_normal(len(people))[who] + today * rng.standard_normal(len(who))
    cuts = [p["needle_felt_barely_from"], p["needle_felt_from"]]
    return np.asarray(np.digitize(feeling, cuts), dtype=np.float64)


def _questionnaire(visits: Visits, pain: Pain, p: Parameters, rng: np.random.Generator) -> dict[str, Floats]:
    """The condition's questionnaire at the first session and every third after it, from usual pain."""
    names = list(p.conditions["prom"])
    found = [questionnaire(name) for name in names]
    low, high = (np.array([getattr(one, end) for one in found]) for end in ("low", "high"))
    better = np.array([one.direction == "higher is better" for one in found])
    burden = p["prom_per_pain"] * pain.usual + p["prom_error_sd"] * rng.standard_normal(len(visits))
    share = np.clip(burden, 0.0, 1.0)
    c = visits.condition
    score = np.round(low[c] + (high - low)[c] * np.where(better[c], 1 - share, share))
    asked = (visits.number % _EVERY == 1) & (rng.random(len(visits)) >= p["unanswered"])
    code = np.array([QUESTIONNAIRES.index(name) for name in names])[c]
    return {"prom": np.where(asked, code, np.nan), "prom_score": np.where(asked, score, np.nan)}
