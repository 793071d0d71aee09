"""Sessions in, the tables that answer the question out: what changed, per condition, at once and at two days.

Every figure respects the patient: means come from random-intercept models with the baseline as a covariate, at each
group's own mean baseline, with Satterthwaite intervals. Each row says how many patients and sessions it rests on and
what share of the sessions was captured. Nothing here is an effect of treatment: there is no untreated group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import EstimationError, OutcomesError
from outcomes.models.groups import narrow_and_code, number_groups, numbers
from outcomes.models.proportions.counts import People
from outcomes.record.conditions import CONDITIONS
from outcomes.record.measures import MOVEMENTS, TIMES, measure, movement
from outcomes.record.outcomes import reaches, with_outcomes
from outcomes.record.plan import TOO_FEW_PATIENTS, active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "condition_estimates",
    "immediate_to_two_day",
    "overall_estimates",
    "pain_course",
]

ANY_CHANGE = 1e-6
"""Where no least change is published: any that is not what binary arithmetic leaves of none."""
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
    table = with_outcomes(_needed(sessions, measure, by), names)
    there, counting = set(nw.from_native(table).collect_schema().names()), _Counting.of(table, by)
    rows = [
        _at_one_time(counting, (measure, time), conf_level, recorded=f"{measure}_{time}" in there)
        for time in times
    ]
    return _in_order(pd.concat(rows, ignore_index=True), by)


def overall_estimates(
    sessions: Any, measure: str = "pain_relief", *, times: Sequence[str] = TIMES, conf_level: float = 0.95
) -> pd.DataFrame:
    """Change over all conditions together: as :func:`condition_estimates`, one row per time, grouped as ``all``."""
    narrow = _needed(sessions, measure, "patient_id")
    everyone = nw.from_native(narrow).with_columns(everyone=nw.lit("all")).to_native()
    found = condition_estimates(everyone, measure, by="everyone", times=times, conf_level=conf_level)
    return found.rename(columns={"everyone": "condition"})


def _needed(sessions: Any, measure: str, by: str) -> Any:
    """A frame's columns that the estimates need, coded once; a lazy table as it is."""
    if not isinstance(sessions, pd.DataFrame):
        return sessions
    stem, models = (
        measure.partition("_")[0],
        " ".join(active_plan().models[name] for name in ("change", "relation")),
    )
    named = [name for name in sessions.columns if name.startswith(f"{stem}_") or name in models]
    return narrow_and_code(sessions, ["patient_id", by, "followup_h", *named])


def _at_one_time(
    counting: _Counting, what: tuple[str, str], conf_level: float, *, recorded: bool
) -> pd.DataFrame:
    name, time = what
    by, outcome, baseline = counting.by, f"{name}_{time}", BASELINES[name]
    everyone = counting.heads("patient_id")[[by]]
    eligible = counting.heads(baseline if recorded else "patient_id")
    frame = everyone.merge(eligible, on=by, how="left").rename(columns=_ELIGIBLE)
    frame[[*_ELIGIBLE.values()]] = frame[[*_ELIGIBLE.values()]].fillna(0).astype("int64")
    if recorded:
        frame = frame.merge(_with_same(counting.shares(outcome, name)), on=by, how="left")
    else:
        frame[["patients", "sessions"]] = 0
        frame[["observed", "better", "same", "worse"]] = np.nan
    frame[["patients", "sessions"]] = frame[["patients", "sessions"]].fillna(0).astype("int64")
    frame["capture_rate"] = frame["sessions"] / frame["sessions_eligible"].where(
        frame["sessions_eligible"] > 0
    )
    frame["time"], frame["measure"] = time, name
    return _with_means(frame, counting.table, (outcome, baseline), by, conf_level)


def _with_same(shares: pd.DataFrame) -> pd.DataFrame:
    return shares.assign(same=1.0 - shares["better"] - shares["worse"])


_ELIGIBLE = {"patients": "patients_eligible", "sessions": "sessions_eligible"}


def _least(name: str, group: str, by: str) -> float:
    """Least change that counts as better or worse: published for points, measurement error for ranges."""
    if name != "rom_gain":
        return measure(name).smallest_change or ANY_CHANGE
    return movement(group).measurement_error if by == "rom_movement" else ANY_CHANGE


@dataclass(frozen=True, eq=False)
class _Counting:
    """A table counted by one column, whatever the engine."""

    table: Any
    by: str

    @staticmethod
    def of(table: Any, by: str) -> _Counting:
        """Code a frame once for all counts; leave a lazy table to its engine."""
        if isinstance(table, pd.DataFrame):
            return _CountingFrame(table, by, People.of(table, (by,)))
        return _Counting(table, by)

    def heads(self, present: str) -> pd.DataFrame:
        """Patients and sessions per group, of those where a column is present."""
        counted = self._kept(present).group_by(self.by)
        return self._small(counted.agg(patients=nw.col("patient_id").n_unique(), sessions=nw.len()))

    def shares(self, outcome: str, name: str) -> pd.DataFrame:
        """Heads with the mean outcome and the shares of sessions better and worse."""
        change, least = nw.col(outcome), nw.lit(_least(name, "", ""))
        kept = self._kept(outcome)
        if name == "rom_gain" and self.by == "rom_movement":
            kept = kept.with_columns(nw.col(self.by).cast(nw.String))
            errors = [_least(name, known, self.by) for known in MOVEMENTS]
            least = nw.col(self.by).replace_strict(list(MOVEMENTS), errors, return_dtype=nw.Float64)
        marked = kept.with_columns(
            __better=reaches(change, least).cast(nw.Float64), __worse=reaches(-change, least).cast(nw.Float64)
        )
        counted = marked.group_by(self.by).agg(
            patients=nw.col("patient_id").n_unique(),
            sessions=nw.len(),
            observed=change.mean(),
            better=nw.col("__better").mean(),
            worse=nw.col("__worse").mean(),
        )
        return self._small(counted)

    def values(self, name: str) -> pd.DataFrame:
        """Sessions per group and value of a column, in their order."""
        counted = self._small(self._kept(name).group_by(self.by, name).agg(n=nw.len()))
        return counted.sort_values([self.by, name])

    def _kept(self, present: str) -> Any:
        return nw.from_native(self.table).filter(~nw.col(present).is_null(), ~nw.col(self.by).is_null())

    def _small(self, result: Any) -> pd.DataFrame:
        """A small result as a pandas frame with plain text groups."""
        collected = result.collect() if isinstance(result, nw.LazyFrame) else result
        frame: pd.DataFrame = collected.to_pandas()
        return frame.assign(**{self.by: frame[self.by].astype("str")})


@dataclass(frozen=True, eq=False)
class _CountingFrame(_Counting):
    """The same for a frame whose patients and groups are coded."""

    people: People

    def heads(self, present: str) -> pd.DataFrame:
        return self._heads(self.table[present].notna().to_numpy())

    def _heads(self, known: npt.NDArray[np.bool_], **more: npt.NDArray[Any]) -> pd.DataFrame:
        """Heads of some sessions, with what else is known of each group, where there are any."""
        n = self.people.per_person(known)
        sessions, patients = (self._per_group(weight) for weight in (n, n > 0))
        groups = self.people.keys[self.by].astype("str")
        frame = pd.DataFrame({self.by: groups, "patients": patients, "sessions": sessions, **more})
        return frame[sessions > 0].reset_index(drop=True)

    def _per_group(self, weight: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        size = len(self.people.keys)
        return np.bincount(self.people.group, weights=weight, minlength=size).astype(np.int64)

    def shares(self, outcome: str, name: str) -> pd.DataFrame:
        change, size = numbers(self.table[outcome]), len(self.people.keys)
        known = ~np.isnan(change)
        own, seen = self.people.group[self.people.person], known[self.people.inside]
        group, change = own[seen], change[self.people.inside][seen]
        least = np.array([_least(name, str(key), self.by) for key in self.people.keys[self.by]])[group]
        sessions = np.maximum(np.bincount(group, minlength=size), 1)
        means = {
            "observed": np.bincount(group, weights=change, minlength=size) / sessions,
            "better": np.bincount(group[reaches(change, least)], minlength=size) / sessions,
            "worse": np.bincount(group[reaches(-change, least)], minlength=size) / sessions,
        }
        return self._heads(known, **means)

    def values(self, name: str) -> pd.DataFrame:
        found = number_groups(self.table, [self.by, name])
        counts = np.bincount(found.codes + 1, minlength=len(found.keys) + 1)[1:]
        groups = found.keys[self.by].astype("str")
        return found.keys.assign(n=counts).assign(**{self.by: groups})


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
    table: Any, names: tuple[str, str], by: str, groups: list[str], conf_level: float, *, own: bool = True
) -> tuple[pd.DataFrame, str]:
    """Marginal means of the groups that have enough patients, or no rows and the reason.

    At each group's own mean baseline, or (groups cut by a reading, as bins are) at that of all.
    """
    from outcomes.models.mixed.fit import fit_mixed

    if not groups:
        return pd.DataFrame(columns=[by, *_MEANS]), TOO_FEW
    outcome, baseline = names
    kept = _in_groups(table, by, groups)
    try:
        formula = active_plan().model("change", outcome=outcome, group=by, baseline=baseline)
        fit = fit_mixed(formula, kept, conf_level=conf_level)
        at = {baseline: _own_baselines(kept, names, by)} if own else None
        means = fit.marginal_means(by, at=at)
        return means[[by, *_MEANS]], ""
    except OutcomesError as error:
        return pd.DataFrame(columns=[by, *_MEANS]), f"no estimate: {error}"


def _own_baselines(table: Any, names: tuple[str, str], by: str) -> dict[str, float]:
    """Mean baseline of each group, over the sessions in which the change is known."""
    outcome, baseline = names
    known = nw.from_native(table).filter(*(~nw.col(name).is_null() for name in (outcome, baseline, by)))
    means = known.group_by(by).agg(__mean=nw.col(baseline).mean())
    collected = means.collect() if isinstance(means, nw.LazyFrame) else means
    return {str(name): float(mean) for name, mean in collected.select(by, "__mean").iter_rows()}


def _in_groups(table: Any, by: str, groups: list[str]) -> Any:
    """Sessions of some groups, the groups as text or as categories."""
    if isinstance(table, pd.DataFrame) and isinstance(table[by].dtype, pd.CategoricalDtype):
        inside = table[by].isin(groups)
        return table if inside.all() else table[inside]
    texts = nw.from_native(table).with_columns(nw.col(by).cast(nw.String))
    return texts.filter(nw.col(by).is_in(groups)).to_native()


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
    there = set(nw.from_native(sessions).collect_schema().names())
    counting = _Counting.of(_needed(sessions, "pain_relief", by), by)
    rows = [
        _spread(counting, f"pain_{time}").assign(time=time)
        for time in ("pre", "post", "48h")
        if f"pain_{time}" in there
    ]
    if not rows:
        raise EstimationError("The table has no pain readings (pain_pre, pain_post, pain_48h).")
    ordered = _in_order(pd.concat(rows, ignore_index=True), by)
    return ordered[[by, "time", "patients", "sessions", *_SPREAD]]


_SPREAD = ["mean", "p10", "p25", "median", "p75", "p90"]


def _spread(counting: _Counting, name: str) -> pd.DataFrame:
    """Mean and quantiles of one reading per group, from the counts of its values."""
    by = counting.by
    found = {
        str(group): _quantiles(part[name].to_numpy(float), part["n"].to_numpy())
        for group, part in counting.values(name).groupby(by)
    }
    spread = pd.DataFrame.from_dict(found, orient="index", columns=_SPREAD).rename_axis(by).reset_index()
    spread[by] = spread[by].astype("str")
    return counting.heads(name).merge(spread, on=by, how="left")


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
    from outcomes.models.mixed.fit import fit_mixed

    names = ["pain_relief_post", "pain_relief_48h"]
    narrow = _needed(sessions, "pain_relief", "patient_id")
    table = nw.from_native(with_outcomes(narrow, names))
    if not set(names).issubset(table.collect_schema().names()):
        return _no_relation(NOT_RECORDED)
    both = table.filter(~nw.col(names[0]).is_null(), ~nw.col(names[1]).is_null())
    binned = both.with_columns(
        relief_bin=nw.col(names[0]).round(0).clip(-3, 6).cast(nw.Int64).cast(nw.String)
    )
    counts = _Counting.of(binned.to_native(), "relief_bin").heads(names[0])
    if counts["patients"].sum() == 0 or counts["patients"].max() < TOO_FEW_PATIENTS:
        return _no_relation(TOO_FEW)
    means, why = _means(
        binned.to_native(),
        ("pain_relief_48h", "pain_pre"),
        "relief_bin",
        counts.loc[counts["patients"] >= TOO_FEW_PATIENTS, "relief_bin"].tolist(),
        conf_level,
        own=False,
    )
    frame = counts.merge(means, on="relief_bin", how="left")
    frame["note"] = np.where(frame["patients"] < TOO_FEW_PATIENTS, TOO_FEW, why)
    frame["relief_post"] = frame["relief_bin"].astype(float)
    try:
        fit = fit_mixed(active_plan().model("relation"), both.to_native())
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
