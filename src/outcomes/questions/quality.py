"""Sessions in, what can be trusted in them out: who was followed up, what is missing, rounded or implausible.

Comes in: the session record as a pandas frame. Goes out: tidy frames of counts and shares, each with its patients and
sessions, and a verdict for every later notebook by criteria fixed here. Nothing is corrected and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.groups import lean
from outcomes.models.proportions.counts import People
from outcomes.record.columns import column
from outcomes.record.conditions import CONDITIONS, condition_label
from outcomes.record.outcomes import DERIVED, with_outcomes
from outcomes.record.plan import TOO_FEW_PATIENTS, active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, called, counted, listed, number, percent

__all__ = [
    "ANSWERABLE",
    "HARD_TO_TRUST",
    "WITH_CARE",
    "capture",
    "capture_sentences",
    "criteria_sentences",
    "flow",
    "flow_sentences",
    "followup_process",
    "followup_sentences",
    "followup_timing",
    "missingness",
    "on_grid",
    "verdict_sentences",
    "verdicts",
]

READINGS = (
    *(
        "pain_post",
        "pain_48h",
        "rom_pre",
        "rom_post",
        "rom_48h",
        "function_pre",
        "function_post",
        "function_48h",
    ),
    *("twitch_count", "insertion_count", "soreness_h", "soreness_peak", "pgic_48h"),
)
"""Columns whose absence limits what can be said."""
ANSWERABLE, WITH_CARE, HARD_TO_TRUST = "can be answered", "with care", "cannot be answered"
LITTLE_MISSING, HALF = active_plan().quality.care, active_plan().quality.doubt
"""More than a fifth missing is a serious threat (Sackett's 5-and-20 rule, BMJ 2004; 328:1278); more than half, and
the answer depends on what was not seen."""


def rests_on(frame: pd.DataFrame) -> dict[str, int]:
    return {"patients": int(frame["patient_id"].nunique()), "sessions": len(frame)}


def _in_order(groups: Iterable[Any], by: str) -> list[str]:
    seen = {str(group) for group in groups}
    known = [name for name in CONDITIONS if name in seen] if by == "condition" else []
    return [*known, *sorted(seen - set(known))]


def _narrowed(sessions: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Sessions with the columns named, derived where they can be, and whose they are."""
    needs = [need for name in names if name in DERIVED for need in DERIVED[name].needs]
    return with_outcomes(lean(sessions, ["patient_id", "followup_h", *names, *needs]), names)


def _counted(frame: pd.DataFrame, by: str, **marked: pd.Series) -> pd.DataFrame:
    """Patients and sessions per group, in order, and how many of the sessions are marked."""
    people = People.of(frame, (by,))
    groups = people.keys[by].astype("str")
    counts: dict[str, npt.NDArray[Any]] = {
        "patients": people.per_person(people.known) > 0,
        "sessions": people.per_person(people.inside),
        **{name: people.per_person(mark.to_numpy(bool)) for name, mark in marked.items()},
    }
    summed = {
        name: np.bincount(people.group, weights=each, minlength=len(groups)).astype(np.int64)
        for name, each in counts.items()
    }
    return pd.DataFrame(summed, index=groups).loc[_in_order(groups, by)]


def flow(sessions: pd.DataFrame, *, times: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Count who is left at each step from the record to the 2-day outcome.

    Parameters
    ----------
    sessions : pandas.DataFrame
    times : mapping, optional
        What the readings are called.

    Returns
    -------
    pandas.DataFrame
        ``step, patients, sessions, note``: each step within the one before. ``note`` says why fewer are
        left than in the step before.
    """
    later = called(times)["48h"]
    kept = _narrowed(sessions, "pain_relief_48h", "followup_status")
    rows = [("recorded", kept, "")]
    kept = kept[kept["pain_pre"].notna()]
    rows.append(("eligible", kept, "no pain reading before the session"))
    if kept["followup_status"].notna().any():
        kept = kept[kept["followup_status"].notna() & (kept["followup_status"] != "not_attempted")]
        rows.append(("follow-up tried", kept, "nobody tried to reach the patient"))
        kept = kept[kept["followup_status"] == "reached"]
        rows.append(("reached", kept, "tried, and the patient did not answer"))
    kept = kept[kept["pain_relief_48h"].notna()]
    rows.append((f"followed up {later}", kept, "no pain reading within the follow-up window"))
    return pd.DataFrame([{"step": step, **rests_on(part), "note": note} for step, part, note in rows])


_UNSEEN = "how the others fared is not known; the page on the later outcome shows how much that could change."


def _of(row: pd.Series) -> str:
    return f"{counted(row['sessions'], 'session')} of {counted(row['patients'], 'patient')}"


def flow_sentences(counts: pd.DataFrame) -> list[str]:
    """Say in words what the flow diagram shows."""
    first, last = counts.iloc[0], counts.iloc[-1]
    followed = (
        f"{_of(last).capitalize()} were {last['step']}."
        if pd.notna(last["patients"])
        else f"How many were {last['step']} cannot be shown: it would single out too few patients."
    )
    holds = (
        f"The file holds {_of(first)}."
        if pd.notna(first["patients"])
        else "How many sessions and patients the file holds cannot be shown beside the steps below."
    )
    said = [f"{holds} {followed}"]
    if pd.notna(last["sessions"]) and pd.notna(first["sessions"]) and first["sessions"] > 0:
        share = last["sessions"] / first["sessions"]
        said.append(
            f"So {percent(share)} of the sessions can speak of what came later; "
            + ("few are missing." if share >= 1 - LITTLE_MISSING else _UNSEEN)
        )
    return said


def missingness(
    sessions: pd.DataFrame, by: str = "condition", *, columns: Iterable[str] = READINGS
) -> pd.DataFrame:
    """Share of sessions without a reading, per group and column.

    Parameters
    ----------
    sessions : pandas.DataFrame
    by : str
        What the rows are of.
    columns : iterable of str

    Returns
    -------
    pandas.DataFrame
        ``<by>, column, label, patients, sessions, missing, missing_rate, note``. A 2-day pain outside the follow-up
        window counts as missing. A column no session has says "not recorded".
    """
    readings = list(columns)
    frame = _narrowed(sessions, "pain_relief_48h", by, *readings)
    frame = frame.assign(pain_48h=frame["pain_48h"].where(frame["pain_relief_48h"].notna()))
    counts = _counted(frame, by, **{name: frame[name].isna() for name in readings})
    absent = {name: not frame[name].notna().any() for name in readings}
    rows = [
        {
            by: name,
            "column": reading,
            "label": column(reading).label,
            "patients": row["patients"],
            "sessions": row["sessions"],
            "missing": row[reading],
            "missing_rate": row[reading] / row["sessions"],
            "note": NOT_RECORDED if absent[reading] else "",
        }
        for name, row in counts.to_dict("index").items()
        for reading in absent
    ]
    return pd.DataFrame(rows)


def on_grid(missing: pd.DataFrame, times: Mapping[str, str] | None = None) -> pd.DataFrame:
    """What the chart of missing values takes, with the readings called as the records call them.

    Parameters
    ----------
    missing : pandas.DataFrame
        From :func:`missingness`, protected; what protected it stays on the frame.
    times : mapping, optional
    """
    words = called(times)
    named = {
        f"{stem}_{time}": f"{label} {words[time]}"
        for stem, label in (("pain", "Pain"), ("rom", "Range"), ("function", "Function"))
        for time in words
    }
    shares = missing.drop(columns="missing").rename(columns={"missing_rate": "missing"})
    return shares.assign(column=shares["column"].map(named).fillna(shares["label"]))


def capture(
    sessions: pd.DataFrame, by: str = "condition", *, outcome: str = "pain_relief_48h"
) -> pd.DataFrame:
    """Share of eligible sessions with the outcome.

    Parameters
    ----------
    sessions : pandas.DataFrame
    by : str
    outcome : str
        A derived outcome; eligible is whoever has its reading before the session.

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, reached, capture_rate, note``; sessions are the eligible ones.
    """
    frame = _narrowed(sessions, outcome, by, "pain_pre")
    frame = frame[frame["pain_pre"].notna()]
    rows = [
        {
            by: name,
            "patients": row["patients"],
            "sessions": row["sessions"],
            "reached": row["reached"],
            "capture_rate": row["reached"] / row["sessions"],
            "note": "" if row["reached"] else NOT_RECORDED,
        }
        for name, row in _counted(frame, by, reached=frame[outcome].notna()).to_dict("index").items()
    ]
    return pd.DataFrame(rows)


def capture_sentences(rates: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say where the later reading is missing most, and where it can be trusted."""
    later = called(times)["48h"]
    known = rates[rates["capture_rate"].notna() & (rates["note"].fillna("") == "")]
    if known.empty:
        return [f"Pain {later} was not recorded, or rests on too few patients to show."]
    rate = known["capture_rate"]
    least, most = percent(rate.min()), percent(rate.max())
    shares = least if least == most else f"{least} to {most}"
    said = [f"Pain {later} is known for {shares} of sessions{'' if least == most else ', by condition'}."]
    low = known[rate < HALF]["condition"].map(condition_label)
    if len(low):
        said.append(
            f"Fewer than half of the sessions are known for {listed(low)}: what is said of them rests on those who "
            "answered."
        )
    return said


def followup_process(sessions: pd.DataFrame) -> pd.DataFrame:
    """How the follow-up went: sessions by status, and in how many soreness was asked.

    Returns
    -------
    pandas.DataFrame
        ``followup_status, patients, sessions, share_asked_soreness, note``: of these sessions, the share with an answer
        about soreness. One row "not recorded" where no status is.
    """
    known = lean(sessions, ["patient_id", "followup_status", "soreness_h"])
    rows = []
    for status in _in_order(known["followup_status"].dropna().unique(), "followup_status"):
        part = known[known["followup_status"] == status]
        asked = float(part["soreness_h"].notna().mean())
        rows.append({"followup_status": status, **rests_on(part), "share_asked_soreness": asked, "note": ""})
    if not rows:
        blank = {"patients": 0, "sessions": 0, "share_asked_soreness": np.nan, "note": NOT_RECORDED}
        rows.append({"followup_status": "unknown", **blank})
    return pd.DataFrame(rows)


def followup_timing(sessions: pd.DataFrame) -> pd.DataFrame:
    """When the follow-up took place, in hours after the session.

    Returns
    -------
    pandas.DataFrame
        One row: ``quantity, unit, patients, sessions, p10, median, p90, share_in_window, note``.
    """
    known = lean(sessions, ["patient_id", "followup_h"])
    known = known[known["followup_h"].notna()]
    row = {"quantity": "hours from session to follow-up", "unit": "hours", **rests_on(known)}
    if len(known) == 0:
        blank = dict.fromkeys(("p10", "median", "p90", "share_in_window"), np.nan)
        return pd.DataFrame([{**row, **blank, "note": NOT_RECORDED}])
    hours = known["followup_h"].to_numpy(float)
    p10, median, p90 = np.quantile(hours, [0.1, 0.5, 0.9], method="inverted_cdf")
    inside = with_outcomes(
        known.assign(pain_48h=0.0, pain_pre=0.0)[["followup_h", "pain_pre", "pain_48h"]], ["pain_relief_48h"]
    )
    share = float(inside["pain_relief_48h"].notna().mean())
    return pd.DataFrame(
        [{**row, "p10": p10, "median": median, "p90": p90, "share_in_window": share, "note": ""}]
    )


def followup_sentences(process: pd.DataFrame, timing: pd.DataFrame) -> list[str]:
    """Say who was asked, and when."""
    said, when = [], timing.iloc[0]
    reached = process[process["followup_status"] == "reached"]
    if len(reached) and pd.notna(reached["share_asked_soreness"].iloc[0]):
        asked = reached["share_asked_soreness"].iloc[0]
        said.append(
            f"Of the sessions in which the patient was reached, {percent(asked)} have an answer about soreness. A "
            "blank is not asked, and never counts as no soreness. Who asked (the therapist, the desk or a form) and in "
            "what words, the record does not hold: patients may tell the one who treated them less, or more."
        )
    elif not len(reached):
        said.append("Whether and how patients were asked at the follow-up was not recorded.")
    if pd.notna(when["median"]):
        said.append(
            f"Half of the follow-ups took place within {number(when['median'], 0)} hours of the session and nine in "
            f"ten within {number(when['p90'], 0)}; {percent(when['share_in_window'])} fell within the window that "
            "counts."
        )
    elif when["note"]:
        said.append(
            f"Hours from session to follow-up: {when['note']}; every later reading is taken as it is labelled."
        )
    return said


_NEEDS = {
    "02_immediate": ("pain_relief_post",),
    "03_two_day": ("pain_relief_48h",),
    "04_immediate_to_two_day": ("pain_relief_post", "pain_relief_48h"),
    "05_twitches": ("twitch_count",),
    "06_soreness": ("soreness_h",),
    "07_one_patient": ("pain_pre",),
    "08_conditions": ("pain_relief_48h",),
    "09_claims": ("pain_pre",),
    "10_sensitivity": ("pain_relief_48h",),
    "11_planning": ("pain_relief_48h",),
}
_ALSO = {
    "05_twitches": ("pain_relief_48h", "soreness_h"),
    "07_one_patient": ("pain_relief_48h",),
    "08_conditions": ("soreness_h",),
    "09_claims": ("pain_relief_48h", "twitch_count", "soreness_h"),
}
"""What a notebook needs besides, where it is recorded at all."""
_ABOUT = {
    "02_immediate": "what changes on the table",
    "03_two_day": "what is left at the follow-up",
    "04_immediate_to_two_day": "whether the one foretells the other",
    "05_twitches": "what twitches go with",
    "06_soreness": "how long soreness lasts",
    "07_one_patient": "how one patient is doing",
    "08_conditions": "what to expect with a condition",
    "09_claims": "whether the claims hold",
    "10_sensitivity": "what hangs on the analysis",
    "11_planning": "how many more sessions it takes",
}
_NAMES = {
    "pain_relief_post": "pain {post}",
    "pain_relief_48h": "pain {48h}",
    "twitch_count": "twitches",
    "soreness_h": "soreness",
    "pain_pre": "pain {pre}",
}


def verdicts(sessions: pd.DataFrame, *, times: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Judge, for every later notebook, whether these records can answer it.

    Returns
    -------
    pandas.DataFrame
        ``notebook, label, patients, sessions, missing_rate, verdict, why``. "Cannot be answered" where a needed reading
        is not recorded or rests on fewer than eight patients; "with care" where more than a fifth of the sessions lack
        it, or lack another reading that the notebook uses and these records have.
    """
    needed = [name for names in (*_NEEDS.values(), *_ALSO.values()) for name in names]
    frame = _narrowed(sessions, *needed)
    words = {name: text.format(**called(times)) for name, text in _NAMES.items()}
    rows = []
    for notebook, least in _NEEDS.items():
        more = [n for n in _ALSO.get(notebook, ()) if n in frame.columns and frame[n].notna().any()]
        names = [*least, *more]
        present = [name for name in names if name in frame.columns]
        whole = frame[frame[present].notna().all(axis=1)] if len(present) == len(names) else frame.iloc[:0]
        absent = [words[name] for name in names if name not in frame.columns or not frame[name].notna().any()]
        judged = _judged(whole, len(frame), listed(words[n] for n in names), absent)
        rows.append({"notebook": notebook, "label": _ABOUT[notebook], **judged})
    return pd.DataFrame(rows)


def _judged(whole: pd.DataFrame, total: int, what: str, absent: list[str]) -> dict[str, Any]:
    count, missing = rests_on(whole), 1.0 - len(whole) / max(total, 1)
    lack = f"lack {what}" if " and " not in what else f"lack one or more of {what}"
    if absent:
        verdict, why = HARD_TO_TRUST, f"{listed(absent)} {NOT_RECORDED}"
    elif count["patients"] < TOO_FEW_PATIENTS:
        verdict, why = HARD_TO_TRUST, TOO_FEW
    elif missing > HALF:
        verdict, why = (
            WITH_CARE,
            f"more than half of the sessions {lack}: the answer hangs on those not seen",
        )
    elif missing > LITTLE_MISSING:
        verdict, why = (
            WITH_CARE,
            f"more than a fifth of the sessions {lack}: how they fared is not known",
        )
    else:
        verdict, why = ANSWERABLE, f"at least four sessions of five have {what}"
    return {**count, "missing_rate": missing, "verdict": verdict, "why": why}


def criteria_sentences() -> list[str]:
    """Say by what criteria a notebook is judged."""
    return [
        "The criteria are fixed beforehand: a question cannot be answered where a reading it needs was not recorded or "
        f"rests on too few patients (at least {TOO_FEW_PATIENTS} are needed); it needs care where more than "
        f"{percent(LITTLE_MISSING)} of the sessions lack one."
    ]


def verdict_sentences(judged: pd.DataFrame) -> list[str]:
    """Say which questions these records can answer."""
    said = []
    for verdict, opening in (
        (ANSWERABLE, "These records can answer"),
        (WITH_CARE, "With care, because much is missing, they speak to"),
        (HARD_TO_TRUST, "They cannot answer"),
    ):
        names = judged[judged["verdict"] == verdict]["label"]
        if len(names):
            said.append(f"{opening}: {listed(names)}.")
    return said
