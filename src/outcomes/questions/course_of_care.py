"""Sessions in, the course of care out: pain, tightness and function before each session, and who stopped.

A course is one patient's sessions for one condition, from the first on. Whether it ended or goes on the records do not
say: stopping is having no further session. Pain before later sessions is known of those only who came again, so the
same mean stands beside it weighted for who stopped.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.chance.null_benchmark import expected_change
from outcomes.models.chance.variation import Variation, on_bad_days
from outcomes.models.dropout import Courses
from outcomes.models.ratio import clustered_error
from outcomes.questions.answers import (
    fit_or_why,
    is_recorded,
    needed_columns,
    size_of,
    why_none,
    with_limits,
)
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
    first = known["pain_pre"].where(number == 1).groupby(known["course"]).transform("first")
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
    Who came again stands for those like them who did not: weights calibrated on pain before, and how much less it was
    than before the first session (:mod:`outcomes.models.dropout`). That is right where who stops depends on nothing
    else that goes with pain.
    """
    held = courses_of(sessions)
    rows = []
    for name, outcome in READINGS.items():
        for model in (AS_CAME, WEIGHTED) if name == "pain_pre" else (AS_CAME,):
            rows += _means(held, name, conf_level, {"outcome": outcome, "model": model})
    return _with_expected(pd.DataFrame(rows), held).reindex(columns=_BEFORE)


def _means(held: pd.DataFrame, name: str, conf_level: float, head: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a session number; a reading nobody has is a row that says so."""
    if not is_recorded(held, name):
        return [{**head, "session_number": 1, "patients": 0, "sessions": 0, "note": NOT_RECORDED}]
    held = held[held["number"] <= LAST]
    courses, values = _courses(held), held[name].to_numpy(np.float64, na_value=np.nan)
    rows = []
    for number in range(1, LAST + 1):
        part = held[(held["number"] == number) & np.isfinite(values)]
        size = size_of(part)
        row = {**head, "session_number": number, **size, "note": why_none(size["patients"])}
        if not row["note"]:
            ask = (
                partial(courses.mean, values, number)
                if head["model"] == WEIGHTED
                else partial(_mean, part, name)
            )
            found, row["note"] = fit_or_why(ask)
            row |= with_limits(*found, float(size["patients"] - 1), conf_level) if found else {}
        rows.append(row)
    return rows


def _mean(part: pd.DataFrame, name: str) -> tuple[float, float]:
    """Mean of a reading and its error, deviations summed within patients."""
    values = part[name].to_numpy(np.float64)
    mean = float(values.mean())
    return mean, clustered_error(values - mean, part["patient_id"].to_numpy()) / len(values)


def _courses(held: pd.DataFrame) -> Courses:
    """Courses, and what going on may depend on: pain before, how much less it is so far, and whether that is known."""
    pain, first = (held[name].astype("float64") for name in ("pain_pre", "pain_first"))
    less = (first - pain).fillna(0.0)
    unknown = (pain.isna() | first.isna()).astype("float64")
    design = np.column_stack([np.ones(len(held)), pain.fillna(pain.mean()), less, unknown])
    patient = pd.factorize(held["patient_id"])[0]
    return Courses(held["course"].to_numpy(np.intp), held["number"].to_numpy(np.intp), patient, design)


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
