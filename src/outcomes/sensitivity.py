"""Sessions in, the same estimate by every reasonable analysis out: what hangs on a choice, and what does not.

The choices are those a careful analyst could defend either way: the follow-up window, first sessions or all, baseline
as a covariate or a plain change score, what is done about missing follow-ups, whether clinicians are in the model.
Nothing is picked afterwards: the planned analysis is marked, and all are shown. See ``docs/methods/sensitivity.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from outcomes.clinicians import FEW
from outcomes.conditions import CONDITIONS, condition_label
from outcomes.derive import Followup, ResponderRule, with_outcomes
from outcomes.errors import OutcomesError
from outcomes.estimates import NOT_RECORDED, TOO_FEW, TOO_FEW_PATIENTS
from outcomes.measures import published_rules
from outcomes.quality import called, percent, why
from outcomes.rule_shares import rule_shares
from outcomes.words import counted, interval, number

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

WINDOWS = {"36 to 72 h": Followup(), "24 to 96 h": Followup(24.0, 96.0), "any time": Followup(0.0, 1e6)}
VISITS = ("all sessions", "first sessions")
MODELS = ("baseline as covariate", "change score")
METHODS = ("those who answered", "missing at random", "missing fared 1 point worse")
CLINICIANS = ("clinicians left out", "clinicians in the model")
CHOICES = ("window", "part", "model", "method", "adjust")
"""Columns of the choices; ``part`` is first sessions or all, ``method`` what is done about the missing, ``adjust`` the
clinicians."""
PLANNED = dict(zip(CHOICES, ("36 to 72 h", VISITS[0], MODELS[0], METHODS[0], CLINICIANS[0]), strict=True))
"""The analysis planned beforehand: that of every other page."""
SHOWN = {
    "window": "follow-up window",
    "part": "which sessions",
    "method": "missing follow-ups",
    "adjust": "clinicians",
}
"""What the choices are called on a chart."""
ON_CHART = tuple(SHOWN.get(name, name) for name in CHOICES)
WORSE_BY = 1.0
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
    narrow = _coded(sessions[[name for name in _NEEDED if name in sessions.columns]])
    clinicians = CLINICIANS if len(narrow["clinician_id"].dropna().unique()) > 1 else CLINICIANS[:1]
    windows = list(WINDOWS) if narrow["followup_h"].notna().any() else [PLANNED["window"]]
    parts = []
    for window, visit in product(windows, VISITS):
        frame = _prepared(narrow, window, visit)
        for model, adjust in product(MODELS, clinicians):
            choice = {"window": window, "part": visit, "model": model, "adjust": adjust}
            parts += [part.assign(**choice) for part in _by_method(frame, model, adjust, conf_level)]
    found = pd.concat(parts, ignore_index=True)
    places = {name: place for place, name in enumerate(["all", *CONDITIONS])}
    found = found.sort_values("condition", key=lambda c: c.map(places).fillna(len(places)), kind="stable")
    return found[["condition", *CHOICES, "patients", "sessions", *_NUMBERS, "note"]].reset_index(drop=True)


def _coded(narrow: pd.DataFrame) -> pd.DataFrame:
    """Patients and clinicians as numbers: every analysis groups by them anew."""
    patients = narrow["patient_id"].factorize()[0]
    clinicians = narrow["clinician_id"].factorize()[0].astype(float)
    named = pd.Series(clinicians, index=narrow.index).where(clinicians >= 0)
    return narrow.assign(patient_id=patients, clinician_id=named.astype("category"))


def _prepared(narrow: pd.DataFrame, window: str, visit: str) -> pd.DataFrame:
    frame = narrow[narrow["session_number"] == 1] if visit == VISITS[1] else narrow
    frame = with_outcomes(frame, [LATER, NOW], window=WINDOWS[window])
    frame = frame[frame["pain_pre"].notna()]
    return frame.assign(everyone=pd.Categorical(["all"] * len(frame)))


def _by_method(frame: pd.DataFrame, model: str, adjust: str, conf_level: float) -> list[pd.DataFrame]:
    """All three ways with the missing, per condition and over all, for one model."""
    parts = []
    for by in ("everyone", "condition"):
        observed = _counts(frame, by)
        for method in METHODS[:2]:
            found = _means(frame, observed, (by, model, adjust, method), conf_level)
            parts.append(found.assign(method=method))
        parts.append(_worse(parts[-1]).assign(method=METHODS[2]))
    return [part.drop(columns="missing") for part in parts]


def _counts(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Patients and sessions with the outcome per group, and the share of the eligible without."""
    grouped = frame.groupby(by, observed=True)
    seen = frame[frame[LATER].notna()].groupby(by, observed=True)
    counts = pd.DataFrame({"missing": grouped[LATER].apply(lambda v: float(v.isna().mean()))})
    counts["patients"] = seen["patient_id"].nunique()
    counts["sessions"] = seen.size()
    counts = counts.fillna({"patients": 0, "sessions": 0}).astype({"patients": "int64", "sessions": "int64"})
    return counts.rename_axis("condition").reset_index().astype({"condition": "str"})


def _means(
    frame: pd.DataFrame, observed: pd.DataFrame, what: tuple[str, str, str, str], conf_level: float
) -> pd.DataFrame:
    """Means of the groups that have enough patients; the others say why there is none."""
    by, model, adjust, method = what
    enough = set(observed.loc[observed["patients"] >= TOO_FEW_PATIENTS, "condition"])
    note = TOO_FEW if observed["sessions"].sum() else NOT_RECORDED
    found: dict[str, Any] = {}
    if enough:
        try:
            found, note = _fitted(
                frame[frame[by].isin(enough)],
                by,
                _covariates(frame, model, method),
                adjust,
                conf_level,
            )
        except OutcomesError as error:
            note = f"no estimate: {error}"
    blank = dict.fromkeys(_NUMBERS, np.nan)
    rows = [
        {"condition": name, **blank, "note": note, **found.get(name, {})} for name in observed["condition"]
    ]
    return observed.merge(pd.DataFrame(rows), on="condition")


def _covariates(frame: pd.DataFrame, model: str, method: str) -> list[str]:
    names = ["pain_pre"] if model == MODELS[0] else []
    later = frame[LATER].notna()
    both = (later & frame[NOW].notna()).sum()
    if method != METHODS[0] and both > 0.8 * later.sum():
        names.append(NOW)
    return names


def _fitted(
    frame: pd.DataFrame, by: str, covariates: list[str], adjust: str, conf_level: float
) -> tuple[dict[str, Any], str]:
    from outcomes.mixed import fit_mixed

    terms, groups = [by, *covariates], "patient_id"
    if adjust == CLINICIANS[1]:
        few = len(frame["clinician_id"].dropna().unique()) < FEW
        terms, groups = ([*terms, "clinician_id"], groups) if few else (terms, "clinician_id/patient_id")
    fit = fit_mixed(f"{LATER} ~ 0 + {' + '.join(terms)} + (1 | {groups})", frame, conf_level=conf_level)
    if not covariates:
        return _rows_of(fit.marginal_means(by), by), TOO_FEW
    counted = frame if NOW in covariates else frame[frame[LATER].notna()]
    found = {}
    for name, own in counted.groupby(by, observed=True)[covariates].mean().iterrows():
        rows = _rows_of(fit.marginal_means(by, at={str(key): float(own[key]) for key in own.index}), by)
        found.update({key: row for key, row in rows.items() if key == str(name)})
    return found, TOO_FEW


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
    narrow = sessions[[name for name in _NEEDED if name in sessions.columns]]
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
        f"{number(high)} points; the "
        f"planned one gives {number(planned['estimate'])} ({interval(planned['conf_low'], planned['conf_high'])}). In "
        f"{percent(clear)} of them pain was clearly lower, in {percent(worse)} clearly higher.",
        f"The choice that moves it most is {most} ({number(moved[most], 2)} points on average).",
        _conclusion(clear, worse),
    ]


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
        f"{row['variable']}; relief is clear in {percent(row['ratio'])} of them "
        f"({counted(row['patients'], 'patient')})."
        for row in known.to_dict("records")
    ]
