"""Sessions in, the mean of a reading and the share of an answer in each group out, with how many were asked.

A session without the reading counts in no figure. Several answers to one question (tags) are each a share of the
sessions that were asked, so such shares need not add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models import Flags, Ints
from outcomes.models.groups import one_group, unordered_codes
from outcomes.models.means import clustered_means
from outcomes.questions.answers import (
    fit_or_why,
    is_recorded,
    sorted_rows,
    with_reasons,
    with_too_few_blanked,
)
from outcomes.record.columns import column
from outcomes.words import NOT_RECORDED

__all__ = [
    "ASKED",
    "MEAN",
    "MILD",
    "SHARE",
    "STRONG",
    "answer_shares",
    "by_variable",
    "coded",
    "everyone",
    "flag_of",
    "patients_of",
    "reading_means",
    "tag_flags",
    "who_was_asked",
    "with_visit",
]

ASKED = ["patients", "sessions", "sessions_eligible", "capture_rate"]
"""Who was asked, of how many sessions."""
MEAN = ["estimate", "std_error", "df", "conf_low", "conf_high"]
OTHER = "other"
"""The code of rare answers that are shown together."""
MILD, STRONG = 3.0, 7.0
"""Pain of up to 3 is called little, from 7 on strong (Boonstra 2014, Pain 155:2545: 0-3, 4-6, 7-10)."""
SHARE = ["proportion", "conf_low", "conf_high"]
_NOBODY = pd.DataFrame({"condition": ["all"], "patients": [0], "sessions": [0], "sessions_eligible": [0]})


def who_was_asked(frame: pd.DataFrame, known: pd.Series[bool], by: str) -> pd.DataFrame:
    """Groups in order, with the patients and sessions that have a reading, of all sessions.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``patient_id`` and the groups.
    known : Series of bool
        The sessions that have the reading.
    by : str
    """
    codes, names = pd.factorize(frame[by])
    there = known.to_numpy() & (codes >= 0)
    people = unordered_codes(frame["patient_id"])[0]
    found = pd.DataFrame(
        {
            by: pd.Series(list(names)).astype("str"),
            "sessions_eligible": np.bincount(codes[codes >= 0], minlength=len(names)),
            "sessions": np.bincount(codes[there], minlength=len(names)),
            "patients": patients_of(codes, people, there & (people >= 0), len(names)),
        }
    )
    found["capture_rate"] = found["sessions"] / found["sessions_eligible"]
    return sorted_rows(found, by).reset_index(drop=True)


def patients_of(group: Ints, patient: Ints, chosen: Flags, groups: int) -> Ints:
    """Patients of each group among the sessions chosen."""
    size = int(patient.max(initial=-1)) + 1
    pairs = pd.unique(group[chosen] * size + patient[chosen])
    return np.bincount(pairs // max(size, 1), minlength=groups)


def reading_means(frame: pd.DataFrame, reading: str, by: str, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Mean of a reading per group, clustered on patients.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``patient_id``, the reading and the groups.
    reading, by : str
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``<by>, patients, sessions, sessions_eligible, capture_rate, estimate, std_error, df, conf_low, conf_high,
        note``.
    """
    columns, known = [by, *ASKED, *MEAN, "note"], frame[reading].notna()
    rows = who_was_asked(frame, known, by)
    means, why = fit_or_why(lambda: clustered_means(frame[known], reading, by, conf_level=conf_level))
    if means is None:
        return with_reasons(rows, why).reindex(columns=columns)
    means = means.astype({by: "str"})[[by, *MEAN, "note"]]
    return with_too_few_blanked(rows.merge(means, on=by, how="left"), MEAN).reindex(columns=columns)


def answer_shares(
    frame: pd.DataFrame,
    flags: Mapping[str, pd.Series[Any]],
    by: str | None = None,
    *,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Share of the sessions asked that gave each answer, clustered on patients.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``patient_id`` and the groups.
    flags : mapping of str to Series
        Each answer in words, and 1 where it was given, 0 where another was, missing where nobody asked.
    by : str, optional
        Groups; without them a single one, ``condition`` = ``all``.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``<by>, label, patients, sessions, sessions_eligible, capture_rate, proportion, conf_low, conf_high, note``.
    """
    groups, by = (frame, by) if by else (everyone(frame), "condition")
    parts = [_share_of(groups, label, flag, by, conf_level) for label, flag in flags.items()]
    return pd.concat(parts, ignore_index=True)


def _share_of(
    frame: pd.DataFrame, label: str, flag: pd.Series[Any], by: str, conf_level: float
) -> pd.DataFrame:
    from outcomes.models.proportions.responders import responders

    rows = who_was_asked(frame, flag.notna(), by) if len(frame) else _NOBODY.rename(columns={"condition": by})
    rows = rows.assign(label=label)
    columns = [by, "label", *ASKED, *SHARE, "note"]
    if not rows["sessions"].sum():
        return with_reasons(rows).reindex(columns=columns)
    marked = frame.assign(answer=flag)[["patient_id", by, "answer"]]
    found = responders(marked, "answer", by, conf_level=conf_level).astype({by: "str"})
    rows = rows.merge(found[[by, *SHARE, "note"]], on=by, how="left")
    return with_too_few_blanked(rows, SHARE).reindex(columns=columns)


def flag_of(reading: pd.Series[Any], met: pd.Series[bool]) -> pd.Series[Any]:
    """1 where a reading meets something, 0 where it does not, missing where there is none."""
    return met.astype("float64").where(reading.notna())


def coded(answers: pd.Series[Any], *codes: str) -> pd.Series[Any]:
    """1 where an answer is one of some codes, 0 where it is another, missing where that is not known.

    Rare answers may be shown joined (``never+1_to_3``): one that is only in part among the codes is not known.

    Examples
    --------
    >>> coded(pd.Series(["no", "no+barely", "yes", None]), "no").tolist()
    [1.0, nan, 0.0, nan]
    """
    kinds, names = pd.factorize(answers.astype("object"))
    among = [{part in codes for part in str(name).split("+")} for name in names]
    flags = [float(next(iter(found))) if len(found) == 1 else np.nan for found in among]
    return pd.Series(np.array([*flags, np.nan])[kinds], index=answers.index)


def tag_flags(frame: pd.DataFrame, name: str) -> dict[str, pd.Series[Any]]:
    """A flag for each answer that a question with several answers may have, under what the answer is called.

    Where rare answers are shown together as another one, whether such a session has one of them is not known.

    Parameters
    ----------
    frame : pandas.DataFrame
    name : str
        A column of tags.
    """
    asked_for = column(name)
    texts = frame[name].astype("object")
    kinds, names = pd.factorize(texts)
    found: dict[str, pd.Series[Any]] = {}
    told = [set(str(text).split(";")) for text in names]
    there = set().union(*told)
    for code in (*asked_for.offered, *sorted(there - {*asked_for.offered, "none"})):
        hidden = code not in there and OTHER in there and OTHER not in asked_for.offered
        said = [float(code in tags) if not (hidden and OTHER in tags) else np.nan for tags in told]
        found["Nothing" if code == "none" else asked_for.label_of(code)] = pd.Series(
            np.array([*said, np.nan])[kinds], index=frame.index
        )
    return found


def by_variable(
    frame: pd.DataFrame, names: Iterable[str], estimate: Callable[[pd.DataFrame, str], pd.DataFrame]
) -> pd.DataFrame:
    """An estimate by one variable after the other, nothing held equal; what was not recorded is a row that says so.

    Parameters
    ----------
    frame : pandas.DataFrame
    names : iterable of str
        Columns of groups.
    estimate : callable
        Called with the frame and a column; returns rows with that column.

    Returns
    -------
    pandas.DataFrame
        ``variable, value`` and the columns of the estimate.
    """
    parts = [_of_variable(frame, name, estimate) for name in names]
    head = ["variable", "value"]
    columns = dict.fromkeys(name for part in parts for name in part.columns if name not in head)
    return pd.concat(parts, ignore_index=True).reindex(columns=[*head, *columns])


def _of_variable(
    frame: pd.DataFrame, name: str, estimate: Callable[[pd.DataFrame, str], pd.DataFrame]
) -> pd.DataFrame:
    label = name.replace("_", " ")
    if not is_recorded(frame, name):
        row = {"variable": label, "value": "all", "patients": 0, "sessions": 0, "note": NOT_RECORDED}
        return pd.DataFrame([row])
    return estimate(frame, name).rename(columns={name: "value"}).assign(variable=label)


def with_visit(frame: pd.DataFrame) -> pd.DataFrame:
    """Sessions with a column ``session``: the first of a patient, or a later one; missing where no number is known."""
    number = frame["session_number"]
    place = np.select([number == 1, number > 1], [0, 1], -1)
    return frame.assign(session=pd.Categorical.from_codes(place, pd.Index(["first", "later"])))


def everyone(frame: pd.DataFrame) -> pd.DataFrame:
    """The same sessions as one group: ``condition`` is ``all``."""
    return frame.assign(condition=one_group(frame))
