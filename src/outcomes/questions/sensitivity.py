"""Sessions in, the same estimate by every reasonable analysis out: what hangs on a choice, and what does not.

The choices are those a careful analyst could defend either way: the follow-up window, first sessions or all, baseline
as a covariate or a plain change score, what is done about missing follow-ups, whether clinicians are in the model.
Nothing is picked afterwards: the planned analysis is marked, and all are shown. See ``docs/methods/sensitivity.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.models.groups import narrow_and_code, one_group
from outcomes.models.mixed.fit import MixedFit, fit_mixed, fit_moments
from outcomes.models.mixed.reduce import Moments, reduce_moments
from outcomes.models.proportions.counts import People
from outcomes.models.proportions.rules import rule_shares
from outcomes.questions.clinicians import FEW
from outcomes.record.columns import column
from outcomes.record.conditions import CONDITIONS, condition_label
from outcomes.record.measures import published_rules
from outcomes.record.outcomes import Followup, ResponderRule, with_outcomes
from outcomes.record.plan import TOO_FEW_PATIENTS, active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, called, counted, interval, number, percent, why

__all__ = [
    "CHOICES",
    "CLINICIANS",
    "METHODS",
    "MODELS",
    "ON_CHART",
    "PLANNED",
    "SHOWN",
    "VISITS",
    "WINDOWS",
    "dependence",
    "dependence_sentences",
    "of_all",
    "specification_sentences",
    "specifications",
    "threshold_specifications",
]


def _named_windows() -> dict[str, Followup]:
    """The planned window first, then those another analyst might take."""
    windows = [Followup(), *(Followup(*hours) for hours in active_plan().sensitivity.windows_h)]
    longest = column("followup_h").high
    return {_window_name(w, longest): w for w in windows}


def _window_name(window: Followup, longest: float | None) -> str:
    at_all = window.least_h == 0.0 and longest is not None and window.most_h >= longest
    return "any time" if at_all else f"{window.least_h:g} to {window.most_h:g} h"


WINDOWS = _named_windows()
WORSE_BY = active_plan().missing.specification
VISITS = ("all sessions", "first sessions")
MODELS = ("baseline as covariate", "change score")
METHODS = (
    "those who answered",
    "missing at random",
    f"missing fared {WORSE_BY:g} point{'s' * (WORSE_BY != 1)} worse",
)
CLINICIANS = ("clinicians left out", "clinicians in the model")
CHOICES = ("window", "part", "model", "method", "adjust")
"""Columns of the choices; ``part`` is first sessions or all, ``method`` what is done about the missing, ``adjust`` the
clinicians."""
PLANNED = dict(
    zip(CHOICES, (next(iter(WINDOWS)), VISITS[0], MODELS[0], METHODS[0], CLINICIANS[0]), strict=True)
)
"""The analysis planned beforehand: that of every other page."""
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
_NEEDED = (
    "patient_id",
    "condition",
    "clinician_id",
    "session_number",
    "pain_pre",
    "pain_post",
    "pain_48h",
    "followup_h",
)


def specifications(sessions: pd.DataFrame, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Mean later relief by every combination of choices, per condition and over all.

    Parameters
    ----------
    sessions : pandas.DataFrame
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, window, part, model, method, adjust, patients, sessions, estimate, std_error, df, conf_low,
        conf_high, note``: 72 analyses for each condition and for ``all`` (fewer where no clinicians or no hours were
        recorded).

    Notes
    -----
    Every analysis is a random-intercept model by REML. With the baseline as covariate the mean is taken at the
    condition's own mean baseline in the sessions in the model (for missing at random, in all eligible ones); "missing
    at random" adds relief right after, at the mean of the condition's eligible sessions; the third method lowers that
    by the share missing times one point.
    """
    narrow = narrow_and_code(sessions, _NEEDED)
    clinicians = CLINICIANS if len(narrow["clinician_id"].dropna().unique()) > 1 else CLINICIANS[:1]
    windows = list(WINDOWS) if narrow["followup_h"].notna().any() else [PLANNED["window"]]
    parts = []
    for window, visit in product(windows, VISITS):
        eligible = _Eligible.of(_prepared(narrow, window, visit), clinicians)
        for model, adjust in product(MODELS, clinicians):
            choice = {"window": window, "part": visit, "model": model, "adjust": adjust}
            parts += [part.assign(**choice) for part in _by_method(eligible, model, adjust, conf_level)]
    found = pd.concat(parts, ignore_index=True)
    places = {name: place for place, name in enumerate(["all", *CONDITIONS])}
    found = found.sort_values("condition", key=lambda c: c.map(places).fillna(len(places)), kind="stable")
    return found[["condition", *CHOICES, "patients", "sessions", *_NUMBERS, "note"]].reset_index(drop=True)


def _prepared(narrow: pd.DataFrame, window: str, visit: str) -> pd.DataFrame:
    frame = narrow[narrow["session_number"] == 1] if visit == VISITS[1] else narrow
    frame = with_outcomes(frame, [LATER, NOW], window=WINDOWS[window])
    frame = frame[frame["pain_pre"].notna()]
    return frame.assign(everyone=one_group(frame))


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
        moments = {}
        if frame["condition"].notna().all() and (counts["condition"]["patients"] >= TOO_FEW_PATIENTS).all():
            for adjust, now in product(clinicians, {False, uses_now}):
                terms = [*counts, "pain_pre", *([NOW] if now else [])]
                with suppress(OutcomesError):
                    moments[adjust, now] = reduce_moments(_formula(frame, terms, adjust), frame)
        return cls(frame, counts, own, uses_now, moments)

    def fitted(self, by: str, covariates: list[str], adjust: str, conf_level: float) -> MixedFit:
        """One model, of the groups that have enough patients."""
        counts = self.counts[by]
        enough = counts.loc[counts["patients"] >= TOO_FEW_PATIENTS, "condition"]
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
    few = around and len(frame["clinician_id"].dropna().unique()) < FEW
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
    """All three ways with the missing, per condition and over all, for one model."""
    parts = []
    for by in eligible.counts:
        for method in METHODS[:2]:
            found = _means(eligible, (by, model, adjust, method), conf_level)
            parts.append(found.assign(method=method))
        parts.append(_worse(parts[-1]).assign(method=METHODS[2]))
    return [part.drop(columns="missing") for part in parts]


def _means(eligible: _Eligible, what: tuple[str, str, str, str], conf_level: float) -> pd.DataFrame:
    """Means of the groups that have enough patients; the others say why there is none."""
    by, model, adjust, method = what
    observed = eligible.counts[by]
    note = TOO_FEW if observed["sessions"].sum() else NOT_RECORDED
    found: dict[str, Any] = {}
    if (observed["patients"] >= TOO_FEW_PATIENTS).any():
        covariates = ["pain_pre"] if model == MODELS[0] else []
        if method != METHODS[0] and eligible.uses_now:
            covariates.append(NOW)
        try:
            fit, note = eligible.fitted(by, covariates, adjust, conf_level), TOO_FEW
            own = eligible.own[by, NOW in covariates]
            found = _rows_of(
                fit.marginal_means(by, at={name: own[name].to_dict() for name in covariates}), by
            )
        except OutcomesError as error:
            note = f"no estimate: {error}"
    blank = {**dict.fromkeys(_NUMBERS, np.nan), "note": note}
    rows = pd.DataFrame([found.get(name, blank) for name in observed["condition"]], index=observed.index)
    return pd.concat([observed, rows], axis=1)


def _rows_of(means: pd.DataFrame, by: str) -> dict[str, dict[str, Any]]:
    return {
        str(row[by]): {key: float(row[key]) for key in _NUMBERS} | {"note": ""}
        for row in means.to_dict("records")
    }


def _worse(at_random: pd.DataFrame) -> pd.DataFrame:
    """What it would be had the missing fared a point worse."""
    less = WORSE_BY * at_random["missing"]
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
    planned = np.logical_and.reduce(
        [rows[name] == value for name, value in PLANNED.items() if name in rows.columns]
    )
    return rows.drop(columns="condition", errors="ignore").rename(columns=SHOWN).assign(main=planned)


def threshold_specifications(sessions: pd.DataFrame) -> pd.DataFrame:
    """Share of responders beyond what no effect would show, by published rule, window and visit.

    Parameters
    ----------
    sessions : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        ``rule, window, part, patients, sessions, proportion, null_benchmark, estimate, conf_low, conf_high, note``.
        ``estimate`` is the proportion less its benchmark, the interval that of the proportion less the same.
    """
    narrow = narrow_and_code(sessions, _NEEDED)
    windows = list(WINDOWS) if narrow["followup_h"].notna().any() else [PLANNED["window"]]
    published, parts = published_rules(), []
    rules = [ResponderRule(known.percent, known.points, known.least_baseline) for known in published]
    for window, visit in product(windows, VISITS):
        frame = _prepared(narrow, window, visit)
        inside = frame[["patient_id", "condition", "session_number", "pain_pre", LATER]]
        found = rule_shares(inside, "48h", rules)
        found = found.assign(rule=[known.label for known in published], window=window, part=visit)
        parts.append(_beyond(found))
    return pd.concat(parts, ignore_index=True)


def _beyond(found: pd.DataFrame) -> pd.DataFrame:
    """Shares less their benchmarks."""
    nothing = found["null_benchmark"]
    less = {"estimate": "proportion", "conf_low": "conf_low", "conf_high": "conf_high"}
    shifted = found.assign(**{name: found[key] - nothing for name, key in less.items()})
    numbers = ["proportion", "null_benchmark", "estimate", "conf_low", "conf_high", "note"]
    return shifted[["rule", "window", "part", "patients", "sessions", *numbers]]


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
        ``condition, patients, sessions, estimate, width, variable, ratio, note``, the widest first: the planned
        estimate, the distance from the smallest to the largest estimate, the choice that moves it most on average, and
        the share of analyses in which relief is clear.
    """
    rows = []
    for name, part in specs[specs["condition"] != "all"].groupby("condition", sort=False):
        known, planned = part[part["estimate"].notna()], _planned(part)
        if len(known) < 2 or planned is None or pd.isna(planned["estimate"]):
            continue
        moved = {choice: _moved_by(known, choice) for choice in CHOICES}
        rows.append(
            {
                "condition": name,
                **{key: planned[key] for key in ("patients", "sessions", "estimate")},
                "width": float(known["estimate"].max() - known["estimate"].min()),
                "variable": _CHOICE_WORDS[max(moved, key=lambda choice: moved[choice])],
                "ratio": float((known["conf_low"] > 0).mean()),
                "note": "",
            }
        )
    columns = ["condition", "patients", "sessions", "estimate", "width", "variable", "ratio", "note"]
    if not rows:
        why = NOT_RECORDED if specs["sessions"].fillna(1).eq(0).all() else TOO_FEW
        blank = dict.fromkeys(("estimate", "width", "ratio"), np.nan)
        rows = [{"condition": "all", "patients": 0, "sessions": 0, **blank, "variable": "", "note": why}]
    widest = pd.DataFrame(rows)[columns].sort_values("width", ascending=False, kind="stable")
    return widest.head(most).reset_index(drop=True)


_CHOICE_WORDS = {
    "window": "the follow-up window",
    "part": "first sessions or all",
    "model": "baseline as covariate or change score",
    "method": "what is supposed of the missing",
    "adjust": "clinicians in the model or not",
}


def _planned(part: pd.DataFrame) -> dict[Any, Any] | None:
    same = np.logical_and.reduce([part[name] == value for name, value in PLANNED.items()])
    found = part[same].to_dict("records")
    return found[0] if found else None


def _moved_by(known: pd.DataFrame, choice: str) -> float:
    """Distance between the options of one choice, the others alike, on average."""
    others = [name for name in CHOICES if name != choice]
    spread = known.groupby(others)["estimate"].agg(lambda values: values.max() - values.min())
    return float(spread.mean())


# --- in words ---------------------------------------------------------------------------------------------------------


def specification_sentences(specs: pd.DataFrame, times: Mapping[str, str] | None = None) -> list[str]:
    """Say how far the estimate over all conditions moves with the choices, and whether the conclusion does."""
    when, rows = called(times)["48h"], specs[specs["condition"] == "all"]
    known, planned = rows[rows["estimate"].notna()], _planned(rows)
    if known.empty or planned is None or pd.isna(planned["estimate"]):
        return [f"Mean relief {when}: {why(rows['note'].iloc[0] if len(rows) else None)}."]
    low, high = known["estimate"].min(), known["estimate"].max()
    clear, worse = float((known["conf_low"] > 0).mean()), float((known["conf_high"] < 0).mean())
    moved = {_CHOICE_WORDS[choice]: _moved_by(known, choice) for choice in CHOICES}
    most = max(moved, key=lambda words: moved[words])
    return [
        f"Mean relief {when} over all conditions by {len(known)} analyses: from {number(low)} to "
        f"{number(high)} points; the planned one gives {number(planned['estimate'])} "
        f"({interval(planned['conf_low'], planned['conf_high'])}; {counted(planned['patients'], 'patient')}, "
        f"{counted(planned['sessions'], 'session')}). In {_share_of_them(clear)} pain was clearly lower, in "
        f"{_share_of_them(worse)} clearly higher.",
        f"The choice that moves it most is {most} ({number(moved[most])} points on average).",
        _conclusion(clear, worse),
    ]


def _share_of_them(share: float) -> str:
    return "all of them" if share == 1.0 else "none" if share == 0.0 else f"{percent(share)} of them"


def _conclusion(clear: float, worse: float) -> str:
    if clear == 1.0:
        return "Every analysis shown finds less pain on average; none can say what it would have been without needling."
    if worse == 1.0:
        return "Every analysis shown finds more pain on average; none can say what it would have been without needling."
    if clear == 0.0 and worse == 0.0:
        return "No analysis shown finds a clear change."
    return "The answer hangs on the analysis chosen: it is not settled by these records."


def dependence_sentences(found: pd.DataFrame) -> list[str]:
    """Name the estimates that depend most on choices."""
    known = found[found["width"].notna()]
    if known.empty:
        return [f"Which estimates depend most on choices: {why(found['note'].iloc[0])}."]
    return [
        f"{condition_label(str(row['condition']))}: the estimate moves by {number(row['width'])} points "
        "between analyses, most with "
        f"{row['variable']}; relief is clear in {_share_of_them(row['ratio'])} "
        f"({counted(row['patients'], 'patient')})."
        for row in known.to_dict("records")
    ]
