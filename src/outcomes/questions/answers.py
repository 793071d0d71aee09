"""What every question shares: the columns it needs, who stands behind an answer, and why there is none.

Comes in: sessions, a pandas frame or an Ibis table. Goes out: the few columns a question needs, coded and derived; and
rows of an answer in their order, with the numbers that cannot be given missing and a short reason in their place. The
message of an engine is never shown to a reader: it goes to the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from outcomes.errors import EstimationError, FormulaError, ReductionError
from outcomes.models.groups import fetched, is_lazy, narrow_and_code, require_columns
from outcomes.record import conditions
from outcomes.record.conditions import CONDITIONS
from outcomes.record.measures import MOVEMENTS, TIME_LABELS
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.record.outcomes import DERIVED, with_outcomes
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "LEAST_CLINICIANS",
    "NOT_COMPUTED",
    "NOT_FITTED",
    "blank",
    "fit_or_why",
    "in_order",
    "is_recorded",
    "least_patients",
    "needed_columns",
    "only_condition",
    "recorded_columns",
    "size_of",
    "sorted_by_time",
    "sorted_rows",
    "why_none",
    "with_limits",
    "with_reasons",
    "with_too_few_blanked",
]

Answer = TypeVar("Answer")
LEAST_CLINICIANS = 5
"""The spread of fewer clinicians cannot be estimated."""
NOT_FITTED = "no estimate: these sessions do not allow the model to be fitted"
NOT_COMPUTED = "no estimate: the plan's model cannot be computed from these records"
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "condition": CONDITIONS,
    "rom_movement": tuple(MOVEMENTS),
    **{column.name: column.values for column in OPTIONAL_COLUMNS if column.values},
}
"""Groups that come in an order of their own, by the column they stand in."""
_log = logging.getLogger(__name__)


# --- what is asked ----------------------------------------------------------------------------------------------------


def recorded_columns(sessions: Any, names: Iterable[str]) -> pd.DataFrame:
    """Sessions as a pandas frame in which every named column exists, missing throughout where nothing was recorded.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
        Of a table, only the columns named are fetched.
    names : iterable of str
    """
    names = list(dict.fromkeys(names))
    if is_lazy(sessions):
        sessions = fetched(sessions.select([name for name in names if name in sessions.columns]))
    absent = [name for name in names if name not in sessions.columns]
    frame: pd.DataFrame = sessions.assign(**dict.fromkeys(absent, np.nan)) if absent else sessions
    return frame


def needed_columns(sessions: Any, *names: str, by: str | None = None) -> pd.DataFrame:
    """The columns a question needs and whose they are, coded: the session record's, or derived from what they need.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    *names : str
        Columns of the record, or derived outcomes. What nobody recorded is missing throughout.
    by : str, optional
        A column of groups, which has to be there.

    Raises
    ------
    EstimationError
        For anything but a frame or a table of sessions, or where it does not say whose they are or of which group.
    """
    is_lazy(sessions)
    always = ["patient_id", *([by] if by else [])]
    require_columns(sessions, always)
    needs = [need for name in names if name in DERIVED for need in DERIVED[name].needs]
    wanted = [*always, *names, *needs]
    there = [name for name in [*wanted, "followup_h"] if name in sessions.columns]
    coded = narrow_and_code(recorded_columns(sessions, there), there)
    return recorded_columns(with_outcomes(coded, names), wanted)


def is_recorded(sessions: pd.DataFrame, name: str) -> bool:
    """Whether any session has a value in the column."""
    return name in sessions.columns and bool(sessions[name].notna().any())


def only_condition(frame: pd.DataFrame) -> list[str]:
    """Terms to leave out of a model: the condition, where all sessions have the same one."""
    return ["condition"] if len(frame["condition"].unique()) < 2 else []


# --- whether there is an answer ---------------------------------------------------------------------------------------


def least_patients() -> int:
    """Patients an estimate must rest on, by the plan."""
    return active_plan().estimates.least_patients


def size_of(frame: pd.DataFrame) -> dict[str, int]:
    """Patients and sessions that an answer rests on."""
    return {"patients": int(frame["patient_id"].nunique()), "sessions": len(frame)}


def why_none(patients: int, *, recorded: bool = True) -> str:
    """Why nothing can be said of so many patients, or an empty text where something can.

    Examples
    --------
    >>> why_none(3), why_none(300), why_none(0, recorded=False)
    ('too few patients to say', '', 'not recorded')
    """
    if not recorded:
        return NOT_RECORDED
    return TOO_FEW if patients < least_patients() else ""


def fit_or_why(fit: Callable[[], Answer], why: str = "") -> tuple[Answer | None, str]:
    """The result of a model, or None and a short reason why there is none.

    Parameters
    ----------
    fit : callable
    why : str
        Why nothing is to be fitted, where that is known beforehand.

    Examples
    --------
    >>> fit_or_why(lambda: 0.5), fit_or_why(lambda: 0.5, why_none(3))
    ((0.5, ''), (None, 'too few patients to say'))
    """
    if why:
        return None, why
    try:
        return fit(), ""
    except (EstimationError, FormulaError, ReductionError) as error:
        _log.info("no estimate: %s", error)
        return None, NOT_COMPUTED if isinstance(error, FormulaError) else NOT_FITTED


def with_limits(estimate: float, error: float, df: float, conf_level: float) -> dict[str, float]:
    """A figure with its error and Student's interval.

    Examples
    --------
    >>> found = with_limits(1.0, 0.5, 30.0, 0.95)
    >>> round(found["conf_low"], 3), round(found["conf_high"], 3)
    (-0.021, 2.021)
    """
    reach = float(stdtrit(df, 0.5 + conf_level / 2.0)) * error
    limits = {"conf_low": estimate - reach, "conf_high": estimate + reach}
    return {"estimate": estimate, "std_error": error, "df": df, **limits}


def blank(numbers: Iterable[str], note: str) -> dict[str, Any]:
    """The numbers of one row, all missing, and the reason."""
    return {**dict.fromkeys(numbers, np.nan), "note": note}


def with_reasons(frame: pd.DataFrame, otherwise: Any = "", *, unrecorded: str = NOT_RECORDED) -> pd.DataFrame:
    """Rows with a ``note``: why those without a session, and those with too few patients, have no estimate.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``patients`` and ``sessions``.
    otherwise : str or array
        Note of the other rows.
    unrecorded : str
        Note of the rows without a session.
    """
    few = _too_few(frame)
    return frame.assign(note=np.select([frame["sessions"] == 0, few], [unrecorded, TOO_FEW], otherwise))


def with_too_few_blanked(
    frame: pd.DataFrame, numbers: Iterable[str], *, unrecorded: str = NOT_RECORDED
) -> pd.DataFrame:
    """Rows without their ``numbers`` where they rest on too few patients, and with a ``note`` that says so."""
    few = _too_few(frame)
    kept = {name: frame[name].where(~few) for name in numbers if name in frame.columns}
    note = frame["note"].astype("object").fillna("")
    return with_reasons(frame.assign(**kept), note, unrecorded=unrecorded)


def _too_few(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["patients"] < least_patients()


# --- in which order ---------------------------------------------------------------------------------------------------


def in_order(groups: Iterable[Any], by: str = "condition") -> list[str]:
    """Groups in the order of every chart and table: conditions from head to foot, movements as listed, others by name.

    Examples
    --------
    >>> in_order(["neck_pain", "elsewhere", "headache"]), in_order(["male", "female"], "sex")
    (['headache', 'neck_pain', 'elsewhere'], ['female', 'male'])
    """
    return conditions.in_order(sorted(map(str, groups)), _ORDERS.get(by, ()))


def sorted_rows(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Rows in the order of their groups, the groups as text; rows of one group keep their order."""
    groups: npt.NDArray[Any] = frame[by].astype("str").to_numpy()
    place = {name: place for place, name in enumerate(in_order(groups, by))}
    rank = np.array([place[name] for name in groups], dtype=np.int64)
    return frame.assign(**{by: frame[by].astype("str")}).iloc[np.argsort(rank, kind="stable")]


def sorted_by_time(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Rows in the order of their groups, those of one group in the order of ``time``."""
    places = {time: place for place, time in enumerate(TIME_LABELS)}
    timely = frame.sort_values("time", key=lambda times: times.map(places), kind="stable")
    return sorted_rows(timely, by).reset_index(drop=True)
