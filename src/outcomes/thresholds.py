"""Sessions in, shares of sessions beyond every threshold out: the whole responder curve, not one cut.

Beside each share stands what no effect at all would show, and beside better stands worse, by the same cut. A session
that began below the rule's least pain is in no denominator. Intervals respect the patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.bad_days import on_bad_days
from outcomes.benchmark import null_benchmark
from outcomes.conditions import CONDITIONS
from outcomes.derive import ResponderRule, with_outcomes
from outcomes.errors import EstimationError
from outcomes.estimates import NOT_RECORDED, TOO_FEW, TOO_FEW_PATIENTS
from outcomes.measures import TIMES, published_rules
from outcomes.proportions import responders
from outcomes.quality import called, percent, why
from outcomes.rule_shares import rule_shares
from outcomes.variation import Variation
from outcomes.words import counted, in_ten, interval, listed, number

__all__ = [
    "POINTS",
    "curve_sentences",
    "kept_sentences",
    "relief_kept",
    "responder_curve",
    "responder_shares",
    "share_sentences",
    "shares_by_rule",
    "who_got_worse",
    "worse_sentences",
]

POINTS = tuple(float(value) for value in range(-5, 9))
"""Thresholds of the curve in points of 0-10; those below zero count everybody who is not much worse."""
PERCENT = tuple(float(value) for value in range(-50, 101, 10))
NO_LIMIT = -1e6
"""A rule without this part."""
_NUMBERS = ("proportion", "std_error", "conf_low", "conf_high")
_NEEDED = ("patient_id", "condition", "session_number", "pain_pre", "pain_post", "pain_48h", "followup_h")


def _narrow(sessions: pd.DataFrame, *more: str) -> pd.DataFrame:
    """Keep what the shares need, so that repeated counting is cheap."""
    return sessions[[name for name in dict.fromkeys([*_NEEDED, *more]) if name in sessions.columns]]


def _recorded(sessions: pd.DataFrame, time: str) -> bool:
    return f"pain_{time}" in sessions.columns and bool(sessions[f"pain_{time}"].notna().any())


def _in_order(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Rows in the fixed order of conditions, other groups as they sort."""
    known = {name: place for place, name in enumerate(CONDITIONS)} if by == "condition" else {}
    rank = frame[by].astype("str").map(lambda name: (known.get(name, len(known)), name))
    return frame.assign(**{by: frame[by].astype("str")}).loc[rank.sort_values(kind="stable").index]


def _judged(frame: pd.DataFrame) -> pd.DataFrame:
    """Withdraw shares that rest on too few patients, and say so; sessions that cannot count say what they lack."""
    few = frame["patients"] < TOO_FEW_PATIENTS
    shown = frame.assign(**{name: frame[name].where(~few) for name in _NUMBERS if name in frame.columns})
    return shown.assign(note=frame["note"].where(~few, TOO_FEW))


def responder_curve(
    sessions: pd.DataFrame,
    *,
    by: str | None = None,
    times: Sequence[str] = TIMES,
    unit: str = "points",
    thresholds: Iterable[float] | None = None,
) -> pd.DataFrame:
    """Share of sessions with at least so much relief, for every threshold.

    Parameters
    ----------
    sessions : pandas.DataFrame
    by : str, optional
        Grouping column; one curve for all by default.
    times : sequence of {"post", "48h"}
    unit : {"points", "percent"}
        Of the thresholds.
    thresholds : iterable of float, optional

    Returns
    -------
    pandas.DataFrame
        ``[<by>,] time, threshold, patients, sessions, proportion, conf_low, conf_high, null_benchmark, note``; sessions
        are those that began with pain of at least 3. Below zero, the share that was not worse by more than that.

    Raises
    ------
    EstimationError
        For a unit other than the two.
    """
    if unit not in ("points", "percent"):
        raise EstimationError(f"{unit!r} is no unit of relief; choose points or percent.")
    values = tuple(thresholds) if thresholds is not None else POINTS if unit == "points" else PERCENT
    rules = [
        ResponderRule(percent=NO_LIMIT, points=value) if unit == "points" else ResponderRule(value, NO_LIMIT)
        for value in values
    ]
    narrow = _narrow(sessions, *([by] if by else []))
    parts = []
    for time in times:
        found = rule_shares(narrow, time, rules if _recorded(sessions, time) else rules[:1], by=by)
        parts.append(found.assign(time=time, threshold=found["order"].map(lambda place: values[place])))
    keys = [by] if by else []
    names = [
        "time",
        "threshold",
        "patients",
        "sessions",
        "proportion",
        "conf_low",
        "conf_high",
        "null_benchmark",
    ]
    frame = pd.concat(parts, ignore_index=True)[[*keys, *names, "note"]]
    return _in_order(frame, by).reset_index(drop=True) if by else frame


def responder_shares(
    sessions: pd.DataFrame, *, by: str | None = "condition", times: Sequence[str] = TIMES
) -> pd.DataFrame:
    """Share of sessions better, and worse, by the default rule, with the null benchmark.

    Returns
    -------
    pandas.DataFrame
        ``[<by>,] outcome, time, patients, sessions, responders, proportion, std_error, conf_low, conf_high,
        null_benchmark, null_benchmark_flare, note``. ``outcome`` is ``better`` or ``worse``; the second
        benchmark is for everybody coming on a bad day (pain more than a point above usual).
    """
    narrow = _narrow(sessions, *([by] if by else []))
    rows = []
    for outcome, stem in (("better", "pain_responder"), ("worse", "pain_worse")):
        for time in times:
            if _recorded(sessions, time):
                found = _with_flare(responders(narrow, f"{stem}_{time}", by), narrow, f"{stem}_{time}", by)
                rows.append(_judged(found).assign(outcome=outcome, time=time))
            else:
                rows.append(_none_recorded(sessions, by).assign(outcome=outcome, time=time))
    frame = pd.concat(rows, ignore_index=True)
    keys = [by] if by else []
    names = ["responders", *_NUMBERS, "null_benchmark", "null_benchmark_flare", "note"]
    frame = frame[[*keys, "outcome", "time", "patients", "sessions", *names]]
    return _in_order(frame, by).reset_index(drop=True) if by else frame


def _with_flare(found: pd.DataFrame, narrow: pd.DataFrame, flag: str, by: str | None) -> pd.DataFrame:
    benchmark = null_benchmark(narrow, flag, by, variation=on_bad_days())
    if by is None:
        return found.assign(null_benchmark_flare=benchmark["null_benchmark_flare"].to_numpy())
    known = dict(zip(benchmark[by].astype("str"), benchmark["null_benchmark_flare"], strict=True))
    return found.assign(null_benchmark_flare=found[by].astype("str").map(known).astype(float))


def _none_recorded(sessions: pd.DataFrame, by: str | None) -> pd.DataFrame:
    groups = sessions[by].dropna().astype("str").drop_duplicates().tolist() if by else [""]
    blank: dict[str, Any] = dict.fromkeys((*_NUMBERS, "null_benchmark", "null_benchmark_flare"), np.nan)
    rows = [
        {by or "group": group, "patients": 0, "sessions": 0, "responders": 0, **blank} for group in groups
    ]
    return pd.DataFrame(rows).assign(note=NOT_RECORDED)


def shares_by_rule(sessions: pd.DataFrame, *, times: Sequence[str] = TIMES) -> pd.DataFrame:
    """Share of sessions that respond by each published rule, all conditions together, with its null benchmark.

    Returns
    -------
    pandas.DataFrame
        ``rule, label, time, patients, sessions, proportion, conf_low, conf_high, null_benchmark, note``.
    """
    published = published_rules()
    rules = [ResponderRule(known.percent, known.points, known.least_baseline) for known in published]
    parts = []
    for time in times:
        found = rule_shares(_narrow(sessions), time, rules)
        named = {"rule": [known.name for known in published], "label": [known.label for known in published]}
        parts.append(found.assign(time=time, **named))
    frame = pd.concat(parts, ignore_index=True).sort_values(
        ["order", "time"], ascending=[True, False], kind="stable"
    )
    names = ["proportion", "conf_low", "conf_high", "null_benchmark", "note"]
    return frame[["rule", "label", "time", "patients", "sessions", *names]].reset_index(drop=True)


def relief_kept(
    sessions: pd.DataFrame, *, by: str = "condition", least: float = 2.0, conf_level: float = 0.95
) -> pd.DataFrame:
    """How much of the relief right after is still there later, among sessions that had some.

    Parameters
    ----------
    sessions : pandas.DataFrame
    by : str
        What the rows are of, besides one row "all".
    least : float
        Relief right after that a session must have, points.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, estimate, std_error, df, conf_low, conf_high, null_benchmark, share_still_better,
        note``.
        ``estimate`` is the later relief as a share of the immediate one (a ratio of means, patient-clustered);
        ``null_benchmark`` is that ratio with no effect at all.

    Notes
    -----
    Sessions are chosen for their immediate relief, so part of it is chance and is lost whatever happens: with no
    effect and jointly normal readings the later one is expected at ``m + b (pre - m) + b (post - m)``,
    ``b = c / (v + d)``, with ``v`` the variance of a reading, ``d`` and ``c`` its covariance with a second one the
    same day and two days later.
    """
    names = ["pain_relief_post", "pain_relief_48h"]
    frame = with_outcomes(sessions, names)
    if not set(names).issubset(frame.columns):
        frame = frame.assign(**dict.fromkeys(names, np.nan))
    both = frame[frame["pain_relief_48h"].notna() & (frame["pain_relief_post"] >= least)]
    recorded = all(_recorded(sessions, time) for time in TIMES)
    mean = _usual_pain(frame)
    groups = [*dict.fromkeys(_in_order(sessions[[by]].dropna(), by)[by]), "all"]
    rows = []
    for group in groups:
        part = both if group == "all" else both[both[by].astype("str") == group]
        rows.append({by: group, **_kept_row(part, mean, conf_level, recorded=recorded)})
    return pd.DataFrame(rows)


def _usual_pain(frame: pd.DataFrame) -> pd.Series:
    """Mean pain before, per condition, from first sessions where there are any."""
    first = frame[frame["session_number"] == 1]
    means = (first if len(first) else frame).groupby("condition", observed=True)["pain_pre"].mean()
    return frame["condition"].astype("str").map(means.rename(index=str)).astype(float)


def _kept_row(part: pd.DataFrame, mean: pd.Series, conf_level: float, *, recorded: bool) -> dict[str, Any]:
    from scipy.special import stdtrit

    patients = int(part["patient_id"].nunique())
    row: dict[str, Any] = {"patients": patients, "sessions": len(part)}
    blank = dict.fromkeys(
        ("estimate", "std_error", "df", "conf_low", "conf_high", "null_benchmark", "share_still_better"),
        np.nan,
    )
    if not recorded or patients < TOO_FEW_PATIENTS:
        return row | blank | {"note": TOO_FEW if recorded else NOT_RECORDED}
    later, at_once = part["pain_relief_48h"].to_numpy(float), part["pain_relief_post"].to_numpy(float)
    ratio = later.sum() / at_once.sum()
    per_patient = pd.Series(later - ratio * at_once).groupby(part["patient_id"].to_numpy()).sum()
    error = float(np.sqrt((per_patient**2).sum() * patients / (patients - 1))) / at_once.sum()
    reach = float(stdtrit(patients - 1, 0.5 + conf_level / 2)) * error
    expected = part["pain_pre"] - _later_with_no_effect(part, mean.loc[part.index])
    return row | {
        "estimate": float(ratio),
        "std_error": error,
        "df": float(patients - 1),
        "conf_low": float(ratio - reach),
        "conf_high": float(ratio + reach),
        "null_benchmark": float(expected.sum() / at_once.sum()),
        "share_still_better": float((later >= 2.0).mean()),
        "note": "",
    }


def _later_with_no_effect(part: pd.DataFrame, mean: pd.Series) -> pd.Series:
    v = Variation.published()
    same_day = v.usual_pain_sd**2 + v.flare_correlation_post * v.flare_sd**2
    later = v.usual_pain_sd**2 + v.flare_correlation_48h * v.flare_sd**2
    weight = later / (v.variance + same_day)
    return mean + weight * (part["pain_pre"] - mean) + weight * (part["pain_post"] - mean)


_BANDS = {
    "mild (below 4)": (0.0, 4.0),
    "moderate (4 to below 7)": (4.0, 7.0),
    "severe (7 or more)": (7.0, 11.0),
}


def who_got_worse(sessions: pd.DataFrame, *, time: str = "48h") -> pd.DataFrame:
    """Share of sessions followed by worsening, by what was known before or right after.

    Parameters
    ----------
    sessions : pandas.DataFrame
    time : {"post", "48h"}

    Returns
    -------
    pandas.DataFrame
        ``variable, group, patients, sessions, proportion, conf_low, conf_high, null_benchmark, note``. Only sessions
        that began with pain of at least 3 can count as worse by the rule.
    """
    frame = _groupings(sessions, time)
    rows = []
    for variable in ("pain before", "session", "sex", "relief right after"):
        if (
            variable not in frame.columns
            or not frame[variable].notna().any()
            or not _recorded(sessions, time)
        ):
            continue
        found = responders(frame, f"pain_worse_{time}", variable).rename(columns={variable: "group"})
        rows.append(_judged(found).assign(variable=variable, group=found["group"].astype("str")))
    if not rows:
        rows = [_none_recorded(sessions, None).assign(variable="all", group="all")]
    names = ["proportion", "conf_low", "conf_high", "null_benchmark", "note"]
    return pd.concat(rows, ignore_index=True)[["variable", "group", "patients", "sessions", *names]]


def _groupings(sessions: pd.DataFrame, time: str) -> pd.DataFrame:
    frame = with_outcomes(_narrow(sessions, "sex"), ["pain_relief_post"])
    pain = frame["pain_pre"]
    bands = [pain.ge(low) & pain.lt(high) for low, high in _BANDS.values()]
    frame = frame.assign(**{"pain before": pd.Series(np.select(bands, list(_BANDS), ""), index=frame.index)})
    frame["pain before"] = frame["pain before"].where(pain.notna())
    frame["session"] = np.where(frame["session_number"] == 1, "first", "later")
    if time == "48h" and "pain_relief_post" in frame.columns:
        change = frame["pain_relief_post"]
        named = np.select(
            [change >= 2, change <= -2], ["2 or more better", "2 or more worse"], "within 2 points"
        )
        frame["relief right after"] = pd.Series(named, index=frame.index).where(change.notna())
    return frame


# --- in words ---------------------------------------------------------------------------------------------------------


def share_sentences(shares: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how many were better and how many worse, all conditions together, against no effect at all."""
    said = []
    for time in dict.fromkeys(shares["time"]):
        rows = shares[shares["time"] == time].set_index("outcome")
        when = called(times)[str(time)].capitalize()
        better, worse = rows.loc["better"], rows.loc["worse"]
        if pd.isna(better["proportion"]):
            said.append(f"{when}: {why(better['note'])}.")
            continue
        who = f"{counted(better['patients'], 'patient')}, {counted(better['sessions'], 'session')}"
        said.append(
            f"{when}, {_share(better)} of the sessions that began with pain of 3 or more were followed by "
            "relief of at "
            f"least 30 % and 2 points, and {_worse(worse)} ({who}). {_against_nothing(better)}"
        )
    return said


def _worse(row: pd.Series) -> str:
    if pd.isna(row["proportion"]):
        return "a share too small to show by as much worsening"
    return f"{_share(row)} by as much worsening"


def _share(row: pd.Series) -> str:
    if pd.isna(row["proportion"]) or pd.isna(row["conf_low"]):
        return in_ten(row["proportion"])
    return f"{in_ten(row['proportion'])} ({100 * row['conf_low']:.0f} to {100 * row['conf_high']:.0f} %)"


def _against_nothing(row: pd.Series) -> str:
    low, high = row["null_benchmark"], row["null_benchmark_flare"]
    if pd.isna(low) or pd.isna(high):
        return ""
    said = (
        f"With no effect at all, {percent(low)} would “respond”, and {percent(high)} if all came on a bad day"
    )
    if row["conf_high"] < low:
        return f"{said}; fewer did here."
    if row["conf_low"] > high:
        return f"{said}; more did here than either, by an amount these records cannot assign to needling."
    if row["conf_low"] > low:
        return f"{said}; what was seen lies above the first and not clearly above the second."
    return f"{said}; what was seen cannot be told from that."


def curve_sentences(curve: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how the share falls as more relief is asked for."""
    said = []
    for time in dict.fromkeys(curve["time"]):
        rows = curve[(curve["time"] == time) & curve["proportion"].notna()].set_index("threshold")
        asked = [value for value in (1.0, 2.0, 4.0) if value in rows.index]
        if asked:
            points = listed(number(value, 0) for value in asked)
            shares = listed(_beside(row) for row in rows.loc[asked].to_dict("records"))
            said.append(
                f"Relief {called(times)[str(time)]} of at least {points} points was seen in {shares} of the sessions."
            )
    if said:
        return [*said, "In brackets: the share with no effect at all."]
    return [f"The curve of relief: {why(curve['note'].iloc[0] if len(curve) else NOT_RECORDED)}."]


def _beside(row: Mapping[Any, Any] | pd.Series) -> str:
    nothing = row["null_benchmark"]
    return f"{percent(row['proportion'])}" + ("" if pd.isna(nothing) else f" [{percent(nothing)}]")


def kept_sentences(kept: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say what is left later of the relief right after, and what chance alone would leave."""
    words, row = called(times), kept[kept["condition"] == "all"].iloc[0]
    if pd.isna(row["estimate"]):
        return [f"How much of the relief {words['post']} is kept {words['48h']}: {why(row['note'])}."]
    ratio, low, high = 100 * row["estimate"], 100 * row["conf_low"], 100 * row["conf_high"]
    return [
        f"Of sessions followed by at least 2 points of relief {words['post']}, {number(ratio, 0)} % of that "
        "relief was "
        f"there {words['48h']} (95 % interval {interval(low, high, 0)}; {counted(row['patients'], 'patient')}). Such "
        "sessions are chosen for a good reading, and some of it is chance: with no effect at all, "
        f"{number(100 * row['null_benchmark'], 0)} % would be left."
    ]


def worse_sentences(worse: pd.DataFrame, when: str) -> list[str]:
    """Say who was worse more often; differences that the intervals cannot tell apart are said to be so."""
    said = []
    for variable, rows in worse.groupby("variable", sort=False):
        known = rows[rows["proportion"].notna()]
        if len(known) < 2:
            continue
        ranked = known.sort_values("proportion", kind="stable").to_dict("records")
        low, high = ranked[0], ranked[-1]
        told = "more often" if low["conf_high"] < high["conf_low"] else "not clearly more often"
        said.append(
            f"By {variable}: “{high['group']}” was followed by worsening {when} {told} than “{low['group']}” "
            f"({_beside(high)} against {_beside(low)})."
        )
    ends = "In brackets: the share with no effect at all; whoever begins low has more room to get worse."
    return [*said, ends] if said else [f"Who got worse {when}: not recorded, or too few patients to say."]
