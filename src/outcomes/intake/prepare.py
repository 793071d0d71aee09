"""One road from a clinic's file to records that can be read: look, propose, ask, rewrite, de-identify, check.

Comes in: a file as it was exported, a key, and what the clinic has said before (a mapping) or says now (answers). Goes
out: safe sessions that pass every rule, the mapping to keep, and an account of everything that was done, dropped and
doubted. Refuses what lacks a patient, a condition or a pain before, and says what to add.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.deidentify.run import DeidentificationReport, deidentify_packed
from outcomes.errors import MappingError
from outcomes.files.columns import from_arrow, let_go, unpacked, without_unused
from outcomes.files.read import read_source
from outcomes.files.source import Source
from outcomes.files.text_table import text_table
from outcomes.intake.account import Account, Moved
from outcomes.intake.apply import applied
from outcomes.intake.clean import Blanked, usable
from outcomes.intake.draft import draft
from outcomes.intake.draft_text import draft_text
from outcomes.intake.drafted import Draft, Question
from outcomes.intake.left_out import why_left_out
from outcomes.intake.mapping import Mapping, named_tool, read_mapping
from outcomes.intake.problems import shown_headings
from outcomes.intake.read import Checked, check_sessions
from outcomes.intake.redcap_dictionary import read_dictionary
from outcomes.intake.rewrite import Rewriting
from outcomes.record.columns import COLUMNS, KNOWN_NAMES, column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ask", "Prepared", "prepare"]

Ask = Callable[[Question], str | None]
"""Asks a question and gives the chosen answer; None leaves it open."""
_DATE = "visit_date"


@dataclass(frozen=True)
class Prepared:
    """What came of preparing a file.

    Attributes
    ----------
    file, called : str
    sessions : pandas.DataFrame
        Validated, and safe to keep.
    mapping : Mapping
    text : str
        The mapping, with comments, to keep.
    account : Account
        What became of every row.
    columns : list of tuple of str
        Column of the file, what it became, how sure that is.
    left_out : list of tuple of str
        Columns of the file that are not used, and why.
    rewritings : list of Rewriting
    blanked : list of Blanked
    said, doubts, changes, asked : tuple of str
        What was met in reading; what is doubted; what changed since the mapping was made; questions and answers.
    safe : DeidentificationReport
    checked : Checked
    """

    file: str
    called: str
    sessions: pd.DataFrame
    mapping: Mapping
    text: str
    account: Account
    columns: list[tuple[str, str, str]]
    left_out: list[tuple[str, str]]
    rewritings: list[Rewriting]
    blanked: list[Blanked]
    safe: DeidentificationReport
    checked: Checked
    said: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = field(default=())


class UnpreparedError(MappingError):
    """A file that lacks what every session needs.

    Attributes
    ----------
    text : str
        The mapping as far as it could be drafted.
    """

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.text = text


@dataclass(frozen=True)
class _Plan:
    """How a file will be read: a mapping, and what is said of it."""

    called: str
    mapping: Mapping
    text: str
    sure: dict[str, str]
    doubts: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()


def prepare(
    path: str | Path,
    *,
    key: bytes | str | Path,
    mapping: str | Path | None = None,
    dictionary: str | Path | None = None,
    ask: Ask | None = None,
) -> Prepared:
    """Make safe session records of a clinic's file.

    Parameters
    ----------
    path : str or Path
        Any file that ``read_sessions`` takes, with names, dates and record numbers as the clinic has them.
    key : bytes, str or Path
        The clinic's secret, as :func:`outcomes.deidentify` takes it.
    mapping : str or Path, optional
        What was written and kept the last time, or a name of ``outcomes map --list``; by default the file is looked
        at.
    dictionary : str or Path, optional
        The data dictionary of a REDCap project.
    ask : callable, optional
        Asks what only the clinic knows; by default nothing is asked, and what is open is doubted.

    Returns
    -------
    Prepared

    Raises
    ------
    UnreadableFileError, MappingError, IdentifiableError, DisclosureError
        ``UnpreparedError`` (a MappingError) where patient, condition or pain before cannot be found.
    """
    tool = named_tool(mapping)
    chosen = read_mapping(mapping) if mapping is not None and tool is None else None
    file, remarks, read, raw = _raw(path, chosen.sheet if chosen else None)
    plan = _kept(chosen, raw, file) if chosen else _drafted(raw, file, dictionary, ask, tool)
    left_out = _left_out(raw, plan.mapping)
    done = applied(plan.mapping, raw, file=file)
    del raw
    let_go()
    moved, dates, rewritings = done.moved, done.dates, done.rewritings
    frame, left, blanked = usable(done.frame)
    del done
    if frame.empty:
        raise UnpreparedError(_nothing_left(file, left, rewritings), plan.text)
    safe, report = _made_safe(frame, dates, plan.mapping, key)
    lost = _lost(frame, safe)
    del frame
    let_go()
    kept = safe[[name for name in plan.mapping.keep if name in safe]]
    text = text_table(safe, coded=True).set_axis(safe.index)
    del safe
    sessions, late, more = usable(text)
    del text
    let_go()
    kept = kept.loc[sessions.index]
    checked = check_sessions(without_unused(sessions).reset_index(drop=True))
    if checked.sessions is None:
        raise MappingError(
            f"{file}: what was prepared does not pass the check: a fault of this program. Report it."
        )
    account = _account(read, [*moved, *left, *late], len(checked.sessions))
    return Prepared(
        file,
        plan.called,
        _titled(_with_kept(checked.sessions, kept), plan.mapping, account),
        plan.mapping,
        plan.text,
        account,
        _columns(plan),
        left_out,
        rewritings,
        [*blanked, *more, *lost],
        report,
        checked,
        remarks,
        plan.doubts,
        plan.changes,
        plan.asked,
    )


def _raw(
    path: str | Path, sheet: str | None
) -> tuple[str, tuple[str, ...], tuple[int, list[Moved]], pd.DataFrame]:
    """What a file is called, what is said of it, how many rows it has, and they as text; one form at a time is held."""
    source = read_source(path, sheet=sheet, coded=True)
    about = source.path.name, source.remarks, _rows_read(source)
    raw = from_arrow(source.table)
    del source
    let_go()
    return *about, text_table(raw, own_names=False, coded=True)


# --- how the file will be read ------------------------------------------------------------------------------------


def _drafted(
    raw: pd.DataFrame, file: str, dictionary: str | Path | None, ask: Ask | None, tool: str | None
) -> _Plan:
    fields = read_dictionary(dictionary) if dictionary is not None else None
    drafted = draft(raw, file=file, guarded=False, dictionary=fields, tool=tool)
    drafted = replace(drafted, sections={**drafted.sections, "headings": [str(name) for name in raw.columns]})
    asked = []
    for question in drafted.questions:
        answer = ask(question) if ask is not None else None
        if answer is not None:
            drafted = drafted.answered(question, answer)
            asked.append((question.asks, answer))
    _refuse_without_needed(drafted)
    sure = {match.theirs: match.said for match in drafted.matches.best}
    doubts = (
        *drafted.doubts,
        *(f"{question.asks} Not known: {question.open}." for question in drafted.questions),
    )
    return _Plan(drafted.called, drafted.mapping, draft_text(drafted), sure, doubts, asked=tuple(asked))


def _refuse_without_needed(drafted: Draft) -> None:
    sections = drafted.sections
    known = {*sections["columns"], *sections.get("ids", {}), *sections.get("constants", {})}
    lacking = [c for c in COLUMNS if c.needed and c.name not in (*known, "session_id", "session_number")]
    if not lacking:
        return
    rivals = drafted.matches.rivals
    lines = [
        f"  - {c.name} ({c.meaning}): "
        + (
            f"could be {' or '.join(map(repr, rivals[c.name]))}"
            if c.name in rivals
            else "no column says so"
            + (", or the same in every row: [constants]" if c.name == "condition" else "")
        )
        for c in lacking
    ]
    raise UnpreparedError(
        "\n".join(
            [
                f"{drafted.file} ({drafted.called}) cannot be prepared yet. Every session needs:",
                *lines,
                "Write the column behind its name under [columns] in clinic.toml, then run",
                f"  outcomes prepare {drafted.file} --mapping clinic.toml",
            ]
        ),
        draft_text(drafted),
    )


def _kept(mapping: Mapping, raw: pd.DataFrame, file: str) -> _Plan:
    """A mapping that was kept; what changed in the file's layout since is said; what is gone and read is refused."""
    now = [str(name) for name in raw.columns]
    gone = [name for name in mapping.headings if name not in now]
    new = [name for name in now if mapping.headings and name not in mapping.headings]
    used = [name for name in gone if name in mapping.sources()]
    changes = [
        *([f"Columns that are gone: {shown_headings(gone)}."] if gone else []),
        *([f"New columns, which are not used: {shown_headings(new)}."] if new else []),
    ]
    if used and new:
        raise MappingError(
            f"{file} has changed its layout: it no longer has {shown_headings(used)}, which the "
            "mapping reads, and has "
            f"{shown_headings(new)} instead. Put the new heading into the mapping, or draft a new one: "
            f"outcomes prepare {file}"
        )
    if not mapping.values.rewrite:
        changes.append("The mapping has no [values] rewrite = true: values are read as they are written.")
    known = dict.fromkeys(mapping.columns.values(), "by the mapping")
    return _Plan(f"read by the mapping, {len(raw):,} rows", mapping, "", known, changes=tuple(changes))


# --- what is made safe --------------------------------------------------------------------------------------------


def _made_safe(
    frame: pd.DataFrame, dates: pd.Series | None, mapping: Mapping, key: bytes | str | Path
) -> tuple[pd.DataFrame, DeidentificationReport]:
    """De-identified records, a row for each of those that came in."""
    day_first = mapping.dates.day_first if mapping.dates else None
    safe, report = deidentify_packed(_to_deidentify(frame, dates, mapping), key=key, day_first=day_first)
    return safe.set_axis(frame.index), report


def _to_deidentify(frame: pd.DataFrame, dates: pd.Series | None, mapping: Mapping) -> pd.DataFrame:
    """Records with the dates they are known by, so that pseudonyms of sessions stay the same in every export."""
    made_of_rows = "#row" in mapping.ids.get("session_id", ())
    twice = "session_id" in frame and not frame["session_id"].is_unique
    ready = frame.drop(columns=["session_id"]) if "session_id" in frame and (made_of_rows or twice) else frame
    if dates is not None:
        ready = ready.assign(**{_DATE: dates[~dates.index.duplicated()].reindex(ready.index)})
    return ready.reset_index(drop=True)


def _with_kept(sessions: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """The sessions with the columns that the mapping keeps beyond the record, as far as they could be made safe."""
    found = sessions.assign(**{str(name): unpacked(kept[name]).set_axis(sessions.index) for name in kept})
    found.attrs = sessions.attrs
    return found


def _titled(sessions: pd.DataFrame, mapping: Mapping, account: Account) -> pd.DataFrame:
    about = {**sessions.attrs["outcomes"], "title": mapping.title, "citation": mapping.citation}
    about["times"] = {**about["times"], **mapping.times}
    about["kept"] = sorted(name for name in mapping.keep if name in sessions)
    sessions.attrs["outcomes"] = {**about, "rows": account.as_dict()}
    return sessions


def _lost(frame: pd.DataFrame, safe: pd.DataFrame) -> list[Blanked]:
    """Cells of the record that de-identification took."""
    found = []
    for name in frame.columns:
        if name in KNOWN_NAMES and column(name).kind not in ("id",) and name != "day":
            before = int(frame[name].notna().sum())
            after = int(safe[name].notna().sum()) if name in safe else 0
            if after < before:
                found.append(
                    Blanked(
                        name, (), "could identify somebody: too rare, or not plainly a value", before - after
                    )
                )
    return found


# --- the account --------------------------------------------------------------------------------------------------


def _rows_read(source: Source) -> tuple[int, list[Moved]]:
    """How many rows the file has, and those of them that were no sessions from the start."""
    totals = [Moved("left out", left.what, left.rows) for left in source.left_out]
    return source.table.num_rows + sum(left.rows for left in source.left_out), totals


def _account(read: tuple[int, list[Moved]], moved: list[Moved], sessions: int) -> Account:
    rows, totals = read
    return Account.of(rows, sessions, [*totals, *moved])


def _columns(plan: _Plan) -> list[tuple[str, str, str]]:
    mapping = plan.mapping
    taken = [(theirs, ours, plan.sure.get(theirs, "chosen")) for ours, theirs in mapping.columns.items()]
    several = [
        (" + ".join(theirs), ours, "joined") for ours, theirs in mapping.ids.items() if "#row" not in theirs
    ]
    boxes = [(", ".join(ticks), ours, "a column of ticks per code") for ours, ticks in mapping.boxes.items()]
    bands = [(theirs, ours, "in ten-year bands") for ours, theirs in mapping.bands.items()]
    kept = [
        (theirs, ours, "kept beyond the record, as far as it is safe")
        for ours, theirs in mapping.keep.items()
    ]
    dates = mapping.dates
    dated = [
        (heading, became, "a date, which is not kept")
        for heading, became in (
            (dates.session if dates else None, "day, session_number"),
            (dates.followup if dates else None, "followup_h"),
            (dates.birth if dates else None, "age_band"),
        )
        if heading
    ]
    return [*taken, *several, *boxes, *bands, *kept, *dated]


def _left_out(raw: pd.DataFrame, mapping: Mapping) -> list[tuple[str, str]]:
    """Columns of the file that nothing reads, and why."""
    used = mapping.sources()
    return [
        (shown_headings([name]), why_left_out(name) if raw[name].notna().any() else "blank")
        for name in map(str, raw.columns)
        if name not in used and name not in KNOWN_NAMES
    ]


def _nothing_left(file: str, left: list[Moved], rewritings: list[Rewriting]) -> str:
    reasons = Account.of(sum(one.rows for one in left), 0, left)
    unclear = [
        one.theirs for one in rewritings if one.kind == "unclear" and one.column in ("condition", "pain_pre")
    ]
    return (
        f"{file} holds no session that can be used: {reasons}"
        + (f" {len(unclear)} texts could not be read." if unclear else "")
        + " See clinic.toml: under [values.condition] say what they mean."
    )
