"""What changed, in words: per condition and movement, over all, and held against what chance alone would give.

Comes in: protected frames of :mod:`outcomes.questions.change`, and what the readings are called. Goes out: sentences. A
change is called clear where chance would not give it among so many rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from outcomes.models.multiplicity import adjusted
from outcomes.models.types import Floats
from outcomes.record.conditions import condition_label
from outcomes.record.measures import measure, movement
from outcomes.record.outcomes import reaches
from outcomes.record.plan import ADJUSTMENTS, active_plan
from outcomes.words import called, counted, interval, listed, named, number, percent, rests_on, why

__all__ = [
    "better_worse_sentences",
    "change_sentences",
    "condition_sentences",
    "expected_sentences",
    "gained_sentences",
    "summary_sentences",
]


def condition_sentences(estimates: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """One sentence per condition: both readings, with intervals and who they rest on.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Protected rows of :func:`relief`.
    times : mapping, optional

    Returns
    -------
    list of str
    """
    words = called(times)
    said = []
    for name, rows in estimates.assign(_clear=_clear(estimates)).groupby("condition", sort=False):
        parts = [_reading(row, words[str(row["time"])]) for row in rows.to_dict("records")]
        said.append(f"{condition_label(str(name))}: {'; '.join(parts)}.")
    return said


def _clear(estimates: pd.DataFrame) -> pd.Series:
    """Direction of every change that chance does not give among so many (within each reading), else 0."""
    found = pd.Series(0.0, index=range(len(estimates)))
    rows, how = estimates.reset_index(drop=True), _adjustment(estimates)
    for _, part in rows[rows["conf_low"].notna()].groupby("time", sort=False):
        beyond = adjusted(_p_values(part), how) < 0.05
        found[part.index] = np.where(beyond, np.sign(part["estimate"]), 0.0)
    return pd.Series(found.to_numpy(), index=estimates.index)


def _p_values(rows: pd.DataFrame) -> Floats:
    """Two-sided, against no change; from the interval where the table holds no standard error."""
    half = (rows["conf_high"] - rows["conf_low"]) / (2.0 * stdtrit(np.inf, 0.975))
    error, df = rows.get("std_error", half).fillna(half), rows.get("df", half * np.inf).fillna(np.inf)
    statistic = (rows["estimate"].abs() / error.clip(lower=1e-12)).to_numpy(dtype=float)
    return np.asarray(2.0 * stdtr(df.to_numpy(dtype=float), -statistic))


def _reading(row: Mapping[Any, Any], when: str) -> str:
    if pd.isna(row["estimate"]):
        return f"{when} {why(row['note'])}"
    low, high = row["conf_low"], row["conf_high"]
    if pd.isna(low) or low <= 0.0 <= high:
        sure = f"relief {number(row['estimate'])} points, 95 % interval {interval(low, high)}"
        return f"{when} no clear change ({sure}; {_who(row)})"
    way = "lower" if row["estimate"] > 0 else "higher"
    doubt = "" if row["_clear"] else ", which is not clear beside so many comparisons"
    return f"pain {when} {number(abs(row['estimate']))} points {way} ({_size(row)}; {_who(row)}){doubt}"


def _who(row: Mapping[Any, Any]) -> str:
    return rests_on(pd.Series({str(name): value for name, value in row.items()}))


def _size(row: Mapping[Any, Any]) -> str:
    """Interval of the size of a change, in the direction it was."""
    low, high = sorted((abs(row["conf_low"]), abs(row["conf_high"])))
    return f"95 % interval {interval(low, high)}"


def summary_sentences(estimates: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say which conditions were clearly better, clearly worse, not clearly either, and which cannot be judged.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Protected rows of :func:`relief` or of :func:`outcomes.condition_estimates`.
    times : mapping, optional
    """
    said = []
    for time, rows in estimates.assign(_clear=_clear(estimates)).groupby("time", sort=False):
        when, known = called(times)[str(time)], rows[rows["conf_low"].notna()]
        kinds = {
            "clearly less pain": known[known["_clear"] > 0],
            "clearly more pain": known[known["_clear"] < 0],
            "no clear change": known[known["_clear"] == 0],
        }
        parts = [f"{words} in {_names(part)}" for words, part in kinds.items() if len(part)]
        if parts:
            said.append(f"On average, {when}: {'; '.join(parts)}.")
        absent = rows[rows["conf_low"].isna()]
        for reason, part in absent.groupby(absent["note"].map(why), sort=False):
            said.append(f"{when.capitalize()}, {reason}: {_names(part)}.")
    many = estimates[estimates["conf_low"].notna()].groupby("time").size().max()
    return [*said, _clear_means(estimates, many, "conditions")] if many > 1 else said


def _adjustment(estimates: pd.DataFrame) -> str:
    return active_plan().adjustment(estimates.attrs.get("family", ""))


def _clear_means(estimates: pd.DataFrame, many: float, rows: str) -> str:
    how = ADJUSTMENTS[_adjustment(estimates)]
    return (
        f"“Clear” is what chance alone would not give among {int(many)} {rows} ({how}); of the 95 % "
        "intervals, one in twenty misses by chance."
    )


def _names(rows: pd.DataFrame) -> str:
    return listed(named(str(name)) for name in rows["condition"])


def expected_sentences(overall: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Hold the change over all conditions against what regression to the mean alone would give."""
    said = []
    for row in overall.to_dict("records"):
        low, high = sorted((row["expected_change"], row["null_benchmark_flare"]))
        if pd.isna(row["estimate"]) or pd.isna(low) or pd.isna(high):
            continue
        when = called(times)[str(row["time"])].capitalize()
        depends = "" if number(low) == number(high) else ", depending on whether people come on bad days"
        said.append(
            f"{when}, pain was on average {_moved(row['observed'])}; regression to the mean alone would make it "
            f"{_moved(low, high)}{depends}. {_held_against(row, low, high)}"
        )
    return said


def _moved(relief: float, most: float | None = None) -> str:
    """Relief, or a range of it, as a change of pain."""
    ends = [relief] if most is None or number(most) == number(relief) else [relief, most]
    if all(number(end) == number(0.0) for end in ends):
        return "no lower and no higher"
    way = "higher" if max(ends) <= 0 else "lower"
    sizes = ends if min(ends) < 0 < max(ends) else sorted(abs(end) for end in ends)
    return f"{' to '.join(number(size) for size in sizes)} points {way}"


def _held_against(row: Mapping[Any, Any], low: float, high: float) -> str:
    if row["conf_low"] > high:
        return "That is more than chance and bad days would give; what else lies behind it, these records cannot show."
    if row["conf_high"] < low:
        more = "more pain" if row["conf_high"] < 0 else "less relief"
        return f"That is {more} than chance alone would give."
    return "Chance and bad days could account for all of it."


def gained_sentences(gained: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say whether pain later was lower or higher than right after, over all conditions."""
    words, row = called(times), gained[gained["condition"] == "all"].iloc[0]
    if pd.isna(row["estimate"]):
        return [f"Pain {words['48h']} against pain {words['post']}: {_why_of_all(row['note'])}."]
    who = f"{counted(row['patients'], 'patient')}, {counted(row['sessions'], 'session')} with both readings"
    size = interval(row["conf_low"], row["conf_high"])
    sure = f"{number(row['estimate'])} points, 95 % interval {size}; {who}"
    bound = f"With no effect at all it would differ by {number(row['null_benchmark'])}"
    if number(row["null_benchmark"]) != number(row["null_benchmark_flare"]):
        bound += f" to {number(row['null_benchmark_flare'])}"
    if row["conf_low"] > 0:
        return [f"Relief {words['48h']} exceeded relief {words['post']} ({sure}). {bound} points."]
    if row["conf_high"] < 0:
        return [f"Relief {words['48h']} fell short of relief {words['post']} ({sure}). {bound} points."]
    return [
        f"Relief {words['48h']} and relief {words['post']} did not clearly differ ({sure}). {bound} points."
    ]


def _why_of_all(note: Any) -> str:
    """Why there is no figure of all conditions together: what is withheld there guards small groups among them."""
    if str(note).startswith("withheld"):
        return "not shown, because beside the other figures they would single out too few patients"
    return why(note)


def better_worse_sentences(overall: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say which shares were better, the same and worse by the smallest change that matters."""
    said = []
    for row in overall.to_dict("records"):
        when = called(times)[str(row["time"])].capitalize()
        least = f"{measure(str(row['measure'])).smallest_change or 0:g} points"
        parts = [
            f"{percent(row[name])} {words}"
            for name, words in (
                ("better", f"were better by at least {least}"),
                ("same", f"changed by less than {least}"),
                ("worse", f"were worse by at least {least}"),
            )
            if pd.notna(row[name])
        ]
        if parts:
            unseen = "" if len(parts) == 3 else "; the other shares rest on too few patients to show"
            said.append(f"{when}: of all sessions, {listed(parts)} ({_who(row)}){unseen}.")
        else:
            said.append(f"{when}, shares better and worse: {_why_of_all(row['note'])}.")
    return said


def change_sentences(
    estimates: pd.DataFrame, times: Mapping[str, str] | None = None, *, by: str = "rom_movement"
) -> list[str]:
    """Say which movements (or conditions) changed clearly, against their measurement error, and who that rests on."""
    known = estimates[estimates["estimate"].notna()]
    if known.empty:
        notes = [note for note in estimates["note"].dropna() if note]
        return [f"{measure(str(estimates['measure'].iloc[0])).label}: {why(notes[0] if notes else None)}."]
    said, rows_are = [], "movements" if by == "rom_movement" else "conditions"
    for time, rows in known.assign(_clear=_clear(known)).groupby("time", sort=False):
        when = called(times)[str(time)].capitalize()
        clear, flat = rows[rows["_clear"] != 0], rows[rows["_clear"] == 0]
        parts = ["; ".join(_change(row, by) for row in clear.to_dict("records"))] if len(clear) else []
        if len(flat):
            parts.append(f"no clear change in {listed(_label(row, by) for row in flat.to_dict('records'))}")
        said.append(f"{when}: {'; '.join(parts)}. This rests on {_who_all(rows, rows_are)}.")
        said += _against_error(clear, when) if by == "rom_movement" else []
    many = known.groupby("time").size().max()
    return [*said, _clear_means(estimates, many, rows_are)] if many > 1 else said


def _label(row: Mapping[Any, Any], by: str) -> str:
    if by != "rom_movement":
        return named(str(row[by]))
    label = movement(str(row[by])).label
    return label[:1].lower() + label[1:]


def _change(row: Mapping[Any, Any], by: str) -> str:
    unit = movement(str(row[by])).unit if by == "rom_movement" else "points"
    way = "more" if row["estimate"] > 0 else "less"
    size = f"{number(abs(row['estimate']))} {'degrees' if unit == 'degree' else unit} {way}"
    return f"{_label(row, by)} {size} ({_size(row)})"


def _who_all(rows: pd.DataFrame, rows_are: str) -> str:
    """Patients and recorded share of several rows, as ranges."""
    low, high = int(rows["patients"].min()), int(rows["patients"].max())
    one = rows_are.removesuffix("s")
    who = f"{counted(high, 'patient')}" if low == high else f"{low:,} to {high:,} patients per {one}"
    rates = rows["capture_rate"].dropna() if "capture_rate" in rows.columns else pd.Series(dtype=float)
    if rates.empty:
        return who
    ends = dict.fromkeys([percent(rates.min()), percent(rates.max())])
    return f"{who}, recorded in {' to '.join(ends)} of the sessions with a reading before"


def _against_error(clear: pd.DataFrame, when: str) -> list[str]:
    """Hold clear mean gains against the error of a single reading, which is what one patient's gain has."""
    size, within = clear["estimate"].abs(), []
    if clear.empty:
        return []
    errors = clear["rom_movement"].astype("str").map(lambda name: movement(name).measurement_error)
    within = [_label(row, "rom_movement") for row in clear[~reaches(size, errors)].to_dict("records")]
    beyond = [_label(row, "rom_movement") for row in clear[reaches(size, errors)].to_dict("records")]
    said = []
    if within:
        said.append(
            f"{when}, the mean change is smaller than the measurement error of one patient's reading in "
            f"{listed(within)}: in one patient it could not be told from error."
        )
    if beyond:
        said.append(f"{when}, it is larger than that error in {listed(beyond)}.")
    return said
