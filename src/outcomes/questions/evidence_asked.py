"""Sessions in, the evidence on claims about what patients tell and what it felt like out.

Comes in: the session record with the columns each claim needs. Goes out: an :class:`Evidence` per claim.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.models.multiplicity import adjusted
from outcomes.questions.criteria import Evidence
from outcomes.questions.evidence_shares import share_evidence
from outcomes.questions.levels import coded, tag_flags
from outcomes.questions.needling import needling_areas, needling_links
from outcomes.record.columns import column
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, listed, percent

__all__ = [
    "felt_differs",
    "like_workout",
    "limited_after",
    "needle_not_felt",
    "told_onset",
    "told_symptoms",
]

TOLD = ("exercise", "stress", "repetitive_work", "posture")
COME_WITH = ("soreness", "tightness", "limited_motion", "tingling", "referred_pain")
HALF_A_POINT = 0.5
"""A difference in pain of the needling that nobody would notice."""


def _told(frame: pd.DataFrame, name: str, codes: tuple[str, ...], conf_level: float) -> Evidence:
    """Share of patients, by complaint, who name any of some answers; each of these beside it."""
    first = frame[frame[name].notna()].drop_duplicates(["patient_id", "condition"])
    flags = {code: tag_flags(first, name)[column(name).label_of(code)] for code in codes}
    found = share_evidence(first.assign(**{name: pd.DataFrame(flags).max(axis=1)}), name, conf_level)
    if not found.estimated:
        return found
    each = {column(name).label_of(code).lower(): float(flag.mean()) for code, flag in flags.items()}
    said = listed(f"{label} {percent(share)}" for label, share in each.items())
    counts = [float(flag.sum()) for flag in flags.values()]
    counts += [len(first) - count for count in counts]
    return replace(found, remark=f"Named: {said}.", counts=(*found.counts, *counts))


def told_onset(frame: pd.DataFrame, conf_level: float) -> Evidence:
    """Share of patients who name one of four as where the complaint came from."""
    return _told(frame, "onset", TOLD, conf_level)


def told_symptoms(frame: pd.DataFrame, conf_level: float) -> Evidence:
    """Share of patients who come with something the claim names."""
    return _told(frame, "symptoms", COME_WITH, conf_level)


def felt_differs(frame: pd.DataFrame, conf_level: float) -> Evidence:
    """Which of four things pain of the needling clearly differs by, Holm over the four."""
    areas, links = (of(frame, conf_level=conf_level) for of in (needling_areas, needling_links))
    patients, sessions = int(links["patients"].min()), int(links["sessions"].min())
    if links["estimate"].isna().any() or areas["p_value"].isna().all():
        return Evidence(
            patients=patients,
            sessions=sessions,
            note=str(next((note for note in links["note"] if note), NOT_RECORDED)),
        )
    p_values = np.array([float(areas["p_value"].min()), *links["p_value"]])
    clear = adjusted(p_values, active_plan().adjustment("conditions within a claim")) < 1.0 - conf_level
    names = ("area", "experience", "how long it has lasted", "pain tolerance")
    differs = listed(name for name, is_clear in zip(names, clear, strict=True) if is_clear)
    near = (links["conf_low"] > -HALF_A_POINT).all() and (links["conf_high"] < HALF_A_POINT).all()
    verdict = "supported" if clear.all() else "contradicted" if near and not clear.any() else "can't say"
    found = Evidence(float(clear.mean()), patients=patients, sessions=sessions, verdict=verdict)
    return replace(found, remark=f"It clearly differs by: {differs}.", words={"differs": differs})


def needle_not_felt(frame: pd.DataFrame, conf_level: float) -> Evidence:
    """Share of sessions in which the needle was not felt; how often a deep ache was named stands beside it."""
    found = share_evidence(frame.assign(felt=coded(frame["needle_felt"], "no")), "felt", conf_level)
    ache = tag_flags(frame, "sensation")["Deep ache"]
    if not found.estimated or not ache.notna().any():
        return found
    counts = (float(ache.sum()), float((ache == 0).sum()))
    return replace(
        found,
        remark=f"A deep ache was named in {percent(float(ache.mean()))} of sessions.",
        counts=(*found.counts, *counts),
    )


def like_workout(frame: pd.DataFrame, conf_level: float) -> Evidence:
    """Share of sore sessions in which it was like that after a workout and unlike the usual pain."""
    like, unlike = (coded(frame[f"soreness_{name}"], "yes") for name in ("like_workout", "unlike_pain"))
    both = (like * unlike).where(like.notna() & unlike.notna())
    found = share_evidence(frame.assign(both=both), "both", conf_level)
    if not found.estimated:
        return found
    known = both.notna()
    shares = [float(flag[known].mean()) for flag in (like, unlike)]
    counts = [float(flag[known].sum()) for flag in (like, unlike)]
    counts += [float(known.sum()) - count for count in counts]
    said = f"Like after a workout: {percent(shares[0])}; unlike the usual pain: {percent(shares[1])}."
    return replace(found, remark=said, counts=(*found.counts, *counts))


def limited_after(frame: pd.DataFrame, conf_level: float) -> Evidence:
    """Share of sessions after which activity was limited."""
    free = coded(frame["activity_limited"], "none")
    return share_evidence(frame.assign(limited=1.0 - free), "limited", conf_level)
