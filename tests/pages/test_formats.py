"""The other formats of an export, opened and read back: figures as they were, words that stand for every picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import ExportError
from outcomes.pages.export import Export, Exported
from outcomes.pages.formats import formats_of, write_formats
from outcomes.pages.owner import Tables
from outcomes.pages.page import Page

SYNTHETIC = "Synthetic records, made by a computer."
NAMES = ("00_start_here", "09_claims")


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> Export:
    """Two small pages through the gate: a chart with its table, and the claims."""
    folder = tmp_path_factory.mktemp("export")
    sessions = oc.simulate_sessions(200, seed=4)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Page, "_display", staticmethod(lambda data, metadata: None))
        page = oc.open_page(NAMES[0], sessions, audience="owner", out=folder)
        overall = page.estimate(oc.change.relief, sessions, name="overall", overall=True)
        page.estimate(oc.quality.flow, sessions, name="flow", times=page.times)
        page.estimate(oc.change.relief, sessions, name="relief")
        page.chart(oc.charts.condition_forest, overall, name="overall", times=page.times)
        page.export()
        page = oc.open_page(NAMES[1], sessions, audience="owner", out=folder)
        page.estimate(oc.questions.claims.coarse_claims, sessions, name="claims", least=11)
        page.export()
    (folder / "index.html").write_text("<!DOCTYPE html><title>t</title><h1>Dry needling</h1>")
    pages = tuple(Exported(name, f"Title of {name}", "Question?", "An answer.") for name in NAMES)
    made = Export(
        folder, "Dry needling", "No one was left untreated.", SYNTHETIC, "Made by", pages, Tables(folder, {})
    )
    write_formats(made, ("xlsx", "docx", "pptx"))
    return made


def _alt(export: Export) -> str:
    return str(json.loads((export.folder / f"{NAMES[0]}.page.json").read_text("utf-8"))["charts"]["overall"])


def test_unknown_formats_are_refused_before_anything_runs() -> None:
    assert formats_of("pdf,xlsx,pdf") == ("pdf", "xlsx")
    with pytest.raises(ExportError, match="'odt' is no format of pages; there are html, xlsx"):
        formats_of("html,odt")


def test_the_workbook_holds_every_number_as_a_number(export) -> None:
    sheets = pd.read_excel(export.folder / "tables.xlsx", sheet_name=None, engine="calamine")
    assert list(sheets) == ["About", "00 flow", "00 overall", "00 relief", "09 claims"]
    about = sheets["About"].astype("str").to_csv()
    assert SYNTHETIC in about
    assert "not recorded" in about
    written = pd.read_csv(export.folder / "tables/00_start_here-relief.csv")
    read = sheets["00 relief"]
    numbers = written.select_dtypes("number").columns
    assert len(numbers) > 8
    places = [list(written.columns).index(name) for name in numbers]
    np.testing.assert_allclose(
        read.iloc[:, places].to_numpy(float), written[numbers].to_numpy(float), rtol=1e-12
    )
    assert "Estimate (points)" in read.columns
    assert set(read.iloc[:, -1]) == {"synthetic records"}


def test_every_slide_has_a_title_and_notes_and_every_chart_its_text(export) -> None:
    from pptx import Presentation

    slides = list(Presentation(str(export.folder / "findings.pptx")).slides)
    assert [slide.shapes.title.text for slide in slides] == [
        "Dry needling",
        "What patients reported",
        "An answer.",
    ]
    assert all(slide.notes_slide.notes_text_frame.text for slide in slides)
    pictures = [shape for slide in slides for shape in slide.shapes if shape.shape_type == 13]
    assert [shape._element.nvPicPr.cNvPr.get("descr") for shape in pictures] == [_alt(export)]
    texts = [" ".join(shape.text_frame.text for shape in s.shapes if shape.has_text_frame) for s in slides]
    assert all(SYNTHETIC in text for text in texts)
    for shape in pictures:
        assert 0 <= shape.left <= shape.left + shape.width <= 13.334 * 914400
        assert shape.top + shape.height <= 7.5 * 914400


def test_the_report_has_every_claim_and_its_pictures_have_words(export) -> None:
    from docx import Document

    report = Document(str(export.folder / "claims and conditions.docx"))
    rows = [[cell.text for cell in row.cells] for row in report.tables[0].rows]
    claims = pd.read_csv(export.folder / "tables/09_claims-claims.csv")
    assert len(rows) == 1 + len(claims) == 20
    assert {row[0].partition(".")[0] for row in rows[1:]} == set(claims["claim"])
    assert [shape._inline.docPr.get("descr") for shape in report.inline_shapes] == [_alt(export)]
    assert SYNTHETIC in [paragraph.text for paragraph in report.paragraphs]


def test_what_explains_the_workbook_has_room_for_its_lines(export) -> None:
    import re
    import zipfile

    sheet = pd.read_excel(export.folder / "tables.xlsx", sheet_name="About", header=None, engine="calamine")
    longest = int(sheet[1].astype("str").str.len().idxmax())
    assert len(sheet[1][longest]) > 90
    cells = zipfile.ZipFile(export.folder / "tables.xlsx").read("xl/worksheets/sheet1.xml").decode()
    heights = {int(row): float(high) for row, high in re.findall(r'<row r="(\d+)"[^>]* ht="([\d.]+)"', cells)}
    assert heights[longest + 1] >= 30


def test_an_office_program_opens_every_file(export, tmp_path) -> None:
    """LibreOffice makes a PDF of the deck, the report and the workbook: as many pages as there are slides, and more."""
    import re
    import subprocess
    from shutil import which

    from conftest import skip_or_fail

    if which("soffice") is None:
        skip_or_fail("there is no LibreOffice (soffice)")
    names = ["findings.pptx", "claims and conditions.docx", "tables.xlsx"]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    files = [export.folder / name for name in names]
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, *files]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    pages = {
        name: len(re.findall(rb"/Type\s*/Page\b", (tmp_path / f"{Path(name).stem}.pdf").read_bytes()))
        for name in names
    }
    assert pages["findings.pptx"] == 3
    assert pages["claims and conditions.docx"] >= 2
    assert pages["tables.xlsx"] > 3
