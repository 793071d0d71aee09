"""What depends on the analysis: on the choices of a careful analyst, the rule, and what usual pain is.

Patients choose when to come, so their pain on that day does not show how bad it usually is: usual pain is varied. The
analyses themselves are in :mod:`outcomes.questions.specifications`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.models.chance.null_benchmark import expected_change
from outcomes.models.proportions.rules import rule_shares
from outcomes.questions.answers import needed_columns, with_too_few_blanked
from outcomes.questions.sentences.sensitivity import (
    dependence_sentences,
    regression_sentences,
    specification_sentences,
)
from outcomes.questions.specifications import (
    CHOICES,
    CLINICIANS,
    MODELS,
    ON_CHART,
    SHOWN,
    VISITS,
    dependence,
    each_window_and_visit,
    methods,
    of_all,
    planned,
    specifications,
    windows,
)
from outcomes.record.measures import published_rules
from outcomes.record.outcomes import ResponderRule

__all__ = [
    "CHOICES",
    "CLINICIANS",
    "MODELS",
    "ON_CHART",
    "SHOWN",
    "VISITS",
    "dependence",
    "dependence_sentences",
    "methods",
    "of_all",
    "planned",
    "regression_sensitivity",
    "regression_sentences",
    "specification_sentences",
    "specifications",
    "threshold_specifications",
    "windows",
]

BELOW = (0.0, 0.5, 1.0, 1.5, 2.0)
"""How far usual pain is taken to lie below the pain that patients came with, points."""


EXPECTED = {"visits booked ahead": "null_benchmark", "bad days": "null_benchmark_flare"}
"""The two ends of what is expected without any effect, and the columns they stand in."""


def threshold_specifications(sessions: Any) -> pd.DataFrame:
    """Share of responders beyond what no effect would show, by published rule, window and visit.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table

    Returns
    -------
    pandas.DataFrame
        ``rule, window, part, scenario, patients, sessions, proportion, null_benchmark, estimate, conf_low, conf_high,
        note``. ``estimate`` is the proportion less its benchmark, the interval that of the proportion less the same;
        once for each end of what is expected without any effect: ``scenario`` is ``visits booked ahead`` or ``bad
        days`` (everybody comes on a day more than a point worse than usual).
    """
    published, parts = published_rules(), []
    rules = [ResponderRule(known.percent, known.points, known.least_baseline) for known in published]
    labels, readings = [known.label for known in published], ["condition", "session_number", "pain_pre"]
    for window, visit, frame in each_window_and_visit(sessions):
        inside = frame[["patient_id", *readings, "pain_relief_48h"]]
        found = rule_shares(inside, "48h", rules).assign(rule=labels, window=window, part=visit)
        parts += [_beyond(found, scenario, benchmark) for scenario, benchmark in EXPECTED.items()]
    return pd.concat(parts, ignore_index=True)


def _beyond(found: pd.DataFrame, scenario: str, benchmark: str) -> pd.DataFrame:
    """Shares less one of their benchmarks."""
    nothing = found[benchmark]
    less = {"estimate": "proportion", "conf_low": "conf_low", "conf_high": "conf_high"}
    shifted = found.assign(**{name: found[key] - nothing for name, key in less.items()})
    shifted = shifted.assign(scenario=scenario, null_benchmark=nothing)
    numbers = ["proportion", "null_benchmark", "estimate", "conf_low", "conf_high", "note"]
    return shifted[["rule", "window", "part", "scenario", "patients", "sessions", *numbers]]


def regression_sensitivity(sessions: Any, *, time: str = "48h") -> pd.DataFrame:
    """Change that regression to the mean alone would give, the further below the day's pain the usual pain lies.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    time : {"post", "48h"}

    Returns
    -------
    pandas.DataFrame
        ``delta, patients, sessions, observed, expected_change, note``: ``delta`` is how far the patients' usual pain
        lies below the mean pain they came with, points.

    Notes
    -----
    The mean of usual pain cannot be read from records of people who chose when to come, so it is varied, as Ostermann
    2008 (BMC Med Res Methodol 8:52) extends Mee and Chua.
    """
    relief = f"pain_relief_{time}"
    frame = needed_columns(sessions, "condition", "session_number", "pain_pre", relief)
    came_with = float(frame["pain_pre"].mean())
    found = pd.concat(
        [expected_change(frame, relief, None, usual_pain=came_with - below) for below in BELOW],
        ignore_index=True,
    ).rename(columns={"observed_change": "observed"})
    shown = with_too_few_blanked(found.assign(delta=BELOW, note=""), ["observed", "expected_change"])
    return shown[["delta", "patients", "sessions", "observed", "expected_change", "note"]]
