"""Sessions in, the tables that answer the question out: what changed, per condition, at once and at two days.

Every figure respects the patient: means come from random-intercept models with the baseline as a covariate, at each
group's own mean baseline, with Satterthwaite intervals. Each row says how many patients and sessions it rests on and
what share of the sessions was captured. Nothing here is an effect of treatment: there is no untreated group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from outcomes.conditions import CONDITIONS
from outcomes.derive import with_outcomes
from outcomes.errors import EstimationError, OutcomesError
from outcomes.measures import MOVEMENTS, TIMES, measure, movement
from outcomes.plan import active_plan

__all__ = [
    "TOO_FEW",
    "TOO_FEW_PATIENTS",
    "condition_estimates",
    "immediate_to_two_day",
    "overall_estimates",
    "pain_course",
]

TOO_FEW_PATIENTS = active_plan().least_patients
"""Fewer patients than this, and an estimate is a row that says so."""
TOO_FEW = "too few patients to say"
NOT_RECORDED = "not recorded"
BASELINES = {"pain_relief": "pain_pre", "rom_gain": "rom_pre", "function_gain": "function_pre"}


def condition_estimates(
    sessions: Any,
    measure: str = "pain_relief",
    *,
    by: str = "condition",
    times: Sequence[str] = TIMES,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Change per condition and time point, with who it rests on.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    measure : {"pain_relief", "rom_gain", "function_gain"}
        Positive is better.
    by : str
        What the rows are of: ``condition``, ``rom_movement``, or any other coded column.
    times : sequence of {"post", "48h"}
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        One row per group and time: ``<by>, time, measure, patients, sessions, patients_eligible, sessions_eligible,
        capture_rate, observed, estimate, std_error, df, conf_low, conf_high, better, same, worse, note``. ``estimate``
        is the mean at the group's own mean baseline (unit of the measure), ``observed`` the plain mean.
        ``better``, ``same`` and ``worse`` are shares of the sessions with a reading, cut at the smallest change that
        matters (pain, function) or at the measurement error of the movement (range).

    Notes
    -----
    The model is ``change ~ group + baseline + (1 | patient_id)`` by REML; the same-visit and the 2-day change are
    fitted apart and never pooled. Groups are not brought to one baseline: patients with a worse complaint usually have
    more pain, and on a mild day of it would be expected to get worse again (Lord 1967, Psychol Bull 68:304).
    """
    if measure not in BASELINES:
        raise EstimationError(f"{measure!r} is not a change; choose one of {', '.join(BASELINES)}.")
    names = [f"{measure}_{time}" for time in times]
    table = with_outcomes(sessions, names)
    there = set(nw.from_native(table).collect_schema().names())
    rows = [
        _at_one_time(table, (measure, time), by, conf_level, recorded=f"{measure}_{time}" in there)
        for time in times
    ]
    return _in_order(pd.concat(rows, ignore_index=True), by)


def overall_estimates(
    sessions: Any, measure: str = "pain_relief", *, times: Sequence[str] = TIMES, conf_level: float = 0.95
) -> pd.DataFrame:
    """Change over all conditions together: as :func:`condition_estimates`, one row per time, grouped as ``all``."""
    everyone = nw.from_native(sessions).with_columns(everyone=nw.lit("all")).to_native()
    found = condition_estimates(everyone, measure, by="everyone", times=times, conf_level=conf_level)
    return found.rename(columns={"everyone": "condition"})


def _at_one_time(
    table: Any, what: tuple[str, str], by: str, conf_level: float, *, recorded: bool
) -> pd.DataFrame:
    name, time = what
    outcome, baseline = f"{name}_{time}", BASELINES[name]
    everyone = _head_count(table, by, "patient_id")[[by]]
    eligible = _head_count(table, by, baseline if recorded else "patient_id")
    frame = everyone.merge(eligible, on=by, how="left").rename(columns=_ELIGIBLE)
    frame[[*_ELIGIBLE.values()]] = frame[[*_ELIGIBLE.values()]].fillna(0).astype("int64")
    if recorded:
        frame = frame.merge(_shares(table, by, outcome, _cut(name, by)), on=by, how="left")
    else:
        frame[["patients", "sessions"]] = 0
        frame[["observed", "better", "same", "worse"]] = np.nan
    frame[["patients", "sessions"]] = frame[["patients", "sessions"]].fillna(0).astype("int64")
    frame["capture_rate"] = frame["sessions"] / frame["sessions_eligible"].where(
        frame["sessions_eligible"] > 0
    )
    frame["time"], frame["measure"] = time, name
    return _with_means(frame, table, (outcome, baseline), by, conf_level)


_ELIGIBLE = {"patients": "patients_eligible", "sessions": "sessions_eligible"}


def _head_count(table: Any, by: str, present: str) -> pd.DataFrame:
    """Patients and sessions per group, of those where a column is present."""
    kept = nw.from_native(table).filter(~nw.col(present).is_null(), ~nw.col(by).is_null())
    counted = kept.group_by(by).agg(patients=nw.col("patient_id").n_unique(), sessions=nw.len())
    return _frame(counted, by)


def _frame(result: Any, by: str) -> pd.DataFrame:
    """A small result as a pandas frame with plain text groups."""
    collected = result.collect() if isinstance(result, nw.LazyFrame) else result
    frame: pd.DataFrame = collected.to_pandas()
    return frame.assign(**{by: frame[by].astype("str")})


def _cut(name: str, by: str) -> nw.Expr | float:
    """Least change that counts as better or worse: published for points, measurement error for ranges."""
    if name != "rom_gain":
        return measure(name).smallest_change or 0.0
    if by != "rom_movement":
        return 0.0
    errors = [movement(name).measurement_error for name in MOVEMENTS]
    return nw.col(by).replace_strict(list(MOVEMENTS), errors, return_dtype=nw.Float64)


def _shares(table: Any, by: str, outcome: str, cut: nw.Expr | float) -> pd.DataFrame:
    kept = nw.from_native(table).filter(~nw.col(outcome).is_null(), ~nw.col(by).is_null())
    if isinstance(cut, nw.Expr):
        kept = kept.with_columns(nw.col(by).cast(nw.String))
    change, least = nw.col(outcome), (cut if isinstance(cut, nw.Expr) else nw.lit(max(cut, 1e-9)))
    marked = kept.with_columns(
        __better=(change >= least).cast(nw.Float64), __worse=(change <= -least).cast(nw.Float64)
    )
    counted = marked.group_by(by).agg(
        patients=nw.col("patient_id").n_unique(),
        sessions=nw.len(),
        observed=change.mean(),
        better=nw.col("__better").mean(),
        worse=nw.col("__worse").mean(),
    )
    frame = _frame(counted, by)
    return frame.assign(same=1.0 - frame["better"] - frame["worse"])


def _with_means(
    frame: pd.DataFrame, table: Any, names: tuple[str, str], by: str, conf_level: float
) -> pd.DataFrame:
    """Add the model's means; groups with too few patients, or a model that cannot be fitted, say so."""
    outcome, baseline = names
    enough = frame.loc[frame["patients"] >= TOO_FEW_PATIENTS, by].tolist()
    means, why = _means(table, (outcome, baseline), by, enough, conf_level)
    frame = (
        frame.merge(means, on=by, how="left") if len(means) else frame.assign(**dict.fromkeys(_MEANS, np.nan))
    )
    note = np.where(frame["patients"] < TOO_FEW_PATIENTS, TOO_FEW, why)
    frame["note"] = np.where(frame["sessions"] == 0, NOT_RECORDED, note)
    return frame[[by, *_ORDER]]


_MEANS = ["estimate", "std_error", "df", "conf_low", "conf_high"]
_ORDER = [
    *[
        "time",
        "measure",
        "patients",
        "sessions",
        "patients_eligible",
        "sessions_eligible",
        "capture_rate",
        "observed",
    ],
    *[*_MEANS, "better", "same", "worse", "note"],
]


def _means(
    table: Any, names: tuple[str, str], by: str, groups: list[str], conf_level: float
) -> tuple[pd.DataFrame, str]:
    """Marginal means of the groups that have enough patients, or no rows and the reason."""
    from outcomes.mixed import fit_mixed

    if not groups:
        return pd.DataFrame(columns=[by, *_MEANS]), TOO_FEW
    outcome, baseline = names
    kept = nw.from_native(table).with_columns(nw.col(by).cast(nw.String)).filter(nw.col(by).is_in(groups))
    try:
        formula = active_plan().change.format(outcome=outcome, group=by, baseline=baseline)
        fit = fit_mixed(formula, kept.to_native(), conf_level=conf_level)
        own = _own_baselines(kept.to_native(), names, by)
        parts = [fit.marginal_means(by, at={baseline: own[name]}) for name in groups]
        rows = [part[part[by].astype("str") == name] for name, part in zip(groups, parts, strict=True)]
        return pd.concat(rows, ignore_index=True)[[by, *_MEANS]], ""
    except OutcomesError as error:
        return pd.DataFrame(columns=[by, *_MEANS]), f"no estimate: {error}"


def _own_baselines(table: Any, names: tuple[str, str], by: str) -> dict[str, float]:
    """Mean baseline of each group, over the sessions in which the change is known."""
    outcome, baseline = names
    known = nw.from_native(table).filter(*(~nw.col(name).is_null() for name in (outcome, baseline, by)))
    means = known.group_by(by).agg(__mean=nw.col(baseline).mean())
    collected = means.collect() if isinstance(means, nw.LazyFrame) else means
    return {str(name): float(mean) for name, mean in collected.select(by, "__mean").iter_rows()}


def _in_order(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Rows in the fixed order of conditions (or movements), then of time."""
    known = list({"condition": CONDITIONS, "rom_movement": MOVEMENTS}.get(by, ()))
    seen = [*known, *sorted(set(frame[by]) - set(known)), "pre", *TIMES]
    places = {name: place for place, name in enumerate(seen)}
    return frame.sort_values([by, "time"], key=lambda c: c.map(places.get)).reset_index(drop=True)


def pain_course(sessions: Any, *, by: str = "condition") -> pd.DataFrame:
    """Pain before, right after and at two days, with its spread.

    Returns
    -------
    pandas.DataFrame
        ``<by>, time (pre, post, 48h), patients, sessions, mean, p10, p25, median, p75, p90`` in points of 0-10, from
        the counts of each value. A description of the readings there are, not a model of those missing.
    """
    rows = []
    for time in ("pre", "post", "48h"):
        name = f"pain_{time}"
        if name in set(nw.from_native(sessions).collect_schema().names()):
            rows.append(_spread(sessions, by, name).assign(time=time))
    if not rows:
        raise EstimationError("The table has no pain readings (pain_pre, pain_post, pain_48h).")
    ordered = _in_order(pd.concat(rows, ignore_index=True), by)
    return ordered[[by, "time", "patients", "sessions", *_SPREAD]]


_SPREAD = ["mean", "p10", "p25", "median", "p75", "p90"]


def _spread(sessions: Any, by: str, name: str) -> pd.DataFrame:
    """Mean and quantiles of one reading per group, from the counts of its values."""
    patients = _head_count(sessions, by, name)
    kept = nw.from_native(sessions).filter(~nw.col(name).is_null(), ~nw.col(by).is_null())
    counts = _frame(kept.group_by(by, name).agg(n=nw.len()), by).sort_values([by, name])
    found = {
        str(group): _quantiles(part[name].to_numpy(float), part["n"].to_numpy())
        for group, part in counts.groupby(by)
    }
    spread = pd.DataFrame.from_dict(found, orient="index", columns=_SPREAD).rename_axis(by).reset_index()
    spread[by] = spread[by].astype("str")
    return patients.merge(spread, on=by, how="left")


def _quantiles(values: Any, counts: Any) -> list[float]:
    """Mean and quantiles (10, 25, 50, 75, 90 %) of values in order with their counts; inverse of the step function."""
    share = np.cumsum(counts) / counts.sum()
    at = [values[np.searchsorted(share, q - 1e-12)] for q in (0.1, 0.25, 0.5, 0.75, 0.9)]
    return [float(np.average(values, weights=counts)), *map(float, at)]


def immediate_to_two_day(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Relief at two days of sessions that had the same relief right after.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        One row per whole point of immediate relief (the rarest at both ends joined): ``relief_post, patients, sessions,
        estimate, std_error, df, conf_low, conf_high, line, slope, slope_conf_low, slope_conf_high, note``. ``line`` and
        ``slope`` come from ``pain_relief_48h ~ pain_relief_post + pain_pre + (1 | patient_id)`` at the mean baseline:
        the extra relief at two days that goes with one more point of relief right after, at equal baseline.
    """
    from outcomes.mixed import fit_mixed

    names = ["pain_relief_post", "pain_relief_48h"]
    table = nw.from_native(with_outcomes(sessions, names))
    if not set(names).issubset(table.collect_schema().names()):
        return _no_relation(NOT_RECORDED)
    both = table.filter(~nw.col(names[0]).is_null(), ~nw.col(names[1]).is_null())
    binned = both.with_columns(
        relief_bin=nw.col(names[0]).round(0).clip(-3, 6).cast(nw.Int64).cast(nw.String)
    )
    counts = _head_count(binned.to_native(), "relief_bin", names[0])
    if counts["patients"].sum() == 0 or counts["patients"].max() < TOO_FEW_PATIENTS:
        return _no_relation(TOO_FEW)
    means, why = _means(
        binned.to_native(),
        ("pain_relief_48h", "pain_pre"),
        "relief_bin",
        counts.loc[counts["patients"] >= TOO_FEW_PATIENTS, "relief_bin"].tolist(),
        conf_level,
    )
    frame = counts.merge(means, on="relief_bin", how="left")
    frame["note"] = np.where(frame["patients"] < TOO_FEW_PATIENTS, TOO_FEW, why)
    frame["relief_post"] = frame["relief_bin"].astype(float)
    try:
        fit = fit_mixed(active_plan().relation, both.to_native())
    except OutcomesError as error:
        return _no_relation(f"no estimate: {error}")
    return (
        _with_line(frame, fit, _mean_of(both, "pain_pre"))
        .sort_values("relief_post")
        .reset_index(drop=True)[_RELATION]
    )


_RELATION = [
    *["relief_post", "patients", "sessions", *_MEANS, "line"],
    *["slope", "slope_conf_low", "slope_conf_high", "note"],
]


def _no_relation(note: str) -> pd.DataFrame:
    row = dict.fromkeys(_RELATION, np.nan) | {"patients": 0, "sessions": 0, "note": note}
    return pd.DataFrame([row])[_RELATION]


def _mean_of(table: Any, name: str) -> float:
    result = table.select(nw.col(name).mean())
    return float((result.collect() if isinstance(result, nw.LazyFrame) else result).to_pandas()[name].iloc[0])


def _with_line(frame: pd.DataFrame, fit: Any, baseline: float) -> pd.DataFrame:
    terms = fit.coefficients.set_index("term")
    slope = terms.loc["pain_relief_post"]
    at_zero = terms.loc["Intercept", "estimate"] + terms.loc["pain_pre", "estimate"] * baseline
    return frame.assign(
        line=at_zero + slope["estimate"] * frame["relief_post"],
        slope=slope["estimate"],
        slope_conf_low=slope["conf_low"],
        slope_conf_high=slope["conf_high"],
    )
