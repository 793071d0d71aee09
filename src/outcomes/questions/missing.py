"""What the missing follow-ups could change: who is missing, bounds, and the tipping point.

Three looks, from the least to the most assumed. Bounds assume nothing: all missing sessions did as badly, or as well,
as possible. The regression estimate assumes that sessions alike in what is known turned out alike. The tipping point
asks how much worse than that those not reached must have done to change the answer (White, Carpenter & Horton 2018,
Statistica Sinica 28:1985). See ``docs/methods/missing-followups.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.models.groups import one_group
from outcomes.models.means import means_of_all, slopes_of
from outcomes.models.proportions.responders import responders
from outcomes.questions.answers import (
    blank,
    fit_or_why,
    in_order,
    is_recorded,
    least_patients,
    needed_columns,
    sorted_rows,
    with_reasons,
    with_too_few_blanked,
)
from outcomes.questions.levels import with_visit
from outcomes.questions.sentences.missing import bounds_sentences, missing_sentences, tipping_sentences
from outcomes.record.outcomes import ResponderRule, reaches
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW, number

__all__ = [
    "bounds_sentences",
    "missing_bounds",
    "missing_sentences",
    "tipping_point",
    "tipping_sentences",
    "tipping_verdicts",
    "who_is_missing",
]

NOW, LATER, RESPONDED = "pain_relief_post", "pain_relief_48h", "pain_responder_48h"
_INTERVAL = ("estimate", "std_error", "df", "conf_low", "conf_high")
_SHARE = ("proportion", "std_error", "conf_low", "conf_high")


def _eligible(sessions: Any, *more: str) -> pd.DataFrame:
    """Sessions with a reading before, with both reliefs and what more is asked; whether they were reached."""
    frame = needed_columns(sessions, "condition", "session_number", "pain_pre", NOW, LATER, *more)
    frame = frame[frame["pain_pre"].notna()]
    return frame.assign(reached=frame[LATER].notna().astype(float))


# --- who is missing ---------------------------------------------------------------------------------------------------


def who_is_missing(sessions: Any) -> pd.DataFrame:
    """Share of sessions followed up, by what was known before: where it differs, those who answered are not the same.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table

    Returns
    -------
    pandas.DataFrame
        ``variable, group, patients, sessions, proportion, conf_low, conf_high, note``: the share with a later reading
        among all eligible sessions of the group, patient-clustered.
    """
    frame = _eligible(sessions, "age_band", "sex", "twitch_count")
    described = _described(frame)
    frame, parts = frame.assign(**described), []
    for variable, groups in described.items():
        if not groups.notna().any():
            continue
        found = responders(frame, "reached", variable).rename(columns={variable: "group"})
        found = found.sort_values("group", kind="stable", key=_category_order(groups))
        found = with_too_few_blanked(found, _SHARE, unrecorded=TOO_FEW)
        parts.append(found.assign(variable=variable, group=found["group"].astype("str")))
    names = ["variable", "group", "patients", "sessions", "proportion", "conf_low", "conf_high", "note"]
    return pd.concat(parts, ignore_index=True)[names]


def _category_order(values: pd.Series) -> Callable[[pd.Series], pd.Series]:
    order = (
        [str(name) for name in values.cat.categories]
        if hasattr(values, "cat")
        else sorted(values.dropna().astype("str").unique())
    )
    return lambda groups: groups.astype("str").map(order.index)


def _described(frame: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """The groups to compare, by the variable; missing where they were not recorded."""
    pain, age, twitches = frame["pain_pre"], _lower_age(frame["age_band"]), frame["twitch_count"]
    return {
        "pain before": _banded(pain, (-1.0, 4.0, 7.0, 11.0), ("below 4", "4 to below 7", "7 or more")),
        "change right after": _changed(frame[NOW]),
        "session": with_visit(frame)["session"],
        "age": _banded(age, (-1.0, 40.0, 60.0, 200.0), ("below 40", "40 to 59", "60 and over")),
        "sex": frame["sex"],
        "twitches": _banded(twitches, (-1.0, 1.0, 6.0, 1e9), ("none", "1 to 5", "6 or more")),
    }


def _changed(change: pd.Series) -> pd.Series:
    code = np.select([change.isna(), reaches(-change, 2.0), reaches(change, 2.0)], [-1, 0, 2], 1)
    groups = pd.Index(["2 or more worse", "within 2 points", "2 or more better"])
    return pd.Series(pd.Categorical.from_codes(code, groups), index=change.index)


def _lower_age(bands: pd.Series) -> pd.Series:
    kinds = bands.astype("category").cat
    texts = kinds.categories.astype("str").to_series().str.extract(r"^(\d+)", expand=False)
    lowest = np.append(pd.to_numeric(texts, errors="coerce").to_numpy(float), np.nan)
    return pd.Series(lowest[kinds.codes], index=bands.index)


def _banded(values: pd.Series, cuts: tuple[float, ...], labels: tuple[str, ...]) -> pd.Series:
    return pd.cut(values.astype(float), list(cuts), right=False, labels=list(labels))


# --- bounds -----------------------------------------------------------------------------------------------------------


def missing_bounds(sessions: Any, *, overall: bool = False) -> pd.DataFrame:
    """Share of responders if every missing session failed, and if every one succeeded.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    overall : bool
        All conditions together, named ``all``, in place of one row per condition.

    Returns
    -------
    pandas.DataFrame
        ``condition, method, patients, sessions, proportion, std_error, conf_low, conf_high, note``; ``method`` is one
        of ``those who answered``, ``all missing failed``, ``all missing responded``. Only sessions that began with pain
        of at least 3.
    """
    frame = _eligible(sessions, RESPONDED)
    if overall:
        frame = frame.assign(condition=one_group(frame))
    frame = frame[reaches(frame["pain_pre"], ResponderRule().least_baseline)]
    names = ["condition", "method", "patients", "sessions", *_SHARE, "note"]
    if not is_recorded(frame, RESPONDED):
        row = {"method": ANSWERED, "patients": 0, "sessions": 0, **blank(_SHARE, NOT_RECORDED)}
        groups = in_order(frame["condition"].dropna().unique()) or ["all"]
        return pd.DataFrame([{"condition": name, **row} for name in groups])[names]
    known = frame[RESPONDED].astype(float)
    filled = {
        ANSWERED: known,
        "all missing failed": known.fillna(0.0),
        "all missing responded": known.fillna(1.0),
    }
    parts = [_shares(frame.assign(responded=flag), method) for method, flag in filled.items()]
    return sorted_rows(pd.concat(parts, ignore_index=True), "condition")[names].reset_index(drop=True)


ANSWERED = "those who answered"


def _shares(frame: pd.DataFrame, method: str) -> pd.DataFrame:
    found = responders(frame, "responded", "condition").assign(method=method)
    return with_too_few_blanked(found, _SHARE, unrecorded=TOO_FEW)


# --- tipping point ----------------------------------------------------------------------------------------------------


def tipping_point(
    sessions: Any,
    *,
    deltas: Iterable[float] | None = None,
    overall: bool = False,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Mean relief of all eligible sessions, had those not reached done so much worse than similar ones who were.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    deltas : iterable of float, optional
        Points of relief less in the missing, by default the plan's; 0 takes what is missing as missing at random.
    overall : bool
        All conditions together, named ``all``, in place of one row per condition.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, delta, patients, sessions, capture_rate, observed, estimate, std_error, df, conf_low, conf_high,
        note``. Patients and sessions are those with the reading; ``observed`` is their plain mean.

    Notes
    -----
    At 0 the estimate is the mean of those who answered, moved to the condition's own means over all eligible sessions
    by the slopes of ``relief ~ condition + pain before + relief right after + (1 | patient)`` (relief right after is
    left out where it was not recorded): :func:`outcomes.models.means.means_of_all`. At delta it is lower by delta times
    the share missing; the variance adds delta squared times the patient-clustered variance of that share.
    """
    frame = _eligible(sessions)
    if overall:
        frame = frame.assign(condition=one_group(frame))
    steps = [float(delta) for delta in (active_plan().missing.steps if deltas is None else deltas)]
    at_random = _by_condition(_at_random(frame, conf_level).rename_axis("condition").reset_index())
    shares = _by_condition(responders(frame, "reached", "condition"))
    return pd.DataFrame(
        [
            {"condition": name, **_shifted(at_random[name], shares[name], delta, conf_level)}
            for name in in_order(frame["condition"].dropna().unique())
            for delta in steps
        ]
    )


def _by_condition(frame: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    return {str(row["condition"]): row for row in frame.to_dict("records")}


def _at_random(frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """Estimates that take what is missing as missing at random, per condition."""
    seen = frame[frame["reached"] == 1.0]
    counts = seen.groupby("condition", observed=True).agg(
        patients=("patient_id", "nunique"), sessions=("patient_id", "size"), observed=(LATER, "mean")
    )
    table = counts.set_axis(counts.index.astype("str")).reindex(frame["condition"].unique().astype("str"))
    table[["patients", "sessions"]] = table[["patients", "sessions"]].fillna(0).astype("int64")
    table = table.assign(**dict.fromkeys(_INTERVAL, np.nan))
    table = with_reasons(table, unrecorded=TOO_FEW if len(seen) else NOT_RECORDED)
    enough = table.index[table["patients"] >= least_patients()]
    return _fitted(table, frame[frame["condition"].isin(enough)], conf_level) if len(enough) else table


def _fitted(table: pd.DataFrame, frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """Fill in the means of the conditions in a frame, over all its eligible sessions."""
    table = table.copy()
    found, why = fit_or_why(lambda: _means_at_random(frame, conf_level))
    names = frame["condition"].unique().astype("str")
    if found is None:
        table.loc[names, "note"] = why
        return table
    means = found.assign(condition=found["condition"].astype("str")).set_index("condition").loc[names]
    table.loc[names, [*_INTERVAL, "note"]] = means[[*_INTERVAL, "note"]]
    return table


def _means_at_random(frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """Means over all eligible sessions, by the slopes of the plan's model."""
    from outcomes.models.mixed.fit import fit_mixed

    both, later = frame[NOW].notna() & frame[LATER].notna(), frame[LATER].notna()
    covariates = ["pain_pre", *([NOW] if both.sum() > 0.8 * later.sum() else [])]
    fit = fit_mixed(active_plan().model("missing", covariates=" + ".join(covariates)), frame)
    return means_of_all(frame, LATER, slopes_of(fit, covariates), conf_level=conf_level)


def _shifted(base: dict[Any, Any], share: dict[Any, Any], delta: float, conf_level: float) -> dict[str, Any]:
    """Shift one condition's estimate by the points that missing sessions are assumed to have done worse."""
    captured = float(share["proportion"])
    spread = 0.0 if pd.isna(share["std_error"]) else float(share["std_error"])
    error = float(np.sqrt(base["std_error"] ** 2 + (delta * spread) ** 2))
    estimate = float(base["estimate"]) - delta * (1.0 - captured)
    reach = float(stdtrit(base["df"], 0.5 + conf_level / 2.0)) * error if pd.notna(base["df"]) else np.nan
    return {
        "delta": delta,
        "patients": int(base["patients"]),
        "sessions": int(base["sessions"]),
        "capture_rate": captured,
        "observed": float(base["observed"]),
        "estimate": estimate,
        "std_error": error,
        "df": float(base["df"]),
        "conf_low": estimate - reach,
        "conf_high": estimate + reach,
        "note": str(base["note"]),
    }


def tipping_verdicts(tipping: pd.DataFrame) -> pd.DataFrame:
    """How much worse those not reached must have done for the interval to include no change.

    Parameters
    ----------
    tipping : pandas.DataFrame
        From :func:`tipping_point`; protected or not.

    Returns
    -------
    pandas.DataFrame
        ``condition, patients, sessions, capture_rate, estimate, conf_low, conf_high, verdict, note``: the estimate at
        the first delta, and the verdict in words.
    """
    rows = []
    for name, steps in tipping.groupby("condition", sort=False):
        first = steps.iloc[0]
        names = ["patients", "sessions", "capture_rate", "estimate", "conf_low", "conf_high", "note"]
        rows.append({"condition": name, **first[names].to_dict(), "verdict": _verdict(steps)})
    order = [
        "condition",
        "patients",
        "sessions",
        "capture_rate",
        "estimate",
        "conf_low",
        "conf_high",
        "verdict",
        "note",
    ]
    return pd.DataFrame(rows)[order]


def _verdict(steps: pd.DataFrame) -> str:
    first = steps.iloc[0]
    if pd.isna(first["conf_low"]):
        return "cannot say"
    if first["conf_low"] <= 0:
        return "includes no change even if the unreached did as well"
    tipped = steps[steps["conf_low"] <= 0]
    if tipped.empty:
        return f"excludes no change up to {number(steps['delta'].iloc[-1], 2)} points worse"
    return f"flips if the unreached did {number(tipped['delta'].iloc[0], 2)} points worse"
