"""The documentation site: built from what is here, every link leads somewhere, and it asks nothing of other hosts."""

from __future__ import annotations

import inspect
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from urllib.parse import unquote

import pytest

import documentation
import outcomes
from conftest import skip_or_fail


class _Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.places.add(said.get("id") or "")
        if tag == "a" and said.get("href"):
            self.links.append(said["href"] or "")
        loaded = said.get("src") or (said.get("href") if tag == "link" else None)
        if loaded:
            self.loads.append(loaded)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    if find_spec("mkdocs") is None:
        skip_or_fail("MkDocs is not installed")
    documentation.build(out := tmp_path_factory.mktemp("site") / "site")
    return out


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, _Page]:
    return {path.resolve(): _Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}


def test_it_holds_every_document_of_the_repository(site, pages) -> None:
    written = [path.relative_to(documentation.ROOT) for path in (documentation.ROOT / "docs").rglob("*.md")]
    assert len(written) > 50
    for path in written:
        made = path.with_name("index.html") if path.name == "README.md" else path.with_suffix(".html")
        assert (site / made).resolve() in pages, path


def test_every_link_leads_to_a_file_and_a_place_in_it(pages) -> None:
    lost = []
    for path, page in pages.items():
        for link in [*page.links, *page.loads]:
            if link.startswith(("https://", "data:")):
                continue
            file, _, place = unquote(link).partition("#")
            target = (path.parent / file).resolve() if file else path
            found = target.is_file() and (not place or target not in pages or place in pages[target].places)
            lost += [] if found else [f"{path.name}: {link}"]
    assert lost == []


def test_a_link_or_a_place_that_is_not_there_ends_the_build(tmp_path, monkeypatch) -> None:
    if find_spec("mkdocs") is None:
        skip_or_fail("MkDocs is not installed")
    text = "# Here\n\n[there](gone.md) and [a place](#nowhere)\n"

    def gather(pages: Path) -> None:
        pages.mkdir()
        (pages / "README.md").write_text(text, encoding="utf-8")

    monkeypatch.setattr(documentation, "gather", gather)
    monkeypatch.setattr(documentation, "nav", lambda pages: ["README.md"])
    for name in ("write_decisions", "write_reference"):
        monkeypatch.setattr(documentation, name, lambda folder: None)
    with pytest.raises(SystemExit) as ended:
        documentation.build(tmp_path / "site")
    assert "gone.md" in str(ended.value)
    assert "#nowhere" in str(ended.value)


def test_nothing_is_loaded_from_another_host(pages) -> None:
    loads = [load for page in pages.values() for load in page.loads]
    assert len(loads) > len(pages)
    assert [load for load in loads if "//" in load] == []


def test_every_public_function_has_its_place_in_the_reference(site, pages) -> None:
    places = pages[(site / "docs/reference/index.html").resolve()].places
    functions = [name for name in outcomes.__all__ if inspect.isfunction(getattr(outcomes, name))]
    assert len(functions) > 40
    assert [name for name in functions if f"outcomes{name}" not in places] == []


def test_it_is_read_and_searched_from_a_folder_without_a_server(site) -> None:
    if (chromium := which("chromium")) is None:
        skip_or_fail("there is no chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page, asked = browser.new_page(viewport={"width": 1440, "height": 900}), []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        page.get_by_placeholder("Search").click()
        page.keyboard.type("Holm")
        page.locator(".md-search-result__item").first.wait_for(timeout=60_000)
        found = page.locator(".md-search-result__list").inner_text()
        browser.close()
    assert "A page as a whole is the test" in found
    assert {url.partition(":")[0] for url in asked} <= {"file", "data", "blob"}


def test_lists_drawings_and_docstrings_become_markdown_of_the_site() -> None:
    said = documentation.as_markdown("Words:\n- one\n- two\n  more\n```sh\nrun\n- not a list\n```\n")
    assert said == "Words:\n\n- one\n- two\n  more\n```sh\nrun\n- not a list\n```\n"
    drawn = documentation.as_markdown('```mermaid\nflowchart TB\n    a["<b>a/</b><br/>Does it."]\n```\n')
    assert drawn.splitlines() == ["| room | what it does |", "|---|---|", "| `a/` | Does it. |"]
    doc = "Fit :func:`~outcomes.fit`.\n\nParameters\n----------\nx : int\n    A ``number``.\n\n"
    doc += "Examples\n--------\n>>> 1\n1"
    assert documentation.as_text(doc).split("\n\n") == [
        "Fit `fit`.", "**Parameters**", "- `x`: *int*.\n    A `number`.", "**Examples**", "```python\n>>> 1\n1\n```",
    ]  # fmt: skip
