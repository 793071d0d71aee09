"""Sessions in, how sore and how long out: any, worst, still sore after one, two and three days, and who stays sore.

A session that was not asked about soreness counts in no figure, and how many were asked stands beside each. Hours known
only in part (still sore when last asked, or an interval) are used as they are, never halved or dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.models.groups import narrow_and_code, one_group, unordered_codes
from outcomes.models.types import Ints
from outcomes.questions.answers import recorded_columns
from outcomes.record.conditions import CONDITIONS
from outcomes.record.outcomes import within_between
from outcomes.record.plan import TOO_FEW_PATIENTS, active_plan
from outcomes.words import (
    NOT_RECORDED,
    TOO_FEW,
    in_ten,
    interval,
    listed,
    named,
    number,
    percent,
    rests_on,
    why,
)

__all__ = [
    "THRESHOLDS",
    "as_curve",
    "condition_sentences",
    "everyone_sore",
    "group_sentences",
    "ratio_sentences",
    "share_sentences",
    "shares_in_words",
    "soreness_groups",
    "soreness_peaks",
    "soreness_ratios",
    "soreness_shares",
    "with_soreness",
]

THRESHOLDS = active_plan().soreness.hours
"""Hours: the shares are of sessions sore for longer than these; 0 is any soreness at all."""
STAYS, MOST_LOST = active_plan().soreness.stays, active_plan().soreness.most_lost
"""A curve is read beyond the last contact of no more than this share of its sessions, unless enough are watched."""
NEEDED = (
    "patient_id",
    "soreness_h",
    "soreness_ongoing",
    "soreness_free_h",
    "soreness_peak",
    "session_number",
)
_HEAD = ["patients", "sessions", "sessions_eligible", "capture_rate"]
_SHARES = [*_HEAD, "proportion", "conf_low", "conf_high", "note"]
_PEAKS = [*_HEAD, "estimate", "std_error", "df", "conf_low", "conf_high", "note"]
_RATIOS = [
    "quantity",
    "outcome",
    "patients",
    "sessions",
    "ratio",
    "std_error",
    "p_value",
    "conf_low",
    "conf_high",
    "note",
]


def with_soreness(sessions: Any) -> pd.DataFrame:
    """Add ``sore_any``: 1 where the session was followed by any soreness, 0 where by none, missing where not asked."""
    from outcomes.models.survival.events_frame import soreness_bounds

    frame = recorded_columns(sessions, NEEDED)
    lower, upper = soreness_bounds(frame)
    return frame.assign(sore_any=np.where(np.isnan(lower), np.nan, (upper > 0).astype(float)))


def soreness_shares(
    sessions: Any,
    by: str = "condition",
    *,
    thresholds: Sequence[int] = THRESHOLDS,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Share of sessions sore for longer than 0, 24, 48 and 72 hours.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str
        Grouping column.
    thresholds : sequence of {0, 24, 48, 72}
        Hours.
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
    frame = with_soreness(narrow_and_code(recorded_columns(sessions, NEEDED), [*NEEDED, by]))
    groups = _asked(frame, by)
    shares = (
        _raw_shares(frame, by, conf_level)
        if groups["sessions"].sum()
        else pd.DataFrame(columns=[by, "threshold"])
    )
    rows = groups.merge(pd.DataFrame({"threshold": list(thresholds)}), how="cross")
    rows = rows.merge(shares, on=[by, "threshold"], how="left").reindex(columns=[by, "threshold", *_SHARES])
    few = rows["patients"] < TOO_FEW_PATIENTS
    rows.loc[few, ["proportion", "conf_low", "conf_high"]] = np.nan
    rows["note"] = np.select(
        [rows["sessions"] == 0, few], [NOT_RECORDED, TOO_FEW], rows["note"].astype("object").fillna("")
    )
    return rows


def everyone_sore(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Share of all sessions sore for longer: as :func:`soreness_shares`, one group called ``all``."""
    frame = narrow_and_code(recorded_columns(sessions, NEEDED), NEEDED)
    found = soreness_shares(frame.assign(everyone=one_group(frame)), "everyone", conf_level=conf_level)
    return found.rename(columns={"everyone": "condition"})


def _asked(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Groups in order, with the patients and sessions asked about soreness, of all sessions."""
    codes, names = pd.factorize(frame[by])
    asked = frame["sore_any"].notna().to_numpy() & (codes >= 0)
    people = unordered_codes(frame["patient_id"])[0]
    counts = pd.DataFrame(
        {
            by: pd.Series(list(names)).astype("str"),
            "sessions_eligible": np.bincount(codes[codes >= 0], minlength=len(names)),
            "sessions": np.bincount(codes[asked], minlength=len(names)),
            "patients": _patients(codes, people, asked & (people >= 0), len(names)),
        }
    )
    order = {name: place for place, name in enumerate(CONDITIONS if by == "condition" else ())}
    counts = counts.sort_values(by, key=lambda c: c.map(lambda name: (order.get(name, len(order)), name)))
    counts["capture_rate"] = counts["sessions"] / counts["sessions_eligible"]
    return counts.reset_index(drop=True)


def _patients(group: Ints, patient: Ints, chosen: npt.NDArray[np.bool_], groups: int) -> Ints:
    """Patients of each group among the sessions chosen."""
    size = int(patient.max(initial=-1)) + 1
    pairs = pd.unique(group[chosen] * size + patient[chosen])
    return np.bincount(pairs // max(size, 1), minlength=groups)


def _raw_shares(frame: pd.DataFrame, by: str, conf_level: float) -> pd.DataFrame:
    from outcomes.models.proportions.responders import responders
    from outcomes.models.survival.curves import soreness_summary

    asked = frame[frame["sore_any"].notna() & frame[by].notna() & frame["patient_id"].notna()]
    flags = responders(asked, "sore_any", by, conf_level=conf_level).astype({by: "str"})
    parts = [flags[[by, "proportion", "conf_low", "conf_high", "note"]].assign(threshold=0)]
    summary = soreness_summary(asked, by, conf_level=conf_level).astype({by: "str"})
    unseen_at = _unseen(asked, by)
    for hour in THRESHOLDS[1:]:
        name = f"resolved_{hour}h"
        unseen = summary[by].map(unseen_at[hour]).astype(bool)
        summary.loc[unseen, [name, f"{name}_conf_low", f"{name}_conf_high"]] = np.nan
        summary["note"] = summary["note"].mask(unseen, f"too few were followed to {hour} h to say")
        part = {
            "proportion": 1.0 - summary[name],
            "conf_low": 1.0 - summary[f"{name}_conf_high"],
            "conf_high": 1.0 - summary[f"{name}_conf_low"],
        }
        known = summary[name].notna()
        note = summary["note"].where(~known, "")
        parts.append(summary[[by]].assign(threshold=hour, note=note, **part))
    return pd.concat(parts, ignore_index=True)


def _unseen(asked: pd.DataFrame, by: str) -> dict[int, dict[str, bool]]:
    """Groups whose curve at an hour rests on too few: many lost before it, and few patients under watch at it."""
    from outcomes.models.survival.events_frame import soreness_bounds

    lower, upper = soreness_bounds(asked)
    group, names = pd.factorize(asked[by])
    patient, _ = unordered_codes(asked["patient_id"])
    sessions, found = np.bincount(group, minlength=len(names)), {}
    for hour in THRESHOLDS[1:]:
        lost = np.bincount(group[np.isinf(upper) & (lower < hour)], minlength=len(names)) / sessions
        watched = _patients(group, patient, lower >= hour, len(names))
        unseen = (lost > MOST_LOST) & (watched < TOO_FEW_PATIENTS)
        found[hour] = dict(zip(map(str, names), unseen.tolist(), strict=True))
    return found


def soreness_peaks(sessions: Any, by: str = "condition", *, conf_level: float = 0.95) -> pd.DataFrame:
    """Worst soreness after a session, points of 0-10, the never sore counting as 0.

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, sessions_eligible, capture_rate, estimate, std_error, df, conf_low, conf_high,
        note``.
    """
    from outcomes.models.mixed.fit import fit_mixed

    frame = narrow_and_code(recorded_columns(sessions, NEEDED), [*NEEDED, by])
    frame = frame.assign(sore_any=frame["soreness_peak"])
    rows = _asked(frame, by)
    few = rows["patients"] < TOO_FEW_PATIENTS
    rows["note"] = np.select([rows["sessions"] == 0, few], [NOT_RECORDED, TOO_FEW], "")
    enough = rows.loc[rows["note"] == "", by].tolist()
    used = frame if isinstance(frame[by].dtype, pd.CategoricalDtype) else frame.astype({by: "str"})
    used = used[used[by].isin(enough) & used["soreness_peak"].notna()]
    if enough:
        try:
            fit = fit_mixed(active_plan().model("soreness_peak", group=by), used, conf_level=conf_level)
            means = fit.marginal_means(by)[[by, "estimate", "std_error", "df", "conf_low", "conf_high"]]
            rows = rows.merge(means, on=by, how="left")
        except OutcomesError as error:
            rows.loc[rows["note"] == "", "note"] = f"no estimate: {error}"
    return rows.reindex(columns=[by, *_PEAKS])


def soreness_groups(sessions: Any, *, threshold: int = STAYS, conf_level: float = 0.95) -> pd.DataFrame:
    """Who stays sore: the share sore for longer than ``threshold`` hours, by who the patient is and what was done.

    Returns
    -------
    pandas.DataFrame
        ``variable, value, threshold`` and the columns of :func:`soreness_shares`: one variable at a time, nothing held
        equal. Variables that were not recorded are one row that says so.
    """
    names = [*NEEDED, "sex", "age_band", "technique"]
    frame = narrow_and_code(recorded_columns(sessions, names), names)
    number_of = frame["session_number"]
    place = np.select([number_of == 1, number_of > 1], [0, 1], -1)
    frame = frame.assign(session=pd.Categorical.from_codes(place, pd.Index(["first", "later"])))
    parts = [
        _group(frame, name, threshold, conf_level) for name in ("session", "sex", "age_band", "technique")
    ]
    return pd.concat(parts, ignore_index=True)[["variable", "value", "threshold", *_SHARES]]


def _group(frame: pd.DataFrame, name: str, threshold: int, conf_level: float) -> pd.DataFrame:
    label = name.replace("_", " ")
    if not frame[name].notna().any():
        row = {
            "variable": label,
            "value": "all",
            "threshold": threshold,
            "patients": 0,
            "sessions": 0,
            "note": NOT_RECORDED,
        }
        return pd.DataFrame([row]).reindex(columns=["variable", "value", "threshold", *_SHARES])
    found = soreness_shares(frame, name, thresholds=[threshold], conf_level=conf_level)
    return found.rename(columns={name: "value"}).assign(variable=label)


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

    frame, terms = _compared(with_soreness(narrow_and_code(recorded_columns(sessions, _COMPARED), _COMPARED)))
    if not terms or not len(frame):
        outcomes = ["any soreness", "hours of soreness"]
        blank = {"outcome": outcomes, "quantity": "all", "patients": 0, "sessions": 0, "note": NOT_RECORDED}
        return pd.DataFrame(blank).reindex(columns=_RATIOS)
    alone = ["condition"] if len(frame["condition"].unique()) < 2 else []
    extra = ["later_between"] if "later_within" in terms else []
    formula = active_plan().model("soreness_ratios", covariates=" + ".join([*terms, *extra]), without=alone)
    try:
        model, reason = (
            soreness_model(formula, frame, conf_level=conf_level),
            "",
        )
    except OutcomesError as error:
        model, reason = None, f"no estimate: {error}"
    rows = [
        {"quantity": said, "outcome": outcome, **_ratio(model, outcome, term, reason)}
        for outcome in ("any soreness", "hours of soreness")
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
    return several and known["patient_id"].nunique() >= TOO_FEW_PATIENTS and 2 * len(known) >= len(asked)


def _ratio(model: Any, outcome: str, term: str, reason: str) -> dict[str, Any]:
    if model is None:
        return {"patients": 0, "sessions": 0, "note": reason}
    first = outcome == "any soreness"
    found = (model.any_soreness if first else model.duration).set_index("term")
    who = (model.n_patients, model.n_sessions) if first else (model.n_sore_patients, model.n_sore)
    head = {"patients": who[0], "sessions": who[1]}
    if term not in found.index or who[0] < TOO_FEW_PATIENTS:
        return head | {"note": TOO_FEW}
    row = found.loc[term]
    ratios = {to: float(np.exp(row[of])) for to, of in _FROM_LOG.items()}
    return (
        head
        | ratios
        | {"std_error": row["std_error"], "p_value": row["p_value"], "note": str(row["note"] or "")}
    )


_FROM_LOG = {"ratio": "estimate", "conf_low": "conf_low", "conf_high": "conf_high"}


# --- sentences -------------------------------------------------------------------------------------------------------


def share_sentences(shares: pd.DataFrame) -> list[str]:
    """Say, of all sessions or of one group, how many were sore at all and for longer than one, two and three days.

    Parameters
    ----------
    shares : pandas.DataFrame
        Rows of one group of :func:`soreness_shares`, protected.
    """
    known = shares[shares["proportion"].notna()].set_index("threshold")
    if known.empty:
        return [f"Soreness: {_reason(shares)}."]
    parts = [
        f"{_LONGER[hour]}, {in_ten(row['proportion'], row['conf_low'], row['conf_high'])}"
        for hour, row in known.iterrows()
        if hour in _LONGER
    ]
    return [
        f"What followed the sessions that were asked about: {'; '.join(parts)} ({_asked_of(known.iloc[0])})."
    ]


def _reason(rows: pd.DataFrame) -> str:
    """Why no row has a figure, in words for a sentence."""
    return why(next((note for note in rows["note"] if note), NOT_RECORDED))


def _asked_of(row: pd.Series[Any]) -> str:
    who = rests_on(row.drop("capture_rate"))
    if pd.isna(row["capture_rate"]):
        return who
    return f"{who}, asked in {percent(row['capture_rate'])} of the sessions held"


_LONGER: Mapping[Any, str] = {
    0: "any soreness",
    24: "soreness for more than a day",
    48: "for more than two days",
    72: "for more than three days",
}


def group_sentences(groups: pd.DataFrame) -> list[str]:
    """Say how the share that stays sore differs between first and later sessions, and between the sexes."""
    said = []
    for variable in ("session", "sex"):
        rows = groups[groups["variable"] == variable]
        known = rows[rows["proportion"].notna()]
        if known.empty:
            said.append(f"By {variable}: {_reason(rows)}.")
            continue
        parts = [
            f"{str(row['value']).replace('_', ' ')} {in_ten(row['proportion'], row['conf_low'], row['conf_high'])}"
            for _, row in known.iterrows()
        ]
        hours, apart = number(float(known["threshold"].iloc[0]), 0), _apart(known)
        said.append(f"Sore for more than {hours} hours, by {variable}: {listed(parts)}{apart}.")
    return said


def _apart(known: pd.DataFrame) -> str:
    """Whether two groups can be told apart; their intervals must not meet, which is a strict reading."""
    if len(known) != 2:
        return ""
    low, high = known.sort_values("proportion").to_dict("records")
    clear = low["conf_high"] < high["conf_low"]
    return "" if clear else "; the two cannot be told apart"


def ratio_sentences(ratios: pd.DataFrame) -> list[str]:
    """Say what went with longer or shorter soreness, other things in the model being equal."""
    hours = ratios[ratios["outcome"] == "hours of soreness"]
    if hours["ratio"].notna().sum() == 0:
        return [f"What goes with longer soreness: {_reason(ratios)}."]
    said = []
    for _, row in hours[hours["ratio"].notna()].iterrows():
        clear = row["conf_low"] > 1 or row["conf_high"] < 1
        limits = interval(row["conf_low"], row["conf_high"], 2)
        size = f"{number(row['ratio'], 2)} times as long, 95 % interval {limits}"
        direction = "longer" if row["ratio"] > 1 else "shorter"
        what = f"{direction} soreness" if clear else "no clear difference in how long soreness lasted"
        said.append(f"{str(row['quantity']).capitalize()}: {what} ({size}; {rests_on(row)}).")
    return said


def shares_in_words(shares: pd.DataFrame) -> pd.DataFrame:
    """Lay the shares out for reading: a row per condition, a column per number of hours, each with its interval."""
    from outcomes.words import interval_text

    rows = shares.assign(
        text=[
            interval_text(row["proportion"], row["conf_low"], row["conf_high"], share=True)
            if pd.notna(row["proportion"])
            else _short(str(row["note"]))
            for _, row in shares.iterrows()
        ]
    )
    head = rows.drop_duplicates("condition").set_index("condition")[["patients", "sessions", "capture_rate"]]
    for hour in dict.fromkeys(rows["threshold"]):
        name = "any soreness" if hour == 0 else f"more than {hour} h"
        head[name] = rows[rows["threshold"] == hour].set_index("condition")["text"]
    found = head.reset_index()
    found.attrs = dict(shares.attrs)
    return found


def _short(note: str) -> str:
    """A note short enough for a cell."""
    return next((text for start, text in _SHORT.items() if note.startswith(start)), note)


_SHORT = {"withheld": "withheld", "too few were followed": "too few followed", TOO_FEW: "too few patients"}


def as_curve(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares sore for longer as a curve known at a few hours: columns ``time_h`` and ``still_sore`` for the chart.

    What a page for others than the clinic shows in place of the whole curve, whose steps would show single sessions.
    """
    found = shares.rename(columns={"threshold": "time_h", "proportion": "still_sore"})
    found.attrs = dict(shares.attrs)
    return found


def condition_sentences(shares: pd.DataFrame, *, threshold: int = STAYS) -> list[str]:
    """Say in which conditions the share sore for longer can be told, and in which it cannot; none is ranked."""
    rows = shares[shares["threshold"] == threshold]
    known, unknown = rows[rows["proportion"].notna()], rows[rows["proportion"].isna()]
    said = []
    if len(known):
        low, high = float(known["proportion"].min()), float(known["proportion"].max())
        what = f"were followed by soreness for more than {threshold} hours"
        said.append(f"Per condition, between {percent(low)} and {percent(high)} of the sessions {what}.")
    if len(unknown):
        names = listed(named(str(name)) for name in unknown["condition"])
        said.append(f"Whether soreness lasts for more than {threshold} hours cannot be said in {names}.")
    return said
