"""Local twitches: how many, and what relief and soreness go with them.

Every figure is an association. Clinicians chase twitches in reactive muscle and stop when they fade or hurt, and more
twitches come with more insertions: so each slope is split into the part within patients and the part between them, and
stands twice, with and without insertions, on the same sessions. What was not recorded is a row that says so. Counts are
of what was seen or felt: a deep muscle hides its twitches, so a count of none is not proof of none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.proportions.rates import twitch_groups, twitch_rates
from outcomes.questions.answers import (
    fit_or_why,
    is_recorded,
    needed_columns,
    only_condition,
    size_of,
    sorted_rows,
    why_none,
    with_reasons,
    with_too_few_blanked,
)
from outcomes.questions.levels import answer_shares, coded
from outcomes.questions.sentences.twitches import (
    ALONE,
    BETWEEN,
    NO_INSERTIONS,
    WITH_INSERTIONS,
    WITHIN,
    count_sentences,
    in_words,
    outcome_phrase,
    relation_line,
    relation_sentences,
    seen_sentences,
    soreness_sentences,
)
from outcomes.record.outcomes import within_between
from outcomes.record.plan import ADJUSTMENTS, active_plan
from outcomes.words import NOT_RECORDED

__all__ = [
    "ALONE",
    "BETWEEN",
    "NO_INSERTIONS",
    "WITHIN",
    "WITH_INSERTIONS",
    "count_sentences",
    "in_words",
    "outcome_phrase",
    "relation_line",
    "relation_sentences",
    "seen_sentences",
    "sentences",
    "soreness_sentences",
    "twitch_bins",
    "twitch_counts",
    "twitch_relations",
    "twitch_soreness",
    "twitches_seen",
]

sentences = relation_sentences
"""Its name in earlier versions."""
NO_REPEATS = "no patient has sessions with different numbers of twitches"
OUTCOMES: Mapping[str, str] = {
    "pain_relief_post": "pain_pre",
    "pain_relief_48h": "pain_pre",
    "soreness_peak": "",
}
"""What is related to twitches, each with the baseline its model takes."""
DOSE = "Twitches in the session"
SORENESS = ("soreness_h", "soreness_ongoing", "soreness_free_h")
_TESTED = ["estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high"]
_RELATIONS = [
    *["outcome", "effect", "model", "unit", "patients", "sessions", "sessions_eligible", "capture_rate"],
    *[*_TESTED, "adjust", "note"],
]
_SORENESS = [
    *["outcome", "effect", "model", "patients", "sessions", "ratio", "std_error", "p_value"],
    *["conf_low", "conf_high", "note"],
]
_RATES = ["estimate", "std_error", "conf_low", "conf_high", "zero_share"]
_COUNTS = ["patients", "sessions", "sessions_eligible", "capture_rate", *_RATES, "note"]
_BINS = [
    *["outcome", "dose", "dose_label", "patients", "sessions"],
    *["estimate", "std_error", "df", "conf_low", "conf_high", "note"],
]


# --- how many ---------------------------------------------------------------------------------------------------------


def twitch_counts(sessions: Any, *, by: str = "condition", conf_level: float = 0.95) -> pd.DataFrame:
    """Twitches per session, and the share of sessions without one.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    by : str
        Grouping column.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, sessions_eligible, capture_rate, estimate, std_error, conf_low, conf_high,
        zero_share, note``: ``estimate`` is twitches per session, ``capture_rate`` the share of sessions in which they
        were counted.
    """
    sessions = needed_columns(sessions, "twitch_count", by=by)
    everyone = sessions[sessions[by].notna()].groupby(by, observed=True).size()
    frame = pd.DataFrame({by: everyone.index.astype("str"), "sessions_eligible": everyone.to_numpy()})
    if is_recorded(sessions, "twitch_count"):
        rates = twitch_rates(sessions, by, conf_level=conf_level).rename(columns={"rate": "estimate"})
        frame = frame.merge(rates.assign(**{by: rates[by].astype("str")}), on=by, how="left")
    else:
        frame = frame.assign(patients=0, sessions=0, note="", **dict.fromkeys(_RATES, np.nan))
    frame = with_too_few_blanked(frame, _RATES)
    frame["capture_rate"] = frame["sessions"] / frame["sessions_eligible"]
    return sorted_rows(frame, by)[[by, *_COUNTS]].reset_index(drop=True)


def twitches_seen(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Share of sessions with a twitch in which it was seen, not only felt by the clinician, per condition.

    Returns
    -------
    pandas.DataFrame
        ``condition, label, patients, sessions, proportion, conf_low, conf_high, note``.
    """
    frame = needed_columns(sessions, "twitch_seen", by="condition")
    seen = coded(frame["twitch_seen"], "seen").where(coded(frame["twitch_seen"], "none") == 0)
    found = answer_shares(frame, {"Twitch seen": seen}, "condition", conf_level=conf_level)
    return found.drop(columns=["sessions_eligible", "capture_rate"])


def twitch_bins(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Relief and worst soreness of sessions with a like number of twitches.

    Returns
    -------
    pandas.DataFrame
        ``outcome, dose, dose_label, patients, sessions, estimate, std_error, df, conf_low, conf_high, note``: a row per
        outcome and group of sessions. ``dose`` is the mean number of twitches in the group; ``estimate`` the mean at
        the average pain before and equal weight of conditions, in points, with errors clustered on patients.
        Insertions are not held equal.
    """
    frame = _of_conditions(sessions, "twitch_count", "pain_pre", *OUTCOMES)
    known = frame[frame["twitch_count"].notna()]
    if known.empty:
        row = {"outcome": list(OUTCOMES), "dose_label": DOSE, "patients": 0, "sessions": 0}
        return pd.DataFrame({**row, "note": NOT_RECORDED}).reindex(columns=_BINS)
    names = pd.Index([f"b{i}" for i in range(len(active_plan().twitches.groups))], dtype="str")
    groups = pd.Categorical.from_codes(twitch_groups(known["twitch_count"]), names)
    known = known.assign(dose_bin=groups.remove_unused_categories())
    doses = known.groupby("dose_bin", observed=True)["twitch_count"].mean().round(1)
    doses.index = doses.index.astype("str")
    parts = [_bins_of(known, outcome, doses, conf_level) for outcome in OUTCOMES]
    return pd.concat(parts, ignore_index=True).reindex(columns=_BINS)


def _bins_of(known: pd.DataFrame, outcome: str, doses: pd.Series[float], conf_level: float) -> pd.DataFrame:
    from outcomes.models.mixed.clustered import clustered
    from outcomes.models.mixed.fit import fit_mixed

    baseline = OUTCOMES[outcome]
    used = known[known[[outcome, *([baseline] if baseline else []), "condition"]].notna().all(axis=1)]
    counts = used.groupby("dose_bin", observed=True).agg(
        patients=("patient_id", "nunique"), sessions=("patient_id", "size")
    )
    frame = with_reasons(counts.reindex(doses.index, fill_value=0).reset_index())
    frame["dose"] = frame["dose_bin"].map(doses)
    enough = frame.loc[frame["note"] == "", "dose_bin"]
    used = used[used["dose_bin"].isin(enough)]
    used = used.assign(
        **{name: used[name].cat.remove_unused_categories() for name in ("dose_bin", "condition")}
    )
    filled = {"outcome": outcome, "baseline": baseline}
    formula = active_plan().model("twitch_groups", without=only_condition(used), **filled)
    fit, why = fit_or_why(
        lambda: clustered(fit_mixed(formula, used, conf_level=conf_level), used).marginal_means("dose_bin"),
        "" if len(enough) else NOT_RECORDED,
    )
    if fit is None:
        frame.loc[frame["note"] == "", "note"] = why
    else:
        means = fit.drop(columns=["patients", "sessions", "note"], errors="ignore")
        frame = frame.merge(means, on="dose_bin", how="left")
    return frame.assign(outcome=outcome, dose_label=DOSE).sort_values("dose")


def _of_conditions(sessions: Any, *names: str) -> pd.DataFrame:
    """The columns named, with conditions as categories."""
    frame = needed_columns(sessions, "condition", *names)
    return frame.assign(condition=frame["condition"].astype("category"))


# --- what goes with them ----------------------------------------------------------------------------------------------


def twitch_relations(
    sessions: Any, *, outcomes: Sequence[str] = tuple(OUTCOMES), conf_level: float = 0.95
) -> pd.DataFrame:
    """How relief and worst soreness go with each further twitch, within and between patients.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    outcomes : sequence of {"pain_relief_post", "pain_relief_48h", "soreness_peak"}
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``outcome, effect, model, unit, patients, sessions, sessions_eligible, capture_rate, estimate, std_error, df,
        statistic, p_value, conf_low, conf_high, adjust, note``: points per twitch. ``effect`` is within or between
        patients; ``model`` is twitches alone or with insertions, both on the same sessions where insertions were
        counted. ``p_value`` is Holm-adjusted over the outcomes of one effect and model, intervals are not.
        ``sessions_eligible`` have a twitch count.

    Notes
    -----
    ``outcome ~ twitches within + twitches between [+ insertions within + between] [+ pain before] + condition +
    (1 | patient)``: the within-between (Mundlak 1978) mixed model, by REML, its errors clustered on patients: sessions
    of many twitches vary more in soreness than those of few.
    """
    frame = _of_conditions(sessions, "twitch_count", "insertion_count", "pain_pre", *OUTCOMES)
    rows = [row for outcome in outcomes for row in _relations_of(frame, outcome, conf_level)]
    return _adjusted_by(pd.DataFrame(rows), ["effect", "model"]).reindex(columns=_RELATIONS)


@dataclass(frozen=True)
class _Sample:
    """Sessions one outcome's models are fitted to, and whether insertions are known in them."""

    sessions: pd.DataFrame
    eligible: int
    insertions: bool

    @classmethod
    def of(cls, frame: pd.DataFrame, needed: Iterable[str]) -> _Sample:
        """Complete sessions, with doses split; insertions are asked for where enough of the sessions have them."""
        counted = frame["twitch_count"].notna()
        kept = frame[counted & frame[["patient_id", "condition", *needed]].notna().all(axis=1)]
        known = kept["insertion_count"].notna()
        insertions = not why_none(kept.loc[known, "patient_id"].nunique())
        kept = kept[known] if insertions else kept
        kept = kept.assign(condition=kept["condition"].cat.remove_unused_categories())
        for dose in ["twitch_count", *(["insertion_count"] if insertions else [])]:
            kept = within_between(kept, dose)
        return cls(kept, int(counted.sum()), insertions)

    @cached_property
    def size(self) -> dict[str, int]:
        return size_of(self.sessions)

    def counts(self) -> dict[str, Any]:
        """Patients and sessions, of how many with a twitch count."""
        rate = self.size["sessions"] / self.eligible if self.eligible else np.nan
        return {**self.size, "sessions_eligible": self.eligible, "capture_rate": rate}

    def formula(self, name: str, model: str, **filled: str) -> str:
        """A model of the plan, with the doses it takes."""
        doses = ["twitch_count", *(["insertion_count"] if model == WITH_INSERTIONS else [])]
        split = " + ".join(f"{dose}_{part}" for dose in doses for part in ("within", "between"))
        return active_plan().model(name, twitches=split, without=only_condition(self.sessions), **filled)

    def why_none(self, model: str) -> str:
        """Why the model cannot be fitted, or an empty text."""
        why = why_none(self.size["patients"], recorded=len(self.sessions) > 0)
        return why or (NO_INSERTIONS if model == WITH_INSERTIONS and not self.insertions else "")


def _relations_of(frame: pd.DataFrame, outcome: str, conf_level: float) -> list[dict[str, Any]]:
    baseline = OUTCOMES[outcome]
    sample = _Sample.of(frame, [outcome, *([baseline] if baseline else [])])
    reasons = {model: sample.why_none(model) for model in (ALONE, WITH_INSERTIONS)}
    formulas = {
        model: sample.formula("twitches", model, outcome=outcome, baseline=baseline)
        for model, why in reasons.items()
        if not why
    }
    found, why = fit_or_why(lambda: _coefficients(formulas, sample.sessions, conf_level))
    rows: list[dict[str, Any]] = []
    for model, reason in reasons.items():
        head = {"outcome": outcome, "model": model, "unit": "points per twitch", **sample.counts()}
        terms = (found or {}).get(model)
        rows += [
            head | {"effect": effect} | _term(terms, effect, reason or why) for effect in (WITHIN, BETWEEN)
        ]
    return rows


def _coefficients(
    formulas: Mapping[str, str], sessions: pd.DataFrame, conf_level: float
) -> dict[str, pd.DataFrame]:
    """Coefficients of twitches in models, the last of which holds the terms of all: the sessions are reduced once."""
    from outcomes.models.mixed.clustered import clustered
    from outcomes.models.mixed.fit import fit_moments
    from outcomes.models.mixed.reduce import reduce_moments

    if not formulas:
        return {}
    moments = reduce_moments(list(formulas.values())[-1], sessions)
    fits = {m: fit_moments(moments.narrowed(text), conf_level=conf_level) for m, text in formulas.items()}
    terms = [_twitches_of(effect) for effect in (WITHIN, BETWEEN)]
    return {model: clustered(fit, sessions).coefficients_of(terms) for model, fit in fits.items()}


def _twitches_of(effect: str) -> str:
    return f"twitch_count_{effect.split()[0]}"


def _term(found: pd.DataFrame | None, effect: str, why: str) -> dict[str, Any]:
    name = _twitches_of(effect)
    if found is None or name not in set(found["term"]):
        return {"note": why or NO_REPEATS}
    row = found.set_index("term").loc[name]
    return {**{key: row[key] for key in _TESTED}, "note": str(row.get("note") or "")}


def _adjusted_by(frame: pd.DataFrame, family: list[str]) -> pd.DataFrame:
    """Adjust p-values within each family; what the family was is said in ``adjust``."""
    from outcomes.models.multiplicity import adjusted

    frame = frame.reindex(columns=[*dict.fromkeys([*frame.columns, "p_value"])])
    tested, how = frame.groupby(family)["p_value"], active_plan().adjustment("twitches and points")
    frame["p_value"] = tested.transform(lambda values: adjusted(values.to_numpy(dtype=float), how))
    return frame.assign(
        adjust=[f"{ADJUSTMENTS[how]}, {n} outcomes" if n else "" for n in tested.transform("count")]
    )


def twitch_soreness(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """How any soreness, and the hours it lasts, go with each further twitch.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``outcome, effect, model, patients, sessions, ratio, std_error, p_value, conf_low, conf_high, note``.
        ``ratio`` is of the odds of any soreness, and of the hours among the sore, per twitch (1 = no relation);
        ``std_error`` is of its logarithm.

    Notes
    -----
    Two-part model of :func:`outcomes.soreness_model`: censored hours are neither dropped nor halved.
    """
    from outcomes.models.survival.events_frame import soreness_bounds
    from outcomes.models.survival.two_part import soreness_model

    frame = _of_conditions(sessions, "twitch_count", "insertion_count", *SORENESS)
    sample = _Sample.of(frame[~np.isnan(soreness_bounds(frame)[0])], [])
    rows: list[dict[str, Any]] = []
    for model in (ALONE, WITH_INSERTIONS):
        formula = sample.formula("twitch_soreness", model)
        fit = partial(soreness_model, formula, sample.sessions, conf_level=conf_level)
        parts, why = fit_or_why(fit, sample.why_none(model))
        rows += [
            {"outcome": outcome, "effect": effect, "model": model, **_ratio(parts, outcome, effect, why)}
            for outcome in ("any soreness", "hours of soreness")
            for effect in (WITHIN, BETWEEN)
        ]
    return pd.DataFrame(rows).reindex(columns=_SORENESS)


def _ratio(parts: Any, outcome: str, effect: str, why: str) -> dict[str, Any]:
    if parts is None:
        return {"patients": 0, "sessions": 0, "note": why}
    first = outcome == "any soreness"
    who = (parts.n_patients, parts.n_sessions) if first else (parts.n_sore_patients, parts.n_sore)
    row = _term(parts.any_soreness if first else parts.duration, effect, why)
    found = {"patients": who[0], "sessions": who[1], "note": row["note"]}
    if "estimate" not in row:
        return found
    ratios = {name: float(np.exp(row[key])) for name, key in _EXPONENTIATED.items()}
    return found | ratios | {"std_error": row["std_error"], "p_value": row["p_value"]}


_EXPONENTIATED = {"ratio": "estimate", "conf_low": "conf_low", "conf_high": "conf_high"}
