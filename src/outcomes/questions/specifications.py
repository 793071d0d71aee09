"""The same estimate by every reasonable analysis: what depends on a choice, and what does not.

The choices are those a careful analyst could defend either way: the follow-up window, first sessions or all, baseline
as a covariate or a plain change score, what is done about missing follow-ups, whether clinicians are in the model.
Nothing is picked afterwards: the planned analysis is marked, and all are shown. See ``docs/methods/sensitivity.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.groups import one_group
from outcomes.models.means import means_of_all, slopes_of
from outcomes.models.mixed.fit import MixedFit, fit_mixed, fit_moments
from outcomes.models.mixed.reduce import Moments, reduce_moments
from outcomes.models.proportions.counts import People
from outcomes.questions.answers import (
    LEAST_CLINICIANS,
    blank,
    fit_or_why,
    is_recorded,
    least_patients,
    needed_columns,
    sorted_rows,
)
from outcomes.record.columns import column
from outcomes.record.outcomes import Followup, with_outcomes
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "CHOICES",
    "CHOICE_WORDS",
    "CLINICIANS",
    "MODELS",
    "ON_CHART",
    "SHOWN",
    "VISITS",
    "dependence",
    "each_window_and_visit",
    "methods",
    "moved_by",
    "of_all",
    "planned",
    "planned_row",
    "specifications",
    "windows",
]

VISITS = ("all sessions", "first sessions")
MODELS = ("baseline as covariate", "change score")
CLINICIANS = ("clinicians left out", "clinicians in the model")
CHOICES = ("window", "part", "model", "method", "adjust")
"""Columns of the choices; ``part`` is first sessions or all, ``method`` what is done about the missing, ``adjust`` the
clinicians."""
SHOWN = {
    "window": "follow-up window",
    "part": "which sessions",
    "method": "missing follow-ups",
    "adjust": "clinicians",
}
"""What the choices are called on a chart."""
ON_CHART = tuple(SHOWN.get(name, name) for name in CHOICES)
LATER, NOW = "pain_relief_48h", "pain_relief_post"
_NUMBERS = ("estimate", "std_error", "df", "conf_low", "conf_high")
CHOICE_WORDS = {
    "window": "the follow-up window",
    "part": "first sessions or all",
    "model": "baseline as covariate or change score",
    "method": "what we assume about patients we did not reach",
    "adjust": "clinicians in the model or not",
}
"""What the choices are called in a sentence."""
_NEEDED = ("condition", "clinician_id", "session_number", "pain_pre", "pain_post", "pain_48h", "followup_h")


def windows() -> dict[str, Followup]:
    """Follow-up windows by name: the planned one first, then those another analyst might take."""
    taken = [Followup(), *(Followup(*hours) for hours in active_plan().sensitivity.windows_h)]
    longest = column("followup_h").high
    return {_window_name(window, longest): window for window in taken}


def _window_name(window: Followup, longest: float | None) -> str:
    at_all = window.least_h == 0.0 and longest is not None and window.most_h >= longest
    return "any time" if at_all else f"{window.least_h:g} to {window.most_h:g} h"


def methods() -> tuple[str, str, str]:
    """What may be done about missing follow-ups, by name."""
    less = active_plan().missing.specification
    return (
        "those who answered",
        "missing at random",
        f"unreached did {less:g} point{'s' * (less != 1)} worse",
    )


def planned() -> dict[str, str]:
    """The analysis planned beforehand, choice by choice: that of every other page."""
    first = (next(iter(windows())), VISITS[0], MODELS[0], methods()[0], CLINICIANS[0])
    return dict(zip(CHOICES, first, strict=True))


def specifications(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Mean later relief by every combination of choices, per condition and over all.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, window, part, model, method, adjust, patients, sessions, estimate, std_error, df, conf_low,
        conf_high, note``: 72 analyses for each condition and for ``all`` (fewer where no clinicians or no hours were
        recorded).

    Notes
    -----
    Means are those of each group's own sessions, errors clustered on patients. "Missing at random" moves them to all
    eligible sessions by the slopes of the plan's model, with relief right after and, unless it is a change score, pain
    before (:func:`outcomes.models.means.means_of_all`); the third method lowers that by the share missing times one
    point. With clinicians in it the model is a mixed one by REML, read at the group's own means, with the error of the
    change score's: that of the readings' own means is in it.
    """
    frame = needed_columns(sessions, *_NEEDED)
    clinicians = CLINICIANS if len(frame["clinician_id"].dropna().unique()) > 1 else CLINICIANS[:1]
    parts = []
    for window, visit, inside in each_window_and_visit(frame):
        eligible = _Eligible.of(inside, clinicians)
        for model, adjust in product(MODELS, clinicians):
            choice = {"window": window, "part": visit, "model": model, "adjust": adjust}
            parts += [part.assign(**choice) for part in _by_method(eligible, model, adjust, conf_level)]
    found = sorted_rows(pd.concat(parts, ignore_index=True), "condition")
    found = found.sort_values("condition", key=lambda names: names != "all", kind="stable")
    return found[["condition", *CHOICES, "patients", "sessions", *_NUMBERS, "note"]].reset_index(drop=True)


def each_window_and_visit(sessions: Any) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Eligible sessions with their reliefs, for each follow-up window and for all or first sessions.

    Without recorded hours there is the planned window alone.
    """
    frame = needed_columns(sessions, *_NEEDED)
    known = windows() if is_recorded(frame, "followup_h") else dict([next(iter(windows().items()))])
    for (name, window), visit in product(known.items(), VISITS):
        visits = frame[frame["session_number"] == 1] if visit == VISITS[1] else frame
        inside = with_outcomes(visits, [LATER, NOW], window=window)
        inside = inside[inside["pain_pre"].notna()]
        yield name, visit, inside.assign(everyone=one_group(inside))


@dataclass(frozen=True, eq=False)
class _Eligible:
    """Eligible sessions, counted and reduced once for every model of them.

    Attributes
    ----------
    frame : pandas.DataFrame
    counts : mapping of str to pandas.DataFrame
        Per grouping: patients and sessions with the outcome, the share of the eligible without.
    own : mapping of (str, bool) to pandas.DataFrame
        Per grouping, each group's means of the covariates: of all eligible sessions, or of those with the outcome.
    uses_now : bool
        Whether relief right after is known of enough sessions to be a covariate.
    moments : mapping of (str, bool) to Moments
        By how clinicians are treated and whether relief right after is a covariate: of all groupings and covariates at
        once. Empty where the models are not all of the same sessions.
    """

    frame: pd.DataFrame
    counts: Mapping[str, pd.DataFrame]
    own: Mapping[tuple[str, bool], pd.DataFrame]
    uses_now: bool
    moments: Mapping[tuple[str, bool], Moments]

    @classmethod
    def of(cls, frame: pd.DataFrame, clinicians: Sequence[str]) -> _Eligible:
        later = frame[LATER].notna()
        both = int((later & frame[NOW].notna()).sum())
        uses_now = both > 0.8 * int(later.sum())
        counts = {by: _counts(frame, by) for by in ("everyone", "condition")}
        own = {
            (by, whole): (frame if whole else frame[later])
            .groupby(by, observed=True)[["pain_pre", NOW]]
            .mean()
            for by, whole in product(counts, (False, True))
        }
        moments: dict[tuple[str, bool], Moments] = {}
        if frame["condition"].notna().all() and (counts["condition"]["patients"] >= least_patients()).all():
            for adjust, now in product(clinicians, sorted({False, uses_now})):
                terms = [*counts, "pain_pre", *([NOW] if now else [])]
                reduced, _ = fit_or_why(partial(reduce_moments, _formula(frame, terms, adjust), frame))
                moments |= {} if reduced is None else {(adjust, now): reduced}
        return cls(frame, counts, own, uses_now, moments)

    def fitted(self, by: str, covariates: list[str], adjust: str, conf_level: float) -> MixedFit:
        """One model, of the groups that have enough patients."""
        counts = self.counts[by]
        enough = counts.loc[counts["patients"] >= least_patients(), "condition"]
        shared = self.moments.get((adjust, NOW in covariates))
        if shared is not None:
            return fit_moments(
                shared.narrowed(_formula(self.frame, [by, *covariates], adjust)), conf_level=conf_level
            )
        part = self.frame[self.frame[by].isin(set(enough))]
        return fit_mixed(_formula(part, [by, *covariates], adjust), part, conf_level=conf_level)


def _formula(frame: pd.DataFrame, terms: Sequence[str], adjust: str) -> str:
    """The model of some terms, clinicians left out of it, or among the terms where they are few, or around patients."""
    around = adjust == CLINICIANS[1]
    few = around and len(frame["clinician_id"].dropna().unique()) < LEAST_CLINICIANS
    formula = active_plan().model(
        "specification", covariates=" + ".join([*terms, *(["clinician_id"] if few else [])])
    )
    return (
        formula.replace("(1 | patient_id)", "(1 | clinician_id/patient_id)")
        if around and not few
        else formula
    )


def _counts(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Patients and sessions with the outcome per group, and the share of the eligible without."""
    people, later = People.of(frame, (by,)), frame[LATER].notna().to_numpy()
    size = len(people.keys)
    sessions, lacking = (people.per_person(known) for known in (later, ~later))
    seen, unseen, patients = (
        np.bincount(people.group, weights=weight, minlength=size)
        for weight in (sessions, lacking, sessions > 0)
    )
    return pd.DataFrame(
        {
            "condition": people.keys[by].astype("str"),
            "missing": unseen / (seen + unseen),
            "patients": patients.astype(np.int64),
            "sessions": seen.astype(np.int64),
        }
    )


def _by_method(eligible: _Eligible, model: str, adjust: str, conf_level: float) -> list[pd.DataFrame]:
    """All three ways to treat missing follow-ups, per condition and over all, for one model."""
    parts = []
    for by in eligible.counts:
        for method in methods()[:2]:
            found = _means(eligible, (by, model, adjust, method), conf_level)
            parts.append(found.assign(method=method))
        parts.append(_worse(parts[-1]).assign(method=methods()[2]))
    return [part.drop(columns="missing") for part in parts]


def _means(eligible: _Eligible, what: tuple[str, str, str, str], conf_level: float) -> pd.DataFrame:
    """Means of the groups that have enough patients; the others say why there is none."""
    by, model, adjust, method = what
    observed = eligible.counts[by]
    covariates = ["pain_pre"] if model == MODELS[0] else []
    if method != methods()[0] and eligible.uses_now:
        covariates.append(NOW)
    enough = (observed["patients"] >= least_patients()).any()
    recorded = TOO_FEW if observed["sessions"].sum() else NOT_RECORDED
    means, why = fit_or_why(
        lambda: _at_own_means(eligible, (by, adjust, method != methods()[0]), covariates, conf_level),
        "" if enough else recorded,
    )
    none = blank(_NUMBERS, why or TOO_FEW)
    rows = [(means or {}).get(name, none) for name in observed["condition"]]
    found = pd.DataFrame(rows, index=observed.index, columns=[*_NUMBERS, "note"])
    return pd.concat([observed, found], axis=1)


def _at_own_means(
    eligible: _Eligible, how: tuple[str, str, bool], covariates: list[str], conf_level: float
) -> dict[str, dict[str, Any]]:
    """Means of the groups, each over its own sessions or at its own means of the covariates, by the group."""
    by, adjust, at_random = how
    if adjust == CLINICIANS[1]:
        means = _in_model(eligible, (by, adjust), covariates, conf_level)
    else:
        seen = eligible.frame[LATER].notna()
        fit = eligible.fitted(by, covariates, adjust, conf_level) if covariates and at_random else None
        slopes = {} if fit is None else slopes_of(fit, covariates)
        frame = eligible.frame if at_random else eligible.frame[seen]
        means = means_of_all(frame, LATER, slopes, by=by, conf_level=conf_level)
    enough = eligible.counts[by].set_index("condition")["patients"] >= least_patients()
    return {
        str(row[by]): {**{key: float(row[key]) for key in _NUMBERS}, "note": row.get("note", "")}
        for row in means.to_dict("records")
        if enough[str(row[by])]
    }


def _in_model(
    eligible: _Eligible, how: tuple[str, str], covariates: list[str], conf_level: float
) -> pd.DataFrame:
    """Marginal means at each group's own means of the covariates; their error is in that of the change score."""
    by, adjust = how
    own = eligible.own[by, NOW in covariates]
    fit = eligible.fitted(by, covariates, adjust, conf_level)
    means = fit.marginal_means(by, at={name: own[name].to_dict() for name in covariates})
    change = eligible.fitted(by, [], adjust, conf_level).marginal_means(by) if covariates else means
    reach = (change["conf_high"] - change["conf_low"]).to_numpy() / 2.0
    limits = {"conf_low": means["estimate"] - reach, "conf_high": means["estimate"] + reach}
    return means.assign(std_error=change["std_error"].to_numpy(), df=change["df"].to_numpy(), **limits)


def _worse(at_random: pd.DataFrame) -> pd.DataFrame:
    """The estimate if those not reached had done a point worse."""
    less = active_plan().missing.specification * at_random["missing"]
    return at_random.assign(
        **{name: at_random[name] - less for name in ("estimate", "conf_low", "conf_high")}
    )


def of_all(specs: pd.DataFrame) -> pd.DataFrame:
    """The rows over all conditions for the chart: choices by their full names, the planned analysis marked in ``main``.

    Parameters
    ----------
    specs : pandas.DataFrame
        From :func:`specifications`, protected or not; what protected it stays on the frame.
    """
    rows = specs[specs["condition"] == "all"] if "condition" in specs.columns else specs
    main = np.logical_and.reduce(
        [rows[name] == value for name, value in planned().items() if name in rows.columns]
    )
    return rows.drop(columns="condition", errors="ignore").rename(columns=SHOWN).assign(main=main)


def dependence(specs: pd.DataFrame, *, most: int = 3) -> pd.DataFrame:
    """The conditions whose estimate depends most on the choices made.

    Parameters
    ----------
    specs : pandas.DataFrame
        From :func:`specifications`; protected or not.
    most : int
        How many to return.

    Returns
    -------
    pandas.DataFrame
        ``condition, patients, sessions, estimate, width, variable, ratio, note``, from head to foot: the planned
        estimate, the distance from the smallest to the largest estimate, the choice that moves it most on average, and
        the share of analyses in which relief is clear.
    """
    rows = []
    for name, part in specs[specs["condition"] != "all"].groupby("condition", sort=False):
        known, main = part[part["estimate"].notna()], planned_row(part)
        if len(known) < 2 or main is None or pd.isna(main["estimate"]):
            continue
        moved = {choice: moved_by(known, choice) for choice in CHOICES}
        rows.append(
            {
                "condition": name,
                **{key: main[key] for key in ("patients", "sessions", "estimate")},
                "width": float(known["estimate"].max() - known["estimate"].min()),
                "variable": CHOICE_WORDS[max(moved, key=lambda choice: moved[choice])],
                "ratio": float((known["conf_low"] > 0).mean()),
                "note": "",
            }
        )
    columns = ["condition", "patients", "sessions", "estimate", "width", "variable", "ratio", "note"]
    if not rows:
        why = NOT_RECORDED if specs["sessions"].fillna(1).eq(0).all() else TOO_FEW
        blank = dict.fromkeys(("estimate", "width", "ratio"), np.nan)
        rows = [{"condition": "all", "patients": 0, "sessions": 0, **blank, "variable": "", "note": why}]
    found = pd.DataFrame(rows)[columns]
    return found.loc[found["width"].nlargest(most, keep="first").index.sort_values()].reset_index(drop=True)


def planned_row(part: pd.DataFrame) -> dict[Any, Any] | None:
    """The row of the planned analysis, among those of one condition."""
    same = np.logical_and.reduce([part[name] == value for name, value in planned().items()])
    found = part[same].to_dict("records")
    return found[0] if found else None


def moved_by(known: pd.DataFrame, choice: str) -> float:
    """Distance between the options of one choice, the others alike, on average."""
    others = [name for name in CHOICES if name != choice]
    spread = known.groupby(others)["estimate"].agg(lambda values: values.max() - values.min())
    return float(spread.mean())
