"""A draft as TOML with comments: how sure it is of each line, what it left out and why, what it doubts.

Comes in: a :class:`~outcomes.intake.drafted.Draft`. Goes out: text. A value of the file is written only where it is a
word the record knows, or where many rows share it and it looks like no identifier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from outcomes.deidentify.identifiers import KINDS
from outcomes.deidentify.people import Crowd
from outcomes.deidentify.texts import kinds_of_texts
from outcomes.files.write import toml_text
from outcomes.intake.drafted import Draft
from outcomes.intake.matching import LIKELY
from outcomes.intake.problems import shown_headings
from outcomes.intake.vocabulary import code_of
from outcomes.record.columns import COLUMNS, MOVEMENT_COLUMNS, Column

__all__ = ["draft_text", "may_be_written"]

_SHARED_ROWS = 5
_MOST_VALUES = 60
_COMMENTS = {
    "redcap": "the rows of a session, its follow-up and its patient become one",
    "long_to_wide": "one row per measurement or reading becomes one row per session",
    "ids": "made of several columns, - between; #row is the row's number",
    "boxes": "a column of ticks per code",
    "numbering": "sessions counted within patient and condition, in the order of",
    "dates": "to days, hours and bands; no date goes into a record",
    "bands": "an age in years to its band",
    "units": "mm: a 0-100 scale; days: times without a unit",
    "constants": "the same in every row",
    "optional": "where the file has them",
}


def draft_text(drafted: Draft) -> str:
    """The draft as TOML, with comments."""
    sections = drafted.sections
    lines = [
        f"# Draft of a mapping for {drafted.file}. Read it through: what stands behind # is doubtful "
        "or left out.",
        f"# {drafted.called}. How sure each line is, from 0 to 1, is written behind it.",
        f"title = {toml_text(str(sections.get('title', '')))}              # what the data are, for "
        "the pages",
        *([f"layout = {toml_text(sections['layout'])}"] if "layout" in sections else []),
        *([f"headings = {_value(sections['headings'])}"] if "headings" in sections else []),
        *([f"missing = {_value(sections['missing'])}   # not recorded"] if "missing" in sections else []),
        *(f"# {doubt}" for doubt in drafted.doubts),
        *(f"# Not known: {question.asks} ({_answers(question.answers)})" for question in drafted.questions),
        "",
        *_columns(drafted),
    ]
    for name, content in sections.items():
        if isinstance(content, dict) and name not in ("columns", "values") and content:
            lines += [*_section(name, content), ""]
    lines += [*_values(drafted), *_left_out(drafted)]
    return "\n".join(lines).rstrip() + "\n"


def _answers(answers: Mapping[str, Any]) -> str:
    few = list(answers)[:6]
    return shown_headings(few) + (" ..." if len(answers) > len(few) else "")


def _value(content: Any) -> str:
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, int | float):
        return f"{content}"
    if isinstance(content, list | tuple):
        return "[" + ", ".join(_value(one) for one in content) + "]"
    return toml_text(str(content))


def _section(name: str, content: Mapping[str, Any]) -> Iterator[str]:
    """A table, its tables after its entries."""
    comment = f"  # {_COMMENTS[name]}" if name in _COMMENTS else ""
    flat = {key: value for key, value in content.items() if not isinstance(value, dict)}
    if flat:
        yield f"[{name}]{comment}"
        yield from (f"{_key(key)} = {_value(value)}" for key, value in flat.items())
    for key, value in content.items():
        if isinstance(value, dict):
            yield f"[{name}.{_key(key)}]"
            yield from (f"{_key(inner)} = {_value(one)}" for inner, one in value.items())


def _key(text: str) -> str:
    return text if text.replace("_", "").isalnum() and text.isascii() else toml_text(text)


def _columns(drafted: Draft) -> Iterator[str]:
    yield "[columns]               # ours = theirs"
    matches = {match.ours: match for match in drafted.matches.best}
    columns = drafted.sections.get("columns", {})
    for c in (*COLUMNS, *MOVEMENT_COLUMNS):
        match = matches.get(c.name)
        if c.name in columns:
            said = match.said if match and match.theirs == columns[c.name] else "chosen"
            yield f"{c.name} = {toml_text(columns[c.name])}  # {said}"
        elif match and match.sure < LIKELY:
            yield f"# {c.name} = {toml_text(match.theirs)}  # {match.said}"
    made = {
        *columns,
        *drafted.sections.get("ids", {}),
        *drafted.sections.get("constants", {}),
        "session_number",
    }
    yield from (
        f'# {c.name} = "?"  # needed, and not found' for c in COLUMNS if c.needed and c.name not in made
    )
    yield ""


def _values(drafted: Draft) -> Iterator[str]:
    values = drafted.sections.get("values", {})
    yield "[values]"
    yield from (f"{key} = {_value(value)}" for key, value in values.items() if not isinstance(value, dict))
    yield '# 7/10, 6,5, 45 deg, 2 days, UT, M54.2 ... are read; 5-6 is kept as 5.5: or ranges = "missing"'
    yield ""
    for c in COLUMNS:
        theirs = drafted.sections.get("columns", {}).get(c.name)
        if c.kind == "category" and theirs in drafted.frame:
            yield from _recoding(drafted, c, theirs, values.get(c.name, {}))
        elif isinstance(values.get(c.name), dict):
            yield from [*_section("values", {c.name: values[c.name]}), ""]


def _recoding(drafted: Draft, c: Column, theirs: str, known: Mapping[str, str]) -> Iterator[str]:
    """What is recoded, and, commented out, what many rows share and is not known."""
    counts = drafted.frame[theirs].value_counts()
    unknown = [str(text) for text in counts.index if str(text) not in known and code_of(c, str(text)) is None]
    if not known and not unknown:
        return
    yield f"[values.{c.name}]"
    yield from (f"{toml_text(text)} = {toml_text(code)}" for text, code in known.items())
    shared = [text for text in unknown if counts[text] >= _SHARED_ROWS and may_be_written(text)][
        :_MOST_VALUES
    ]
    yield from (f'# {toml_text(text)} = "?"' for text in shared)
    if len(unknown) > len(shared):
        yield f"# and {len(unknown) - len(shared)} rarer values that the record does not know"
    yield ""


def may_be_written(text: str) -> bool:
    """Whether a value of the file may be written down: it is short, and looks like no identifier."""
    import pyarrow as pa

    one = pa.array([text], pa.string())
    return len(text) <= 60 and text.isprintable() and not kinds_of_texts(one, one, "code", Crowd(1))


def _left_out(drafted: Draft) -> Iterator[str]:
    used = drafted.mapping.sources()
    others = [str(name) for name in drafted.frame if name not in used and name not in drafted.flagged]
    if others:
        yield "# Not used: " + ", ".join(toml_text(name) for name in others)
    for at, name in enumerate(map(str, drafted.frame), start=1):
        if name in drafted.flagged:
            shown = f"column {at}" if drafted.flagged[name] == "heading" else toml_text(name)
            yield f"# Left out, looks like {KINDS[drafted.flagged[name]].says}: {shown}"
