"""A Word report: the first screen, every public claim with its verdict, and a card for every condition to hand out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.pages.board import CHIPS, with_figures
from outcomes.pages.export import write_document
from outcomes.pages.owner import CLAIMS
from outcomes.questions.sentences.cards import card_rule

if TYPE_CHECKING:
    from outcomes.pages.condition import ConditionPage
    from outcomes.pages.export import Export

__all__ = ["write"]


def write(export: Export, path: Path) -> None:
    """Write the report."""
    from docx import Document

    report = Document()
    report.add_heading(export.title, 0)
    for said in [*export.said, export.answers[0]]:
        report.add_paragraph(said)
    for topic, said in export.answers[1]:
        report.add_paragraph().add_run(f"{topic}. ").bold = True
        report.paragraphs[-1].add_run(said)
    _first_chart(report, export)
    _claims(report, export.tables.read(CLAIMS))
    for condition in export.conditions:
        if condition.card:
            _card(report, condition, export)
    report.add_paragraph(export.footer)
    write_document(report, path, export.title)


def _first_chart(report: Any, export: Export) -> None:
    """The chart of the first page, with the text that stands for it."""
    from docx.shared import Inches

    picture = next((picture for page in export.pages for picture in export.pictures(page)), None)
    if picture is not None:
        shape = report.add_picture(str(picture.path), width=Inches(6))
        shape._inline.docPr.set("descr", picture.alt)


def _claims(report: Any, claims: pd.DataFrame) -> None:
    """A row a claim, what says too much first."""
    if claims.empty:
        return
    report.add_heading("Does our website match our records?", 1)
    table = report.add_table(rows=1, cols=4, style="Table Grid")
    for cell, text in zip(
        table.rows[0].cells, ("Claim", "Verdict", "Our figure (95% CI)", "Suggested wording"), strict=True
    ):
        cell.paragraphs[0].add_run(text).bold = True
    for row, figure in with_figures(claims):
        texts = (f"{row['claim']}. {row['statement']}", CHIPS[row["verdict"]][0], figure, row["wording"])
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = "" if pd.isna(text) or text == "—" else str(text)


def _card(report: Any, condition: ConditionPage, export: Export) -> None:
    """A sheet to hand out."""
    from docx.shared import Pt

    report.add_page_break()
    report.add_heading(f"{condition.label}: what other patients noticed", 1)
    if export.synthetic:
        report.add_paragraph(export.synthetic)
    for line in condition.card:
        paragraph = report.add_paragraph()
        paragraph.add_run(line.what).bold = True
        paragraph.add_run(f"\n{line.said}" + (f"\n{line.anyway}" if line.anyway else ""))
        for run in paragraph.runs:
            run.font.size = Pt(14)
    report.add_paragraph(
        f"{condition.rests_on} {card_rule()} This is no promise for you: everybody is different."
    )
