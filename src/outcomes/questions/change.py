"""Change per condition, right after and at two days, next to what is expected without any effect.

Every figure respects the patient: a mean is that of the group's own sessions, its error clustered on the group's own
patients, so that no group borrows the spread of another. Each row says how many patients and sessions it rests on and
what share of the sessions was captured. Nothing here is an effect of treatment: there is no untreated group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.chance.null_benchmark import expected_change
from outcomes.models.chance.variation import on_bad_days
from outcomes.models.groups import narrow_and_code, one_group
from outcomes.models.means import clustered_means
from outcomes.questions.answers import (
    fit_or_why,
    needed_columns,
    sorted_by_time,
    sorted_rows,
    with_reasons,
    with_too_few_blanked,
)
from outcomes.questions.counting import Counting, column_names
from outcomes.questions.sentences.change import (
    better_worse_sentences,
    change_sentences,
    change_verdicts,
    expected_sentences,
    gained_sentences,
    in_words,
    summary_sentences,
)
from outcomes.record.measures import MOVEMENTS, TIMES, measure, movement
from outcomes.record.outcomes import with_outcomes
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "better_worse_sentences",
    "change_sentences",
    "change_verdicts",
    "condition_estimates",
    "expected_sentences",
    "gained_later",
    "gained_sentences",
    "in_words",
    "motion",
    "overall_estimates",
    "relief",
    "summary_sentences",
]

ANY_CHANGE = 1e-6
"""Where no least change is published: any that is not what binary arithmetic leaves of none."""
BASELINES = {"pain_relief": "pain_pre", "rom_gain": "rom_pre", "function_gain": "function_pre"}
"""What changes, each with the reading before the session that its model takes."""
_MEANS = ["estimate", "std_error", "df", "conf_low", "conf_high"]
_SIZES = ["patients", "sessions", "patients_eligible", "sessions_eligible", "capture_rate"]
_ORDER = ["time", "measure", *_SIZES, "observed", *_MEANS, "better", "same", "worse", "note"]


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
        is the mean over the group's sessions (unit of the measure), blank where too few patients stand behind the
        plain mean ``observed``.
        ``better``, ``same`` and ``worse`` are shares of the sessions with a reading, cut at the smallest change that
        matters (pain, function) or at the measurement error of the movement (range).

    Notes
    -----
    Means and intervals are those of :func:`outcomes.models.means.clustered_means`: one model of all groups would lend
    each the others' spread. The same-visit and the 2-day change are never pooled. Groups are not brought to one
    baseline: patients with a worse complaint usually have more pain, and on a mild day of it would be expected to get
    worse again (Lord 1967, Psychol Bull 68:304).
    """
    if measure not in BASELINES:
        raise EstimationError(f"{measure!r} is not a change; choose one of {', '.join(BASELINES)}.")
    names = [f"{measure}_{time}" for time in times]
    counting = Counting.of(with_outcomes(for_change(sessions, measure, by), names), by)
    rows = [_at_one_time(counting, measure, time, conf_level) for time in times]
    return sorted_by_time(pd.concat(rows, ignore_index=True), by)


def overall_estimates(
    sessions: Any, measure: str = "pain_relief", *, times: Sequence[str] = TIMES, conf_level: float = 0.95
) -> pd.DataFrame:
    """Change over all conditions together: as :func:`condition_estimates`, one row per time, grouped as ``all``."""
    narrow = for_change(sessions, measure, "patient_id")
    everyone = nw.from_native(narrow).with_columns(everyone=nw.lit("all")).to_native()
    found = condition_estimates(everyone, measure, by="everyone", times=times, conf_level=conf_level)
    return found.rename(columns={"everyone": "condition"})


def for_change(sessions: Any, measure: str, by: str) -> Any:
    """A frame's columns that estimates of change, and the plan's models of it, need; a lazy table as it is."""
    if not isinstance(sessions, pd.DataFrame):
        return sessions
    stem = measure.partition("_")[0]
    models = " ".join(active_plan().models[name] for name in ("relation", "relation_groups"))
    named = [name for name in sessions.columns if name.startswith(f"{stem}_") or name in models]
    return narrow_and_code(sessions, ["patient_id", by, "followup_h", *named])


def _at_one_time(counting: Counting, measure: str, time: str, conf_level: float) -> pd.DataFrame:
    by, change, baseline = counting.by, f"{measure}_{time}", BASELINES[measure]
    recorded = change in column_names(counting.table)
    everyone = counting.group_sizes("patient_id")[[by]]
    eligible = counting.group_sizes(baseline if recorded else "patient_id").rename(
        columns={"patients": "patients_eligible", "sessions": "sessions_eligible"}
    )
    frame = everyone.merge(eligible, on=by, how="left")
    if recorded:
        shares = counting.shares(change, _least_change(measure, by))
        shares["same"] = 1.0 - shares["better"] - shares["worse"]
        frame = frame.merge(shares, on=by, how="left")
    frame = frame.assign(time=time, measure=measure).reindex(columns=[by, *_ORDER])
    counts = _SIZES[:-1]
    frame[counts] = frame[counts].fillna(0).astype("int64")
    frame["capture_rate"] = frame["sessions"] / frame["sessions_eligible"].replace(0, np.nan)
    return _with_means(frame, counting.table, change, conf_level) if recorded else with_reasons(frame)


def _least_change(name: str, by: str) -> float | Mapping[str, float]:
    """Least change that counts as better or worse: published for points, measurement error for ranges."""
    if name == "rom_gain" and by == "rom_movement":
        return {known: movement(known).measurement_error for known in MOVEMENTS}
    return (measure(name).smallest_change if name != "rom_gain" else None) or ANY_CHANGE


def _with_means(frame: pd.DataFrame, table: Any, change: str, conf_level: float) -> pd.DataFrame:
    """Fill in the means of the groups' own sessions; groups with too few patients say so."""
    by = str(frame.columns[0])
    means, why = fit_or_why(lambda: clustered_means(table, change, by, conf_level=conf_level))
    if means is None:
        return with_reasons(frame, why)[[by, *_ORDER]]
    own = means[[by, *_MEANS, "note"]].astype({by: "object"})
    filled = frame.drop(columns=[*_MEANS, "note"]).astype({by: "object"}).merge(own, on=by, how="left")
    return with_too_few_blanked(filled, _MEANS)[[by, *_ORDER]]


# --- next to what is expected without any effect ----------------------------------------------------------------------

_NEEDED = ("condition", "session_number", "pain_pre", "pain_relief_post", "pain_relief_48h")


def relief(
    sessions: Any,
    *,
    by: str = "condition",
    times: Sequence[str] = TIMES,
    overall: bool = False,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Pain relief per condition and time, next to what regression to the mean alone would give.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str
        What the rows are of: ``condition``, or any other coded column.
    times : sequence of {"post", "48h"}
    overall : bool
        One row per time over all conditions (named ``all``), in place of one per group.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        As :func:`outcomes.condition_estimates` (without ``patients_eligible``), with ``expected_change`` and
        ``null_benchmark_flare``: the mean change with no effect at all where sessions are booked in advance, and where
        everybody comes on a bad day (pain more than a point above usual).
    """
    if overall:
        found, by = overall_estimates(sessions, times=times, conf_level=conf_level), "condition"
    else:
        found = condition_estimates(sessions, by=by, times=times, conf_level=conf_level)
    narrow = needed_columns(sessions, *_NEEDED, by)
    expected = pd.concat(
        [_expected(narrow, time, None if overall else by) for time in times], ignore_index=True
    )
    joined = found.merge(expected, on=[by, "time"], how="left")
    note = joined.pop("note")
    return joined.drop(columns="patients_eligible").assign(note=note)


def _expected(frame: pd.DataFrame, time: str, by: str | None) -> pd.DataFrame:
    """Change expected without any effect: visits booked ahead, and bad days only; of all where ``by`` is None."""
    found = expected_change(frame, f"pain_relief_{time}", by, variation=on_bad_days())
    group = by or "condition"
    expected = found.assign(**{group: found[by].astype("str") if by else "all"}, time=time)
    expected = expected.rename(columns={"expected_change_flare": "null_benchmark_flare"})
    return expected[[group, "expected_change", "null_benchmark_flare", "time"]]


def gained_later(sessions: Any, *, overall: bool = False, conf_level: float = 0.95) -> pd.DataFrame:
    """Change from the reading right after to the later one, in sessions that have both.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    overall : bool
        One row over all conditions, named ``all``.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, patients, sessions, estimate, std_error, df, conf_low, conf_high, null_benchmark,
        null_benchmark_flare, note``. Points; positive where pain was lower later than right after. The benchmarks are
        as in :func:`relief`.
    """
    frame = needed_columns(sessions, *_NEEDED)
    frame = frame.assign(gained=frame["pain_relief_48h"] - frame["pain_relief_post"])
    both = frame[frame["gained"].notna()]
    grouped = frame.assign(condition=one_group(frame)) if overall else frame
    found = clustered_means(grouped, "gained", conf_level=conf_level)
    unrecorded = TOO_FEW if len(both) else NOT_RECORDED
    found = with_too_few_blanked(sorted_rows(found, "condition"), _MEANS, unrecorded=unrecorded)
    return _with_nothing_gained(found.reset_index(drop=True), both, overall=overall)


def _with_nothing_gained(found: pd.DataFrame, both: pd.DataFrame, *, overall: bool) -> pd.DataFrame:
    """Join what the difference of the two readings would be with no effect at all."""
    names = ["expected_change", "null_benchmark_flare"]
    gained = np.full((len(found), 2), np.nan)
    if len(both):
        by = None if overall else "condition"
        expected = {time: _expected(both, time, by).set_index("condition") for time in TIMES}
        post, later = (expected[time][names].reindex(found["condition"]).to_numpy(float) for time in TIMES)
        gained = later - post
    note = found.pop("note")
    return found.assign(null_benchmark=gained[:, 0], null_benchmark_flare=gained[:, 1], note=note)


def motion(sessions: Any, *, times: Sequence[str] = TIMES) -> pd.DataFrame:
    """Range-of-motion gain per movement: :func:`outcomes.condition_estimates`, or one row "not recorded".

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    times : sequence of {"post", "48h"}

    Returns
    -------
    pandas.DataFrame
        With ``rom_movement`` in place of ``condition``.
    """
    found = condition_estimates(sessions, "rom_gain", by="rom_movement", times=times)
    if len(found):
        return found
    row = {"rom_movement": "range of motion", "measure": "rom_gain", "patients": 0, "sessions": 0}
    rows = [{**row, "note": NOT_RECORDED, "time": time} for time in times]
    return pd.DataFrame(rows).reindex(columns=found.columns)
