"""The pages an owner opens: one HTML page per notebook, an index, a manifest that says where they came from.

Comes in: executed notebooks and what their pages wrote through the gate. Goes out: HTML without code, without scripts
and without anything fetched from elsewhere. Everything shown is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.files.write import csv_text, write_whole
from outcomes.pages.export import Export, Exported, record_of
from outcomes.pages.folding import folded
from outcomes.pages.formats import FORMATS, write_formats
from outcomes.pages.glossary import FILE, linked, method_of, methods, words
from outcomes.pages.manifest import write_manifest
from outcomes.pages.narrow import narrowed
from outcomes.pages.owner import Tables, condition_region, first_screen
from outcomes.pages.page import PHONE_ENDING, stamped
from outcomes.questions.sentences.cards import card_rule
from outcomes.record.synthetic import SYNTHETIC

if TYPE_CHECKING:
    import pandas as pd
    from nbconvert import HTMLExporter

    from outcomes.pages.notebooks import Book

__all__ = [
    *("BANNER", "Exported", "page_html", "page_style", "rendered", "titled"),
    *("write_estimates", "write_index", "write_pages"),
]

BANNER = (
    "These are changes seen in a clinic's own records. Nobody was left untreated for comparison, so nothing here shows "
    "what needling did. Pain often eases by itself, and people tend to come when it is bad."
)

SUMMARY = "00_start_here"
_NOTEBOOK_LINK = re.compile(r'href="(\d\d_\w+)\.ipynb"')
"""A link from notebook to notebook, which leads from page to page here."""
ROUNDED = "Figures are rounded, counts of patients and sessions with a reading too; a small count is given as a range."


def write_pages(
    books: list[Book],
    staging: Path,
    about: dict[str, Any],
    records: pd.DataFrame | None,
    *,
    formats: Sequence[str] = (),
) -> None:
    """Write the pages of executed notebooks, and what stands around them.

    Parameters
    ----------
    books : list of Book
        In the order of the pages.
    staging : Path
    about : dict
        From :func:`~outcomes.pages.manifest.about_run`.
    records : pandas.DataFrame or None
        Who is in the records, as it may be passed on; None where the pages stay inside the clinic.
    formats : sequence of str
        Formats besides HTML, as :func:`outcomes.pages.formats.formats_of` gives them.
    """
    pages = [_answered(staging, titled(book)) for book in books]
    footer, synthetic = _footer(about), _synthetic(about)
    tables = Tables(staging, about["times"])
    for book, page in zip(books, pages, strict=True):
        write_whole(staging / page.file, page_html(book.node, page, pages, footer, synthetic))
    index = _Index(about, tables, pages, formats)
    export = Export(staging, index.title, BANNER, synthetic, footer, tuple(pages), tables)
    for condition in export.conditions:
        others = [{"file": other.file, "label": other.label} for other in export.conditions]
        context = {"page": condition, "others": others, "rule": card_rule(), **_around(footer, synthetic)}
        write_whole(staging / condition.file, linked(rendered("condition.html.j2", context)))
    around = {"words": words(), "methods": methods(pages), **_around(footer, synthetic)}
    write_whole(staging / FILE, rendered("words.html.j2", around))
    write_index(staging, index, _around(footer, synthetic))
    write_estimates(staging, pages)
    write_formats(export, formats)
    if records is not None:
        write_whole(staging / "tables" / "records.csv", csv_text(stamped(records, about["synthetic"])))
    for page in pages:
        (staging / f"{page.name}.page.json").unlink()  # for the other pages, while they were made
    made = {page.name: _made(page, staging) for page in pages}
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    write_manifest(staging, {**about, "notebooks": made, "finished": finished})


def titled(book: Book) -> Exported:
    """Title (first heading) and question (first paragraph after it) of a notebook."""
    lines = [
        line.strip()
        for cell in book.node.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
    ]
    title = next((line.lstrip("# ") for line in lines if line.startswith("# ")), book.name)
    after = iter(lines[next((i for i, line in enumerate(lines) if line.startswith("# ")), 0) + 1 :])
    question = next(
        (line.strip("*_ ") for line in after if line and not line.startswith(("#", "|", "-"))), ""
    )
    return Exported(book.name, title, question)


def _made(page: Exported, staging: Path) -> dict[str, Any]:
    names = [page.file]
    for kind in ("charts", "tables"):
        names += [str(path.relative_to(staging)) for path in sorted((staging / kind).glob(f"{page.name}-*"))]
    return {"title": page.title, "question": page.question, "files": names}


def _answered(staging: Path, page: Exported) -> Exported:
    """A page with the first sentence of its answer, where it gave one."""
    return replace(page, answer=record_of(staging, page).get("answer", ""))


def _footer(about: dict[str, Any]) -> str:
    source = f"; {about['citation']}" if about["citation"] else ""
    if "input" not in about:
        number, audience = about["release"]["number"], about["options"]["audience"]
        said = f"Release {number}, to pass on (for the audience “{audience}”). {ROUNDED}"
        return f"{said} Made by {about['made_by']}{source}. manifest.json has the details."
    digest = about["input"]["sha256"]
    of_file = f" (SHA-256 {digest[:12]}…)" if digest else ""
    return (
        f"For {about['for']} (for the audience “{about['options']['audience']}”): not to be passed on. Made by "
        f"{about['made_by']} from {about['input']['file']}{of_file}{source}. "
        "manifest.json has the details."
    )


def _synthetic(about: dict[str, Any]) -> str:
    """What the head of every page says of synthetic records; nothing of a clinic's."""
    return SYNTHETIC.get(about.get("synthetic", ""), "")


def page_html(notebook: Any, page: Exported, pages: list[Exported], footer: str, synthetic: str = "") -> str:
    """One executed notebook as a page: prose, charts with alt text, tables; no code."""
    others = [{"file": p.file, "label": _short(p.title), "here": p.name == page.name} for p in pages]
    resources = {
        "page": {
            "title": page.title,
            "style": page_style(),
            "others": others,
            "banner": BANNER,
            "footer": footer,
        }
    }
    resources["page"] |= {
        "synthetic": synthetic,
        "name": page.name,
        "method": method_of(page.name),
        "words": FILE,
    }
    body, _ = _exporter().from_notebook_node(folded(notebook), resources=resources)
    return linked(narrowed(_NOTEBOOK_LINK.sub(r'href="\1.html"', str(body))))


@cache
def _exporter() -> HTMLExporter:
    """One for all pages: it compiles its templates once."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    settings = Config()
    settings.HTMLExporter.exclude_input = True
    settings.HTMLExporter.exclude_input_prompt = True
    settings.HTMLExporter.exclude_output_prompt = True
    return HTMLExporter(config=settings, template_name="page", extra_template_basedirs=[str(_templates())])


def _templates() -> Path:
    return Path(str(files("outcomes").joinpath("templates")))


def page_style() -> str:
    """The style sheet of every page."""
    return (_templates() / "style.css").read_text(encoding="utf-8")


def _short(title: str) -> str:
    return title.partition(":")[0]


@dataclass(frozen=True)
class _Index:
    """What the index is made from: what the manifest says, the tables and the pages of the export."""

    about: dict[str, Any]
    tables: Tables
    pages: list[Exported]
    formats: Sequence[str] = ()

    @property
    def title(self) -> str:
        """Its heading."""
        return str(self.about["title"] or "Dry needling at our clinic: what patients reported")

    @property
    def made(self) -> str:
        """From which file, when, for whom, and whether it may be passed on."""
        source = self.about.get("input", {}).get("file", "")
        release = self.about.get("release", {}).get("number")
        parts = [f"Made on {datetime.now(UTC):%Y-%m-%d}", f"from {source}" if source else ""]
        parts += [
            f"release {release}" if release else "",
            f"for the audience “{self.about['options']['audience']}”",
            str(self.about["for"]),
        ]
        return ", ".join(part for part in parts if part).replace(", from", " from") + "."

    def chart(self, out: Path) -> dict[str, str]:
        """The chart of the first screen; nothing where it was not drawn."""
        page = next((page for page in self.pages if page.name == SUMMARY), None)
        alt = record_of(out, page)["charts"].get("overall") if page else None
        return {**_pictures(out, f"{SUMMARY}-overall"), "alt": alt} if alt else {}

    def files(self, out: Path) -> list[dict[str, Any]]:
        """The tables to download, by page."""
        return [
            {
                "title": page.title,
                "files": [
                    {"file": f"tables/{page.name}-{name}.csv", "name": name.replace("_", " ")}
                    for name in record_of(out, page)["tables"]
                ],
            }
            for page in self.pages
        ]


def _around(footer: str, synthetic: str) -> dict[str, Any]:
    """What stands around every page."""
    return {"style": page_style(), "banner": BANNER, "footer": footer, "synthetic": synthetic}


def rendered(template: str, context: dict[str, Any]) -> str:
    """A template of the package with what it says put in and escaped."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(_templates()), autoescape=True)
    return environment.get_template(template).render(**context)


def write_index(out: Path, index: _Index, around: dict[str, Any]) -> None:
    """Write ``index.html``: the answers on one screen, the conditions as cards, the questions, every table."""
    records, answers = first_screen(index.tables)
    cards = index.tables.cards
    context = {
        "title": index.title,
        "records": records,
        "answers": answers,
        "chart": index.chart(out),
        "made": index.made,
        "cards": cards,
        "regions": list(dict.fromkeys(condition_region(name) for name in index.tables.conditions)),
        "pages": index.pages,
        "tables": index.files(out),
        "formats": [FORMATS[name][1] for name in index.formats if name != "pdf"],
        "words_file": FILE,
    }
    write_whole(out / "index.html", linked(rendered("index.html.j2", {**context, **around})))


def _pictures(out: Path, stem: str) -> dict[str, str]:
    """A chart's file, and that for phones where there is one."""
    phone = f"charts/{stem}{PHONE_ENDING}"
    return {"file": f"charts/{stem}.png", "phone": phone if (out / phone).is_file() else ""}


def write_estimates(out: Path, pages: list[Exported]) -> None:
    """Write every protected table as one tidy table, ``estimates.csv`` and ``estimates.parquet``.

    Each row says which notebook, table and family of comparisons it is from; a column that a table does not have is
    blank in its rows.
    """
    import pandas as pd

    parts = []
    for page in pages:
        families = record_of(out, page)["tables"]
        for name in sorted(families):
            table = pd.read_csv(out / "tables" / f"{page.name}-{name}.csv")
            parts.append(table.assign(notebook=page.name, table=name, family=families[name]))
    if not parts:
        return
    first = ["notebook", "table", "family"]
    together = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    together = together[[*first, *(name for name in together.columns if name not in first)]]
    mixed = [name for name in together.columns if together[name].dtype == object]
    together[mixed] = together[mixed].astype("str")
    write_whole(out / "estimates.csv", csv_text(together))
    write_whole(out / "estimates.parquet", together.to_parquet(index=False))
