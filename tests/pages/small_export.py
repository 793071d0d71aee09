"""A finished export small enough to be written by hand: two pages, one chart, the tables of every condition."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from outcomes.pages.export import Export, Exported
from pages.tables_of_an_export import written

SYNTHETIC, BANNER = "Synthetic records, made by a computer.", "No one was left untreated."
ALT = "How large was the relief? Right after: 0.5 points."


def small_export(folder: Path, *, synthetic: bool = True, **tables: list[dict[str, object]]) -> Export:
    """An export whose first page has the chart, and whose second has none; ``tables`` as ``written`` takes them."""
    found = written(folder, **tables)
    (folder / "charts").mkdir()
    Image.new("RGB", (60, 30), "white").save(folder / "charts/00_start_here-overall.png")
    pages = (
        Exported("00_start_here", "Start here", "What is in these records?", "Pain was lower."),
        Exported("09_claims", "Claims", "Does our website match our records?"),
    )
    charts: tuple[dict[str, str], ...] = ({"overall": ALT}, {})
    for page, held, names in zip(pages, charts, (["relief", "flow"], ["claims"]), strict=True):
        told = {"tables": {key: {} for key in names}, "charts": held, "in_order": list(held)}
        (folder / f"{page.name}.page.json").write_text(json.dumps(told))
        (folder / page.file).write_text(f"<!DOCTYPE html><title>{page.title}</title><h1>{page.title}</h1>")
    said = SYNTHETIC if synthetic else ""
    return Export(folder, "Dry needling", BANNER, said, "Made by a test.", pages, found)
