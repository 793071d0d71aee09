"""What preparing a file did, for people: the same report as text for a terminal and as a page.

Comes in: what came of preparing. Goes out: text, HTML. Headings and values that could identify somebody are not shown.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outcomes.intake.draft_text import may_be_written
from outcomes.intake.prepare import Prepared
from outcomes.intake.problems import grouped, shown_headings
from outcomes.intake.rewrite import Rewriting
from outcomes.record.columns import COLUMNS

__all__ = ["report_html", "report_text"]

_FEW = 8
_KINDS = {
    "rewritten": "Values rewritten",
    "flagged": "Kept, but doubted",
    "not recorded": "Taken as not recorded",
    "unclear": "Not clear, left blank",
}


@dataclass(frozen=True)
class _Part:
    """A part of the report: a title, sentences, and a table."""

    title: str
    said: Sequence[str] = ()
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def _parts(done: Prepared) -> Iterator[_Part]:
    yield _Part(
        "",
        [f"{done.file}: {done.called}.", str(done.account), *(f"{one.capitalize()}." for one in done.said)],
    )
    yield _Part("What changed since the mapping was made", done.changes)
    yield _Part("Answered", [f"{asked} {answer}." for asked, answer in done.asked])
    yield _Part("Doubts", done.doubts)
    columns = [(shown_headings(theirs.split(" + ")), ours, sure) for theirs, ours, sure in done.columns]
    yield _Part("Columns", headings=("of the file", "of the record", "how sure"), rows=columns)
    yield _Part("Columns left out", headings=("of the file", "why"), rows=done.left_out)
    for kind, title in _KINDS.items():
        rows = [row for one in _in_order(done.rewritings) if one.kind == kind for row in [_row(one)]]
        yield _Part(title, headings=("column", "in the file", "became", "how", "cells"), rows=rows)
    yield _Part(
        "Cells left out",
        headings=("column", "such as", "why", "cells"),
        rows=[
            (one.column, ", ".join(map(_shown, one.values)), one.why, f"{one.cells:,}")
            for one in done.blanked
        ],
    )
    yield _Part("Privacy", _privacy(done))
    yield _Part("Checked", grouped(done.checked.problems) or ["No problems found."])


def _in_order(rewritings: Sequence[Rewriting]) -> list[Rewriting]:
    order = [c.name for c in COLUMNS]
    return sorted(
        rewritings, key=lambda one: (order.index(one.column) if one.column in order else 99, -one.cells)
    )


def _row(one: Rewriting) -> tuple[str, str, str, str, str]:
    return one.column, _shown(one.theirs), one.became or "blank", one.how, f"{one.cells:,}"


def _shown(text: str) -> str:
    return text if may_be_written(text) else f"(text of {len(text)} characters, not shown)"


def _privacy(done: Prepared) -> list[str]:
    safe = done.safe
    return [
        "Patients, sessions, clinics and clinicians have pseudonyms; dates are days since the first "
        "session; ages are "
        "in bands.",
        f"{safe.patients:,} patients; the smallest group of patients who look alike has {safe.k}.",
        *(f"Note: {note}" for note in safe.notes if "day or month" not in note),
    ]


def report_text(done: Prepared) -> str:
    """The report for a terminal: of long tables, the first rows."""
    lines = list[str]()
    for part in _parts(done):
        if not part.said and not part.rows:
            continue
        lines += ["", part.title] if part.title else []
        indent = "  " if part.title else ""
        lines += [f"{indent}{said}" for said in part.said]
        lines += [f"  {_line(part, row)}" for row in part.rows[:_FEW]]
        if len(part.rows) > _FEW:
            lines.append(f"  and {len(part.rows) - _FEW} more; the report has them all")
    return "\n".join(lines)


def _line(part: _Part, row: Sequence[str]) -> str:
    if len(row) == 5:
        return f"{row[0]}: {row[1]} -> {row[2]} ({row[3]}; {row[4]} cell{'' if row[4] == '1' else 's'})"
    if part.title == "Columns":
        return f"{row[0]} -> {row[1]} ({row[2]})"
    return ": ".join(cell for cell in row if cell)


def report_html(done: Prepared) -> str:
    """The report as a page."""
    body = list[str]()
    for part in _parts(done):
        if not part.said and not part.rows:
            continue
        body.append(f"<h2>{html.escape(part.title)}</h2>" if part.title else "<h1>What was prepared</h1>")
        body += [f"<p>{html.escape(said)}</p>" for said in part.said]
        if part.rows:
            head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in part.headings)
            rows = "".join(
                "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
                for row in part.rows
            )
            body.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
    return _PAGE.replace("{body}", "\n".join(body))


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Prepared records</title>
<style>body{font:1rem/1.5 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .7rem;border-bottom:1px solid #ccc;vertical-align:top}
h2{margin-top:2rem}</style></head>
<body>
{body}
<p><small>For the clinic's own eyes: it speaks of single values.</small></p>
</body></html>
"""
