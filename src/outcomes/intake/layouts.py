"""How the tools that clinics use lay out their exports: online forms above all.

Comes in: a raw table of text. Goes out: which tool wrote it; the table with one row of headings, one column per
question, one row per answer; and what became of the other rows. A table that no tool is known by stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outcomes.errors import MappingError
from outcomes.files.outline import distinct_headings
from outcomes.intake.account import Moved

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "Layout", "laid_out", "layout_of", "recognised"]


@dataclass(frozen=True)
class Layout:
    """A tool and how it writes.

    Attributes
    ----------
    name, called : str
        In a mapping (``layout = "google-forms"``), and in words.
    unit : str
        What one row is.
    is_one : callable
        Whether a table is of this tool, from its headings.
    when : tuple of str
        Headings of when a row was entered, the best first.
    own : tuple of str
        Other columns that the tool adds.
    tests : mapping of str to str
        Columns, and what their cells match where a row is a preview or a test.
    put_right : callable
        To one row of headings and one column per question; also how many rows were headings.
    """

    name: str
    called: str
    unit: str
    is_one: Callable[[frozenset[str]], bool]
    when: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    tests: Mapping[str, str] | None = None
    put_right: Callable[[pd.DataFrame], tuple[pd.DataFrame, int]] | None = None


def _has(*names: str) -> Callable[[frozenset[str]], bool]:
    return lambda headings: headings.issuperset(names)


def recognised(raw: pd.DataFrame) -> Layout | None:
    """The tool that wrote a table; None where none is known by its headings."""
    headings = frozenset(str(name).strip().casefold() for name in raw.columns)
    return next((layout for layout in LAYOUTS.values() if layout.is_one(headings)), None)


def layout_of(raw: pd.DataFrame, name: str, file: str) -> Layout:
    """The tool of this name, where a table is one of its.

    Raises
    ------
    MappingError
        Where it is not; the message says what it looks like.
    """
    layout = LAYOUTS[name]
    if layout.is_one(frozenset(str(heading).strip().casefold() for heading in raw.columns)):
        return layout
    other = recognised(raw)
    looks = (
        f"it looks like {other.called}: --mapping {other.name}" if other else "it looks like a plain table"
    )
    raise MappingError(
        f"{file} is no export of {layout.called}: its headings are others; {looks}. Leave --mapping out to have "
        "it recognized."
    )


def laid_out(raw: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[Moved]]:
    """The table of a tool with one row per answer: further headings, previews and tests left out.

    Parameters
    ----------
    raw : pandas.DataFrame
        Text; the index says which row of the file each row is.
    name : str
        A key of :data:`LAYOUTS`.

    Returns
    -------
    pandas.DataFrame
    list of Moved
        What became of the rows left out.
    """
    layout = LAYOUTS[name]
    frame, moved = raw, list[Moved]()
    if layout.put_right is not None:
        frame, headings = layout.put_right(raw)
        moved.append(Moved("left out", "further rows of headings", headings))
    tests = layout.tests or {}
    for column in frame.columns:
        if pattern := tests.get(str(column).casefold()):
            found = frame[column].str.fullmatch(pattern, case=False).fillna(False).astype(bool)
            moved.append(Moved("left out", "previews and test answers", int(found.sum())))
            frame = frame[~found]
    return frame, moved


# --- several rows of headings -------------------------------------------------------------------------------------


def _qualtrics(raw: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Questions stand in the second row, Qualtrics' own names for them in the third."""
    questions = raw.iloc[0].fillna("") if len(raw) else raw.iloc[:0]
    imports = len(raw) > 1 and raw.iloc[1].fillna("").str.contains("ImportId", regex=False).any()
    words = [
        str(name) if str(name).casefold() in _QUALTRICS_OWN else str(question) or str(name)
        for name, question in zip(raw.columns, questions, strict=True)
    ]
    names, _ = distinct_headings(words)
    rows = 2 if imports else 1
    return raw.iloc[rows:].set_axis(names, axis="columns"), rows


_QUALTRICS_OWN = (
    *("startdate", "enddate", "recordeddate", "status", "ipaddress", "progress", "finished", "responseid"),
    *(
        "duration (in seconds)",
        "recipientlastname",
        "recipientfirstname",
        "recipientemail",
        "externalreference",
    ),
    *("locationlatitude", "locationlongitude", "distributionchannel", "userlanguage"),
)


def _surveymonkey(raw: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Of a question with choices each column says one choice in the second row; they become one column."""
    second = [str(cell) if isinstance(cell, str) else "" for cell in raw.iloc[0]]
    groups: list[tuple[str, list[int]]] = []
    for at, (heading, choice) in enumerate(zip(map(str, raw.columns), second, strict=True)):
        named = not re.fullmatch(r"column \d+", heading)
        if named or not choice or not groups:
            groups.append((heading, [at]))
        else:
            groups[-1][1].append(at)
    body = raw.iloc[1:]
    columns = {heading: _chosen(body.iloc[:, places]) for heading, places in groups}
    return _frame(columns, body), 1


def _typeform(raw: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Of a question with choices each choice has a column that repeats it; neighbours become one column."""
    columns: dict[str, pd.Series] = {}
    run: list[int] = []
    for at, heading in enumerate(map(str, raw.columns)):
        cells = raw.iloc[:, at]
        if cells.notna().any() and (cells.dropna() == heading).all():
            run.append(at)
            continue
        _close(raw, run, columns)
        columns[heading] = cells
    _close(raw, run, columns)
    return _frame(columns, raw), 0


def _close(raw: pd.DataFrame, run: list[int], columns: dict[str, pd.Series]) -> None:
    if run:
        columns[" / ".join(str(raw.columns[at]) for at in run)] = _chosen(raw.iloc[:, run])
        run.clear()


def _chosen(cells: pd.DataFrame) -> pd.Series:
    """Several columns of choices as one: what was chosen, ``;`` between."""
    joined = cells.iloc[:, 0]
    for at in range(1, cells.shape[1]):
        more = cells.iloc[:, at]
        both = joined.notna() & more.notna()
        joined = joined.where(joined.notna(), more).mask(both, joined + "; " + more)
    return joined


def _frame(columns: Mapping[str, pd.Series], like: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(dict(columns), index=like.index)


# --- the tools ----------------------------------------------------------------------------------------------------


def _first_is(*names: str) -> Callable[[frozenset[str]], bool]:
    return lambda headings: any(name in headings for name in names)


def _redcap(headings: frozenset[str]) -> bool:
    asked = (
        any(name.startswith("redcap_") for name in headings) or {"repeat instance", "event name"} & headings
    )
    return bool(asked) or any(name.endswith("_complete") for name in headings) or "complete?" in headings


def _webpt(headings: frozenset[str]) -> bool:
    return bool({"dos", "date of service"} & headings) and bool({"therapist", "case", "case id"} & headings)


def _layouts(layouts: Sequence[Layout]) -> dict[str, Layout]:
    return {layout.name: layout for layout in layouts}


_TIMESTAMPS = ("timestamp", "zeitstempel", "horodateur", "marca temporal", "informazioni cronologiche")

LAYOUTS = _layouts(
    [
        Layout(
            "qualtrics",
            "Qualtrics",
            "answer",
            lambda headings: {"startdate", "responseid"} <= headings,
            ("recordeddate", "startdate", "enddate"),
            _QUALTRICS_OWN,
            {
                "status": r"(survey )?(preview|test).*|1|2|9|17",
                "distributionchannel": r"preview|test",
            },
            _qualtrics,
        ),
        Layout(
            "surveymonkey",
            "SurveyMonkey",
            "answer",
            _has("respondent id", "collector id"),
            ("date created", "date modified", "start date", "end date"),
            ("respondent id", "collector id", "ip address", "email address", "first name", "last name"),
            put_right=_surveymonkey,
        ),
        Layout(
            "typeform",
            "Typeform",
            "answer",
            lambda headings: "submit date (utc)" in headings or {"#", "network id"} <= headings,
            ("submit date (utc)", "start date (utc)", "stage date (utc)"),
            ("#", "network id", "response type", "tags", "ending", "score"),
            put_right=_typeform,
        ),
        Layout(
            "microsoft-forms",
            "Microsoft Forms",
            "answer",
            _has("start time", "completion time"),
            ("completion time", "start time"),
            ("id", "email", "name", "last modified time", "language", "total points", "quiz feedback"),
        ),
        Layout("redcap", "REDCap", "row of a form", _redcap),
        Layout(
            "google-forms",
            "Google Forms",
            "answer",
            _first_is(*_TIMESTAMPS),
            _TIMESTAMPS,
            ("email address", "score", "username"),
        ),
        Layout("jane", "Jane", "row", _first_is("patient guid", "staff member", "staff member name")),
        Layout("cliniko", "Cliniko", "row", _has("practitioner", "business")),
        Layout("webpt", "WebPT", "row", _webpt),
    ]
)
"""The tools known, by name; where two could be meant, the first is."""
