"""Pressure threshold, tightness, and the days after: what the soreness was like, limits of activity, advice.

Comes in: patients, visits, soreness, pain and follow-up as they truly were, and a generator of its own. Goes out: one
array per optional column of the record, and what really happened, as in ``answers.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.simulate.answers import Answers, bits_of, missing_at_random
from outcomes.simulate.followup import Followup, Motion
from outcomes.simulate.needling import Soreness
from outcomes.simulate.pain import Pain, scale_0_10
from outcomes.simulate.people import Ints, People, Visits, choose
from outcomes.simulate.scenarios import Floats, Parameters

__all__ = ["After", "draw_aftermath"]

_LIKE_WORKOUT = (0.72, 0.18, 0.1)
_UNLIKE_PAIN = (0.78, 0.14, 0.08)
_ADVICE = (0.1, 0.6, 0.55, 0.2, 0.05, 0.35)
_METHODS = (0.55, 0.25, 0.08, 0.07, 0.05)
_REPORTED = (0.0, 0.6, 0.4)
_HEAPS = np.array([2.0, 4.0, 6.0, 12.0, 24.0, 48.0])


@dataclass(frozen=True)
class After:
    """What the draw needs: everything that was drawn before."""

    people: People
    visits: Visits
    soreness: Soreness
    pain: Pain
    followup: Followup
    motion: Motion
    adverse_event: Ints


def draw_aftermath(drawn: After, parameters: Parameters, rng: np.random.Generator) -> Answers:
    """Draw the measures beside pain, and what is told at the follow-up."""
    p, n = parameters, len(drawn.visits)
    pressure, tightness = _pressure(drawn, p, rng), _tightness(drawn, p, rng)
    measured = ~np.isnan(drawn.motion.pre)
    recorded = {
        **pressure,
        **tightness,
        **_soreness_kind(drawn, p, rng),
        **_limits(drawn, p, rng),
        "advice": missing_at_random(bits_of(_ADVICE, n, rng), p["unanswered"], rng),
        "adverse_reporter": _reporter(drawn, rng),
        "rom_mode": np.where(measured, rng.random(n) < p["rom_passive_share"], np.nan),
        "rom_method": np.where(
            measured, choose(np.array([_METHODS]), np.zeros(n, dtype=np.int64), rng), np.nan
        ),
        "same_rater": np.where(measured, rng.random(n) < p["rom_same_rater"], np.nan),
    }
    gains = {
        f"{name}_{time}": np.full(n, p[f"{name}_{time}"]) for name in _EFFECTS for time in ("post", "48h")
    }
    return Answers(recorded, gains)


_EFFECTS = ("ppt_gain", "tightness_relief")


def _pressure(drawn: After, p: Parameters, rng: np.random.Generator) -> dict[str, Floats]:
    """Threshold of the patient, times the day's, plus the gain and the error of each reading."""
    n, people = len(drawn.visits), len(drawn.people)
    own = p["ppt_mean"] * np.exp(p["ppt_log_sd"] * rng.standard_normal(people))[drawn.visits.patient]
    error = p["ppt_error_sd"] * rng.standard_normal((3, n))
    gains = (0.0, p["ppt_gain_post"], p["ppt_gain_48h"])
    readings = [np.round(np.maximum(own + gain + e, 30.0)) for gain, e in zip(gains, error, strict=True)]
    measured = rng.random(people)[drawn.visits.patient] < p["ppt_measured"]
    again = measured & drawn.followup.reached & (rng.random(n) < p["rom_48h_share"])
    return _three("ppt", readings, measured, again)


def _tightness(drawn: After, p: Parameters, rng: np.random.Generator) -> dict[str, Floats]:
    """Tightness follows usual pain and the day's flare; needling's own effect comes on top."""
    n, pain = len(drawn.visits), drawn.pain
    own = p["tightness_patient_sd"] * rng.standard_normal(len(drawn.people))[drawn.visits.patient]
    levels = [
        1 + own + p["tightness_per_pain"] * (pain.usual + flare) for flare in (pain.flare_pre, pain.flare_48h)
    ]
    error = p["tightness_error_sd"] * rng.standard_normal((3, n))
    before = levels[0]
    truths = (before, before - p["tightness_relief_post"], levels[1] - p["tightness_relief_48h"])
    readings = [scale_0_10(level + e) for level, e in zip(truths, error, strict=True)]
    asked = rng.random(n) >= p["unanswered"]
    return _three("tightness", readings, asked, asked & drawn.followup.reached)


def _three(stem: str, readings: list[Floats], asked: np.ndarray, later: np.ndarray) -> dict[str, Floats]:
    there = {"pre": asked, "post": asked, "48h": later}
    return {
        f"{stem}_{time}": np.where(known, reading, np.nan)
        for (time, known), reading in zip(there.items(), readings, strict=True)
    }


def _soreness_kind(drawn: After, p: Parameters, rng: np.random.Generator) -> dict[str, Floats]:
    """What the soreness was like, where there was any and the patient was reached."""
    n = len(drawn.visits)
    asked = drawn.followup.reached & (drawn.soreness.peak > 0) & (rng.random(n) >= p["unanswered"])
    answers = {
        name: choose(np.array([shares]), np.zeros(n, dtype=np.int64), rng)
        for name, shares in (("soreness_like_workout", _LIKE_WORKOUT), ("soreness_unlike_pain", _UNLIKE_PAIN))
    }
    return {name: np.where(asked, codes, np.nan) for name, codes in answers.items()}


def _limits(drawn: After, p: Parameters, rng: np.random.Generator) -> dict[str, Floats]:
    """Whether activity was limited: more often the sorer the patient; and for how many hours."""
    n, peak = len(drawn.visits), drawn.soreness.peak
    asked = drawn.followup.reached & (rng.random(n) >= p["unanswered"])
    logit = p["limited_logit"] + p["limited_per_point"] * peak
    limited = rng.random(n) < 1 / (1 + np.exp(-logit))
    stopped = limited & (rng.random(n) < p["limited_stopped_share"])
    hours = _HEAPS[np.searchsorted(_HEAPS, 24.0 * rng.random(n) ** 2, side="left")]
    return {
        "activity_limited": np.where(asked, limited.astype(float) + stopped, np.nan),
        "activity_limited_h": np.where(asked, np.where(limited, hours, 0.0), np.nan),
    }


def _reporter(drawn: After, rng: np.random.Generator) -> Floats:
    """Asked where the patient was reached; else volunteered or observed, and only where there was an event."""
    n = len(drawn.visits)
    reporter = choose(np.array([_REPORTED]), np.zeros(n, dtype=np.int64), rng)
    unasked = np.where(drawn.adverse_event > 0, reporter, np.nan)
    return np.where(drawn.followup.reached, 0.0, unasked)
