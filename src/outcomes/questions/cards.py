"""Sessions in, what a patient with a condition may expect out: shares of sessions, in plain words, with intervals.

For each condition: how many sessions were followed by clearly less pain, by clearly more, by soreness for more than a
day or two, and by anything unwanted; beside the first, what no effect at all would show. From the estimates alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.groups import narrow_and_code
from outcomes.questions.answers import recorded_columns
from outcomes.questions.soreness import NEEDED, soreness_shares
from outcomes.record.conditions import CONDITIONS, condition_label
from outcomes.record.measures import TIMES
from outcomes.record.outcomes import ResponderRule, reaches, with_outcomes
from outcomes.record.plan import TOO_FEW_PATIENTS
from outcomes.words import NOT_RECORDED, TOO_FEW, in_ten, listed, named, percent, rests_on, why

__all__ = ["card", "card_note", "card_sentences", "conditions_told", "expectations", "untold_sentences"]

LEAST = ResponderRule().least_baseline
_DEFAULT = ResponderRule()
RULE = (
    f"Clearly less or more: by at least {_DEFAULT.percent:g} % and {_DEFAULT.points:g} points, in sessions that began "
    f"at a pain of {_DEFAULT.least_baseline:g} or more."
)
ON_BAD_DAYS = "Where people come on bad days only, clearly less pain follows more often than that by itself."
_COLUMNS = [
    *[
        "condition",
        "label",
        "patients",
        "sessions",
        "sessions_eligible",
        "capture_rate",
        "proportion",
    ],
    *["conf_low", "conf_high", "null_benchmark", "note"],
]
_READINGS = ("pain_pre", "pain_post", "pain_48h")


def expectations(
    sessions: Any, *, times: Mapping[str, str] | None = None, conf_level: float = 0.95
) -> pd.DataFrame:
    """What followed a session, per condition, one row per line of its card.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    times : mapping, optional
        What the readings are called; by default as the sessions say.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, label, patients, sessions, sessions_eligible, capture_rate, proportion, conf_low, conf_high,
        null_benchmark, note``. ``label`` is the line in plain words; ``proportion`` a share of sessions;
        ``null_benchmark`` what no effect at all would show (clearly less or more pain only); ``capture_rate`` the share
        of eligible sessions in which the line was recorded.
    """
    labels = {"post": "right after", "48h": "at 2 days"} | dict(
        times or getattr(sessions, "attrs", {}).get("outcomes", {}).get("times", {})
    )
    flags = {
        f"pain_{kind}_{time}": f"{said} pain {labels[time]}"
        for time in TIMES
        for kind, said in (("responder", "Clearly less"), ("worse", "Clearly more"))
    }
    names = ["condition", "adverse_event", *_READINGS, *NEEDED]
    frame = narrow_and_code(recorded_columns(sessions, names), [*names, "followup_h", *flags])
    frame = with_outcomes(frame[frame["condition"].notna()], flags)
    everyone, enough = pd.Series(True, index=frame.index), reaches(frame["pain_pre"], LEAST)
    parts = [_line(frame, flag, label, (enough, conf_level)) for flag, label in flags.items()]
    parts.append(_sore(frame, conf_level))
    event = frame["adverse_event"].ne("none").astype("float64").where(frame["adverse_event"].notna())
    label = "Anything unwanted, such as a bruise"
    parts.append(_line(frame.assign(any_event=event), "any_event", label, (everyone, conf_level)))
    return _in_order(pd.concat(parts, ignore_index=True), frame)


_SORE = {24: "Sore for more than one day", 48: "Sore for more than two days"}


def _line(frame: pd.DataFrame, flag: str, label: str, how: tuple[pd.Series[bool], float]) -> pd.DataFrame:
    """One line of every card: the share of sessions with a flag, of those eligible for it, clustered on patients."""
    from outcomes.models.proportions.responders import responders

    eligible, conf_level = how
    if frame.empty or not frame[flag].notna().any():
        return pd.DataFrame({"condition": frame["condition"].unique().astype("str"), "label": label})
    found = responders(frame, flag, "condition", conf_level=conf_level).astype({"condition": "str"})
    total = found["condition"].map(frame["condition"][eligible].astype("str").value_counts())
    return found.assign(label=label, sessions_eligible=total, capture_rate=found["sessions"] / total)


def _sore(frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    found = soreness_shares(frame, thresholds=list(_SORE), conf_level=conf_level)
    lines = found.assign(label=found["threshold"].map(_SORE)).sort_values("threshold", kind="stable")
    return lines.drop(columns="threshold")


def _in_order(rows: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Every condition with every line, in order; what was not recorded, or rests on too few, says so."""
    order = {name: place for place, name in enumerate(CONDITIONS)}
    names = sorted(frame["condition"].dropna().unique(), key=lambda name: (order.get(name, len(order)), name))
    grid = pd.MultiIndex.from_product([names, dict.fromkeys(rows["label"])], names=["condition", "label"])
    whole = (
        grid.to_frame(index=False)
        .merge(rows, on=["condition", "label"], how="left")
        .reindex(columns=_COLUMNS)
    )
    for name in ("patients", "sessions"):
        whole[name] = whole[name].fillna(0).astype("int64")
    few = whole["patients"] < TOO_FEW_PATIENTS
    numbers = ["proportion", "conf_low", "conf_high", "null_benchmark"]
    whole[numbers] = whole[numbers].astype("float64").mask(few)
    note = whole["note"].astype("object").fillna("").mask(whole["proportion"].notna(), "")
    return whole.assign(note=np.select([whole["sessions"] == 0, few], [NOT_RECORDED, TOO_FEW], note))


def conditions_told(expected: pd.DataFrame) -> list[str]:
    """Conditions of which at least one line can be told, in order."""
    known = expected[expected["proportion"].notna()]
    return list(dict.fromkeys(known["condition"].astype("str")))


def card(expected: pd.DataFrame, condition: str) -> pd.DataFrame:
    """The lines of one condition's card, as :func:`outcomes.charts.expectation_card` draws them."""
    rows = expected[expected["condition"] == condition].rename(columns={"proportion": "estimate"})
    rows.attrs = dict(expected.attrs)
    return rows


def card_note(expected: pd.DataFrame, condition: str) -> str:
    """What goes under one condition's card: what no effect at all would show, and what “clearly” means."""
    mine = expected[expected["condition"] == condition]
    rows = mine[mine["label"].str.startswith("Clearly less")]
    anyway = "".join(
        f"With no effect at all, clearly {kind} pain would be seen in {listed(parts)}. "
        for kind in ("less", "more")
        if (parts := _with_no_effect(mine[mine["label"].str.startswith(f"Clearly {kind}")]))
    )
    anyway += f"{ON_BAD_DAYS} " if anyway else ""
    rates = rows[rows["capture_rate"].notna() & rows["proportion"].notna()]
    reached = [f"{percent(row['capture_rate'])} of the sessions {_when(row)}" for _, row in rates.iterrows()]
    return f"{anyway}{f'Recorded in {listed(reached)}. ' if reached else ''}{RULE}"


def _with_no_effect(rows: pd.DataFrame) -> list[str]:
    told = rows[rows["null_benchmark"].notna()]
    return [f"{in_ten(row['null_benchmark'])} {_when(row)}" for _, row in told.iterrows()]


def _when(row: pd.Series[Any]) -> str:
    return str(row["label"]).partition(" pain ")[2]


def card_sentences(expected: pd.DataFrame, condition: str) -> list[str]:
    """One condition's card as sentences, for those who read or hear it."""
    rows = expected[expected["condition"] == condition]
    told = rows[rows["proportion"].notna()]
    parts = [
        f"{str(row['label'])[:1].lower()}{str(row['label'])[1:]}: "
        f"{in_ten(row['proportion'], row['conf_low'], row['conf_high'])} ({rests_on(row)})"
        for _, row in told.iterrows()
    ]
    name = condition_label(condition)
    if not parts:
        return [f"{name}: {why(next((note for note in rows['note'] if note), NOT_RECORDED))}."]
    return [f"{name}, after a session: {'; '.join(parts)}.", card_note(expected, condition)]


def untold_sentences(expected: pd.DataFrame) -> list[str]:
    """Conditions that have no card, by the reason; or that there are none."""
    told = conditions_told(expected)
    rows = expected[~expected["condition"].isin(told)].drop_duplicates("condition")
    if rows.empty:
        return ["There is none: every condition in the records has a card."]
    said = []
    for note in dict.fromkeys(rows["note"]):
        names = listed(named(str(name)) for name in rows.loc[rows["note"] == note, "condition"])
        said.append(f"{names[:1].upper()}{names[1:]}: {why(note or NOT_RECORDED)}.")
    return said
