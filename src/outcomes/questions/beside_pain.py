"""Sessions in, what changed beside pain out: tightness and pressure threshold, and ranges by how they were measured.

Each measure is alone: points and kilopascals, active and passive ranges, share no mean. No published figure says how
much tightness or pressure threshold differ between two readings by themselves, so no benchmark stands beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from outcomes.models.means import clustered_means
from outcomes.questions.answers import fit_or_why, is_recorded, needed_columns, with_too_few_blanked
from outcomes.questions.levels import ASKED, MEAN, everyone, reading_means
from outcomes.questions.sentences.beside_pain import beside_sentences
from outcomes.record.columns import column
from outcomes.record.measures import TIMES
from outcomes.words import NOT_RECORDED

__all__ = ["MEASURES", "beside_pain", "beside_sentences", "ranges_by_reading"]

MEASURES = ("tightness_relief", "ppt_gain")
HOW = ("rom_mode", "rom_method", "same_rater")
"""How a range was read: change is held apart by each of these, never pooled over raters or methods."""


def beside_pain(
    sessions: Any, measure: str | None = None, *, times: Sequence[str] = TIMES, conf_level: float = 0.95
) -> pd.DataFrame:
    """Relief of tightness and gain in pressure threshold, of all sessions together, or one of them per condition.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    measure : {"tightness_relief", "ppt_gain"}, optional
        The one shown per condition.
    times : sequence of {"post", "48h"}
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, measure, time, patients, sessions, sessions_eligible, capture_rate, estimate, std_error, df,
        conf_low, conf_high, note``: points or kPa, positive = better.
    """
    asked = [(name, time) for name in MEASURES if measure in (None, name) for time in times]
    frame = needed_columns(sessions, *(f"{name}_{time}" for name, time in asked), by="condition")
    grouped = frame if measure else everyone(frame)
    parts = [
        reading_means(grouped, f"{name}_{time}", "condition", conf_level=conf_level).assign(
            measure=name, time=time
        )
        for name, time in asked
    ]
    columns = ["condition", "measure", "time", *ASKED, *MEAN, "note"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def ranges_by_reading(sessions: Any, *, time: str = "post", conf_level: float = 0.95) -> pd.DataFrame:
    """Gain in range of motion of each movement by mode, by method, and by whether one person measured all of it.

    Returns
    -------
    pandas.DataFrame
        ``rom_movement, variable, value, patients, sessions, estimate, std_error, df, conf_low, conf_high, note``, in
        the movement's unit.
    """
    gain = f"rom_gain_{time}"
    frame = needed_columns(sessions, gain, "rom_movement", *HOW)
    rater = frame["same_rater"].map({True: "same", False: "different"}, na_action="ignore")
    frame = frame.assign(same_rater=rater)
    parts = [_by_how(frame, gain, name, conf_level) for name in HOW]
    columns = ["rom_movement", "variable", "value", "patients", "sessions", *MEAN, "note"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def _by_how(frame: pd.DataFrame, gain: str, name: str, conf_level: float) -> pd.DataFrame:
    variable = column(name).label.lower()
    nobody = {"rom_movement": "all", "variable": variable, "value": "all", "patients": 0, "sessions": 0}
    if not is_recorded(frame, name) or not is_recorded(frame, gain):
        return pd.DataFrame([{**nobody, "note": NOT_RECORDED}])
    used = frame[frame[[gain, name, "rom_movement"]].notna().all(axis=1)]
    found, why = fit_or_why(
        lambda: clustered_means(used, gain, ["rom_movement", name], conf_level=conf_level)
    )
    if found is None:
        return pd.DataFrame([{**nobody, "note": why}])
    found = found.rename(columns={name: "value"}).astype({"rom_movement": "str", "value": "str"})
    return with_too_few_blanked(found.assign(variable=variable), MEAN)
