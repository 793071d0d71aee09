"""What several clinics gave to a study in, answers of all together out: computed from sums, never from records.

Every figure is that of the clinics' records put together, patients of different clinics being different people. How far
clinics differ is told as a range in which the average of one more clinic like these would lie; no clinic is named, and
none is held against another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.chance.null_benchmark import expected_change, null_benchmark
from outcomes.models.chance.variation import on_bad_days
from outcomes.models.means import clustered_means
from outcomes.models.proportions.responders import responders
from outcomes.models.study import BY_TWITCHES, TIMES, TWITCHES, Clinics, Study
from outcomes.models.study_file import read_studies
from outcomes.models.survival.curves import soreness_curve
from outcomes.models.survival.sore_sums import SoreSums
from outcomes.models.totals import TotalTable
from outcomes.questions.answers import (
    blank,
    fit_or_why,
    sorted_by_time,
    sorted_rows,
    with_too_few_blanked,
)
from outcomes.questions.between_clinics import between
from outcomes.questions.sentences.several_clinics import (
    between_sentences,
    slope_sentences,
    twitch_sentences,
    who_sentences,
)
from outcomes.questions.soreness import shares_from
from outcomes.record.outcomes import ResponderRule, reaches
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "Clinics",
    "between",
    "between_sentences",
    "by_twitches",
    "curve",
    "links",
    "other_readings",
    "read_clinics",
    "relief",
    "shares",
    "slope_sentences",
    "sore_for",
    "twitch_sentences",
    "who",
    "who_sentences",
]

MEANS = ("estimate", "std_error", "df", "conf_low", "conf_high")
SHARE = ("proportion", "std_error", "conf_low", "conf_high")
BENCHMARKS = ("null_benchmark", "null_benchmark_flare")
OUTCOMES = {"better": "pain_responder", "worse": "pain_worse"}
OTHERS = {
    "function_gain_post": ("function_gain", "post"),
    "function_gain_48h": ("function_gain", "48h"),
    "twitch_count": ("twitch_count", ""),
    "soreness_peak": ("soreness_peak", ""),
    "pain_during": ("pain_during", ""),
}
"""Everything else that is pooled: of what, and when."""
NOT_MASKED = "masked sums hold no hours of soreness"
_NOBODY = pd.DataFrame({"patient_id": [""], "soreness_h": [np.nan]})
"""One session of which nothing was asked."""


def read_clinics(paths: Sequence[str | Path]) -> Clinics:
    """Read the files of several clinics, which have to be made under the plan in use.

    Raises
    ------
    ReductionError
        Where a file is damaged, two hold the same records, or plans differ.
    """
    from outcomes.models.json_file import plan_hash

    return Clinics(tuple(read_studies(paths, plan_hash())))


# --- all together -----------------------------------------------------------------------------------------------------


def who(clinics: Clinics) -> pd.DataFrame:
    """Patients and sessions of all clinics and of each condition, and how many clinics have it.

    Returns
    -------
    pandas.DataFrame
        ``condition, patients, sessions, clinics, note``; ``all`` first.
    """
    found = _counted(clinics.whole)
    having = pd.concat([_counted(study) for study in clinics.each])["condition"].value_counts()
    masked = any(study.clinics > 1 for study in clinics.each)  # who of them has a condition is not to be seen
    found = found.assign(clinics=np.nan if masked else found["condition"].map(having))
    whole = clinics.whole
    everybody = {
        "condition": "all",
        "patients": whole.patients,
        "sessions": whole.sessions,
        "clinics": whole.clinics,
    }
    return pd.concat([pd.DataFrame([everybody]), found], ignore_index=True).assign(note="")


def _counted(study: Study) -> pd.DataFrame:
    """Patients and sessions with a reading before, by condition."""
    totals = study.part("totals", "pain_pre", "condition")
    means = _mean(totals)[["condition", "patients", "sessions"]]
    return sorted_rows(means[means["sessions"] > 0], "condition")


def relief(clinics: Clinics, *, overall: bool = False, times: Sequence[str] = TIMES) -> pd.DataFrame:
    """Pain relief of all clinics together, next to what is expected without any effect.

    Parameters
    ----------
    clinics : Clinics
    overall : bool
        One row per time over all conditions (named ``all``), in place of one per condition.
    times : sequence of {"post", "48h"}

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`outcomes.change.relief` but the shares better and worse, with the same figures as the
        records of all clinics put together.
    """
    rows = [_relief_at(clinics.whole, time, overall=overall) for time in times]
    return sorted_by_time(pd.concat(rows, ignore_index=True), "condition")


def _relief_at(study: Study, time: str, *, overall: bool) -> pd.DataFrame:
    outcome = f"pain_relief_{time}"
    eligible = _by_group(study, "totals", "pain_pre", overall, _mean)
    frame = eligible[["condition", "sessions"]].rename(columns={"sessions": "sessions_eligible"})
    means = _by_group(study, "totals", outcome, overall, _mean)
    expected = _by_group(
        study, "readings", outcome, overall, lambda t: expected_change(t, outcome, variation=on_bad_days())
    )
    names = {"expected_change": "expected_change", "expected_change_flare": "null_benchmark_flare"}
    expected = expected.reindex(columns=["condition", *names]).rename(columns=names)
    if means.empty:
        means = frame[["condition"]].assign(patients=0, sessions=0, **blank(MEANS, NOT_RECORDED))
    frame = frame.merge(means, on="condition", how="left").merge(expected, on="condition", how="left")
    counts = ["patients", "sessions", "sessions_eligible"]
    frame[counts] = frame[counts].fillna(0).astype("int64")
    frame["capture_rate"] = frame["sessions"] / frame["sessions_eligible"].replace(0, np.nan)
    frame = with_too_few_blanked(frame.assign(time=time, measure="pain_relief"), MEANS)
    first = ["condition", "time", "measure", "patients", "sessions", "sessions_eligible", "capture_rate"]
    return frame[[*first, *MEANS, "expected_change", "null_benchmark_flare", "note"]]


def _mean(reduction: TotalTable) -> pd.DataFrame:
    return clustered_means(reduction, reduction.outcome)


def _by(overall: bool) -> str:
    """What a part is by: nothing is over all."""
    return "" if overall else "condition"


def _by_group(
    study: Study, kind: str, of: str, overall: bool, estimate: Callable[[Any], pd.DataFrame]
) -> pd.DataFrame:
    """An estimate from a reduction, by condition or of ``all``; no row where it was not recorded."""
    reduction = study.part(kind, of, _by(overall))
    if reduction is None:
        return pd.DataFrame({"condition": pd.Series(dtype="str")})
    found = estimate(reduction)
    found = found.assign(condition="all") if overall else found
    return found.assign(condition=found["condition"].astype("str"))


def shares(clinics: Clinics, *, overall: bool = False, times: Sequence[str] = TIMES) -> pd.DataFrame:
    """Share of sessions better, and worse, by the default rule, with the null benchmark.

    Returns
    -------
    pandas.DataFrame
        As :func:`outcomes.thresholds.responder_shares`, with the same figures as the records put together.
    """
    parts = [
        _share_at(clinics.whole, f"{stem}_{time}", overall=overall).assign(outcome=said, time=time)
        for said, stem in OUTCOMES.items()
        for time in times
    ]
    counts = ["patients", "sessions", "sessions_eligible", "capture_rate", "responders"]
    names = ["condition", "outcome", "time", *counts, *SHARE, *BENCHMARKS, "note"]
    return sorted_rows(pd.concat(parts, ignore_index=True), "condition")[names].reset_index(drop=True)


def _share_at(study: Study, flag: str, *, overall: bool) -> pd.DataFrame:
    found = _by_group(study, "counts", flag, overall, responders)
    if found.empty:
        groups = _by_group(study, "totals", "pain_pre", overall, _mean)
        nobody = {
            "patients": 0,
            "sessions": 0,
            "responders": 0,
            "sessions_eligible": 0,
            "capture_rate": np.nan,
        }
        return groups[["condition"]].assign(**nobody, **blank((*SHARE, *BENCHMARKS), NOT_RECORDED))
    readings = study.part("readings", flag, _by(overall))
    chance = _by_group(
        study, "readings", flag, overall, lambda t: null_benchmark(t, flag, variation=on_bad_days())
    )
    enough = readings.cells[reaches(readings.cells["_pain"], ResponderRule().least_baseline)]
    key = "all" if overall else enough["condition"].astype("str")
    eligible = enough.assign(condition=key).groupby("condition")["sessions"].sum()
    found = found.drop(columns=[*BENCHMARKS, "left_out"])
    found = found.merge(chance[["condition", *BENCHMARKS]], on="condition", how="left")
    sessions_eligible = found["condition"].map(eligible).fillna(0).astype("int64")
    rate = found["sessions"] / sessions_eligible.where(sessions_eligible > 0)
    found = found.assign(sessions_eligible=sessions_eligible, capture_rate=rate)
    return with_too_few_blanked(found, SHARE, unrecorded=TOO_FEW)


def curve(clinics: Clinics, *, overall: bool = False) -> pd.DataFrame:
    """Share of sessions still sore, hour by hour: as :func:`outcomes.soreness_curve`, ``all`` where ``overall``."""
    found = _by_group(clinics.whole, "events", "soreness_h", overall, soreness_curve)
    return soreness_curve(_NOBODY, None).assign(condition="all") if found.empty else found


def sore_for(clinics: Clinics, *, overall: bool = False) -> pd.DataFrame:
    """Share of sessions sore at all, and for longer than one, two and three days.

    Returns
    -------
    pandas.DataFrame
        As :func:`outcomes.soreness_shares`, with the same figures as the records put together. Masked sums hold the
        share sore at all, and say of the others that they do not.
    """
    sums = clinics.whole.soreness(_by(overall))
    if sums is None:
        row = {"condition": "all", "threshold": 48, "patients": 0, "sessions": 0, "sessions_eligible": 0}
        return pd.DataFrame(
            [{**row, **blank(("capture_rate", "proportion", "conf_low", "conf_high"), NOT_RECORDED)}]
        )
    found = shares_from(_named(sums) if overall else sums, "condition")
    if clinics.whole.part("events", "soreness_h") is None:
        later = found["threshold"] > 0
        found.loc[later, ["proportion", "conf_low", "conf_high"]] = np.nan
        found.loc[later, "note"] = NOT_MASKED
    return found


def _named(sums: SoreSums) -> SoreSums:
    """Sums of everybody, as of one group called ``all``."""

    def named(table: Any) -> Any:
        return replace(table, by=("condition",), groups=table.groups.assign(condition="all"))

    return SoreSums(named(sums.flags), named(sums.events), {h: named(t) for h, t in sums.watched.items()})


def other_readings(clinics: Clinics) -> pd.DataFrame:
    """Means of everything else that was recorded: function, twitches, worst soreness, pain of the needling.

    Returns
    -------
    pandas.DataFrame
        ``measure, time, patients, sessions, estimate, std_error, df, conf_low, conf_high, note``.
    """
    rows = [
        _by_group(clinics.whole, "totals", name, True, _mean).assign(measure=of, time=when)
        for name, (of, when) in OTHERS.items()
    ]
    names = ["measure", "time", "patients", "sessions", *MEANS, "note"]
    found = pd.concat(rows, ignore_index=True).reindex(columns=names)
    return with_too_few_blanked(found, MEANS)


def by_twitches(clinics: Clinics) -> pd.DataFrame:
    """Worst soreness and relief of sessions with a like number of twitches; nothing else is held equal.

    Returns
    -------
    pandas.DataFrame
        ``outcome, dose, dose_label, patients, sessions, estimate, std_error, df, conf_low, conf_high, note``; ``dose``
        is the least number of twitches in the group, points.
    """
    names = ["outcome", "dose", "dose_label", "patients", "sessions", *MEANS, "note"]
    parts = []
    for outcome in BY_TWITCHES:
        reduction = clinics.whole.part("totals", outcome, TWITCHES)
        if reduction is None:
            nobody = {"patients": 0, "sessions": 0, **blank(MEANS, NOT_RECORDED)}
            parts.append(pd.DataFrame([{"outcome": outcome, "dose": 0.0, **nobody}]))
        else:
            parts.append(_mean(reduction).rename(columns={TWITCHES: "dose"}).assign(outcome=outcome))
    found = pd.concat(parts, ignore_index=True)
    labels = _twitch_labels()
    return with_too_few_blanked(found.assign(dose_label=found["dose"].map(labels)), MEANS)[names]


def _twitch_labels() -> dict[float, str]:
    """What the groups by twitches are called, by their least number."""
    least = active_plan().twitches.groups
    ends = {low: f"{low}" if high == low + 1 else f"{low} to {high - 1}" for low, high in pairwise(least)}
    return {float(low): said for low, said in {**ends, least[-1]: f"{least[-1]} or more"}.items()}


def links(clinics: Clinics) -> pd.DataFrame:
    """How much later relief goes with relief right after, by the plan's model over all conditions.

    Returns
    -------
    pandas.DataFrame
        ``term, patients, sessions, estimate, std_error, df, conf_low, conf_high, note``: points of later relief per
        point of relief right after, sessions that began with equal pain.
    """
    moments = clinics.whole.part("moments", "relation_overall")
    row: dict[str, Any] = {"term": "pain_relief_post", "patients": 0, "sessions": 0}
    if moments is None:
        return pd.DataFrame([{**row, **blank(MEANS, NOT_RECORDED)}])
    row |= {"patients": moments.n_patients, "sessions": moments.n_sessions}
    fit, why = fit_or_why(moments.fit)
    if fit is None:
        return pd.DataFrame([{**row, **blank(MEANS, why)}])
    found = fit.coefficients.set_index("term").reindex(["pain_relief_post"])
    rows = found.reset_index()[["term", *MEANS]].assign(
        **{k: row[k] for k in ("patients", "sessions")}, note=""
    )
    return with_too_few_blanked(rows[["term", "patients", "sessions", *MEANS, "note"]], MEANS)
