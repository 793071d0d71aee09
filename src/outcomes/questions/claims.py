"""The verdict on each of the clinic's public claims, from the sessions.

One row per claim C1-C19, with the measure, model and criterion fixed beforehand, what the records say, and the verdict:
supported, contradicted, can't say, or not testable from such records.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.questions.answers import is_recorded, needed_columns
from outcomes.questions.criteria import VERDICTS, Claim, Evidence, p_beyond, public_claims, verdict_on
from outcomes.questions.evidence import ESTIMATORS, OUTCOMES, RECORDED
from outcomes.questions.literature import at_two_days
from outcomes.questions.sentences.claims import (
    WITHHELD,
    capital,
    figures_in_words,
    verdict_sentences,
    why,
    wording,
)
from outcomes.questions.sentences.owner import claims_words
from outcomes.record.columns import column
from outcomes.record.plan import ADJUSTMENTS, active_plan
from outcomes.words import called, listed

__all__ = [
    "VERDICTS",
    "Claim",
    "claims",
    "claims_words",
    "coarse_claims",
    "coarsened",
    "figures_in_words",
    "public_claims",
    "verdict_sentences",
]

FAMILY = "the public claims"
_COLUMNS = [
    *["claim", "statement", "measure", "model", "criterion", "estimate", "conf_low", "conf_high"],
    *["p_value", "adjust", "patients", "sessions", "verdict", "why", "wording"],
]


def claims(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Check each of the clinic's public claims against the records.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        One row per claim: ``claim, statement, measure, model, criterion, estimate, conf_low, conf_high, p_value,
        adjust, patients, sessions, verdict, why, wording``. ``p_value`` is that of the bound the estimate lies beyond,
        Holm-adjusted over all claims tested; intervals are not adjusted. ``wording`` is what the page could say.

    Raises
    ------
    EstimationError
        Where the table has no ``patient_id``.

    Notes
    -----
    A verdict needs both the interval beyond the bound and the adjusted p-value below ``1 - conf_level``: with a dozen
    claims asked at once, one would else be supported by chance in every few clinics.
    """
    times = called(getattr(sessions, "attrs", {}).get("outcomes", {}).get("times"))
    every = (*public_claims(), *public_claims(lambda _: True))
    needs = [name for claim in every for name in claim.needs]
    frame = needed_columns(sessions, *RECORDED, *OUTCOMES, *needs)
    asked = public_claims(lambda name: is_recorded(frame, name))
    found = [_evidence(claim, frame, (conf_level, times)) for claim in asked]
    p_values = _adjusted([p_beyond(c, e, conf_level) for c, e in zip(asked, found, strict=True)])
    rows = [_row(c, e, p, (conf_level, times)) for c, e, p in zip(asked, found, p_values, strict=True)]
    how = f"{ADJUSTMENTS[active_plan().adjustment(FAMILY)]}, {int(np.isfinite(p_values).sum())} claims"
    adjust = [how if np.isfinite(p) else "" for p in p_values]
    table = pd.DataFrame(rows).assign(adjust=adjust)[_COLUMNS]
    fewest = {c.claim: min(filter(None, e.counts), default=0.0) for c, e in zip(asked, found, strict=True)}
    table.attrs["fewest_sessions"] = {claim: float(n) for claim, n in fewest.items() if n}
    return table


def _evidence(claim: Claim, frame: pd.DataFrame, how: tuple[float, Mapping[str, str]]) -> Evidence:
    if not claim.estimator:
        return Evidence(note=claim.untestable)
    absent = [name for name in claim.needs if not is_recorded(frame, name)]
    if absent:
        return Evidence(note=f"not recorded: {listed(column(name).label.lower() for name in absent)}")
    conf_level, times = how
    if "pain_48h" in claim.needs and not at_two_days(times["48h"]):
        return Evidence(note=f"the later reading is “{times['48h']}”, which is not known to be at two days")
    return ESTIMATORS[claim.estimator](frame, conf_level)


def _adjusted(p_values: list[float]) -> list[float]:
    from outcomes.models.multiplicity import adjusted

    return [float(p) for p in adjusted(np.array(p_values, dtype=float), active_plan().adjustment(FAMILY))]


def _row(
    claim: Claim, evidence: Evidence, p_value: float, how: tuple[float, Mapping[str, str]]
) -> dict[str, Any]:
    conf_level, times = how
    verdict = verdict_on(claim, evidence, p_value, conf_level)
    words = {"later": times["48h"], "post": times["post"], **evidence.words}
    words |= {name.capitalize(): capital(words[name]) for name in ("later", "post")}
    return {
        "claim": claim.claim,
        "statement": claim.statement,
        "measure": claim.measure.format_map(words),
        "model": claim.model,
        "criterion": claim.rule,
        "estimate": evidence.estimate,
        "conf_low": evidence.conf_low,
        "conf_high": evidence.conf_high,
        "p_value": p_value,
        "patients": evidence.patients,
        "sessions": evidence.sessions,
        "verdict": verdict,
        "why": why(claim, evidence, verdict),
        "wording": wording(claim, evidence, verdict, words),
    }


def coarsened(table: pd.DataFrame, least: int) -> pd.DataFrame:
    """Withhold the shares, and the words that tell them, that rest on fewer than ``least`` sessions of either kind.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`claims`.
    least : int
        The audience's limit (``limits_for(audience).least_patients``); a share gives its count away.
    """
    fewest = table["claim"].map(table.attrs.get("fewest_sessions", {})).astype("float64")
    small = fewest < least
    numbers = {name: table[name].where(~small) for name in ("estimate", "conf_low", "conf_high", "p_value")}
    texts = {"why": table["why"].mask(small, WITHHELD), "wording": table["wording"].mask(small, WITHHELD)}
    return table.assign(**numbers, **texts)


def coarse_claims(sessions: Any, *, least: int) -> pd.DataFrame:
    """The claims checked against the records, as an audience with a limit of ``least`` patients may see them."""
    return coarsened(claims(sessions), least)
