"""Sessions in, what is kept of the first relief, and who got worse, out: each beside what no effect at all would give.

Sessions with relief are chosen for a good reading, and those that begin low have more room to get worse: so neither is
shown without its benchmark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.chance.variation import Variation
from outcomes.models.groups import number_groups
from outcomes.models.proportions.responders import responders
from outcomes.questions.thresholds import (
    beside,
    groups_in_order,
    judged,
    narrowed,
    none_recorded,
    was_recorded,
)
from outcomes.record.measures import TIMES
from outcomes.record.outcomes import reaches, with_outcomes
from outcomes.record.plan import TOO_FEW_PATIENTS
from outcomes.words import NOT_RECORDED, TOO_FEW, called, counted, interval, number, why

__all__ = ["kept_sentences", "relief_kept", "who_got_worse", "worse_sentences"]


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
    frame = with_outcomes(narrowed(sessions, by, *names), names)
    if not set(names).issubset(frame.columns):
        frame = frame.assign(**dict.fromkeys(names, np.nan))
    both = frame[frame["pain_relief_48h"].notna() & reaches(frame["pain_relief_post"], least)]
    recorded = all(was_recorded(sessions, time) for time in TIMES)
    both = both.assign(usual=_usual_pain(frame, both))
    groups = number_groups(both, [by])
    place = {str(name): code for code, name in enumerate(groups.keys[by])}
    rows = []
    for group in [*groups_in_order(frame[by], by), "all"]:
        part = both if group == "all" else both[groups.codes == place.get(group, -2)]
        rows.append({by: group, **_kept_row(part, conf_level, recorded=recorded)})
    return pd.DataFrame(rows)


def _usual_pain(frame: pd.DataFrame, wanted: pd.DataFrame) -> pd.Series:
    """Mean pain before, of the condition of the sessions wanted, from first sessions where there are any."""
    first = frame[frame["session_number"] == 1]
    means = (first if len(first) else frame).groupby("condition", observed=True)["pain_pre"].mean()
    return wanted["condition"].map(means).astype(float)


def _kept_row(part: pd.DataFrame, conf_level: float, *, recorded: bool) -> dict[str, Any]:
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
    expected = part["pain_pre"] - _later_with_no_effect(part, part["usual"])
    return row | {
        "estimate": float(ratio),
        "std_error": error,
        "df": float(patients - 1),
        "conf_low": float(ratio - reach),
        "conf_high": float(ratio + reach),
        "null_benchmark": float(expected.sum() / at_once.sum()),
        "share_still_better": float(reaches(later, 2.0).mean()),
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
        that began with pain of at least 3 can count as worse by the rule. By relief right after there is no
        benchmark: it would have to know that reading too.
    """
    frame = _groupings(sessions, time)
    rows = []
    for variable in ("pain before", "session", "sex", "relief right after"):
        if (
            variable not in frame.columns
            or not frame[variable].notna().any()
            or not was_recorded(sessions, time)
        ):
            continue
        found = responders(frame, f"pain_worse_{time}", variable).rename(columns={variable: "group"})
        if variable == "relief right after":
            found = found.assign(null_benchmark=np.nan)
        rows.append(judged(found).assign(variable=variable, group=found["group"].astype("str")))
    if not rows:
        rows = [none_recorded(sessions, None).assign(variable="all", group="all")]
    names = ["proportion", "conf_low", "conf_high", "null_benchmark", "note"]
    return pd.concat(rows, ignore_index=True)[["variable", "group", "patients", "sessions", *names]]


def _groupings(sessions: pd.DataFrame, time: str) -> pd.DataFrame:
    frame = with_outcomes(narrowed(sessions, "sex"), ["pain_relief_post"])
    pain = frame["pain_pre"]
    bands = [pain.ge(low) & pain.lt(high) for low, high in _BANDS.values()]
    later = frame["session_number"].ne(1).fillna(True).to_numpy(bool).astype(np.int8)
    frame = frame.assign(
        **{
            "pain before": pd.Categorical.from_codes(
                np.select(bands, range(len(bands)), -1), pd.Index([*_BANDS])
            )
        },
        session=pd.Categorical.from_codes(later, pd.Index(["first", "later"])),
    )
    if time == "48h" and "pain_relief_post" in frame.columns:
        change = frame["pain_relief_post"]
        code = np.select([change.isna(), reaches(change, 2), reaches(-change, 2)], [-1, 0, 1], 2)
        named = ["2 or more better", "2 or more worse", "within 2 points"]
        frame["relief right after"] = pd.Categorical.from_codes(code, pd.Index(named))
    return frame


def kept_sentences(kept: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say what is left later of the relief right after, and what chance alone would leave."""
    words, row = called(times), kept[kept["condition"] == "all"].iloc[0]
    if pd.isna(row["estimate"]):
        return [f"How much of the relief {words['post']} is kept {words['48h']}: {why(row['note'])}."]
    ratio, low, high = 100 * row["estimate"], 100 * row["conf_low"], 100 * row["conf_high"]
    return [
        f"After sessions followed by at least 2 points of relief {words['post']}, {number(ratio, 0)} % of that relief "
        f"was there {words['48h']} (95 % interval {interval(low, high, 0)} %; {counted(row['patients'], 'patient')}, "
        f"{counted(row['sessions'], 'session')} with both readings). With no effect at all, "
        f"{number(100 * row['null_benchmark'], 0)} % would be left: such sessions are chosen for a good reading."
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
        said.append(
            f"By {variable}: worse {when} were {_group_worse(high)} and {_group_worse(low)}; {_told_apart(low, high)}."
        )
    ends = "In brackets: the share with no effect at all; whoever begins low has more room to get worse."
    return [*said, ends] if said else [f"Who got worse {when}: not recorded, or too few patients to say."]


def _group_worse(row: Mapping[Any, Any]) -> str:
    return f"{beside(row)} of “{row['group']}” ({counted(row['patients'], 'patient')})"


def _told_apart(low: Mapping[Any, Any], high: Mapping[Any, Any]) -> str:
    """Say whether two groups differ, and whether they do beyond what no effect would give each."""
    if low["conf_high"] >= high["conf_low"]:
        return "the two cannot be told apart"
    nothing = [row["null_benchmark"] for row in (low, high)]
    if pd.isna(nothing).any():
        return "with no effect at all they would differ too, because both readings are of the same pain"
    if low["conf_high"] - nothing[0] >= high["conf_low"] - nothing[1]:
        return "they differ no more than they would with no effect at all"
    return "they differ more than they would with no effect at all"
