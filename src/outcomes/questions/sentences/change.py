"""What changed, in words: over all, per condition and movement, always next to what is expected without any effect.

Comes in: protected frames of :mod:`outcomes.questions.change`, and what the readings are called. Goes out: sentences. A
size is given with its interval; only :mod:`outcomes.questions.expected` says that it is more, or less, than expected.
Single conditions are named only where all of them together are beyond what is expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from outcomes.questions.expected import LESS, MORE, NO_MORE, UNSURE, direction, expected_range, verdicts
from outcomes.record.measures import measure, movement
from outcomes.record.outcomes import reaches
from outcomes.words import called, counted, interval, listed, named, number, percent, rests_on, why

__all__ = [
    "better_worse_sentences",
    "change_sentences",
    "change_verdicts",
    "expected_sentences",
    "gained_sentences",
    "in_words",
    "moved",
    "summary_sentences",
    "verdict_words",
]

EXPECTED = ("expected_change", "null_benchmark_flare")
"""Ends of what is expected without any effect: visits booked ahead, and bad days."""
MOST_NAMED = 4
"""A sentence names at most so many conditions; more are counted, and stand in the table."""
_FAMILIES = {"post": "right after", "48h": "at the follow-up"}
_VERDICTS = {
    MORE: "That is more than expected; these records cannot show why.",
    LESS: "That is less than expected.",
    NO_MORE: "That is no more than expected.",
    UNSURE: "Whether that is more than expected, these records can't tell.",
}


# --- over all conditions ----------------------------------------------------------------------------------------------


def expected_sentences(overall: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Compare the change over all conditions with what is expected without any effect.

    Parameters
    ----------
    overall : pandas.DataFrame
        Protected rows of :func:`outcomes.change.relief` with ``overall=True``.
    times : mapping, optional
    """
    said = []
    for row, verdict in zip(overall.to_dict("records"), change_verdicts(overall), strict=True):
        if not verdict:
            continue
        when, low, high = called(times)[str(row["time"])].capitalize(), *_both_ends(row)
        said.append(
            f"{when}, pain was {moved(row['estimate'])} on average (95% CI of the relief "
            f"{interval(row['conf_low'], row['conf_high'])}). "
            f"Relief {expected_range(low, high)}. {verdict_words(row, verdict)}"
        )
    return said


def change_verdicts(estimates: pd.DataFrame) -> pd.Series[str]:
    """The verdict of every row of a table of relief: each reading is a family, and the conditions one of their own."""
    family = "relief" if set(estimates["condition"]) <= {"all"} else "relief per condition"
    parts = [
        verdicts(rows, f"{family} {_FAMILIES[str(time)]}", expected=EXPECTED)
        for time, rows in estimates.groupby("time")
    ]
    return pd.concat(parts).reindex(estimates.index) if parts else pd.Series(dtype="str")


def _both_ends(row: Mapping[Any, Any]) -> list[float]:
    return sorted(float(row[name]) for name in EXPECTED)


def verdict_words(row: Mapping[Any, Any], verdict: str) -> str:
    """The verdict in a sentence, with its size against the smallest change that matters where there is one."""
    least = measure(str(row["measure"])).smallest_change or 0.0
    small = verdict in (MORE, LESS) and abs(row["estimate"]) < least
    size = f" It is a small change: patients call {number(least, 0)} points worthwhile." if small else ""
    rose = verdict == LESS and row["conf_high"] < 0
    return ("Pain rose by more than expected." if rose else _VERDICTS[verdict]) + size


def moved(relief: float) -> str:
    """Relief as a change of pain."""
    size = number(abs(relief))
    return "unchanged" if size == number(0.0) else f"{size} points {'lower' if relief > 0 else 'higher'}"


def gained_sentences(gained: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Compare pain later with pain right after, over all conditions."""
    words, all_rows = called(times), gained[gained["condition"] == "all"]
    row = all_rows.iloc[0]
    if pd.isna(row["estimate"]):
        return [f"Pain {words['48h']} against pain {words['post']}: {why(row['note'])}."]
    ends = sorted([row["null_benchmark"], row["null_benchmark_flare"]])
    verdict = verdicts(
        all_rows, "early and later relief", expected=("null_benchmark", "null_benchmark_flare")
    ).iloc[0]
    return [
        f"Compared with right after, pain {words['48h']} was {moved(row['estimate'])} (95% CI "
        f"{interval(row['conf_low'], row['conf_high'])}; {counted(row['patients'], 'patient')} with "
        "both readings). "
        f"This change, {expected_range(*ends)}. {_VERDICTS.get(verdict, '')}".strip()
    ]


def better_worse_sentences(overall: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say which shares were better, worse and neither by the smallest change that matters: all of them or none."""
    said = []
    for row in overall.to_dict("records"):
        when = called(times)[str(row["time"])].capitalize()
        least = f"{measure(str(row['measure'])).smallest_change or 0:g} points"
        shares = [row[name] for name in ("better", "worse", "same")]
        if pd.isna(shares).any():
            said.append(f"{when}, shares better and worse: {why(row['note'])}.")
            continue
        better, worse, same = map(percent, shares)
        said.append(
            f"{when}: {better} of sessions better by {least} or more, {worse} worse, {same} neither "
            f"({rests_on(pd.Series(row))})."
        )
    return said


# --- per condition ----------------------------------------------------------------------------------------------------


def in_words(estimates: pd.DataFrame, times: Mapping[str, str] | None = None) -> pd.DataFrame:
    """A table of relief for reading: one row a condition and reading, with what is expected and the verdict.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Protected rows of :func:`outcomes.change.relief`.
    times : mapping, optional
    """
    words, said = called(times), change_verdicts(estimates)
    found = pd.DataFrame(
        {
            "condition": estimates["condition"],
            "reading": [words[str(time)] for time in estimates["time"]],
            "relief": [_size(row) for row in estimates.to_dict("records")],
            "expected": [_range(row) for row in estimates.to_dict("records")],
            "verdict": [said[place] or why(estimates["note"][place]) for place in estimates.index],
            "patients": estimates["patients"],
        }
    )
    found.attrs = dict(estimates.attrs)
    return found


def _size(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["estimate"]):
        return "—"
    return f"{number(row['estimate'])} ({interval(row['conf_low'], row['conf_high'])})"


def _range(row: Mapping[Any, Any]) -> str:
    low, high = _both_ends(row)
    return "—" if pd.isna(low) or pd.isna(high) else interval(low, high)


def summary_sentences(estimates: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say in how many conditions the change was beyond what is expected, and name them where they are few.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Protected rows of :func:`outcomes.change.relief`, one per condition and time.
    times : mapping, optional
    """
    said = []
    for time, rows in estimates.assign(_said=change_verdicts(estimates)).groupby("time", sort=False):
        when, known = called(times)[str(time)].capitalize(), rows[rows["_said"] != ""]
        if len(known):
            said.append(f"{when}: {_beyond(known)}.")
        absent = rows[rows["_said"] == ""]
        for reason, part in absent.groupby(absent["note"].map(why), sort=False):
            said.append(f"{when}, {reason}: {_named(part['condition'])}.")
    return said


def _beyond(known: pd.DataFrame) -> str:
    parts = [
        f"the relief was {verdict} in {_named(part['condition'])}"
        for verdict in (MORE, LESS)
        if len(part := known[known["_said"] == verdict])
    ]
    many = counted(len(known), "condition")
    if parts:
        return f"{' and '.join(parts)}, of {many}"
    return f"in none of {many} was relief clearly more, or less, than expected without any effect"


def _named(conditions: Iterable[Any]) -> str:
    names = [named(str(name)) for name in conditions]
    return listed(names) if len(names) <= MOST_NAMED else f"{len(names)} conditions (see the table)"


# --- range of motion and function -------------------------------------------------------------------------------------


def change_sentences(
    estimates: pd.DataFrame, times: Mapping[str, str] | None = None, *, by: str = "rom_movement"
) -> list[str]:
    """Say how large the changes were, how many are clear, and compare them with measurement error.

    What would be seen without any effect is not known of range and function, so that no direction is spoken of.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Protected rows of :func:`outcomes.condition_estimates`, of movements or of conditions.
    times : mapping, optional
    by : {"rom_movement", "condition"}
    """
    known = estimates[estimates["conf_low"].notna()]
    if known.empty:
        notes = [note for note in estimates["note"].dropna() if note]
        return [f"{measure(str(estimates['measure'].iloc[0])).label}: {why(notes[0] if notes else None)}."]
    family = "range of motion" if by == "rom_movement" else "function"
    said = []
    for time, rows in known.groupby("time", sort=False):
        when, changed = called(times)[str(time)].capitalize(), direction(rows, family) != 0
        many = int(changed.sum()) or "none"
        said.append(
            f"{when}: {_sizes(rows, by)} ({_patients(rows)}). Clear of no change: {many} of "
            f"{len(rows)} (see the chart)."
        )
        if by == "rom_movement":
            said += _against_error(rows[changed])
    return [*said, _ANYWAY[by]]


_ANYWAY = {
    "rom_movement": "A second measurement is often a little larger anyway, by how much these records can't tell.",
    "condition": "People who come on a bad day improve anyway, by how much these records can't tell.",
}
"""Why a change in range or function is not called more than expected."""


def _sizes(rows: pd.DataFrame, by: str) -> str:
    """The span of the average changes, unit by unit."""
    units = rows[by].map(lambda name: movement(str(name)).unit if by == "rom_movement" else "points")
    spans = []
    for unit, part in rows.groupby(units, sort=False):
        ends = [number(part["estimate"].min()), number(part["estimate"].max())]
        words = {"degree": "degrees"}.get(str(unit), str(unit))
        spans.append(f"{' to '.join(dict.fromkeys(ends))} {words}")
    things = counted(len(rows), "movement" if by == "rom_movement" else "condition")
    return f"average gains of {listed(spans)} in {things}"


def _patients(rows: pd.DataFrame) -> str:
    low, high = rows["patients"].min(), rows["patients"].max()
    return counted(high, "patient") if not low < high else f"{low:,.0f} to {high:,.0f} patients each"


def _against_error(clear: pd.DataFrame) -> list[str]:
    """Compare clear average changes, gains or losses, with the measurement error of one patient."""
    if clear.empty:
        return []
    errors = clear["rom_movement"].map(lambda name: movement(str(name)).measurement_error)
    beyond = int(reaches(clear["estimate"].abs(), errors).sum())
    if beyond:
        return [
            f"In {beyond} of these {len(clear)} the average change is larger than one patient's "
            "measurement error."
        ]
    return ["Each is smaller than one patient's measurement error, so it can't be seen in a single patient."]
