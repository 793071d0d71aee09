"""How sore and for how long: any, worst, still sore after one, two and three days, and who stays sore.

A session that was not asked about soreness counts in no figure, and each figure says how many were asked. Hours known
only in part (still sore when last asked, or an interval) are used as they are, never halved or dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.groups import one_group
from outcomes.models.survival.sore_sums import SoreSums, reduce_soreness, with_sore_flags
from outcomes.questions.answers import (
    fit_or_why,
    least_patients,
    needed_columns,
    only_condition,
    recorded_columns,
    sorted_rows,
    why_none,
    with_too_few_blanked,
)
from outcomes.questions.levels import (
    ASKED,
    SHARE,
    by_variable,
    reading_means,
    with_visit,
)
from outcomes.questions.sentences.soreness import (
    condition_sentences,
    group_sentences,
    ratio_sentences,
    share_sentences,
    shares_in_words,
)
from outcomes.record.outcomes import within_between
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "as_curve",
    "condition_sentences",
    "everyone_sore",
    "group_sentences",
    "ratio_sentences",
    "share_sentences",
    "shares_from",
    "shares_in_words",
    "soreness_groups",
    "soreness_peaks",
    "soreness_ratios",
    "soreness_shares",
    "with_soreness",
]

NEEDED = ("soreness_h", "soreness_ongoing", "soreness_free_h", "soreness_peak", "session_number")
_SHARES = [*ASKED, *SHARE, "note"]
LEAST_AT_RISK = 5
"""Sessions under watch at an hour below which its share is flagged."""
FEW_AT_RISK = "fewer than five sessions were still followed at {} h"
_RATIOS = [
    *["quantity", "outcome", "patients", "sessions"],
    *["ratio", "std_error", "p_value", "conf_low", "conf_high", "note"],
]


def with_soreness(sessions: Any) -> pd.DataFrame:
    """Add ``sore_any``: 1 where the session was followed by any soreness, 0 where by none, missing where not asked."""
    return with_sore_flags(recorded_columns(sessions, [*sessions.columns, *NEEDED]))


def soreness_shares(
    sessions: Any,
    by: str = "condition",
    *,
    thresholds: Sequence[int] | None = None,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Share of sessions sore for longer than 0, 24, 48 and 72 hours.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str
        Grouping column.
    thresholds : sequence of {0, 24, 48, 72}, optional
        Hours, by default the plan's; 0 is any soreness at all.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        A row per group and threshold: ``<by>, threshold, patients, sessions, sessions_eligible, capture_rate,
        proportion, conf_low, conf_high, note``. ``capture_rate`` is the share of sessions that were asked.

    Notes
    -----
    Any soreness: proportion clustered on patients. Later shares: Kaplan-Meier, or Turnbull where only intervals are
    known, with patient-clustered log-log intervals (:func:`outcomes.soreness_summary`).
    """
    frame = recorded_columns(needed_columns(sessions, *NEEDED, by=by), NEEDED)
    sums = reduce_soreness(frame, by, active_plan().soreness.hours[1:])
    return shares_from(sums, by, thresholds=thresholds, conf_level=conf_level)


def shares_from(
    sums: SoreSums, by: str, *, thresholds: Sequence[int] | None = None, conf_level: float = 0.95
) -> pd.DataFrame:
    """Shares of sessions sore for longer from their sums; otherwise as :func:`soreness_shares`."""
    groups = sorted_rows(sums.asked, by).reset_index(drop=True)
    shares = (
        _shares(sums, by, conf_level)
        if groups["sessions"].sum()
        else pd.DataFrame(columns=[by, "threshold", *SHARE, "note"])
    )
    hours = pd.DataFrame({"threshold": list(thresholds or active_plan().soreness.hours)})
    rows = groups.merge(hours, how="cross").merge(shares, on=[by, "threshold"], how="left")
    return with_too_few_blanked(rows, SHARE)[[by, "threshold", *_SHARES]]


def everyone_sore(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Share of all sessions sore for longer: as :func:`soreness_shares`, one group called ``all``."""
    frame = needed_columns(sessions, *NEEDED)
    found = soreness_shares(frame.assign(everyone=one_group(frame)), "everyone", conf_level=conf_level)
    return found.rename(columns={"everyone": "condition"})


def _shares(sums: SoreSums, by: str, conf_level: float) -> pd.DataFrame:
    from outcomes.models.proportions.responders import responders
    from outcomes.models.survival.curves import soreness_summary

    flags = responders(sums.flags, conf_level=conf_level).astype({by: "str"})
    parts = [flags[[by, "proportion", "conf_low", "conf_high", "note"]].assign(threshold=0)]
    summary = soreness_summary(sums.events, conf_level=conf_level).astype({by: "str"})
    for hour in active_plan().soreness.hours[1:]:
        name = f"resolved_{hour}h"
        unseen, few = _unseen(sums.at_hour(hour))
        summary.loc[unseen, [name, f"{name}_conf_low", f"{name}_conf_high"]] = np.nan
        summary["note"] = summary["note"].mask(unseen, f"too few were followed to {hour} h to say")
        part = {
            "proportion": 1.0 - summary[name],
            "conf_low": 1.0 - summary[f"{name}_conf_high"],
            "conf_high": 1.0 - summary[f"{name}_conf_low"],
        }
        known = summary[name].notna()
        note = summary["note"].where(~known, np.where(few, FEW_AT_RISK.format(hour), ""))
        parts.append(summary[[by]].assign(threshold=hour, note=note, **part))
    return pd.concat(parts, ignore_index=True)


def _unseen(at: pd.DataFrame) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Groups whose curve at an hour rests on too few to say, and on few enough to say so.

    Too few: many lost before the hour, and few patients under watch at it. Few: any lost before it, and fewer than five
    sessions under watch at it.
    """
    too_few = (at["lost"] > active_plan().soreness.most_lost) & (at["watched"] < least_patients())
    return too_few, (at["lost"] > 0) & (at["at_risk"] < LEAST_AT_RISK)


def soreness_peaks(sessions: Any, by: str = "condition", *, conf_level: float = 0.95) -> pd.DataFrame:
    """Worst soreness after a session, points of 0-10, the never sore counting as 0.

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, sessions_eligible, capture_rate, estimate, std_error, df, conf_low, conf_high,
        note``.
    """
    frame = needed_columns(sessions, "soreness_peak", by=by)
    return reading_means(frame, "soreness_peak", by, conf_level=conf_level)


def soreness_groups(sessions: Any, *, threshold: int | None = None, conf_level: float = 0.95) -> pd.DataFrame:
    """Who stays sore: the share sore for longer than ``threshold`` hours, by who the patient is and what was done.

    Returns
    -------
    pandas.DataFrame
        ``variable, value, threshold`` and the columns of :func:`soreness_shares`: one variable at a time, nothing held
        equal. Variables that were not recorded are one row that says so.
    """
    threshold = active_plan().soreness.stays if threshold is None else threshold
    names = [*NEEDED, "sex", "age_band", "technique"]
    frame = with_visit(needed_columns(sessions, *names))
    found = by_variable(
        frame,
        ("session", "sex", "age_band", "technique"),
        lambda of, name: soreness_shares(of, name, thresholds=[threshold], conf_level=conf_level),
    )
    return found.assign(threshold=threshold).reindex(columns=["variable", "value", "threshold", *_SHARES])


def soreness_ratios(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """What goes with soreness, all at once: a later session of the same patient, sex, insertions, twitches.

    Returns
    -------
    pandas.DataFrame
        ``quantity, outcome, patients, sessions, ratio, std_error, p_value, conf_low, conf_high, note``: the ratio of
        the odds of any soreness, and of the hours among the sore (1 = no difference); conditions are held equal.

    Notes
    -----
    Two-part model (:func:`outcomes.soreness_model`). Later sessions are compared with first ones within patients, since
    those who come often differ from those who do not (Mundlak 1978).
    """
    from outcomes.models.survival.two_part import soreness_model

    frame, terms = _compared(with_soreness(needed_columns(sessions, *_COMPARED)))
    outcomes = ("any soreness", "hours of soreness")
    if not terms or not len(frame):
        nobody = {"quantity": "all", "patients": 0, "sessions": 0, "note": NOT_RECORDED}
        return pd.DataFrame([{**nobody, "outcome": name} for name in outcomes]).reindex(columns=_RATIOS)
    extra = ["later_between"] if "later_within" in terms else []
    covariates, alone = " + ".join([*terms, *extra]), only_condition(frame)
    formula = active_plan().model("soreness_ratios", covariates=covariates, without=alone)
    model, why = fit_or_why(lambda: soreness_model(formula, frame, conf_level=conf_level))
    rows = [
        {"quantity": said, "outcome": outcome, **_ratio(model, outcome, term, why)}
        for outcome in outcomes
        for term, said in terms.items()
    ]
    return pd.DataFrame(rows).reindex(columns=_RATIOS)


_QUANTITIES = {
    "later_within": "a later session against the first, same patient",
    "female": "women against men",
    "ten_insertions": "ten more insertions",
    "ten_twitches": "ten more twitches",
}


_COMPARED = (*NEEDED, "sex", "insertion_count", "twitch_count", "condition")


def _compared(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Sessions asked, with what can be compared in them as numbers, and the terms that vary enough to be compared."""
    asked = frame[frame["sore_any"].notna() & frame["condition"].notna() & frame["patient_id"].notna()]
    sex = asked["sex"].astype("category").map({"female": 1.0, "male": 0.0}).astype("float64")
    asked = asked.assign(
        later=(asked["session_number"] > 1).astype(float).where(asked["session_number"].notna()),
        female=sex,
        ten_insertions=asked["insertion_count"].astype("float64") / 10.0,
        ten_twitches=asked["twitch_count"].astype("float64") / 10.0,
    )
    asked = within_between(asked, "later")
    terms = {term: said for term, said in _QUANTITIES.items() if _varies(asked, term)}
    return asked[asked[[*terms]].notna().all(axis=1)], terms


def _varies(asked: pd.DataFrame, term: str) -> bool:
    known = asked.loc[asked[term].notna(), [term, "patient_id"]]
    several = len(known[term].unique()) > 1 and bool((known[term] != 0).any())
    return several and not why_none(known["patient_id"].nunique()) and 2 * len(known) >= len(asked)


def _ratio(model: Any, outcome: str, term: str, why: str) -> dict[str, Any]:
    if model is None:
        return {"patients": 0, "sessions": 0, "note": why}
    first = outcome == "any soreness"
    found = (model.any_soreness if first else model.duration).set_index("term")
    who = (model.n_patients, model.n_sessions) if first else (model.n_sore_patients, model.n_sore)
    size = {"patients": who[0], "sessions": who[1]}
    if term not in found.index or why_none(who[0]):
        return size | {"note": TOO_FEW}
    row = found.loc[term]
    ratios = {to: float(np.exp(row[of])) for to, of in _FROM_LOG.items()}
    errors = {"std_error": row["std_error"], "p_value": row["p_value"], "note": str(row["note"] or "")}
    return size | ratios | errors


_FROM_LOG = {"ratio": "estimate", "conf_low": "conf_low", "conf_high": "conf_high"}


def as_curve(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares sore for longer as a curve known at a few hours: columns ``time_h`` and ``still_sore`` for the chart.

    What a page for others than the clinic shows in place of the whole curve, whose steps would show single sessions.
    """
    found = shares.rename(columns={"threshold": "time_h", "proportion": "still_sore"})
    found.attrs = dict(shares.attrs)
    return found
