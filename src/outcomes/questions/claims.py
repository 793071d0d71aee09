"""The clinic's public claims, each a stated hypothesis with a verdict.

Comes in: sessions. Goes out: one row per claim C1-C19, with the measure, model and criterion fixed beforehand in
``reference/claims.csv``, what the records say, and the verdict: supported, contradicted, can't say, or not testable
from such records. “Supported” means that it was seen to follow, or to go with; records without a comparison group
can show no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit, stdtr, stdtrit

from outcomes.models.groups import fetched, is_lazy, narrow_and_code, require_columns
from outcomes.questions.answers import recorded_columns
from outcomes.questions.evidence import ESTIMATORS, OUTCOMES, RECORDED, Evidence, missing_columns
from outcomes.questions.literature import at_two_days
from outcomes.record.columns import COLUMN_NAMES, column
from outcomes.record.outcomes import with_outcomes
from outcomes.record.plan import ADJUSTMENTS, active_plan
from outcomes.record.reference import optional_number, read_reference
from outcomes.words import called, listed, number, rests_on

__all__ = [
    "VERDICTS",
    "Claim",
    "claims",
    "coarse_claims",
    "coarsened",
    "figures_in_words",
    "public_claims",
    "verdict_sentences",
]

SUPPORTED, CONTRADICTED, UNKNOWN = "supported", "contradicted", "can't say"
UNTESTABLE = "not testable from such records"
FAMILY = "the public claims"
VERDICTS = (SUPPORTED, CONTRADICTED, UNKNOWN, UNTESTABLE)
"""What can be said of a claim."""
SILENT = "We keep no records of this yet, so we make no claim about it."
WITHHELD = "The figures rest on too few sessions to be shown."
_COLUMNS = [
    *[
        "claim",
        "statement",
        "measure",
        "model",
        "criterion",
        "estimate",
        "conf_low",
        "conf_high",
        "p_value",
        "adjust",
    ],
    *["patients", "sessions", "verdict", "why", "wording"],
]


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
        ``above`` or ``below`` the bound supports; ``never``: such records can only contradict.
    support, contradict : float or None
        The interval has to lie beyond ``support`` to support, on the other side of ``contradict`` to contradict.
    scale : str
        Scale on which the interval is symmetric.
    needs : tuple of str
        Columns without which nothing can be said.
    untestable, wording, wording_supported : str
        Why it cannot be tested; what the page could say instead, and what it could say where supported.
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


def public_claims() -> tuple[Claim, ...]:
    """Read the claims and their criteria."""
    return tuple(
        Claim(
            **{name: row[name] for name in _TEXTS},
            support=optional_number(row["support"]),
            contradict=optional_number(row["contradict"]),
            needs=tuple(row["needs"].split(";")) if row["needs"] else (),
        )
        for row in read_reference("claims")
    )


_TEXTS = (
    *("claim", "statement", "measure", "model", "criterion", "estimator", "direction", "scale"),
    *("untestable", "wording", "wording_supported"),
)


def claims(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Hold each of the clinic's public claims against the records.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
        An Ibis table is fetched whole.
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
    frame = fetched(sessions) if is_lazy(sessions) else sessions
    require_columns(frame, ["patient_id"])
    times = called(frame.attrs.get("outcomes", {}).get("times"))
    asked = public_claims()
    names = [*RECORDED, *OUTCOMES, *(name for claim in asked for name in claim.needs)]
    frame = with_outcomes(narrow_and_code(_numbered(recorded_columns(frame, COLUMN_NAMES)), names), OUTCOMES)
    found = [_evidence(claim, frame, (conf_level, times)) for claim in asked]
    p_values = _adjusted([_p_beyond(c, e, conf_level) for c, e in zip(asked, found, strict=True)])
    rows = [_row(c, e, p, (conf_level, times)) for c, e, p in zip(asked, found, p_values, strict=True)]
    tested = int(np.isfinite(p_values).sum())
    adjust = [
        f"{ADJUSTMENTS[active_plan().adjustment(FAMILY)]}, {tested} claims" if np.isfinite(p) else ""
        for p in p_values
    ]
    table = pd.DataFrame(rows).assign(adjust=adjust)[_COLUMNS]
    fewest = {c.claim: min(filter(None, e.counts), default=0.0) for c, e in zip(asked, found, strict=True)}
    table.attrs["fewest_sessions"] = {claim: float(n) for claim, n in fewest.items() if n}
    return table


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Patients as numbers in the order of their names: a dozen estimators group by them."""
    codes, _ = pd.factorize(frame["patient_id"], sort=True)
    return frame.assign(patient_id=np.where(codes < 0, np.nan, codes) if (codes < 0).any() else codes)


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
    """The claims held against the records, as an audience with a limit of ``least`` patients may see them."""
    return coarsened(claims(sessions), least)


def _evidence(claim: Claim, frame: pd.DataFrame, how: tuple[float, Mapping[str, str]]) -> Evidence:
    if not claim.estimator:
        return Evidence(note=claim.untestable)
    absent = missing_columns(frame, list(claim.needs))
    if absent:
        return Evidence(note=f"not recorded: {listed(column(name).label.lower() for name in absent)}")
    conf_level, times = how
    if "pain_48h" in claim.needs and not at_two_days(times["48h"]):
        return Evidence(note=f"the later reading is “{times['48h']}”, which is not known to be at two days")
    return ESTIMATORS[claim.estimator](frame, conf_level)


# --- verdicts --------------------------------------------------------------------------------------------------------


def _bounds(claim: Claim, evidence: Evidence) -> tuple[float | None, float | None]:
    support = claim.support if evidence.support is None else evidence.support
    return support, claim.contradict if evidence.contradict is None else evidence.contradict


def _p_beyond(claim: Claim, evidence: Evidence, conf_level: float) -> float:
    """Two-sided p-value of the bound that the estimate lies beyond; missing where it lies between the bounds."""
    side, bound = _side(claim, evidence)
    if bound is None or not evidence.told or np.isnan([evidence.conf_low, evidence.conf_high]).any():
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


def _side(claim: Claim, evidence: Evidence) -> tuple[str, float | None]:
    """Side of the bounds the estimate lies on, and the bound it is held against."""
    support, contradict = _bounds(claim, evidence)
    flip = -1.0 if claim.direction == "below" else 1.0
    if claim.direction == "never":
        beyond = contradict is not None and evidence.estimate > contradict
        return (CONTRADICTED, contradict) if beyond else (UNKNOWN, contradict)
    if support is not None and flip * evidence.estimate > flip * support:
        return SUPPORTED, support
    if contradict is not None and flip * evidence.estimate < flip * contradict:
        return CONTRADICTED, contradict
    return UNKNOWN, support


def _adjusted(p_values: list[float]) -> list[float]:
    from outcomes.models.multiplicity import adjusted

    return [float(p) for p in adjusted(np.array(p_values, dtype=float), active_plan().adjustment(FAMILY))]


def _verdict(claim: Claim, evidence: Evidence, p_value: float, conf_level: float) -> str:
    if not claim.estimator:
        return UNTESTABLE
    if evidence.verdict:
        return evidence.verdict
    side, bound = _side(claim, evidence)
    if not evidence.told or bound is None or not p_value < 1.0 - conf_level:
        return UNKNOWN
    outside = not evidence.conf_low <= bound <= evidence.conf_high
    return side if outside else UNKNOWN


# --- rows and words --------------------------------------------------------------------------------------------------


def _row(
    claim: Claim, evidence: Evidence, p_value: float, how: tuple[float, Mapping[str, str]]
) -> dict[str, Any]:
    conf_level, times = how
    verdict = _verdict(claim, evidence, p_value, conf_level)
    words = {"later": times["48h"], "post": times["post"], **evidence.words}
    words |= {"Later": _capital(words["later"]), "Post": _capital(words["post"])}
    return {
        "claim": claim.claim,
        "statement": claim.statement,
        "measure": claim.measure.format_map(words),
        "model": claim.model,
        "criterion": claim.criterion,
        "estimate": evidence.estimate,
        "conf_low": evidence.conf_low,
        "conf_high": evidence.conf_high,
        "p_value": p_value,
        "patients": evidence.patients,
        "sessions": evidence.sessions,
        "verdict": verdict,
        "why": _why(claim, evidence, verdict),
        "wording": _wording(claim, evidence, verdict, words),
    }


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _figure(claim: Claim, value: float) -> str:
    share = claim.scale != "identity" or claim.measure.startswith("share")
    if share:
        return f"{number(100.0 * value, 0 if claim.scale != 'identity' else 1)} %"
    return number(value, 3 if "per twitch" in claim.measure else 1)


def _why(claim: Claim, evidence: Evidence, verdict: str) -> str:
    if not evidence.told:
        return _capital(evidence.note or "not recorded").rstrip(".") + "."
    if np.isnan(evidence.conf_low):
        return evidence.remark
    low, high = (_figure(claim, value) for value in (evidence.conf_low, evidence.conf_high))
    size = f"The estimate is {_figure(claim, evidence.estimate)}, 95 % interval {low} to {high}."
    return " ".join(part for part in (size, _reading(claim, evidence, verdict), evidence.remark) if part)


def _reading(claim: Claim, evidence: Evidence, verdict: str) -> str:
    side, bound = _side(claim, evidence)
    if claim.direction == "never" and verdict == UNKNOWN:
        return "Records of this size cannot show that rare harm is absent."
    if bound is None:
        return ""
    at = _figure(claim, bound)
    support, contradict = _bounds(claim, evidence)
    if side == UNKNOWN and support is not None and contradict is not None and support != contradict:
        return f"It lies between {_figure(claim, contradict)} and {at}, where nothing can be told."
    if verdict != UNKNOWN:
        return f"The whole interval lies {'above' if evidence.estimate > bound else 'below'} {at}."
    outside = side != UNKNOWN and not evidence.conf_low <= bound <= evidence.conf_high
    many = "The interval lies beyond {}, but with so many claims asked at once that is within chance."
    return many.format(at) if outside else f"The interval does not lie clear of {at}."


def _wording(claim: Claim, evidence: Evidence, verdict: str, words: Mapping[str, str]) -> str:
    """What the page could say; no claim at all where nothing is known."""
    if verdict == UNTESTABLE:
        return claim.wording
    if verdict == SUPPORTED:
        return claim.wording_supported.format_map(words)
    if not evidence.told:
        return SILENT
    return claim.wording.format_map(words)


def verdict_sentences(table: pd.DataFrame, verdict: str) -> list[str]:
    """Say each claim with a verdict: what the page says, why, and what it could say.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`claims`, protected.
    verdict : str
        One of ``VERDICTS``.
    """
    chosen = table[table["verdict"] == verdict]
    if chosen.empty:
        return ["None."]
    return [
        f"{row['claim']}. “{row['statement']}.” {_measured(row)}{row['why']} Suggested wording: “{row['wording']}”"
        for _, row in chosen.iterrows()
    ]


def figures_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The claims that were measured, each figure with its interval in its own unit, for reading.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`claims`, protected.

    Returns
    -------
    pandas.DataFrame
        ``claim, measure, figure, p_value, patients, sessions, verdict, note``; what protected the table stays on it.
    """
    known = {claim.claim: claim for claim in public_claims()}
    shown = table[table["measure"] != ""]
    figures = [_figure_in_words(known[row["claim"]], row) for row in shown.to_dict("records")]
    told = shown.assign(figure=figures)[[*_FIGURES, *(["note"] if "note" in shown else [])]].reset_index(
        drop=True
    )
    told.attrs = dict(table.attrs)
    return told


_FIGURES = ["claim", "measure", "figure", "p_value", "patients", "sessions", "verdict"]


def _figure_in_words(claim: Claim, row: Mapping[Any, Any]) -> str:
    values = [row["estimate"], row["conf_low"], row["conf_high"]]
    estimate, low, high = ("" if pd.isna(value) else _figure(claim, value) for value in values)
    return f"{estimate} ({low} to {high})" if low and high else estimate or "—"


def _measured(row: pd.Series[Any]) -> str:
    """What the claim was measured by and who that rests on, where anything was."""
    if not row["measure"] or pd.isna(row["sessions"]) or not row["sessions"]:
        return ""
    return f"Measured by the {row['measure']} ({rests_on(row)}). "
