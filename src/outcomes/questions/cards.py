"""What a patient with a condition may expect: shares of sessions, with intervals.

For each condition: how many sessions were followed by clearly less pain, by clearly more, by soreness for more than a
day or two, and by anything unwanted; next to the first, what is expected without any effect. Computed from the
estimates alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.models.proportions.responders import responders
from outcomes.questions.answers import in_order, is_recorded, needed_columns, with_too_few_blanked
from outcomes.questions.levels import STRONG, coded, flag_of
from outcomes.questions.sentences.cards import (
    card_note,
    card_sentences,
    conditions_shown,
    not_shown_sentences,
)
from outcomes.questions.soreness import NEEDED, soreness_shares
from outcomes.record.measures import TIMES
from outcomes.record.outcomes import ResponderRule, reaches
from outcomes.words import called

__all__ = [
    "both_or_neither",
    "card",
    "card_note",
    "card_sentences",
    "conditions_shown",
    "conditions_told",
    "expectations",
    "not_shown_sentences",
    "untold_sentences",
]

conditions_told, untold_sentences = conditions_shown, not_shown_sentences
"""Their names in earlier versions."""
_NUMBERS = ["proportion", "conf_low", "conf_high", "null_benchmark", "null_benchmark_flare"]
_COLUMNS = [
    *["condition", "label", "patients", "sessions", "sessions_eligible", "capture_rate"],
    *[*_NUMBERS, "note"],
]
ONE_SIDED = "withheld: both directions of a change are shown, or neither"
_SORE = {24: "Sore for more than one day", 48: "Sore for more than two days"}


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
        null_benchmark, null_benchmark_flare, note``. ``label`` is the line in plain words; ``proportion`` a share of
        sessions; ``null_benchmark`` and ``null_benchmark_flare`` what no effect at all would show (clearly less or more
        pain only); ``capture_rate`` the share of eligible sessions in which the line was recorded.
    """
    labels = called(times or getattr(sessions, "attrs", {}).get("outcomes", {}).get("times"))
    flags = {
        f"pain_{kind}_{time}": f"{said} pain {labels[time]}"
        for time in TIMES
        for kind, said in (("responder", "Clearly less"), ("worse", "Clearly more"))
    }
    frame = needed_columns(
        sessions, "condition", "adverse_event", "pain_during", "activity_limited", *NEEDED, *flags
    )
    frame = frame[frame["condition"].notna()]
    everyone = pd.Series(True, index=frame.index)
    enough = reaches(frame["pain_pre"], ResponderRule().least_baseline)
    parts = [_line(frame, flag, label, (enough, conf_level)) for flag, label in flags.items()]
    parts.append(_sore(frame, conf_level))
    event = frame["adverse_event"].ne("none").astype("float64").where(frame["adverse_event"].notna())
    label = "Anything unwanted, such as a bruise"
    parts.append(_line(frame.assign(any_event=event), "any_event", label, (everyone, conf_level)))
    parts += [
        _line(frame.assign(asked=flag), "asked", said, (everyone, conf_level)) for said, flag in _asked(frame)
    ]
    return _every_line(pd.concat(parts, ignore_index=True), in_order(frame["condition"].unique()))


def _asked(frame: pd.DataFrame) -> list[tuple[str, pd.Series[Any]]]:
    """Lines that stand on a card only where the records ask: strong pain of the needling, limits of activity."""
    pain = frame["pain_during"].astype("float64")
    lines = {
        "pain_during": ("Strong pain of the needling (7 or more of 10)", flag_of(pain, pain >= STRONG)),
        "activity_limited": (
            "Activity limited in the days after",
            1.0 - coded(frame["activity_limited"], "none"),
        ),
    }
    return [line for name, line in lines.items() if is_recorded(frame, name)]


def _line(frame: pd.DataFrame, flag: str, label: str, how: tuple[pd.Series[bool], float]) -> pd.DataFrame:
    """One line of every card: the share of sessions with a flag, of those eligible for it, clustered on patients."""
    eligible, conf_level = how
    if not is_recorded(frame, flag):
        return pd.DataFrame({"condition": frame["condition"].unique().astype("str"), "label": label})
    found = responders(frame, flag, "condition", conf_level=conf_level).astype({"condition": "str"})
    total = found["condition"].map(frame["condition"][eligible].astype("str").value_counts())
    return found.assign(label=label, sessions_eligible=total, capture_rate=found["sessions"] / total)


def _sore(frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    found = soreness_shares(frame, thresholds=list(_SORE), conf_level=conf_level)
    lines = found.assign(label=found["threshold"].map(_SORE)).sort_values("threshold", kind="stable")
    return lines.drop(columns="threshold")


def _every_line(rows: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """Every condition with every line, in order; what was not recorded, or rests on too few, says so."""
    lines = dict.fromkeys(rows["label"])
    grid = pd.MultiIndex.from_product([conditions, lines], names=["condition", "label"]).to_frame(index=False)
    whole = grid.merge(rows, on=["condition", "label"], how="left").reindex(columns=_COLUMNS)
    sizes = {name: whole[name].fillna(0).astype("int64") for name in ("patients", "sessions")}
    numbers = {name: whole[name].astype("float64") for name in _NUMBERS}
    note = whole["note"].mask(whole["proportion"].notna(), "")
    return with_too_few_blanked(whole.assign(**sizes, **numbers, note=note), _NUMBERS)


def card(expected: pd.DataFrame, condition: str) -> pd.DataFrame:
    """The lines of one condition's card, as :func:`outcomes.charts.expectation_card` draws them."""
    rows = expected[expected["condition"] == condition]
    rows = rows.assign(**both_or_neither(rows)).rename(columns={"proportion": "estimate"})
    rows.attrs = dict(expected.attrs)
    return rows


def both_or_neither(rows: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """The figures and notes of a card's lines: where one direction of a change is not shown, neither is the other."""
    shares = dict(zip(rows["label"], rows["proportion"], strict=True))
    other = rows["label"].map(lambda label: shares.get(other_way(label), 0.0))
    one_sided = other.isna() & rows["proportion"].notna()
    figures = {name: rows[name].mask(one_sided) for name in _NUMBERS}
    return {**figures, "note": rows["note"].astype("object").mask(one_sided, ONE_SIDED)}


def other_way(label: str) -> str:
    """The line of the other direction; of a line without one, itself.

    Examples
    --------
    >>> other_way("Clearly less pain at 2 days"), other_way("Sore for more than one day")
    ('Clearly more pain at 2 days', 'Sore for more than one day')
    """
    for one, turned in (("Clearly less", "Clearly more"), ("Clearly more", "Clearly less")):
        if label.startswith(one):
            return label.replace(one, turned, 1)
    return label
