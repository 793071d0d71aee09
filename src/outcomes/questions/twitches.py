"""Sessions in, what goes with local twitches out: relief, soreness, and whether a twitch foretells anything.

Every figure is an association. Clinicians chase twitches in reactive muscle and stop when they fade or hurt, and more
twitches come with more insertions: so each slope is split into the part within patients and the part between them, and
stands twice, with and without insertions, on the same sessions. What was not recorded is a row that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.models.groups import fetched, is_lazy, narrow_and_code
from outcomes.record.measures import measure
from outcomes.record.outcomes import with_outcomes, within_between
from outcomes.record.plan import ADJUSTMENTS, TOO_FEW_PATIENTS, active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, interval, number, rests_on, why

__all__ = [
    "ALONE",
    "BETWEEN",
    "WITHIN",
    "WITH_INSERTIONS",
    "in_words",
    "outcome_phrase",
    "recorded_columns",
    "sentences",
    "soreness_sentences",
    "twitch_bins",
    "twitch_relations",
    "twitch_soreness",
]

WITHIN, BETWEEN = "within patients", "between patients"
ALONE, WITH_INSERTIONS = "twitches alone", "with insertions"
NO_INSERTIONS = "insertions not recorded: twitches and insertions cannot be told apart"
NO_REPEATS = "no patient has sessions with different numbers of twitches"
OUTCOMES: Mapping[str, str] = {
    "pain_relief_post": "pain_pre",
    "pain_relief_48h": "pain_pre",
    "soreness_peak": "",
}
"""What is related to twitches, each with the baseline its model takes."""
BINS = active_plan().twitches.groups
"""Least number of twitches of each group of sessions; the last is open."""
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


def recorded_columns(sessions: Any, names: Iterable[str]) -> pd.DataFrame:
    """Sessions as a pandas frame in which every named column exists, missing throughout where it was absent."""
    if is_lazy(sessions):
        sessions = fetched(sessions)
    absent = [name for name in names if name not in sessions.columns]
    frame: pd.DataFrame = sessions.assign(**dict.fromkeys(absent, np.nan)) if absent else sessions
    return frame


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
    (1 | patient)``: the within-between (Mundlak 1978) mixed model, by REML.
    """
    names = ["twitch_count", "insertion_count", "pain_pre", "condition", "patient_id", *OUTCOMES]
    frame = _lean(with_outcomes(sessions, list(OUTCOMES)), names)
    rows = [row for outcome in outcomes for row in _relations_of(frame, outcome, conf_level)]
    return _adjusted_by(pd.DataFrame(rows), ["effect", "model"]).reindex(columns=_RELATIONS)


def _lean(sessions: Any, names: Sequence[str]) -> pd.DataFrame:
    """The columns named, patients as numbers and conditions as categories."""
    frame = narrow_and_code(recorded_columns(sessions, names), names)
    return frame.assign(condition=frame["condition"].astype("category"))


@dataclass(frozen=True)
class _Sample:
    """Sessions one outcome's models are fitted to, and whether insertions are known in them."""

    sessions: pd.DataFrame
    eligible: int
    insertions: bool

    @cached_property
    def patients(self) -> int:
        return int(self.sessions["patient_id"].nunique())

    def counts(self) -> dict[str, Any]:
        n = len(self.sessions)
        rate = n / self.eligible if self.eligible else np.nan
        who = {"patients": self.patients, "sessions": n}
        return who | {"sessions_eligible": self.eligible, "capture_rate": rate}

    def doses(self, model: str) -> str:
        doses = ["twitch_count", *(["insertion_count"] if model == WITH_INSERTIONS else [])]
        return " + ".join(f"{dose}_{part}" for dose in doses for part in ("within", "between"))

    @property
    def alone(self) -> list[str]:
        """Terms that nothing can be told of: the condition, where there is only one."""
        return ["condition"] if len(self.sessions["condition"].unique()) < 2 else []

    def formula(self, name: str, model: str, **filled: str) -> str:
        return active_plan().model(name, twitches=self.doses(model), without=self.alone, **filled)


def _sample(frame: pd.DataFrame, needed: Iterable[str]) -> _Sample:
    """Complete sessions, with doses split; insertions are asked for where enough of the sessions have them."""
    counted_twitches = frame["twitch_count"].notna()
    kept = frame[counted_twitches & frame[["patient_id", "condition", *needed]].notna().all(axis=1)]
    known = kept["insertion_count"].notna()
    insertions = bool(kept.loc[known, "patient_id"].nunique() >= TOO_FEW_PATIENTS)
    kept = kept[known] if insertions else kept
    kept = kept.assign(condition=kept["condition"].cat.remove_unused_categories())
    for dose in ["twitch_count", *(["insertion_count"] if insertions else [])]:
        kept = within_between(kept, dose)
    return _Sample(kept, int(counted_twitches.sum()), insertions)


def _relations_of(frame: pd.DataFrame, outcome: str, conf_level: float) -> list[dict[str, Any]]:
    from outcomes.models.mixed.fit import fit_moments
    from outcomes.models.mixed.reduce import reduce_moments

    baseline = OUTCOMES[outcome]
    sample = _sample(frame, [outcome, *([baseline] if baseline else [])])
    formulas = {
        model: sample.formula("twitches", model, outcome=outcome, baseline=baseline or "")
        for model in (ALONE, WITH_INSERTIONS)
    }
    reasons = {model: _why_not(sample, model) for model in formulas}
    asked = [model for model in formulas if not reasons[model]]
    found: dict[str, pd.DataFrame] = {}
    if asked:
        try:
            moments = reduce_moments(formulas[asked[-1]], sample.sessions)
            fits = {
                model: fit_moments(moments.narrowed(formulas[model]), conf_level=conf_level)
                for model in asked
            }
            found = {model: fit.coefficients for model, fit in fits.items()}
        except OutcomesError as error:
            reasons |= dict.fromkeys(asked, f"no estimate: {error}")
    rows: list[dict[str, Any]] = []
    for model, reason in reasons.items():
        head = {"outcome": outcome, "model": model, "unit": "points per twitch", **sample.counts()}
        rows += [
            head | {"effect": effect} | _term(found.get(model), effect, reason)
            for effect in (WITHIN, BETWEEN)
        ]
    return rows


def _why_not(sample: _Sample, model: str) -> str:
    if not len(sample.sessions):
        return NOT_RECORDED
    if sample.patients < TOO_FEW_PATIENTS:
        return TOO_FEW
    return NO_INSERTIONS if model == WITH_INSERTIONS and not sample.insertions else ""


def _term(found: pd.DataFrame | None, effect: str, reason: str) -> dict[str, Any]:
    name = f"twitch_count_{effect.split()[0]}"
    if found is None or name not in set(found["term"]):
        return {"note": reason or NO_REPEATS}
    row = found.set_index("term").loc[name]
    return {**{key: row[key] for key in _TESTED}, "note": str(row.get("note") or "")}


def _adjusted_by(frame: pd.DataFrame, family: list[str]) -> pd.DataFrame:
    """Adjust p-values within each family; what the family was is said in ``adjust``."""
    from outcomes.models.mixed.marginal_means import adjusted

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

    names = ["patient_id", "twitch_count", "insertion_count", "condition", *SORENESS]
    frame = _lean(sessions, names)
    asked = frame[~np.isnan(soreness_bounds(frame)[0])]
    sample = _sample(asked, [])
    rows: list[dict[str, Any]] = []
    for model in (ALONE, WITH_INSERTIONS):
        reason, parts = _why_not(sample, model), None
        if not reason:
            try:
                parts = soreness_model(
                    sample.formula("twitch_soreness", model), sample.sessions, conf_level=conf_level
                )
            except OutcomesError as error:
                reason = f"no estimate: {error}"
        rows += [
            {"outcome": outcome, "effect": effect, "model": model, **_ratio(parts, outcome, effect, reason)}
            for outcome in ("any soreness", "hours of soreness")
            for effect in (WITHIN, BETWEEN)
        ]
    return pd.DataFrame(rows).reindex(columns=_SORENESS)


def _ratio(parts: Any, outcome: str, effect: str, reason: str) -> dict[str, Any]:
    if parts is None:
        return {"patients": 0, "sessions": 0, "note": reason}
    first = outcome == "any soreness"
    who = (parts.n_patients, parts.n_sessions) if first else (parts.n_sore_patients, parts.n_sore)
    row = _term(parts.any_soreness if first else parts.duration, effect, reason)
    found = {"patients": who[0], "sessions": who[1], "note": row["note"]}
    if "estimate" not in row:
        return found
    ratios = {name: float(np.exp(row[key])) for name, key in _EXPONENTIATED.items()}
    return found | ratios | {"std_error": row["std_error"], "p_value": row["p_value"]}


_EXPONENTIATED = {"ratio": "estimate", "conf_low": "conf_low", "conf_high": "conf_high"}


def twitch_bins(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Relief and worst soreness of sessions with a like number of twitches.

    Returns
    -------
    pandas.DataFrame
        ``outcome, dose, dose_label, patients, sessions, estimate, std_error, df, conf_low, conf_high, note``: a row per
        outcome and group of sessions. ``dose`` is the mean number of twitches in the group; ``estimate`` the mean at
        the average pain before and equal weight of conditions, in points. Insertions are not held equal.
    """
    names = ["patient_id", "twitch_count", "pain_pre", "condition", *OUTCOMES]
    frame = _lean(with_outcomes(sessions, list(OUTCOMES)), names)
    known = frame[frame["twitch_count"].notna()]
    if known.empty:
        blank = {
            "outcome": list(OUTCOMES),
            "dose_label": DOSE,
            "patients": 0,
            "sessions": 0,
            "note": NOT_RECORDED,
        }
        return pd.DataFrame(blank).reindex(columns=_BINS)
    place = np.searchsorted(BINS, known["twitch_count"].to_numpy(dtype=float), side="right") - 1
    bins = pd.Categorical.from_codes(
        place, categories=pd.Index([f"b{i}" for i in range(len(BINS))], dtype="str")
    )
    known = known.assign(dose_bin=bins.remove_unused_categories())
    doses = known.groupby("dose_bin", observed=True)["twitch_count"].mean().round(1)
    doses.index = doses.index.astype("str")
    parts = [_bins_of(known, outcome, doses, conf_level) for outcome in OUTCOMES]
    return pd.concat(parts, ignore_index=True).reindex(columns=_BINS)


_BINS = [
    *["outcome", "dose", "dose_label", "patients", "sessions"],
    *["estimate", "std_error", "df", "conf_low", "conf_high", "note"],
]


def _bins_of(known: pd.DataFrame, outcome: str, doses: pd.Series[float], conf_level: float) -> pd.DataFrame:
    from outcomes.models.mixed.fit import fit_mixed

    baseline = OUTCOMES[outcome]
    used = known[known[[outcome, *([baseline] if baseline else []), "condition"]].notna().all(axis=1)]
    counts = used.groupby("dose_bin", observed=True).agg(
        patients=("patient_id", "nunique"), sessions=("patient_id", "size")
    )
    frame = counts.reindex(doses.index, fill_value=0).reset_index()
    frame["dose"] = frame["dose_bin"].map(doses)
    frame["note"] = np.select(
        [frame["sessions"] == 0, frame["patients"] < TOO_FEW_PATIENTS], [NOT_RECORDED, TOO_FEW], ""
    )
    enough = frame.loc[frame["note"] == "", "dose_bin"]
    used = used[used["dose_bin"].isin(enough)]
    used = used.assign(
        **{name: used[name].cat.remove_unused_categories() for name in ("dose_bin", "condition")}
    )
    if len(enough):
        alone = ["condition"] if len(used["condition"].unique()) < 2 else []
        formula = active_plan().model(
            "twitch_groups", outcome=outcome, baseline=baseline or "", without=alone
        )
        try:
            means = fit_mixed(formula, used, conf_level=conf_level).marginal_means("dose_bin")
            means = means.drop(columns=["patients", "sessions", "note"], errors="ignore")
            frame = frame.merge(means, on="dose_bin", how="left")
        except OutcomesError as error:
            frame.loc[frame["note"] == "", "note"] = f"no estimate: {error}"
    return frame.assign(outcome=outcome, dose_label=DOSE).sort_values("dose")


# --- sentences -------------------------------------------------------------------------------------------------------


def outcome_phrase(outcome: str, times: Mapping[str, str]) -> str:
    """Name of an outcome with its reading, as in a sentence: ``pain relief at 2 days``.

    Examples
    --------
    >>> outcome_phrase("pain_relief_48h", {"48h": "at 2 days"})
    'pain relief at 2 days'
    """
    stem, _, reading = outcome.rpartition("_")
    label = measure(outcome).label.partition(" (")[0].lower()
    return f"{label} {times[reading]}" if stem and reading in times else label


def in_words(frame: pd.DataFrame, times: Mapping[str, str]) -> pd.DataFrame:
    """Copy of a table for reading: outcomes and muscles in plain words, without what only a statistician asks for."""
    found = frame.drop(columns=["std_error", "df", "statistic", "unit", "dose_label"], errors="ignore")
    if "muscle" in found:
        found = found.assign(muscle=found["muscle"].str.replace("_", " "))
    if "outcome" in found:
        found = found.assign(outcome=[_known_phrase(str(name), times) for name in found["outcome"]])
    found.attrs = dict(frame.attrs)
    return found


def _known_phrase(outcome: str, times: Mapping[str, str]) -> str:
    return outcome_phrase(outcome, times) if "_" in outcome else outcome


def sentences(relations: pd.DataFrame, times: Mapping[str, str]) -> list[str]:
    """Say what went with twitches in the same patient, with insertions held equal where they were counted.

    Parameters
    ----------
    relations : pandas.DataFrame
        From :func:`twitch_relations`, protected.
    times : mapping
        What the readings are called.
    """
    within = relations[relations["effect"] == WITHIN]
    return [
        _relation_sentence(within[within["outcome"] == name], name, times)
        for name in dict.fromkeys(within["outcome"])
    ]


def _relation_sentence(rows: pd.DataFrame, outcome: str, times: Mapping[str, str]) -> str:
    by_model = rows.set_index("model")
    phrase = outcome_phrase(outcome, times)
    adjusted, alone = by_model.loc[WITH_INSERTIONS], by_model.loc[ALONE]
    row, held = (
        (adjusted, " at an equal number of insertions") if pd.notna(adjusted["estimate"]) else (alone, "")
    )
    if pd.isna(row["estimate"]):
        return f"Twitches and {phrase}: {why(row['note'] or NOT_RECORDED)}."
    per_ten = [10.0 * row[name] for name in ("estimate", "conf_low", "conf_high")]
    size = f"{number(per_ten[0], 2)} points per ten twitches, 95 % interval {interval(*per_ten[1:], 2)}"
    clear = row["conf_low"] > 0 or row["conf_high"] < 0
    more, less = ("worse", "milder") if outcome.startswith("soreness") else ("more", "less")
    thing = "soreness" if outcome.startswith("soreness") else phrase
    what = f"{more if row['estimate'] > 0 else less} {thing}" if clear else f"no clear difference in {phrase}"
    said = f"In the same patient{held}, a session with more twitches was followed by {what} ({size}; {rests_on(row)})."
    return said + (_without(alone) if held else f" {NO_INSERTIONS[0].upper()}{NO_INSERTIONS[1:]}.")


def _without(alone: pd.Series[Any]) -> str:
    if pd.isna(alone["estimate"]):
        return ""
    return f" Without regard to insertions it would read {number(10.0 * alone['estimate'], 2)} points per ten twitches."


def soreness_sentences(soreness: pd.DataFrame) -> list[str]:
    """Say what went with twitches in the same patient: any soreness, and the hours it lasted."""
    within = soreness[soreness["effect"] == WITHIN]
    said = []
    for outcome in dict.fromkeys(within["outcome"]):
        by_model = within[within["outcome"] == outcome].set_index("model")
        adjusted, alone = by_model.loc[WITH_INSERTIONS], by_model.loc[ALONE]
        row, held = (
            (adjusted, ", at an equal number of insertions,") if pd.notna(adjusted["ratio"]) else (alone, "")
        )
        if pd.isna(row["ratio"]):
            said.append(f"Twitches and {outcome}: {why(row['note'] or NOT_RECORDED)}.")
            continue
        said.append(_ratio_sentence(row, outcome, held, NO_INSERTIONS if not held else ""))
    return said


def _ratio_sentence(row: pd.Series[Any], outcome: str, held: str, warning: str) -> str:
    of = "the odds of any soreness" if outcome == "any soreness" else "the hours of soreness"
    low, high = row["conf_low"], row["conf_high"]
    what = "higher" if low > 1 else "lower" if high < 1 else "not clearly different"
    size = (
        f"{number(row['ratio'], 2)} times per twitch, 95 % interval {interval(low, high, 2)}; {rests_on(row)}"
    )
    said = f"In sessions of the same patient with more twitches{held} {of} were {what} ({size})."
    return f"{said} {warning[:1].upper()}{warning[1:]}." if warning else said
