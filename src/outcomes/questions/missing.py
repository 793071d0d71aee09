"""Sessions in, what the missing follow-ups could change out: who is missing, bounds, and the tipping point.

Three looks, from the least to the most assumed. Bounds assume nothing: all the missing did as badly, or as well, as
can be. The likelihood-based estimate assumes that sessions alike in what is known fared alike. The tipping point
asks how much worse than that the missing would have to have fared to change what is said (White, Carpenter & Horton
2018, Statistica Sinica 28:1985). See ``docs/methods/missing-followups.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.errors import OutcomesError
from outcomes.models.groups import narrow_and_code, one_group
from outcomes.models.proportions.responders import responders
from outcomes.record.conditions import CONDITIONS
from outcomes.record.outcomes import ResponderRule, reaches, with_outcomes
from outcomes.record.plan import TOO_FEW_PATIENTS, active_plan
from outcomes.words import (
    NOT_RECORDED,
    TOO_FEW,
    called,
    counted,
    interval,
    listed,
    named,
    number,
    percent,
    why,
)

__all__ = [
    "DELTAS",
    "bounds_sentences",
    "missing_bounds",
    "missing_sentences",
    "tipping_point",
    "tipping_sentences",
    "tipping_verdicts",
    "who_is_missing",
]

DELTAS = active_plan().missing.steps
"""How much worse the missing fared than those alike who answered, points of 0-10."""
LATER = "pain_relief_48h"
_INTERVAL = ("estimate", "std_error", "df", "conf_low", "conf_high")
_MISSING_WORDS = "too few patients to show"


_NEEDED = (
    *("patient_id", "condition", "session_number", "age_band", "sex", "twitch_count", "followup_h"),
    *("pain_pre", "pain_post", "pain_48h", "pain_relief_post", LATER, "pain_responder_48h"),
)


def _eligible(sessions: pd.DataFrame, *more: str) -> pd.DataFrame:
    """Sessions with a reading before, with both reliefs and what more is derived; whether they were reached."""
    frame = with_outcomes(narrow_and_code(sessions, _NEEDED), ["pain_relief_post", LATER, *more])
    frame = frame[frame["pain_pre"].notna()]
    return frame.assign(reached=frame[LATER].notna().astype(float))


def _groups(frame: pd.DataFrame) -> list[str]:
    present = set(frame["condition"].astype("category").cat.remove_unused_categories().cat.categories)
    return [*(name for name in CONDITIONS if name in present), *sorted(present - set(CONDITIONS))]


# --- who is missing ---------------------------------------------------------------------------------------------------


def who_is_missing(sessions: pd.DataFrame) -> pd.DataFrame:
    """Share of sessions followed up, by what was known before: where it differs, those who answered are not the same.

    Parameters
    ----------
    sessions : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        ``variable, group, patients, sessions, proportion, conf_low, conf_high, note``: the share with a later reading
        among all eligible sessions of the group, patient-clustered.
    """
    frame = _described(_eligible(sessions))
    rows = []
    for variable in _VARIABLES:
        if not frame[variable].notna().any():
            continue
        found = responders(frame, "reached", variable).rename(columns={variable: "group"})
        few = found["patients"] < TOO_FEW_PATIENTS
        found = found.sort_values("group", kind="stable", key=_category_order(frame[variable]))
        shown = found.assign(variable=variable, note=found["note"].where(~few, TOO_FEW))
        shown[["proportion", "conf_low", "conf_high"]] = shown[["proportion", "conf_low", "conf_high"]].where(
            ~few
        )
        rows.append(shown.assign(group=shown["group"].astype("str")))
    names = ["variable", "group", "patients", "sessions", "proportion", "conf_low", "conf_high", "note"]
    return pd.concat(rows, ignore_index=True)[names]


def _category_order(values: pd.Series) -> Callable[[pd.Series], pd.Series]:
    order = (
        [str(name) for name in values.cat.categories]
        if hasattr(values, "cat")
        else sorted(values.dropna().astype("str").unique())
    )
    return lambda groups: groups.astype("str").map(order.index)


_VARIABLES = ("pain before", "change right after", "session", "age", "sex", "twitches")


def _described(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the groups to compare; missing where they were not recorded."""
    pain = frame["pain_pre"]
    change = frame["pain_relief_post"] if "pain_relief_post" in frame.columns else pain * np.nan
    described: dict[str, Any] = {
        "pain before": _banded(pain, (-1.0, 4.0, 7.0, 11.0), ("below 4", "4 to below 7", "7 or more")),
        "change right after": _changed(change),
        "session": np.where(frame["session_number"] == 1, "first", "later"),
        "age": _banded(
            _lower_age(frame["age_band"]),
            (-1.0, 40.0, 60.0, 200.0),
            ("below 40", "40 to 59", "60 and over"),
        ),
        "sex": frame["sex"],
        "twitches": _banded(frame["twitch_count"], (-1.0, 1.0, 6.0, 1e9), ("none", "1 to 5", "6 or more")),
    }
    return frame.assign(**described)


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


def missing_bounds(sessions: pd.DataFrame, *, overall: bool = False) -> pd.DataFrame:
    """Share of responders if every missing session failed, and if every one succeeded.

    Parameters
    ----------
    sessions : pandas.DataFrame
    overall : bool
        All conditions together, named ``all``, in place of one row per condition.

    Returns
    -------
    pandas.DataFrame
        ``condition, method, patients, sessions, proportion, std_error, conf_low, conf_high, note``; ``method`` is one
        of ``those who answered``, ``all missing failed``, ``all missing responded``. Only sessions that began with pain
        of at least 3.
    """
    frame = _eligible(sessions, "pain_responder_48h")
    if overall:
        frame = frame.assign(condition=one_group(frame))
    frame = frame[reaches(frame["pain_pre"], ResponderRule().least_baseline)]
    if "pain_responder_48h" not in frame.columns or not frame["pain_responder_48h"].notna().any():
        return _no_bounds(frame)
    known = frame["pain_responder_48h"].astype(float)
    filled = {
        "those who answered": known,
        "all missing failed": known.fillna(0.0),
        "all missing responded": known.fillna(1.0),
    }
    parts = [_shares(frame.assign(responded=flag), method) for method, flag in filled.items()]
    order = {name: place for place, name in enumerate(["all", *_groups(frame)])}
    rank = {name: place for place, name in enumerate(filled)}
    found = pd.concat(parts, ignore_index=True)
    found = found.assign(_group=found["condition"].map(order), _method=found["method"].map(rank))
    return found.sort_values(["_group", "_method"]).drop(columns=["_group", "_method"]).reset_index(drop=True)


_BOUND_COLUMNS = [
    "condition",
    "method",
    "patients",
    "sessions",
    "proportion",
    "std_error",
    "conf_low",
    "conf_high",
    "note",
]


def _shares(frame: pd.DataFrame, method: str) -> pd.DataFrame:
    found = responders(frame, "responded", "condition").assign(method=method)
    few = found["patients"] < TOO_FEW_PATIENTS
    numbers = ["proportion", "std_error", "conf_low", "conf_high"]
    found[numbers] = found[numbers].where(~few)
    return found.assign(condition=found["condition"].astype("str"), note=found["note"].where(~few, TOO_FEW))[
        _BOUND_COLUMNS
    ]


def _no_bounds(frame: pd.DataFrame) -> pd.DataFrame:
    blank = {"method": "those who answered", "patients": 0, "sessions": 0, "note": NOT_RECORDED}
    rows = [{"condition": name, **blank} for name in (_groups(frame) or ["all"])]
    return pd.DataFrame(rows).reindex(columns=_BOUND_COLUMNS)


# --- tipping point ----------------------------------------------------------------------------------------------------


def tipping_point(
    sessions: pd.DataFrame,
    *,
    deltas: Iterable[float] = DELTAS,
    overall: bool = False,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Mean relief of all eligible sessions, had the missing fared so much worse than those alike who answered.

    Parameters
    ----------
    sessions : pandas.DataFrame
    deltas : iterable of float
        Points of relief less in the missing; 0 takes what is missing as missing at random.
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
    At 0 the estimate is the mean of ``relief ~ condition + pain before + relief right after + (1 | patient)`` by REML,
    at the condition's own means over all eligible sessions (relief right after is left out where it was not recorded).
    At delta it is lower by delta times the share missing; the variance adds delta squared times the patient-clustered
    variance of that share.
    """
    frame = _eligible(sessions)
    if overall:
        frame = frame.assign(condition=one_group(frame))
    steps = [float(delta) for delta in deltas]
    at_random = _by_condition(_at_random(frame, conf_level).rename_axis("condition").reset_index())
    shares = _by_condition(responders(frame, "reached", "condition"))
    rows = []
    for name in ["all"] if overall else _groups(frame):
        base, share = at_random[name], shares[name]
        rows += [{"condition": name, **_shifted(base, share, delta, conf_level)} for delta in steps]
    return pd.DataFrame(rows)


def _by_condition(frame: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    return {str(row["condition"]): row for row in frame.to_dict("records")}


def _at_random(frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """Estimates that take what is missing as missing at random, per condition."""
    seen = frame[frame["reached"] == 1.0]
    counts = (
        seen.groupby("condition").agg(
            patients=("patient_id", "nunique"), sessions=("patient_id", "size"), observed=(LATER, "mean")
        )
        if len(seen)
        else pd.DataFrame(columns=["patients", "sessions", "observed"])
    )
    table = counts.set_axis(counts.index.astype("str")).reindex(frame["condition"].unique().astype("str"))
    table[["patients", "sessions"]] = table[["patients", "sessions"]].fillna(0).astype("int64")
    table = table.assign(**dict.fromkeys(_INTERVAL, np.nan))
    table["note"] = np.where(
        table["patients"] >= TOO_FEW_PATIENTS, "", TOO_FEW if len(seen) else NOT_RECORDED
    )
    enough = table.index[table["patients"] >= TOO_FEW_PATIENTS]
    if len(enough):
        table = _fitted(table, frame[frame["condition"].isin(enough)], conf_level)
    return table


def _fitted(table: pd.DataFrame, frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    from outcomes.models.mixed.fit import fit_mixed

    both = (
        frame["pain_relief_post"].notna() & frame[LATER].notna()
        if "pain_relief_post" in frame.columns
        else None
    )
    use_post = both is not None and both.sum() > 0.8 * frame[LATER].notna().sum()
    covariates = ["pain_pre", *(["pain_relief_post"] if use_post else [])]
    means = frame.groupby("condition")[covariates].mean().rename(index=str)
    table = table.copy()
    try:
        fit = fit_mixed(
            active_plan().model("missing", covariates=" + ".join(covariates)),
            frame,
            conf_level=conf_level,
        )
        found = fit.marginal_means(
            "condition", at={name: means[name].to_dict() for name in covariates}
        ).set_index("condition")
        table.loc[means.index, list(_INTERVAL)] = (
            found.loc[means.index, list(_INTERVAL)].astype(float).to_numpy()
        )
    except OutcomesError as error:
        table.loc[means.index, "note"] = f"no estimate: {error}"
    return table


def _shifted(base: dict[Any, Any], share: dict[Any, Any], delta: float, conf_level: float) -> dict[str, Any]:
    """Shift one condition's estimate by what the missing are supposed to lack."""
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
    """How much worse the missing would have to have fared for the interval to reach no change.

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
        return "no clear relief even if the missing fared the same"
    tipped = steps[steps["conf_low"] <= 0]
    if tipped.empty:
        return f"relief stays clear up to {number(steps['delta'].iloc[-1], 2)} points worse"
    return (
        f"relief is no longer clear once the missing fared {number(tipped['delta'].iloc[0], 2)} points worse"
    )


# --- in words ---------------------------------------------------------------------------------------------------------


def missing_sentences(missing: pd.DataFrame) -> list[str]:
    """Say whether those who answered were different from those who did not."""
    said, compared = [], 0
    for variable, rows in missing.groupby("variable", sort=False):
        ranked = rows[rows["proportion"].notna()].sort_values("proportion", kind="stable").to_dict("records")
        compared += len(ranked) > 1
        if len(ranked) > 1 and ranked[0]["conf_high"] < ranked[-1]["conf_low"]:
            low, high = ranked[0], ranked[-1]
            said.append(
                f"By {variable}: “{high['group']}” was followed up in {percent(high['proportion'])} of sessions, "
                f"“{low['group']}” in {percent(low['proportion'])}."
            )
    if said:
        return [
            *said,
            "Where follow-up goes with what was known, those who answered are not like those who did not.",
        ]
    if not compared:
        return [
            "Whether those who answered differ from those who did not cannot be told: too few patients to show."
        ]
    return [
        "Follow-up did not clearly differ by anything recorded before it; what was not recorded may still differ."
    ]


def bounds_sentences(bounds: pd.DataFrame) -> list[str]:
    """Say between which shares the truth must lie, whatever the missing did."""
    rows = {str(row["method"]): row for row in bounds[bounds["condition"] == "all"].to_dict("records")}
    low, high = rows.get("all missing failed"), rows.get("all missing responded")
    if low is None or high is None or pd.isna(low["proportion"]) or pd.isna(high["proportion"]):
        return [f"Bounds for the missing: {NOT_RECORDED if low is None else _MISSING_WORDS}."]
    answered = rows["those who answered"]["proportion"]
    who = f"{counted(low['patients'], 'patient')}, {counted(low['sessions'], 'session')}"
    return [
        f"Of those who answered, {percent(answered)} responded. Had every missing session failed, it would be "
        f"{percent(low['proportion'])}; had every one succeeded, {percent(high['proportion'])} ({who}). The "
        "truth lies between, "
        "and the records alone cannot narrow that further."
    ]


def tipping_sentences(
    overall: pd.DataFrame, verdicts: pd.DataFrame, times: Mapping[str, str] | None = None
) -> list[str]:
    """Say how the average moves with what is supposed of the missing, and where the verdict changes."""
    rows = overall[overall["estimate"].notna()]
    when = called(times)["48h"]
    if rows.empty:
        return [f"Relief {when}: {why(overall['note'].iloc[0])}."]
    first, last = rows.iloc[0], rows.iloc[-1]
    said = [
        f"If the missing fared like those alike who answered, mean relief {when} is {number(first['estimate'])} points "
        f"({interval(first['conf_low'], first['conf_high'])}); had they fared {number(last['delta'], 0)} points worse, "
        f"it would be {number(last['estimate'])} ({interval(last['conf_low'], last['conf_high'])}). This rests on "
        f"{counted(first['patients'], 'patient')} and {counted(first['sessions'], 'session')} with the reading, "
        f"{percent(first['capture_rate'])} of those eligible."
    ]
    openings = (
        ("By its own interval, relief stays clear whatever is supposed here in", "stays clear"),
        ("Whether relief is clear hangs on the missing in", "no longer"),
        ("Relief is not clear even if the missing fared the same in", "even if"),
    )
    for opening, part in openings:
        found = verdicts[verdicts["verdict"].astype("str").str.contains(part)]["condition"]
        if len(found):
            said.append(f"{opening} {listed(named(str(name)) for name in found)}.")
    return said
