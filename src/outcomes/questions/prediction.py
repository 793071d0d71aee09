"""How well the relief of new patients can be predicted, and what one more piece of information adds.

Patients are split into folds and each fold is predicted from the others, without the reading right after and with it,
or without the twitches and with them. Refuses fewer than two folds; too few patients is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models import Floats, Whole
from outcomes.models.clark_west import clark_west
from outcomes.models.ratio import clustered_error, ratio_of_sums
from outcomes.questions.answers import (
    blank,
    fit_or_why,
    needed_columns,
    only_condition,
    size_of,
    why_none,
    with_limits,
)
from outcomes.questions.relation import LATER, with_both
from outcomes.questions.sentences.prediction import (
    BOTH,
    GAIN,
    MISS,
    RESPONSE_ADDS,
    SHARE,
    TWITCHES_ADD,
    WITH_RESPONSE,
    WITH_TWITCHES,
    WITHOUT_RESPONSE,
    WITHOUT_TWITCHES,
    course_value_sentences,
    predicted_sentences,
    twitch_value_sentences,
)
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, TOO_FEW

__all__ = [
    "TWITCHES_ADD",
    "WITHOUT_TWITCHES",
    "WITH_TWITCHES",
    "course_value",
    "course_value_sentences",
    "predicted",
    "predicted_sentences",
    "twitch_value",
    "twitch_value_sentences",
]

RARE = "rare"
"""What conditions with too few patients to be in every fold are joined as."""
MEAN, BEFORE = "the mean alone", "condition and pain before"
_NUMBERS = ("estimate", "std_error", "conf_low", "conf_high")


# --- later relief, by the reading right after -------------------------------------------------------------------------


def predicted(
    sessions: Any, *, folds: int | None = None, seed: int | None = None, conf_level: float = 0.95
) -> pd.DataFrame:
    """How well the later relief of new patients is predicted, without and with the reading right after.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    folds : int, optional
        The patients are split into so many parts; each is predicted from the others. By default the plan's.
    seed : int, optional
        Of the split; by default the plan's.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``model, quantity, patients, sessions, estimate, std_error, conf_low, conf_high, note``. ``quantity`` is
        ``typical error`` (root of the mean squared error, points) and ``variation explained`` (of the variation around
        the mean, out of sample; below 0 is worse than the mean). The last row, ``gain``, is the second
        model's share less the first's.

    Raises
    ------
    EstimationError
        For fewer than two folds.

    Notes
    -----
    Moments add: each fold is reduced once, and the moments of the others are their sum. Errors are patient-clustered
    linearised errors of the ratio of sums of squares, given the split.
    """
    from outcomes.models.mixed.cross_validation import deal_patients, predict_each_fold

    folds, seed = _deal(folds, seed, active_plan().prediction.folds)
    both = with_both(sessions)
    patients = both["patient_id"].nunique()
    why = why_none(patients, recorded=len(both) > 0) or (TOO_FEW if patients < 2 * folds else "")
    why = why or _alike(both[LATER])
    fold, models = deal_patients(both["patient_id"], folds, seed), _models(both)
    guesses, why = fit_or_why(lambda: predict_each_fold(both, fold, models, factor="condition"), why)
    if guesses is None:
        row = {"model": GAIN, "quantity": SHARE, **size_of(both), **blank(_NUMBERS, why)}
        return pd.DataFrame([row])
    squares = {model: (both[LATER].to_numpy(float) - guess) ** 2 for model, guess in guesses.items()}
    return _scored(both, squares, conf_level)


def _models(both: pd.DataFrame) -> dict[str, str]:
    plan, alone = active_plan(), only_condition(both)
    return {
        MEAN: f"{LATER} ~ 1 + (1 | patient_id)",
        BEFORE: plan.model("predicted_without", without=alone),
        BOTH: plan.model("predicted_with", without=alone),
    }


def _scored(both: pd.DataFrame, squares: Mapping[str, Floats], conf_level: float) -> pd.DataFrame:
    """Typical miss and share predicted of each model, and what the last adds, of the sessions all could predict."""
    known = np.all([np.isfinite(square) for square in squares.values()], axis=0)
    both, squares = both[known], {model: square[known] for model, square in squares.items()}
    patients, size, rows = both["patient_id"].to_numpy(), size_of(both), []
    limits = partial(with_limits, df=float(max(size["patients"] - 1, 1)), conf_level=conf_level)
    for model, square in squares.items():
        mean = float(square.mean())
        error, root = clustered_error(square - mean, patients) / len(square), float(np.sqrt(mean))
        head = {"model": model, "quantity": MISS, **size}
        rows.append({**head, **limits(root, error / (2 * root))})
    base, now, last = squares.values()
    for model, less in {BEFORE: base - now, BOTH: base - last, GAIN: now - last}.items():
        head = {"model": model, "quantity": SHARE, **size}
        rows.append({**head, **limits(*ratio_of_sums(less, base, patients))})
    return pd.DataFrame(rows).drop(columns="df").assign(note="")


# --- relief, by the twitches ------------------------------------------------------------------------------------------

_TWITCHES = (WITHOUT_TWITCHES, WITH_TWITCHES, TWITCHES_ADD)
_VALUE = [
    *["outcome", "quantity", "patients", "sessions", "sessions_eligible", "capture_rate"],
    *["estimate", "std_error", "df", "conf_low", "conf_high", "p_value", "note"],
]


def twitch_value(
    sessions: Any, *, folds: int | None = None, seed: int | None = None, conf_level: float = 0.95
) -> pd.DataFrame:
    """Share of the variance of relief predicted in new patients, with and without the twitches.

    A sign is useful where knowing it predicts a new patient better than not knowing it.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    folds : int, optional
        Groups of patients; each is predicted from the others. By default the plan's.
    seed : int, optional
        Of the draw of these groups; by default the plan's.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        Three rows per outcome (``pain_relief_post``, ``pain_relief_48h``): ``outcome, quantity, patients, sessions,
        sessions_eligible, capture_rate, estimate, std_error, df, conf_low, conf_high, p_value, note``. ``estimate`` is
        1 minus the squared error of prediction over that of the others' mean (below 0 = worse than the mean), for the
        last row the gain. Its interval is clustered on patients, given the fitted models; of a useless predictor it
        lies below 0 on average, so whether anything is gained is tested by ``p_value``
        (:func:`outcomes.models.clark_west.clark_west`), one-sided.
    """
    deal = _deal(folds, seed, active_plan().twitches.folds)
    frame = needed_columns(sessions, "twitch_count", "condition", "pain_relief_post", "pain_relief_48h")
    counted = frame[frame["twitch_count"].notna() & frame["patient_id"].notna()]
    rows: list[dict[str, Any]] = []
    for outcome in ("pain_relief_post", "pain_relief_48h"):
        used = counted[counted[[outcome, "pain_pre", "condition"]].notna().all(axis=1)]
        rate = len(used) / len(counted) if len(counted) else np.nan
        who = {**size_of(used), "sessions_eligible": len(counted), "capture_rate": rate}
        rows += [{"outcome": outcome, **who, **row} for row in _explained(used, outcome, deal, conf_level)]
    return pd.DataFrame(rows).reindex(columns=_VALUE)


def _explained(
    used: pd.DataFrame, outcome: str, deal: tuple[int, int], conf_level: float
) -> list[dict[str, Any]]:
    least = max(active_plan().twitches.least_patients, 2 * deal[0])
    why = NOT_RECORDED if used.empty else TOO_FEW if used["patient_id"].nunique() < least else ""
    if why:
        return _silent(why)
    used, alone, plan = _prepared(used), only_condition(used), active_plan()
    models = {
        WITHOUT_TWITCHES: plan.model("twitch_predicted_without", outcome=outcome, without=alone),
        WITH_TWITCHES: plan.model("twitch_predicted_with", outcome=outcome, without=alone),
    }
    return _held_out(used, outcome, (models, TWITCHES_ADD), deal, conf_level)


def _held_out(
    used: pd.DataFrame,
    outcome: str,
    asked: tuple[Mapping[str, str], str],
    deal: tuple[int, int],
    conf_level: float,
) -> list[dict[str, Any]]:
    """How much of an outcome two models explain in patients held out, and what the second adds."""
    from outcomes.models.mixed.cross_validation import deal_patients, predict_each_fold

    models, gain = asked
    names = (*models, gain)
    fold, why = deal_patients(used["patient_id"], *deal), _alike(used[outcome])
    guesses, why = fit_or_why(lambda: predict_each_fold(used, fold, models, factor="condition"), why)
    if guesses is None:
        return _silent(why, names)
    y = used[outcome].to_numpy(dtype=np.float64)
    patients = used["patient_id"].to_numpy()
    squares = [(y - guess) ** 2 for guess in (_mean_of_others(y, fold), *guesses.values())]
    rows = _value(squares, patients, conf_level, names)
    without, with_them = guesses.values()
    rows[-1]["p_value"] = clark_west(y, without, with_them, patients)["p_value"]
    return rows


def _alike(values: pd.Series[Any]) -> str:
    """Why nothing can be predicted: there is no variation."""
    return "no estimate: the same in every session" if values.nunique() < 2 else ""


def _silent(why: str, names: tuple[str, ...] = _TWITCHES) -> list[dict[str, Any]]:
    return [{"quantity": quantity, "note": why} for quantity in names]


def _prepared(used: pd.DataFrame) -> pd.DataFrame:
    """Join conditions with too few patients to be in every group of patients; mark sessions with any twitch."""
    patients = used.groupby("condition", observed=True)["patient_id"].nunique()
    common = patients.index[patients >= active_plan().twitches.least_patients // 2].astype("str")
    names = used["condition"].astype("str")
    return used.assign(
        condition=names.where(names.isin(common), RARE).astype("category"),
        **({"any_twitch": (used["twitch_count"] > 0).astype(float)} if "twitch_count" in used else {}),
    )


def _mean_of_others(values: Floats, fold: Whole) -> Floats:
    """Mean of the folds a session is not in."""
    means = [values[fold != k].mean() for k in range(int(fold.max()) + 1)]
    return np.array(means)[fold]


def _value(
    squares: list[Floats], patients: npt.NDArray[Any], conf_level: float, names: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Shares explained by the smaller and the larger model, and the gain with its interval."""
    mean, without, with_them = squares
    df = float(len(np.unique(patients)) - 1)
    gain = with_limits(*ratio_of_sums(without - with_them, mean, patients), df, conf_level)
    return [
        {"quantity": names[0], "estimate": 1.0 - without.sum() / mean.sum(), "note": ""},
        {"quantity": names[1], "estimate": 1.0 - with_them.sum() / mean.sum(), "note": ""},
        {"quantity": names[2], **gain, "note": ""},
    ]


# --- the course, by the response to the first session -----------------------------------------------------------------


def course_value(
    sessions: Any, *, folds: int | None = None, seed: int | None = None, conf_level: float = 0.95
) -> pd.DataFrame:
    """Share of the change over the course predicted in new patients, without and with the response to session 1.

    Parameters
    ----------
    sessions, folds, seed, conf_level
        As for :func:`twitch_value`.

    Returns
    -------
    pandas.DataFrame
        Three rows: ``quantity, patients, sessions`` (courses), ``estimate, std_error, df, conf_low, conf_high, p_value,
        note``, as in :func:`twitch_value`. The change is pain before the first session less pain before the last;
        the response is relief right after and at the follow-up of the first session.
    """
    from outcomes.questions.course_of_care import courses_of

    deal, columns = _deal(folds, seed, active_plan().twitches.folds), [*_VALUE[1:4], *_VALUE[6:]]
    held = courses_of(sessions)
    of = held.groupby("course")
    first = of.first()
    ends = first.assign(change=first["pain_first"] - of["pain_pre"].last())[of.size() > 1]
    used = ends[ends[["change", "pain_relief_post", "pain_relief_48h", "pain_first"]].notna().all(axis=1)]
    used = used.assign(pain_pre=used["pain_first"]).reset_index(drop=True)
    size, least = size_of(used), max(active_plan().twitches.least_patients, 2 * deal[0])
    recorded = held[["pain_relief_post", "pain_relief_48h"]].notna().any().all()
    if size["patients"] < least:
        rows = _silent(TOO_FEW if recorded and len(used) else NOT_RECORDED, _COURSE)
    else:
        used, plan = _prepared(used), active_plan()
        models = {
            WITHOUT_RESPONSE: plan.model("course_without", without=only_condition(used)),
            WITH_RESPONSE: plan.model("course_with", without=only_condition(used)),
        }
        rows = _held_out(used, "change", (models, RESPONSE_ADDS), deal, conf_level)
    return pd.DataFrame([{**size, **row} for row in rows]).reindex(columns=columns)


_COURSE = (WITHOUT_RESPONSE, WITH_RESPONSE, RESPONSE_ADDS)


def _deal(folds: int | None, seed: int | None, usual: int) -> tuple[int, int]:
    """Number of folds and seed of the split: as asked for, or the plan's."""
    folds = usual if folds is None else folds
    if folds < 2:
        raise EstimationError(f"folds is {folds}; patients are split into at least 2 parts, usually {usual}.")
    return folds, active_plan().estimates.seed if seed is None else seed
