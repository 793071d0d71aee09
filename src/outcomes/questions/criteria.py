"""The clinic's public claims and the criterion of each, fixed beforehand in ``reference/claims.csv``.

Comes in: a claim and the evidence on it. Goes out: the side of its bounds the evidence lies on, the p-value of that
bound, and the verdict. “Supported” means that the outcome followed, or was associated; records without a comparison
group can show no more. A claim that only columns of the wider record can test has its criterion, with the day it was
fixed, in ``reference/claims_recorded.csv``; where they are not recorded it stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import logit, stdtr, stdtrit

from outcomes.record.reference import rows

__all__ = [
    "CONTRADICTED",
    "DESCRIBED",
    "SUPPORTED",
    "UNKNOWN",
    "UNTESTABLE",
    "VERDICTS",
    "Claim",
    "Evidence",
    "bounds_of",
    "claim_of",
    "p_beyond",
    "public_claims",
    "side_of",
    "verdict_on",
]

SUPPORTED, CONTRADICTED, UNKNOWN = "supported", "contradicted", "can't say"
UNTESTABLE = "not testable from such records"
DESCRIBED = "told by patients"
VERDICTS = (SUPPORTED, CONTRADICTED, UNKNOWN, UNTESTABLE, DESCRIBED)
"""What can be said of a claim."""


MISSING = float("nan")


@dataclass(frozen=True)
class Claim:
    """One claim and the criterion it is held to, fixed before the records are seen.

    Attributes
    ----------
    claim, statement : str
        Its number, and what the page says, paraphrased.
    measure, model, criterion : str
    estimator : str
        Name in ``ESTIMATORS``; empty where such records cannot test it.
    direction : str
        ``above`` or ``below`` the bound supports; ``never``: such records can only contradict; ``told``: what patients
        tell is counted and nothing is tested.
    support, contradict : float or None
        The interval has to lie beyond ``support`` to support, on the other side of ``contradict`` to contradict.
    scale : str
        Scale on which the interval is symmetric.
    needs : tuple of str
        Columns without which nothing can be said.
    untestable, wording, wording_supported : str
        Why it cannot be tested; what the page could say instead, and what it could say where supported.
    fixed : str
        The day the criterion was fixed, of those that came later.
    """

    claim: str
    statement: str
    measure: str
    model: str
    criterion: str
    estimator: str
    direction: str
    support: float | None
    contradict: float | None
    scale: str
    needs: tuple[str, ...]
    untestable: str
    wording: str
    wording_supported: str
    fixed: str = ""

    @property
    def rule(self) -> str:
        """The criterion, with the day it was fixed where it came later."""
        return f"{self.criterion}; set on {self.fixed}" if self.fixed else self.criterion


@dataclass(frozen=True)
class Evidence:
    """What the records say on one claim.

    Attributes
    ----------
    estimate, conf_low, conf_high, df : float
        In the unit of the claim's measure; missing where nothing can be estimated.
    patients, sessions : int
    note : str
        Why there is no estimate.
    remark : str
        Context for the estimate: a benchmark, another reading, worsening.
    support, contradict : float or None
        Bounds computed from the records, in place of those fixed in ``claims.csv``.
    verdict : str
        Where the estimator itself applies the criterion (several conditions at once).
    words : mapping
        Figures the suggested wording may name.
    counts : tuple of float
        Sessions behind each share that is given.
    """

    estimate: float = MISSING
    conf_low: float = MISSING
    conf_high: float = MISSING
    df: float = np.inf
    patients: int = 0
    sessions: int = 0
    note: str = ""
    remark: str = ""
    support: float | None = None
    contradict: float | None = None
    verdict: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    counts: tuple[float, ...] = ()

    @property
    def estimated(self) -> bool:
        """Whether there is an estimate."""
        return not np.isnan(self.estimate)


def public_claims(recorded: Callable[[str], bool] = lambda _: False) -> tuple[Claim, ...]:
    """Read the claims and their criteria.

    Parameters
    ----------
    recorded : callable
        Whether a column of the wider record is recorded. A claim whose columns all are has the criterion that came
        with them; by default none has.
    """
    wider = {claim.claim: claim for claim in rows("claims_recorded", Claim)}
    asked = {name: claim for name, claim in wider.items() if all(map(recorded, claim.needs))}
    return tuple(asked.get(claim.claim, claim) for claim in rows("claims", Claim))


def claim_of(row: Mapping[Any, Any]) -> Claim:
    """The claim that a row of a table of claims is of, with the criterion it was held to."""
    measured = bool(row["measure"]) and isinstance(row["measure"], str)
    found = {claim.claim: claim for claim in public_claims()}[row["claim"]]
    if found.measure or not measured:
        return found
    return {claim.claim: claim for claim in public_claims(lambda _: True)}[row["claim"]]


def bounds_of(claim: Claim, evidence: Evidence) -> tuple[float | None, float | None]:
    """The bounds that support and contradict: computed from the records where the evidence has them, else fixed."""
    support = claim.support if evidence.support is None else evidence.support
    return support, claim.contradict if evidence.contradict is None else evidence.contradict


def p_beyond(claim: Claim, evidence: Evidence, conf_level: float) -> float:
    """Two-sided p-value of the bound that the estimate lies beyond; missing where it lies between the bounds."""
    side, bound = side_of(claim, evidence)
    if bound is None or not evidence.estimated or np.isnan([evidence.conf_low, evidence.conf_high]).any():
        return float("nan")
    if side == UNKNOWN:
        return 1.0
    if evidence.estimate in (0.0, 1.0) and claim.scale != "identity":
        missed = 1.0 - bound if evidence.estimate == 0.0 else bound
        return float(min(1.0, 2.0 * missed**evidence.patients))
    scale = _scale(claim.scale)
    low, high = scale(evidence.conf_low), scale(evidence.conf_high)
    error = abs(high - low) / (2.0 * stdtrit(evidence.df, 0.5 + conf_level / 2.0))
    far = abs(scale(evidence.estimate) - scale(bound))
    return float(2.0 * stdtr(evidence.df, float(-far / error))) if error > 0 else float("nan")


def _scale(name: str) -> Callable[[float], float]:
    """The scale on which an interval is symmetric about its estimate."""
    if name == "logit":
        return lambda share: float(logit(share))
    return (lambda share: float(np.log(-np.log(share)))) if name == "loglog" else float


def side_of(claim: Claim, evidence: Evidence) -> tuple[str, float | None]:
    """Side of the bounds the estimate lies on, and the bound it is held against."""
    support, contradict = bounds_of(claim, evidence)
    flip = -1.0 if claim.direction == "below" else 1.0
    if claim.direction == "never":
        beyond = contradict is not None and evidence.estimate > contradict
        return (CONTRADICTED, contradict) if beyond else (UNKNOWN, contradict)
    if support is not None and flip * evidence.estimate > flip * support:
        return SUPPORTED, support
    if contradict is not None and flip * evidence.estimate < flip * contradict:
        return CONTRADICTED, contradict
    return UNKNOWN, support


def verdict_on(claim: Claim, evidence: Evidence, p_value: float, conf_level: float) -> str:
    """The verdict: the side of the bounds, where the interval lies beyond and the adjusted p-value says so too."""
    if not claim.estimator:
        return UNTESTABLE
    if evidence.verdict:
        return evidence.verdict
    if claim.direction == "told":
        return DESCRIBED if evidence.estimated else UNKNOWN
    side, bound = side_of(claim, evidence)
    if not evidence.estimated or bound is None or not p_value < 1.0 - conf_level:
        return UNKNOWN
    outside = not evidence.conf_low <= bound <= evidence.conf_high
    return side if outside else UNKNOWN
