"""Sessions and rules in, the share that meets each rule out, beside what no effect at all would show.

The law of later readings is worked out once for all rules, so that a whole curve of thresholds costs little more than
one. Refuses nothing: rules that no session can be held against give rows without numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.benchmark import null_benchmark
from outcomes.derive import ResponderRule, with_outcomes
from outcomes.estimates import NOT_RECORDED, TOO_FEW, TOO_FEW_PATIENTS
from outcomes.grouping import number_groups, unordered_codes
from outcomes.proportions import responders
from outcomes.variation import Variation, later_readings

__all__ = ["rule_shares"]

Floats = npt.NDArray[np.float64]
_NUMBERS = ("proportion", "std_error", "conf_low", "conf_high")
_VISIT = ("condition", "visit")
_READINGS = ("pain_pre", "pain_post", "pain_48h", "followup_h")


def rule_shares(
    sessions: pd.DataFrame, time: str, rules: Sequence[ResponderRule], *, by: str | None = None
) -> pd.DataFrame:
    """Share of sessions that meet each rule.

    Parameters
    ----------
    sessions : pandas.DataFrame
        With ``pain_pre`` and the later pain, or the relief derived from them.
    time : {"post", "48h"}
    rules : sequence of ResponderRule
        A rule's ``least_baseline`` decides which sessions it is held against.
    by : str, optional
        Grouping column.

    Returns
    -------
    pandas.DataFrame
        ``order, [<by>,] patients, sessions, responders, proportion, std_error, conf_low, conf_high, null_benchmark,
        note``, a row per rule (numbered in ``order``) and group. Shares of fewer than eight patients are missing and
        say so. The benchmark is that of :func:`outcomes.null_benchmark` for sessions booked in advance.
    """
    relief = f"pain_relief_{time}"
    table = with_outcomes(sessions, [relief])
    used = {"patient_id", "condition", "session_number", *_READINGS, relief, by}
    table = table[[name for name in table.columns if name in used]]
    needed = ["pain_pre", "condition", relief]
    known = table[table[needed].notna().all(axis=1)] if relief in table else table.iloc[:0]
    if known.empty:
        return pd.concat(
            [_nothing(sessions, by).assign(order=place) for place in range(len(rules))], ignore_index=True
        )
    later, chance, pain, which = _with_no_effect(known, table, time)
    before, change = known["pain_pre"].to_numpy(float), known[relief].to_numpy(float)
    lean = _lean(known, by)
    parts = []
    for place, rule in enumerate(rules):
        kept = before >= rule.least_baseline
        expected = np.where(_met(rule, pain[:, None] - later, pain[:, None]), chance, 0.0).sum(axis=1)
        met = _met(rule, change, before).astype(float)
        judged = lean[kept].assign(met=met[kept], expected=expected[which[kept]])
        parts.append(_shares(judged, sessions, by).assign(order=place))
    return pd.concat(parts, ignore_index=True)


def _lean(known: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Patients as numbers and groups as codes: quicker to copy and to count than texts."""
    patient = unordered_codes(known["patient_id"])[0]
    lean = pd.DataFrame({"patient_id": np.where(patient < 0, np.nan, patient)}, index=known.index)
    return lean.assign(**{by: known[by].astype("str").astype("category")}) if by else lean


def _met(rule: ResponderRule, change: Floats, before: Floats) -> npt.NDArray[np.bool_]:
    """Where a change meets the rule; a hair of tolerance keeps sums of tenths from missing it."""
    met: npt.NDArray[np.bool_] = (change >= rule.points - 1e-9) & (
        change * 100.0 >= before * rule.percent - 1e-7
    )
    return met


def _shares(judged: pd.DataFrame, sessions: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Shares of one rule, with the benchmark; groups with too few patients say so."""
    if judged.empty:
        return _nothing(sessions, by, TOO_FEW)
    found = responders(judged, "met", by)
    keys = found[by].astype("str") if by else pd.Series(["all"])
    expected = judged["expected"]
    means = expected.groupby(judged[by], observed=True).mean() if by else pd.Series({"all": expected.mean()})
    means.index = means.index.astype("str")
    found = found.assign(null_benchmark=keys.map(means).to_numpy(float))
    few = found["patients"] < TOO_FEW_PATIENTS
    found = found.assign(
        **{name: found[name].where(~few) for name in _NUMBERS}, note=found["note"].where(~few, TOO_FEW)
    )
    counts = ["patients", "sessions", "responders"]
    found = found[[*([by] if by else []), *counts, *_NUMBERS, "null_benchmark", "note"]]
    return found.assign(**{by: found[by].astype("str")}) if by else found


def _nothing(sessions: pd.DataFrame, by: str | None, note: str = NOT_RECORDED) -> pd.DataFrame:
    groups = sessions[by].dropna().astype("str").drop_duplicates().tolist() if by else ["all"]
    frame = pd.DataFrame({by or "group": groups, "patients": 0, "sessions": 0, "responders": 0})
    frame = frame.assign(**dict.fromkeys((*_NUMBERS, "null_benchmark"), np.nan), note=note)
    return frame if by else frame.drop(columns="group")


def _with_no_effect(
    known: pd.DataFrame, table: pd.DataFrame, time: str
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.intp]]:
    """Later readings 0, 1, ..., 10; for each kind of session their chances with no effect, and its pain; the kinds."""
    variation = Variation.published()
    usual = null_benchmark(_with_visit(table), f"pain_relief_{time}", list(_VISIT))
    mean = {
        (str(row["condition"]), str(row["visit"])): float(row["usual_pain"])
        for row in usual.to_dict("records")
    }
    own = _with_visit(known)
    visit = number_groups(own, _VISIT)
    means = np.array([mean[str(name), str(of)] for name, of in visit.keys.itertuples(index=False)])
    levels, pain = np.unique(known["pain_pre"].to_numpy(float), return_inverse=True)
    kinds, which = np.unique(visit.codes * len(levels) + pain, return_inverse=True)
    before, usual_pain = levels[kinds % len(levels)], means[kinds // len(levels)]
    law = np.array([later_readings(a, b, time, variation) for a, b in zip(before, usual_pain, strict=True)])
    return np.arange(11.0), law, before, which


def _with_visit(table: pd.DataFrame) -> pd.DataFrame:
    """Name first and later sessions: the benchmark takes the mean pain of each apart."""
    visit = np.where(table["session_number"] == 1, "first", "later")
    return table.assign(condition=table["condition"].astype("str"), visit=visit)
