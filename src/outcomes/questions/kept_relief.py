"""How much of the first relief is kept, and who got worse, each next to what is expected without any effect.

Sessions with relief were selected for a good reading, and those that begin low have more room to get worse: so neither
is shown without its benchmark.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.chance.variation import null_slope, on_bad_days
from outcomes.models.ratio import ratio_of_sums
from outcomes.questions.answers import (
    blank,
    in_order,
    is_recorded,
    needed_columns,
    size_of,
    why_none,
    with_limits,
)
from outcomes.questions.sentences.kept_relief import kept_sentences, worse_sentences
from outcomes.questions.thresholds import share_of
from outcomes.record.measures import TIMES
from outcomes.record.outcomes import reaches

__all__ = ["kept_sentences", "relief_kept", "who_got_worse", "worse_sentences"]

_RELIEFS = ("pain_relief_post", "pain_relief_48h")
_INTERVAL = ("estimate", "std_error", "df", "conf_low", "conf_high")
_KEPT = (*_INTERVAL, "null_benchmark", "null_benchmark_flare", "share_still_better")
_MOVED = ("2 or more better", "2 or more worse", "within 2 points")


def relief_kept(
    sessions: Any, *, by: str = "condition", least: float = 2.0, conf_level: float = 0.95
) -> pd.DataFrame:
    """How much of the relief right after is still there later, among sessions that had some.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str
        What the rows are of, besides one row "all".
    least : float
        Relief right after that a session must have, points.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, estimate, std_error, df, conf_low, conf_high, null_benchmark, null_benchmark_flare,
        share_still_better, note``. ``estimate`` is the later relief as a share of the immediate one (a ratio of means,
        patient-clustered); the benchmarks are that ratio with no effect at all, for visits booked ahead and for bad
        days (pain more than a point above usual).

    Notes
    -----
    Sessions are chosen for their immediate relief, so part of it is chance and is lost whatever happens: with no
    effect and jointly normal readings the later one is expected at ``m + b (pre - m) + b (post - m)``,
    ``b = c / (v + d)``, with ``v`` the variance of a reading, ``d`` and ``c`` its covariance with a second one the
    same day and two days later. On a bad day both readings hold a flare, of which ``1 - r`` has passed two days later.
    """
    frame = needed_columns(sessions, "condition", "session_number", "pain_pre", *_RELIEFS, by=by)
    recorded = all(is_recorded(frame, f"pain_{time}") for time in TIMES)
    both = frame[frame["pain_relief_48h"].notna() & reaches(frame["pain_relief_post"], least)]
    both = both.assign(usual=both["condition"].map(_usual_pain(frame)).astype(float))
    parts = {name: both[both[by] == name] for name in in_order(frame[by].dropna().unique(), by)}
    rows = [
        {by: group, **_kept_row(part, conf_level, recorded=recorded)}
        for group, part in {**parts, "all": both}.items()
    ]
    return pd.DataFrame(rows)


def _usual_pain(frame: pd.DataFrame) -> pd.Series[float]:
    """Mean baseline pain per condition, first sessions preferred."""
    first = frame[frame["session_number"] == 1]
    return (first if len(first) else frame).groupby("condition", observed=True)["pain_pre"].mean()


def _kept_row(part: pd.DataFrame, conf_level: float, *, recorded: bool) -> dict[str, Any]:
    size = size_of(part)
    why = why_none(size["patients"], recorded=recorded)
    if why:
        return {**size, **blank(_KEPT, why)}
    at_once, later = (part[name].to_numpy(float) for name in _RELIEFS)
    ratio, error = ratio_of_sums(later, at_once, part["patient_id"].to_numpy())
    nothing = float(_later_relief_with_no_effect(part).sum())
    passes = _passes_of_a_bad_day() * len(part)
    return {
        **size,
        **with_limits(ratio, error, float(size["patients"] - 1), conf_level),
        "null_benchmark": nothing / float(at_once.sum()),
        "null_benchmark_flare": (nothing + passes) / float(at_once.sum()),
        "share_still_better": float(reaches(later, 2.0).mean()),
        "note": "",
    }


def _later_relief_with_no_effect(part: pd.DataFrame) -> pd.Series[float]:
    """Later relief expected of the readings before and right after, which both weigh as the null slope says."""
    before, usual, weight = part["pain_pre"], part["usual"], null_slope()
    return before - (usual + weight * (before - usual) + weight * (part["pain_post"] - usual))


def _passes_of_a_bad_day() -> float:
    """Points of a bad day's flare that are gone two days later."""
    known = on_bad_days()
    return (1.0 - known.flare_correlation_48h) * known.booking_flare * known.flare_sd


_BANDS = {
    "mild (below 4)": (0.0, 4.0),
    "moderate (4 to below 7)": (4.0, 7.0),
    "severe (7 or more)": (7.0, 11.0),
}


def who_got_worse(sessions: Any, *, time: str = "48h") -> pd.DataFrame:
    """Share of sessions followed by worsening, by what was known before or right after.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    time : {"post", "48h"}

    Returns
    -------
    pandas.DataFrame
        ``variable, group, patients, sessions, proportion, conf_low, conf_high, null_benchmark, note``. Only sessions
        that began with pain of at least 3 can count as worse by the rule. By relief right after there is no
        benchmark: it would have to know that reading too.
    """
    frame = needed_columns(sessions, "condition", "session_number", "sex", "pain_pre", *_RELIEFS)
    groupings = _groupings(frame, time)
    frame, found = frame.assign(**groupings), []
    for variable, values in groupings.items():
        if not (values.notna().any() and is_recorded(frame, f"pain_{time}")):
            continue
        shares = share_of(frame, f"pain_worse_{time}", variable).rename(columns={variable: "group"})
        if variable == "relief right after":
            shares["null_benchmark"] = np.nan
        found.append(shares.assign(variable=variable, group=shares["group"].astype("str")))
    rows = found or [share_of(frame, f"pain_worse_{time}", None).assign(variable="all", group="all")]
    names = ["proportion", "conf_low", "conf_high", "null_benchmark", "note"]
    return pd.concat(rows, ignore_index=True)[["variable", "group", "patients", "sessions", *names]]


def _groupings(frame: pd.DataFrame, time: str) -> dict[str, pd.Series[Any]]:
    """The groups of each variable that sessions are compared by."""
    pain, change = frame["pain_pre"], frame["pain_relief_post"]
    bands = [pain.ge(low) & pain.lt(high) for low, high in _BANDS.values()]
    later = frame["session_number"].ne(1).fillna(True).to_numpy(bool)
    moved = np.select([change.isna(), reaches(change, 2), reaches(-change, 2)], [-1, 0, 1], 2)
    groupings = {
        "pain before": _category(np.select(bands, range(len(bands)), -1), _BANDS, frame),
        "session": _category(later.astype(np.int8), ("first", "later"), frame),
        "sex": frame["sex"],
    }
    return groupings | ({"relief right after": _category(moved, _MOVED, frame)} if time == "48h" else {})


def _category(codes: npt.NDArray[Any], names: Iterable[str], frame: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index([*names])), index=frame.index)
