"""The pages an owner opens: one HTML page per notebook, an index, a manifest that says where they came from.

Comes in: executed notebooks and what their pages wrote through the gate. Goes out: HTML without code, without scripts
and without anything fetched from elsewhere. Everything shown is escaped.
"""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.files.read import sha256_of
from outcomes.files.write import MANIFEST, csv_text, json_text, write_whole
from outcomes.pages.page import ON_A_PHONE, PHONE_ENDING

if TYPE_CHECKING:
    from nbconvert import HTMLExporter

__all__ = ["BANNER", "Exported", "page_html", "write_estimates", "write_index", "write_manifest"]

BANNER = (
    "These are changes seen in a clinic's own records. Nobody was left untreated for comparison, so nothing here shows "
    "what needling did: pain also eases by itself, and people come when it is at its worst."
)
PACKAGES = (
    *(
        "outcomes",
        "pandas",
        "numpy",
        "scipy",
        "statsmodels",
        "pyarrow",
        "duckdb",
        "ibis-framework",
        "narwhals",
    ),
    *("formulaic", "matplotlib", "seaborn", "great-tables", "nbclient", "nbconvert"),
)


@dataclass(frozen=True)
class Exported:
    """One executed notebook: its name, title, the question it serves."""

    name: str
    title: str
    question: str

    @property
    def file(self) -> str:
        """Name of its HTML page."""
        return f"{self.name}.html"


def page_html(notebook: Any, page: Exported, pages: list[Exported], footer: str) -> str:
    """One executed notebook as a page: prose, charts with alt text, tables; no code."""
    others = [{"file": p.file, "label": _short(p.title), "here": p.name == page.name} for p in pages]
    resources = {
        "page": {"title": page.title, "style": _style(), "others": others, "banner": BANNER, "footer": footer}
    }
    body, _ = _exporter().from_notebook_node(notebook, resources=resources)
    return str(body)


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


def _style() -> str:
    return (_templates() / "style.css").read_text(encoding="utf-8")


def _short(title: str) -> str:
    return title.partition(":")[0]


def write_index(
    out: Path, title: str, pages: list[Exported], facts: list[tuple[str, str]], footer: str
) -> None:
    """Write ``index.html``: what the pages rest on, the pages by their question, every chart, every table."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(_templates()), autoescape=True)
    records = {page.name: _record(out, page) for page in pages}
    charts = [
        {**_pictures(out, f"{page.name}-{name}"), "alt": alt, "page": page.file, "page_title": page.title}
        for page in pages
        for name, alt in records[page.name]["charts"].items()
    ]
    tables = [
        {
            "title": page.title,
            "files": [
                {"file": f"tables/{page.name}-{name}.csv", "name": name.replace("_", " ")}
                for name in records[page.name]["tables"]
            ],
        }
        for page in pages
    ]
    content = environment.get_template("index.html.j2").render(
        title=title,
        style=_style(),
        banner=BANNER,
        facts=facts,
        pages=pages,
        charts=charts,
        on_a_phone=ON_A_PHONE,
        tables=tables,
        footer=footer,
    )
    write_whole(out / "index.html", content)


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
        families = _record(out, page)["tables"]
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


def _record(out: Path, page: Exported) -> dict[str, Any]:
    """What a page said of itself: its tables and their families, its charts and their alt texts."""
    found: dict[str, Any] = json.loads((out / f"{page.name}.page.json").read_text("utf-8"))
    return found


def write_manifest(out: Path, about: dict[str, Any]) -> None:
    """Write ``manifest.json``: what was read, with what, and the SHA-256 of every file beside it."""
    made = {
        str(path.relative_to(out)): sha256_of(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    packages = {name: metadata.version(name) for name in PACKAGES}
    write_whole(
        out / MANIFEST,
        json_text({**about, "python": platform.python_version(), "packages": packages, "files": made}),
    )
