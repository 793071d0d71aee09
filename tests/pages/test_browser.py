"""The demo's pages in a real browser: reached by everyone, fetching nothing, fitting the screen and the sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from conftest import skip_or_fail
from outcomes.pages.notebooks import notebooks

PAGES = ("index", *(path.stem for path in notebooks()))


@pytest.fixture(scope="module")
def pages(demo) -> tuple[str, ...]:
    """The pages of questions, and those of two conditions, whichever the export shows."""
    conditions = sorted(path.stem for path in demo.glob("condition_*.html"))
    assert len(conditions) > 5
    return (*PAGES, conditions[0], conditions[-1])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = which("chromium")
    if chromium is None:
        skip_or_fail("there is no chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


def _open(browser: Any, path: Path, width: int = 1440, **look: Any) -> Any:
    page = browser.new_page(viewport={"width": width, "height": 900}, **look)
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_axe_finds_nothing_folded_parts_open_and_nothing_scrolls_sideways(
    demo, pages, browser, width, scheme
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found, wide = {}, []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    for name in pages:
        page.goto((demo / f"{name}.html").as_uri())
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        found[name] = [violation["id"] for violation in Axe().run(page).response["violations"]]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(name)
    page.close()
    assert found == {name: [] for name in pages}
    assert wide == []


def test_pages_ask_for_nothing_but_files_and_data(demo, pages, browser) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for name in pages:
        page.goto((demo / f"{name}.html").as_uri())
    page.close()
    assert len(asked) > len(pages)
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}


def test_conditions_are_filtered_by_region_and_sorted_by_patients(demo, browser) -> None:
    page = _open(browser, demo / "index.html")
    cards = page.locator(".card")
    total = cards.count()
    page.get_by_label("foot and ankle").check()
    shown = [card.inner_text().splitlines()[0] for card in cards.all() if card.is_visible()]
    assert shown == ["Achilles tendinopathy", "Plantar fasciitis"]
    page.get_by_label("All", exact=True).check()
    page.get_by_label("number of patients").check()
    placed = sorted(cards.all(), key=lambda card: (card.bounding_box()["y"], card.bounding_box()["x"]))
    counts = [int(n) if (n := card.locator("dd").first.inner_text()).isdigit() else 0 for card in placed]
    page.close()
    assert len(counts) == total > 10
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("sheet", ["Letter", "A4"])
def test_the_owners_page_prints_on_two_sheets_and_a_card_on_one(demo, browser, sheet, tmp_path) -> None:
    sheets = {}
    for name in ("index", "condition_headache"):
        page = _open(browser, demo / f"{name}.html")
        if name != "index":  # the card alone: what a clinician hands out
            page.add_style_tag(content="main > :not(.handout), header, footer { display: none }")
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "1.2cm")
        printed = page.pdf(format=sheet, margin=margin)
        page.close()
        sheets[name] = len(re.findall(rb"/Type\s*/Page[^s]", printed))
    assert sheets == {"index": 2, "condition_headache": 1}


def test_the_first_screen_holds_every_answer_on_a_desk(demo, browser) -> None:
    page = _open(browser, demo / "index.html")
    boxes = [answer.bounding_box() for answer in page.locator(".answers > div").all()]
    page.close()
    assert len(boxes) == 5
    assert max(box["y"] + box["height"] for box in boxes) <= 900


def test_pages_are_light_and_first_paint_is_quick(demo, pages, browser) -> None:
    weights = {name: (demo / f"{name}.html").stat().st_size for name in pages}
    weights["index"] += (demo / "charts/00_start_here-overall.phone.png").stat().st_size
    assert weights["index"] < 1.5e6
    assert {name: size for name, size in weights.items() if size >= 3e6} == {}
    page = _open(browser, demo / "index.html")
    painted = page.wait_for_function("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    paint = painted.json_value()
    page.close()
    assert 0 < paint < 1000


SCROLLING = """[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX))"""


def test_keys_reach_what_scrolls(demo, browser) -> None:
    page = _open(browser, demo / "00_start_here.html", 620)  # wider than a phone, narrower than its tables
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    boxes = page.evaluate(f"{SCROLLING}.map(e => e.tabIndex)")
    page.close()
    assert boxes == [0] * len(boxes)


def test_no_table_scrolls_on_a_phone(demo, pages, browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 900})
    wide, rows = {}, 0
    for name in pages:
        page.goto((demo / f"{name}.html").as_uri())
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        wide[name] = page.evaluate(f"{SCROLLING}.map(e => e.id)")
        rows += page.locator("table.rows").count()
    page.close()
    assert wide == {name: [] for name in pages}
    assert rows > 10


def test_a_table_of_labels_and_values_is_still_a_table_to_a_screen_reader(demo, browser) -> None:
    said, labels = {}, {}
    label = "cell => getComputedStyle(cell, '::before').content"
    for width in (360, 1440):
        page = _open(browser, demo / "00_start_here.html", width)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        table = page.locator("table.rows").first
        said[width] = table.aria_snapshot()
        labels[width] = table.locator("td[data-label]").first.evaluate(label)
        page.close()
    assert said[360] == said[1440]
    assert {"columnheader", "rowheader", "cell"} <= set(re.findall(r"- (\w+) ", said[360]))
    assert labels[1440] == "none"
    assert "Reading" in labels[360]
