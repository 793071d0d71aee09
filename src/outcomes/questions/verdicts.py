"""Which notebooks these records can answer: answerable, with care, or not, by criteria fixed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.questions.answers import is_recorded, needed_columns, size_of, why_none
from outcomes.questions.sentences.quality import ANSWERABLE, HARD_TO_TRUST, WITH_CARE
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED, called, listed, percent

__all__ = ["verdicts"]


@dataclass(frozen=True)
class _Notebook:
    """A later notebook, the question it answers, the readings it needs, and those it uses where they are recorded.

    One that is ``optional`` rests on columns that came later: records without them are not judged by it. One of those
    who came ``again`` is judged by later sessions only.
    """

    name: str
    about: str
    needs: tuple[str, ...]
    uses: tuple[str, ...] = ()
    optional: bool = False
    again: bool = False


_NOTEBOOKS = (
    _Notebook("02_immediate", "what changed right after", ("pain_relief_post",)),
    _Notebook("03_two_day", "what lasted", ("pain_relief_48h",)),
    _Notebook(
        "04_immediate_to_two_day",
        "does early relief predict later relief",
        ("pain_relief_post", "pain_relief_48h"),
    ),
    _Notebook(
        "05_twitches", "what twitches are linked to", ("twitch_count",), ("pain_relief_48h", "soreness_h")
    ),
    _Notebook("06_soreness", "how long soreness lasted", ("soreness_h",)),
    _Notebook("07_one_patient", "how one patient is doing", ("pain_pre",), ("pain_relief_48h",)),
    _Notebook("08_conditions", "what to tell patients", ("pain_relief_48h",), ("soreness_h",)),
    _Notebook(
        "09_claims",
        "does our website match",
        ("pain_pre",),
        ("pain_relief_48h", "twitch_count", "soreness_h"),
    ),
    _Notebook("10_sensitivity", "does the analysis method matter", ("pain_relief_48h",)),
    _Notebook("11_planning", "how many more patients we need", ("pain_relief_48h",)),
    _Notebook("12_does_it_hurt", "does it hurt", ("pain_during",), ("needle_felt",), optional=True),
    _Notebook("13_who_comes", "who comes", ("chronicity",), ("onset", "symptoms"), optional=True),
    _Notebook("14_course_of_care", "what happens over a course", ("pain_pre",), again=True),
)
_READINGS = {
    "pain_relief_post": "pain {post}",
    "pain_relief_48h": "pain {48h}",
    "twitch_count": "twitches",
    "soreness_h": "soreness",
    "pain_pre": "pain {pre}",
    "pain_during": "pain of the needling",
    "needle_felt": "whether the needle was felt",
    "chronicity": "how long it has lasted",
    "onset": "where it came from",
    "symptoms": "what patients come with",
}
"""What the readings are called in a verdict."""


def verdicts(sessions: Any, *, times: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Judge, for every later notebook, whether these records can answer it.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    times : mapping, optional
        What the readings are called.

    Returns
    -------
    pandas.DataFrame
        ``notebook, label, patients, sessions, missing_rate, verdict, why``. "Cannot be answered" where a needed reading
        is not recorded or rests on fewer than eight patients; "with care" where more than a fifth of the sessions lack
        it, or lack another reading that the notebook uses and these records have.
    """
    records = needed_columns(sessions, *_READINGS, "session_number")
    words = {name: text.format(**called(times)) for name, text in _READINGS.items()}
    rows = []
    asked = [book for book in _NOTEBOOKS if not book.optional or is_recorded(records, book.needs[0])]
    for notebook in asked:
        frame = records[records["session_number"] > 1] if notebook.again else records
        names = [*notebook.needs, *(name for name in notebook.uses if is_recorded(frame, name))]
        absent = [words[name] for name in names if not is_recorded(frame, name)]
        complete = frame[frame[names].notna().all(axis=1)]
        verdict = _verdict(complete, len(frame), listed(words[name] for name in names), absent)
        rows.append({"notebook": notebook.name, "label": notebook.about, **verdict})
    return pd.DataFrame(rows)


def _verdict(complete: pd.DataFrame, total: int, what: str, absent: list[str]) -> dict[str, Any]:
    size, missing = size_of(complete), 1.0 - len(complete) / max(total, 1)
    few, quality = why_none(size["patients"]), active_plan().quality
    if absent:
        verdict, why = HARD_TO_TRUST, f"{listed(absent)} {NOT_RECORDED}"
    elif few:
        verdict, why = HARD_TO_TRUST, few
    elif missing > quality.care:
        depends = "; the answer depends on patients we did not reach" if missing > quality.doubt else ""
        verdict, why = WITH_CARE, f"{percent(missing)} of sessions missing{depends}"
    else:
        verdict, why = ANSWERABLE, f"{percent(1.0 - missing)} of sessions have {what}"
    return {**size, "missing_rate": missing, "verdict": verdict, "why": why}
