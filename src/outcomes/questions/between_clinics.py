"""What each of several clinics found in, how far they differ out: the average clinic, and the range of one more.

No clinic is named and none is held against another: they differ in whom they see, whom they reach and how they record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from scipy.special import expit, logit

from outcomes.models.means import clustered_means
from outcomes.models.proportions.responders import responders
from outcomes.models.random_effects import among_clinics
from outcomes.models.study import TIMES, Clinics, Study
from outcomes.questions.answers import blank, least_patients

__all__ = ["between"]

LEAST_CLINICS = 3
"""Of fewer no range for one more clinic can be given."""


def between(clinics: Clinics) -> pd.DataFrame:
    """How far clinics differ: the average clinic, the spread of clinics, and where one more would lie.

    Returns
    -------
    pandas.DataFrame
        ``measure, time, clinics, patients, sessions, estimate, conf_low, conf_high, sd_between, predicted_low,
        predicted_high, note``: points of relief, and shares of sessions with relief that matters (``sd_between`` in
        log odds). Clinics with fewer patients than the plan asks of an estimate are left out, and masked ones.

    Notes
    -----
    See :func:`outcomes.models.random_effects.among_clinics`; shares are combined as log odds.
    """
    rows = []
    for time in TIMES:
        outcome, flag = f"pain_relief_{time}", f"pain_responder_{time}"
        means = [_of_all(study, "totals", outcome) for study in clinics.each]
        rows.append({"measure": "pain_relief", "time": time, **_combined(means, "estimate")})
        found = [_of_all(study, "counts", flag) for study in clinics.each]
        rows.append({"measure": "pain_responder", "time": time, **_combined(found, "proportion")})
    names = ["measure", "time", "clinics", "patients", "sessions", "estimate", "conf_low", "conf_high"]
    return pd.DataFrame(rows)[[*names, "sd_between", "predicted_low", "predicted_high", "note"]]


def _of_all(study: Study, kind: str, of: str) -> Mapping[str, Any]:
    """A clinic's own mean or share; nothing where it has none, or too few patients."""
    reduction = study.part(kind, of)
    if reduction is None or study.clinics > 1:
        return {}
    found = clustered_means(reduction, of) if kind == "totals" else responders(reduction)
    row = {str(name): value for name, value in found.iloc[0].items()}
    return row if row["patients"] >= least_patients() and row["std_error"] > 0 else {}


def _combined(found: list[Mapping[str, Any]], name: str) -> dict[str, Any]:
    rows = pd.DataFrame([row for row in found if row]).reindex(
        columns=["patients", "sessions", name, "std_error"]
    )
    sizes = {"clinics": len(rows), **{of: int(rows[of].sum()) for of in ("patients", "sessions")}}
    numbers = ("estimate", "conf_low", "conf_high", "sd_between", "predicted_low", "predicted_high")
    if len(rows) < LEAST_CLINICS:
        why = f"fewer than {LEAST_CLINICS} clinics with enough patients, masked ones not counted"
        return {**sizes, **blank(numbers, why)}
    value, error = (rows[column].to_numpy(float) for column in (name, "std_error"))
    is_share = name == "proportion"
    if is_share:
        value, error = logit(value), error / (value * (1.0 - value))
    spread = among_clinics(value, error)
    turned = {
        key: float(expit(end)) if is_share and key != "sd_between" else end for key, end in spread.items()
    }
    return {**sizes, **turned, "note": ""}
