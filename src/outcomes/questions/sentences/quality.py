"""What can be trusted in the records, in words: who was followed up, what was asked, which questions can be answered.

Comes in: protected frames of :mod:`outcomes.questions.quality`, ``readings`` and ``verdicts``. Goes out: sentences. A
figure that is withheld is said to be.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.questions.answers import least_patients
from outcomes.record.columns import column
from outcomes.record.conditions import condition_label
from outcomes.record.plan import active_plan
from outcomes.words import NOT_SHOWN, called, counted, listed, number, percent

__all__ = [
    "ANSWERABLE",
    "HARD_TO_TRUST",
    "WITH_CARE",
    "capture_sentences",
    "criteria_sentences",
    "flow_sentences",
    "followup_sentences",
    "heaping_sentences",
    "scale_sentences",
    "verdict_sentences",
]

ANSWERABLE, WITH_CARE, HARD_TO_TRUST = "can be answered", "with care", "cannot be answered"
_UNSEEN = "The others may have done better or worse."


def flow_sentences(counts: pd.DataFrame) -> list[str]:
    """Say in words what the flow diagram shows."""
    first, last = counts.iloc[0], counts.iloc[-1]
    followed = (
        f"{_of(last).capitalize()} were {last['step']}."
        if pd.notna(last["patients"])
        else f"How many were {last['step']}: {NOT_SHOWN}."
    )
    holds = (
        f"The file holds {_of(first)}."
        if pd.notna(first["patients"])
        else f"The number of sessions and patients: {NOT_SHOWN}."
    )
    said = [f"{holds} {followed}"]
    if pd.notna(last["sessions"]) and pd.notna(first["sessions"]) and first["sessions"] > 0:
        share = last["sessions"] / first["sessions"]
        few_missing = share >= 1 - active_plan().quality.care
        said.append(
            f"We know what came later for {percent(share)} of sessions. "
            + ("Few are missing." if few_missing else _UNSEEN)
        )
    return said


def _of(row: pd.Series) -> str:
    return f"{counted(row['sessions'], 'session')} of {counted(row['patients'], 'patient')}"


def capture_sentences(rates: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say where the later reading is missing most, and where it can be trusted."""
    later = called(times)["48h"]
    known = rates[rates["capture_rate"].notna() & (rates["note"].fillna("") == "")]
    if known.empty:
        return [f"Pain {later}: not recorded, or {NOT_SHOWN}."]
    rate = known["capture_rate"]
    least, most = percent(rate.min()), percent(rate.max())
    shares = least if least == most else f"{least} to {most}"
    said = [f"Pain {later} is known for {shares} of sessions{'' if least == most else ', by condition'}."]
    low = known[rate < active_plan().quality.doubt]["condition"].map(condition_label)
    if len(low):
        which = listed(low) if len(low) <= 4 else f"{len(low)} conditions"
        said.append(f"Fewer than half of the sessions are known for {which}.")
    return said


def followup_sentences(process: pd.DataFrame, timing: pd.DataFrame) -> list[str]:
    """Say who was asked, and when."""
    said, when = [], timing.iloc[0]
    reached = process[process["followup_status"] == "reached"]
    if len(reached) and pd.notna(reached["share_asked_soreness"].iloc[0]):
        asked = reached["share_asked_soreness"].iloc[0]
        said.append(
            f"Where the patient was reached, {percent(asked)} of sessions have an answer about "
            "soreness. A blank means not "
            "asked; it never counts as no soreness."
        )
        said.append("We do not record who asked or how. Patients may answer their own therapist differently.")
    elif not len(reached):
        said.append("Whether and how patients were asked at the follow-up was not recorded.")
    if pd.notna(when["median"]):
        said.append(
            f"Half of the follow-ups were within {number(when['median'], 0)} hours of the session, "
            "and 9 in 10 within "
            f"{number(when['p90'], 0)}. {percent(when['share_in_window'])} fell inside the follow-up window."
        )
    elif when["note"]:
        said.append(
            f"Hours from session to follow-up: {when['note']}. Every later reading is taken as labeled."
        )
    return said


def heaping_sentences(summary: pd.DataFrame) -> list[str]:
    """Say which values are rounded, and what follows for the pages on soreness and twitches."""
    said = []
    for row in summary.to_dict("records"):
        label = column(row["column"]).label
        if pd.isna(row["share"]) or pd.isna(row["expected"]):
            said.append(f"{label}: {row['note'] or NOT_SHOWN}.")
            continue
        rounded = row["share"] > 2 * row["expected"]
        meaning = "Read each as “about that much”." if rounded else "That is no clear sign of rounding."
        said.append(
            f"{label}: {percent(row['share'])} are {row['quantity']}; {percent(row['expected'])} "
            "would be without rounding. "
            f"{meaning}"
        )
    return said


def scale_sentences(ends: pd.DataFrame) -> list[str]:
    """Say how many sessions had no room to improve."""
    before = ends[ends["column"] == "pain_pre"].iloc[0]
    if pd.isna(before["share_below_3"]):
        return [f"How many sessions began with mild pain: {NOT_SHOWN}."]
    return [
        f"{percent(before['share_below_3'])} of sessions began with pain below 3 of 10. Pain that low "
        "cannot fall far. "
        "These sessions are left out of “share improved” but count in averages."
    ]


def criteria_sentences() -> list[str]:
    """Say by what criteria a notebook is judged."""
    return [
        "The rules were set in advance. A question cannot be answered where a reading it needs was "
        "not recorded, or comes "
        f"from too few patients (at least {least_patients()} are needed). It needs care where over "
        f"{percent(active_plan().quality.care)} of "
        "sessions lack one."
    ]


def verdict_sentences(verdicts: pd.DataFrame) -> list[str]:
    """Say which questions these records can answer."""
    openings = {
        ANSWERABLE: "Can be answered",
        WITH_CARE: "Use with care, because much is missing",
        HARD_TO_TRUST: "Cannot be answered",
    }
    counts = verdicts["verdict"].value_counts()
    return [
        f"{opening}: {counted(counts[verdict], 'question')} of {len(verdicts)} (see the table)."
        for verdict, opening in openings.items()
        if verdict in counts
    ]
