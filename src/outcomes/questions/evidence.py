"""The evidence on each claim: one estimate with its interval, and how many patients it rests on.

Comes in: the session record. Goes out: an :class:`Evidence` per claim that the records can test, whatever the result.
What was not recorded, or rests on too few patients, is evidence without an estimate, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.disclosure.limits import limits_for
from outcomes.models.chance.variation import on_bad_days
from outcomes.models.groups import number_groups
from outcomes.models.means import clustered_means
from outcomes.questions.answers import fit_or_why, size_of, why_none
from outcomes.questions.criteria import Evidence
from outcomes.questions.evidence_asked import (
    felt_differs,
    like_workout,
    limited_after,
    needle_not_felt,
    told_onset,
    told_symptoms,
)
from outcomes.questions.evidence_shares import evidence_of, marked, share_evidence
from outcomes.questions.expected import LESS, MORE, verdicts
from outcomes.record.measures import MOVEMENTS, measure, movement
from outcomes.record.outcomes import reaches
from outcomes.words import NOT_RECORDED, counted, in_ten, interval, number, percent

__all__ = ["ESTIMATORS", "OUTCOMES", "RECORDED", "Evidence"]

LEAST_CONDITIONS = 5
"""Fewer conditions than this are no large variety."""
ENOUGH_PATIENTS = limits_for("owner").least_patients
"""Patients of a condition that counts towards a variety: as many as every reader may be shown."""


RECORDED = (
    *(
        "patient_id",
        "condition",
        "session_number",
        "followup_h",
        "rom_movement",
        "adverse_event",
        "sensation",
    ),
    *("pain_pre", "pain_post", "pain_48h", "rom_pre", "rom_post", "function_pre", "function_post"),
    *(
        "twitch_count",
        "insertion_count",
        "soreness_h",
        "soreness_ongoing",
        "soreness_free_h",
        "soreness_peak",
    ),
)
"""Columns of the session record that claims are judged by."""
OUTCOMES = (
    *("pain_relief_post", "pain_relief_48h", "pain_responder_post", "pain_worse_post"),
    *("rom_gain_post", "function_gain_post"),
)
"""What is derived from them."""
Estimator = Callable[[pd.DataFrame, float], Evidence]


# --- shares of sessions ----------------------------------------------------------------------------------------------


def _twitch_seen(frame: pd.DataFrame, conf_level: float) -> Evidence:
    twitches = frame["twitch_count"]
    return share_evidence(
        marked(frame, "twitch_seen", twitches > 0, twitches.notna()), "twitch_seen", conf_level
    )


def _pain_at_once(frame: pd.DataFrame, conf_level: float) -> Evidence:
    from outcomes.models.chance.null_benchmark import null_benchmark

    found = share_evidence(frame, "pain_responder_post", conf_level)
    if not found.estimated:
        return found
    by_chance = float(null_benchmark(frame, "pain_responder_post", None)["null_benchmark"].iloc[0])
    worse = share_evidence(frame, "pain_worse_post", conf_level)
    chance, less = percent(by_chance), percent(worse.estimate)
    remark = f"Expected without any effect: {chance}. {less} had as much more pain."
    found = replace(found, support=max(0.5, by_chance))
    return replace(found, remark=remark, counts=(*found.counts, *worse.counts))


def _motion_at_once(frame: pd.DataFrame, conf_level: float) -> Evidence:
    errors = {name: movement(name).measurement_error for name in MOVEMENTS}
    error = frame["rom_movement"].astype("category").map(errors).astype("float64")
    gain = frame["rom_gain_post"]
    known = gain.notna() & error.notna()
    found = share_evidence(
        marked(frame, "moves_further", reaches(gain, error), known), "moves_further", conf_level
    )
    return _with_worse(
        found, marked(frame, "moves_less", reaches(-gain, error), known), "moves_less", conf_level
    )


def _function_at_once(frame: pd.DataFrame, conf_level: float) -> Evidence:
    least, gain = measure("function_gain").smallest_change or 1.0, frame["function_gain_post"]
    found = share_evidence(
        marked(frame, "does_more", reaches(gain, least), gain.notna()), "does_more", conf_level
    )
    return _with_worse(
        found, marked(frame, "does_less", reaches(-gain, least), gain.notna()), "does_less", conf_level
    )


def _with_worse(found: Evidence, frame: pd.DataFrame, flag: str, conf_level: float) -> Evidence:
    if not found.estimated:
        return found
    worse = share_evidence(frame, flag, conf_level)
    remark = f"{percent(worse.estimate)} were worse by as much."
    return replace(found, remark=remark, counts=(*found.counts, *worse.counts))


def _adverse(frame: pd.DataFrame, conf_level: float) -> Evidence:
    event = frame["adverse_event"]
    known = frame["adverse_event"].notna()
    found = share_evidence(marked(frame, "any_event", event != "none", known), "any_event", conf_level)
    if not found.estimated:
        return found
    rare = 3.0 / found.patients  # patients, not sessions: harm clusters in patients
    never = f"Harm never recorded in {counted(found.patients, 'patient')}"
    return replace(
        found, remark=f"{never} may still happen to up to {100 * rare:.2f}% of patients (rule of three)."
    )


def _sore_longer(frame: pd.DataFrame, conf_level: float) -> Evidence:
    from outcomes.questions.soreness import everyone_sore

    rows = everyone_sore(frame, conf_level=conf_level)
    row, day = (rows[rows["threshold"] == hours].iloc[0] for hours in (48, 24))
    remark = f"Soreness was asked about in {percent(row['capture_rate'])} of sessions."
    longer = [float(r["proportion"]) * float(r["sessions"]) for r in (row, day)]
    counts = (*longer, *(float(row["sessions"]) - n for n in longer))
    words = {"over_a_day": in_ten(day["proportion"])}
    return evidence_of(row, "proportion", df=np.inf, remark=remark, counts=counts, words=words)


# --- what goes with twitches -----------------------------------------------------------------------------------------


def _relation(frame: pd.DataFrame, outcome: str, conf_level: float) -> Evidence:
    from outcomes.questions.twitches import ALONE, WITH_INSERTIONS, WITHIN, twitch_relations

    rows = twitch_relations(frame, outcomes=[outcome], conf_level=conf_level)
    rows = rows[(rows["outcome"] == outcome) & (rows["effect"] == WITHIN)]
    row, alone = (rows[rows["model"] == model].iloc[0] for model in (WITH_INSERTIONS, ALONE))
    remark = f"Not adjusted for insertions: {number(alone['estimate'], 3)}."
    return evidence_of(row, "estimate", df=float(row["df"]), remark=remark)


def _twitch_relief(frame: pd.DataFrame, conf_level: float) -> Evidence:
    return _relation(frame, "pain_relief_48h", conf_level)


def _twitch_soreness(frame: pd.DataFrame, conf_level: float) -> Evidence:
    return _relation(frame, "soreness_peak", conf_level)


def _twitch_sign(frame: pd.DataFrame, conf_level: float) -> Evidence:
    from outcomes.questions.prediction import TWITCHES_ADD, twitch_value

    rows = twitch_value(frame, conf_level=conf_level)
    row = rows[(rows["outcome"] == "pain_relief_48h") & (rows["quantity"] == TWITCHES_ADD)].iloc[0]
    return evidence_of(row, "estimate", df=float(row["df"]))


# --- relief beyond regression to the mean ----------------------------------------------------------------------------


def _with_benchmark(frame: pd.DataFrame) -> pd.DataFrame:
    """Sessions with a 2-day reading; the relief that no effect would show: in a marked flare, or booked ahead."""
    from outcomes.models.chance.null_benchmark import expected_change

    known = frame[frame[["pain_pre", "condition", "patient_id"]].notna().all(axis=1)]
    known = known.assign(condition=known["condition"].astype("category"))
    if not known["pain_relief_48h"].notna().any():
        return known.iloc[:0].assign(in_flare=np.nan, booked=np.nan)
    kinds = ["condition", "pain_pre"]
    expected = expected_change(known, "pain_relief_48h", kinds, variation=on_bad_days()).set_index(kinds)
    used = known[known["pain_relief_48h"].notna()]
    kind = number_groups(used, kinds)
    of_kind = expected.loc[pd.MultiIndex.from_frame(kind.keys)]
    in_flare, booked = (
        of_kind[name].to_numpy()[kind.codes] for name in ("expected_change_flare", "expected_change")
    )
    return used.assign(in_flare=in_flare, booked=booked)


def _two_days(frame: pd.DataFrame, conf_level: float) -> Evidence:
    used = _with_benchmark(frame)
    size = size_of(used)
    why = why_none(size["patients"], recorded=len(used) > 0)
    if why:
        return Evidence(patients=size["patients"], sessions=size["sessions"], note=why)
    observed = clustered_means(used, "pain_relief_48h", None, conf_level=conf_level).iloc[0]
    in_flare, booked = float(used["in_flare"].mean()), float(used["booked"].mean())
    rate = len(used) / max(int(frame["pain_pre"].notna().sum()), 1)
    said = f"{number(observed['estimate'])} points, {interval(observed['conf_low'], observed['conf_high'])}"
    remark = (
        f"Relief was {said}. Expected without any effect: {number(booked)} (visits booked ahead) to "
        f"{number(in_flare)} (bad days). {percent(rate)} of sessions have the reading."
    )
    ends = ["estimate", "conf_low", "conf_high"]
    row = pd.concat([observed[ends] - in_flare, pd.Series(size)])
    contradict = booked - in_flare
    found = evidence_of(row, "estimate", df=float(observed["df"]), remark=remark, contradict=contradict)
    return replace(found, words={"observed": number(observed["estimate"])})


def _variety(frame: pd.DataFrame, conf_level: float) -> Evidence:
    used = _with_benchmark(frame)
    people = used.groupby("condition")["patient_id"].nunique()
    enough = people.index[people >= ENOUGH_PATIENTS]
    kept = used[used["condition"].isin(enough)]
    patients = int(kept["patient_id"].nunique())
    if len(enough) < LEAST_CONDITIONS:
        note = f"fewer than {LEAST_CONDITIONS} conditions with enough patients" if len(used) else NOT_RECORDED
        return Evidence(patients=patients, sessions=len(kept), note=note)
    said = _beyond_expected(kept, conf_level)
    higher, lower = said == MORE, said == LESS
    share = float(higher.mean())
    verdict = "supported" if share > 0.5 else "contradicted" if lower.mean() > 0.5 else "can't say"
    many = f"{int(higher.sum()) or 'none'} of {counted(len(enough), 'condition')}"
    remark = (
        f"Pain fell by more than expected in {many} with at least {ENOUGH_PATIENTS} patients, and by less in "
        f"{int(lower.sum()) or 'none'}. No condition is ranked."
    )
    found = Evidence(share, patients=patients, sessions=len(kept), remark=remark, verdict=verdict)
    return replace(found, words={"share_of_conditions": many})


def _beyond_expected(kept: pd.DataFrame, conf_level: float) -> pd.Series[str]:
    """The verdict on each condition's relief beside what is expected without any effect: the same as on page 03.

    The error is that of relief itself: what is expected depends on the same patients' mean pain before.
    """
    found = clustered_means(kept, "pain_relief_48h", conf_level=conf_level).set_index("condition")
    expected = kept.groupby("condition", observed=True)[["booked", "in_flare"]].mean()
    family = "relief per condition at the follow-up"
    return verdicts(found.join(expected), family, expected=("booked", "in_flare"))


# --- shared ----------------------------------------------------------------------------------------------------------


def _safely(estimator: Estimator) -> Estimator:
    """An estimator that turns what cannot be estimated into evidence that says so."""

    def safe(sessions: pd.DataFrame, conf_level: float) -> Evidence:
        found, why = fit_or_why(lambda: estimator(sessions, conf_level))
        if found is None:
            return Evidence(note=why)
        share = found.estimate
        words = {"in_ten": in_ten(share), "percent": percent(share)} if found.counts else {}
        return replace(found, words={**words, **found.words})

    return safe


ESTIMATORS: Mapping[str, Estimator] = {
    "twitch_seen": _safely(_twitch_seen),
    "twitch_relief": _safely(_twitch_relief),
    "pain_at_once": _safely(_pain_at_once),
    "motion_at_once": _safely(_motion_at_once),
    "function_at_once": _safely(_function_at_once),
    "variety": _safely(_variety),
    "twitch_sign": _safely(_twitch_sign),
    "twitch_soreness": _safely(_twitch_soreness),
    "sore_longer": _safely(_sore_longer),
    "two_days": _safely(_two_days),
    "adverse": _safely(_adverse),
    "told_onset": _safely(told_onset),
    "told_symptoms": _safely(told_symptoms),
    "felt_differs": _safely(felt_differs),
    "needle_not_felt": _safely(needle_not_felt),
    "like_workout": _safely(like_workout),
    "limited_after": _safely(limited_after),
}
"""How each claim of ``claims.csv`` that the records can speak to is estimated."""
