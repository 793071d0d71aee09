"""Sessions in, the course of care out: pain, tightness and function before each session, and who stopped.

A course is one patient's sessions for one condition, from the first on. Whether it ended or goes on the records do not
say: stopping is having no further session. Pain before later sessions is known of those only who came again, so the
same mean stands beside it weighted for who stopped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from outcomes.errors import EstimationError
from outcomes.models import Floats
from outcomes.models.chance.null_benchmark import expected_change
from outcomes.models.chance.variation import Variation, on_bad_days
from outcomes.questions.answers import fit_or_why, is_recorded, needed_columns, size_of, why_none
from outcomes.questions.sentences.course_of_care import (
    AS_CAME,
    WEIGHTED,
    course_sentences,
    stopping_sentences,
)
from outcomes.words import NOT_RECORDED

__all__ = [
    "as_two_readings",
    "before_each_session",
    "chart_rows",
    "course_sentences",
    "courses_of",
    "session_rows",
    "stopping",
    "stopping_sentences",
    "weeks_later",
]

LAST = 6
"""Sessions of a course that are shown one by one."""
MOST_WEIGHT = 10.0
"""A session counts for at most so many like it that were not held."""
READINGS = {"pain_pre": "pain", "tightness_pre": "tightness", "function_pre": "function"}
_NUMBERS = ["estimate", "std_error", "df", "conf_low", "conf_high", "null_benchmark", "null_benchmark_flare"]
_BEFORE = ["outcome", "model", "session_number", "patients", "sessions", *_NUMBERS, "note"]
_LINKS = [
    "quantity",
    "patients",
    "sessions",
    "ratio",
    "std_error",
    "p_value",
    "conf_low",
    "conf_high",
    "note",
]


def courses_of(sessions: Any) -> pd.DataFrame:
    """The sessions of courses that the records hold from the first on, in order.

    Returns
    -------
    pandas.DataFrame
        With ``course`` (its number), ``number`` of the session in it, ``came_again`` (whether it has a further session)
        and ``pain_first``, pain before the first session.
    """
    names = ("session_number", "pain_relief_post", "pain_relief_48h", *READINGS, "prom", "prom_score")
    frame = needed_columns(sessions, *names, by="condition")
    known = frame[frame[["patient_id", "condition", "session_number"]].notna().all(axis=1)]
    course = known.groupby(["patient_id", "condition"], observed=True, sort=False).ngroup()
    known = known.assign(course=course).sort_values(["course", "session_number"], kind="stable")
    of = known.groupby("course")
    known = known[of["session_number"].transform("first") == 1]
    of = known.groupby("course")
    number = of.cumcount() + 1
    first = (
        of["pain_pre"]
        .transform("first")
        .where(of["pain_pre"].transform(lambda pain: pain.iloc[:1].notna().all()))
    )
    return known.assign(number=number, came_again=number < of["course"].transform("size"), pain_first=first)


# --- pain before each session -----------------------------------------------------------------------------------------


def before_each_session(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Mean pain, tightness and function before each session, of those who came; pain also weighted for who stopped.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``outcome, model, session_number, patients, sessions, estimate, std_error, df, conf_low, conf_high,
        null_benchmark, null_benchmark_flare, note``: points of 0-10, up to the sixth session. The benchmarks are the
        mean expected without any effect: at the first session visits booked ahead, or everybody on a bad day.

    Notes
    -----
    A session held counts for those like it that were not: its weight is the product over earlier sessions of the share
    that came again over the chance of it, by a logistic regression on pain before, pain before the first session and
    the session's number (stabilized weights, Robins, Hernan & Brumback 2000, Epidemiology 11:550), at most 10. That is
    right where who stops depends on nothing else that goes with pain. Errors are those of the weighted deviations
    summed within patients, the weights taken as known.
    """
    held = courses_of(sessions)
    weight, why = _weights(held)
    rows = []
    for name, outcome in READINGS.items():
        models = {AS_CAME: np.ones(len(held)), **({WEIGHTED: weight} if name == "pain_pre" else {})}
        for model, weights in models.items():
            rows += _means(held, name, weights, conf_level, {"outcome": outcome, "model": model}, why)
    return _with_expected(pd.DataFrame(rows), held).reindex(columns=_BEFORE)


def _means(
    held: pd.DataFrame, name: str, weights: Floats, conf_level: float, head: dict[str, Any], why: str
) -> list[dict[str, Any]]:
    """One row a session number; a reading nobody has is a row that says so."""
    if not is_recorded(held, name):
        return [{**head, "session_number": 1, "patients": 0, "sessions": 0, "note": NOT_RECORDED}]
    rows = []
    for number in range(1, LAST + 1):
        used = (held["number"] == number) & held[name].notna()
        part, weight = held[used], weights[used.to_numpy()]
        size = size_of(part)
        few = why_none(size["patients"]) or (why if np.isnan(weight).any() else "")
        row = {**head, "session_number": number, **size, "note": few}
        values = part[name].to_numpy(np.float64)
        rows.append(row if few else row | _weighted_mean(values, weight, part["patient_id"], conf_level))
    return rows


def _weighted_mean(
    values: Floats, weight: Floats, patients: pd.Series[Any], conf_level: float
) -> dict[str, Any]:
    mean = float(weight @ values / weight.sum())
    apart = pd.Series(weight * (values - mean) / weight.sum()).groupby(patients.to_numpy()).sum()
    df = float(len(apart) - 1)
    error = float(np.sqrt((apart**2).sum() * (df + 1.0) / df))
    reach = float(stdtrit(df, 0.5 + conf_level / 2.0)) * error
    limits = {"conf_low": mean - reach, "conf_high": mean + reach}
    return {"estimate": mean, "std_error": error, "df": df, **limits}


def _weights(held: pd.DataFrame) -> tuple[Floats, str]:
    """The weight of each session for those like it that were not held, and why there is none."""
    known = held[held[["pain_pre", "pain_first"]].notna().all(axis=1)]
    fit, why = fit_or_why(lambda: _came_again(known), why_none(known["patient_id"].nunique()))
    if fit is None:
        return np.full(len(held), np.nan), why
    chance = pd.Series(np.nan, index=held.index)
    chance[known.index] = fit.predict(_design(known))
    share = held.groupby(held["number"].clip(upper=LAST))["came_again"].transform("mean")
    ratio = (share / chance.fillna(share)).where(share < 1.0, 1.0)
    so_far = ratio.groupby(held["course"]).cumprod().groupby(held["course"]).shift(fill_value=1.0)
    return np.asarray(so_far.clip(upper=MOST_WEIGHT), dtype=np.float64), ""


def _design(known: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "constant": 1.0,
            "pain_pre": known["pain_pre"].astype("float64"),
            "less_so_far": (known["pain_first"] - known["pain_pre"]).astype("float64"),
            "number": known["number"].clip(upper=LAST).astype("float64"),
        }
    )


def _came_again(known: pd.DataFrame) -> Any:
    """Logistic regression of a further session on pain, errors clustered on patients."""
    import warnings

    from statsmodels.api import Logit
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    number = known["number"].clip(upper=LAST)
    known = known[known.groupby(number)["came_again"].transform("any")]  # not where every course ends
    if known.empty:
        raise EstimationError("no course has a second session")
    groups = pd.factorize(known["patient_id"])[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of separation: its errors are endless then, and say so
            model = Logit(known["came_again"].astype(float), _design(known))
            return model.fit(disp=0, cov_type="cluster", cov_kwds={"groups": groups})
    except (np.linalg.LinAlgError, PerfectSeparationError) as error:
        raise EstimationError("these sessions do not tell who comes again") from error


def _with_expected(rows: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Pain expected before each session without any effect, from pain before the first of those who came."""
    later = held[held[["pain_pre", "pain_first"]].notna().all(axis=1) & (held["number"] <= LAST)]
    asked = as_two_readings(later)
    if asked.empty:
        return rows
    found = expected_change(asked, by=["number"], variation=weeks_later(on_bad_days())).set_index("number")
    first = asked.groupby("number")["pain_pre"].mean()
    ends = {
        to: (first - found[of]).where(first.index > 1)
        for to, of in (
            ("null_benchmark", "expected_change"),
            ("null_benchmark_flare", "expected_change_flare"),
        )
    }
    pain = rows["outcome"] == READINGS["pain_pre"]
    return rows.assign(**{to: rows["session_number"].map(value).where(pain) for to, value in ends.items()})


def as_two_readings(later: pd.DataFrame) -> pd.DataFrame:
    """Pain before the first session, and before a later one, as the two readings that chance is asked about."""
    return later.assign(pain_pre=later["pain_first"], pain_48h=later["pain_pre"], session_number=1)[
        ["patient_id", "condition", "session_number", "number", "course", "pain_pre", "pain_48h"]
    ]


def weeks_later(variation: Variation) -> Variation:
    """A flare of weeks ago says nothing of today's."""
    return replace(variation, flare_correlation_48h=0.0)


def session_rows(before: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """The rows of a chart: the sessions of a course, a mark for each way of counting.

    Parameters
    ----------
    before : pandas.DataFrame
        From :func:`before_each_session`, protected.
    outcome : {"pain", "tightness", "function"}
    """
    mine = before[before["outcome"] == outcome]
    mine.attrs = dict(before.attrs)
    return chart_rows(mine, [f"session {number:.0f}" for number in mine["session_number"]], "model")


def chart_rows(found: pd.DataFrame, names: list[str], mark: str) -> pd.DataFrame:
    """The rows of a chart: what they are of, and which column has the marks."""
    rows = found.assign(condition=names).rename(columns={mark: "time"})
    rows.attrs = dict(found.attrs)
    return rows


# --- who stopped ------------------------------------------------------------------------------------------------------


def stopping(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """What coming again went with: pain before the session, and how much less it was than before the first.

    Returns
    -------
    pandas.DataFrame
        ``quantity, patients, sessions, ratio, std_error, p_value, conf_low, conf_high, note``: ratio of the odds of a
        further session, per point; ``std_error`` is of its logarithm.
    """
    held = courses_of(sessions)
    known = held[held[["pain_pre", "pain_first"]].notna().all(axis=1)]
    size = size_of(known)
    fit, why = fit_or_why(lambda: _came_again(known), why_none(size["patients"], recorded=len(known) > 0))
    rows = []
    for term, quantity in (
        ("pain_pre", "each point of pain before"),
        ("less_so_far", "each point less than at first"),
    ):
        row: dict[str, Any] = {"quantity": quantity, **size, "note": why}
        if fit is not None:
            low, high = fit.conf_int(1.0 - conf_level).loc[term]
            row |= {"ratio": np.exp(fit.params[term]), "conf_low": np.exp(low), "conf_high": np.exp(high)}
            row |= {"std_error": fit.bse[term], "p_value": fit.pvalues[term]}
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=_LINKS)
