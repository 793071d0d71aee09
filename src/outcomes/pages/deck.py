"""A deck: one finding a slide, its title to edit, its chart with alt text, its method in the notes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.pages.export import write_document

if TYPE_CHECKING:
    from outcomes.pages.export import Export, Exported, Picture

__all__ = ["headline", "write"]

WIDTH, HEIGHT, EDGE = 13.333, 7.5, 0.6
"""Inches of a slide, and of its margin."""
TOP = 1.6
"""Where the chart begins."""
TWO_LINES = 120
"""Characters of a title above a chart."""


def write(export: Export, path: Path) -> None:
    """Write the deck."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    _first(deck, export)
    _answers(deck, export)
    for page in export.pages:
        picture = next(export.pictures(page), None)
        if picture is not None and not picture.path.stem.startswith("08_conditions"):
            _finding(deck, export, page, picture)
    write_document(deck, path, export.title)


def _slide(deck: Any, title: str, size: int) -> Any:
    """A slide with nothing but a title, at the left."""
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Inches, Pt

    slide = deck.slides.add_slide(deck.slide_layouts[5])
    shape = slide.shapes.title
    shape.left, shape.top = Inches(EDGE), Inches(0.35)
    shape.width, shape.height = Inches(WIDTH - 2 * EDGE), Inches(TOP - 0.45)
    shape.text_frame.text, shape.text_frame.word_wrap = title, True
    for paragraph in shape.text_frame.paragraphs:
        paragraph.alignment, paragraph.font.size, paragraph.font.bold = PP_ALIGN.LEFT, Pt(size), True
    return slide


def _words(slide: Any, texts: list[str], box: tuple[float, float, float, float], size: int) -> None:
    """Paragraphs in a box given by left, top, width and height in inches."""
    from pptx.util import Inches, Pt

    frame = slide.shapes.add_textbox(*(Inches(side) for side in box)).text_frame
    frame.word_wrap = True
    for number, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if not number else frame.add_paragraph()
        paragraph.text, paragraph.font.size, paragraph.space_after = text, Pt(size), Pt(size / 2)


def _first(deck: Any, export: Export) -> None:
    slide = _slide(deck, export.title, 36)
    _words(slide, [export.answers[0], *export.said], (EDGE, 2.2, WIDTH - 2 * EDGE, 3.5), 20)
    slide.notes_slide.notes_text_frame.text = export.footer


def _answers(deck: Any, export: Export) -> None:
    """The first screen, where there is one."""
    said = [f"{topic}. {text}" for topic, text in export.answers[1]]
    if said:
        slide = _slide(deck, "What patients reported", 28)
        _words(slide, said, (EDGE, TOP, WIDTH - 2 * EDGE, HEIGHT - TOP - 0.8), 16)
        _foot(slide, export)
        slide.notes_slide.notes_text_frame.text = "\n".join(export.said)


def headline(answer: str) -> str:
    """An answer as the title of a slide: what stands in parentheses is in the notes, and so is what takes a third line.

    Examples
    --------
    >>> headline("Pain was 5.2 (95% CI 5.0 to 5.4) on a 0–10 scale. Later it was 3.9 (280 patients).")
    'Pain was 5.2 on a 0–10 scale. Later it was 3.9.'
    """
    plain = re.sub(r"\s*\([^()]*\)", "", answer)
    return plain if len(plain) <= TWO_LINES else re.split(r"(?<=[.?!]) (?=[A-Z])", plain)[0]


def _finding(deck: Any, export: Export, page: Exported, picture: Picture) -> None:
    slide = _slide(deck, headline(page.answer) or page.title, 24)
    _chart(slide, picture)
    _foot(slide, export)
    notes = [
        page.title,
        page.answer,
        page.question,
        picture.alt,
        *export.said,
        f"Method and figures: {page.file}. {export.footer}",
    ]
    slide.notes_slide.notes_text_frame.text = "\n".join(filter(None, notes))


def _chart(slide: Any, picture: Picture) -> None:
    """The chart as large as it fits, with the text that stands for it."""
    from pptx.util import Inches

    shape = slide.shapes.add_picture(str(picture.path), 0, 0)
    room = Inches(WIDTH - 2 * EDGE), Inches(HEIGHT - TOP - 0.7)
    scale = min(room[0] / shape.width, room[1] / shape.height)
    shape.width, shape.height = int(shape.width * scale), int(shape.height * scale)
    shape.left, shape.top = int((Inches(WIDTH) - shape.width) / 2), Inches(TOP)
    shape._element.nvPicPr.cNvPr.set("descr", picture.alt)


def _foot(slide: Any, export: Export) -> None:
    if export.synthetic:
        _words(slide, [export.synthetic], (EDGE, HEIGHT - 0.6, WIDTH - 2 * EDGE, 0.4), 12)
