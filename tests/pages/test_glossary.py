"""Words and methods: every page has its method, every word leads to its meaning, and nothing else is touched."""

from __future__ import annotations

import re
from pathlib import Path

from outcomes.pages.glossary import FILE, linked, method_of, words

ROOT = Path(__file__).resolve().parents[2]
BODY = '<main id="content">{}</main>'


def test_every_notebook_says_how_it_is_worked_out_and_its_chapter_is_there(demo):
    page = (demo / FILE).read_text("utf-8")
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        assert method_of(notebook.stem)
        assert (f'id="{notebook.stem}"' in page) == notebook.stem[0].isdigit(), "of one clinic's pages"
    chapters = re.findall(r"<code>(docs/[^<]+)</code>", page)
    assert chapters
    assert all((ROOT / chapter).is_file() for chapter in chapters)


def test_every_link_to_a_word_leads_to_it_and_every_word_is_used_on_some_page(demo):
    meanings = re.findall(r'<dt id="([^"]+)">', (demo / FILE).read_text("utf-8"))
    used = set()
    for path in demo.glob("*.html"):
        links = re.findall(rf'class="word" href="{FILE}#([^"]+)"', path.read_text("utf-8"))
        assert len(links) == len(set(links)), path.name
        used |= set(links)
    assert used <= set(meanings)
    assert used == {row["anchor"] for row in words()}


def test_the_first_mention_in_prose_is_linked_and_no_other():
    said = linked(
        BODY.format("<h2>95% CI</h2><p>0.5 (95% CI 0.1 to 0.9), then 95% CI again</p><p>95% CI</p>")
    )
    assert said.count('class="word"') == 1
    assert (
        '<p>0.5 (<a class="word" href="words.html#interval">95% CI</a> 0.1 to 0.9), then 95% CI again</p>'
        in said
    )


def test_tables_headings_links_and_attributes_are_left_as_they_are():
    kept = (
        '<h3>Pain relief</h3><table><tr><td>95% CI</td></tr></table><p><a href="x">95% CI</a> '
        '<img alt="95% CI"></p><details><summary>Repeat visits</summary></details>'
    )
    assert linked(BODY.format(kept)) == BODY.format(kept)
    assert linked("<p>95% CI</p>") == "<p>95% CI</p>"


def test_the_longer_way_of_saying_it_is_one_link():
    said = linked(BODY.format("<p>That is no more than expected without any effect.</p>"))
    assert said.count("<a ") == 1
    assert ">expected without any effect</a>" in said or ">no more than expected</a>" in said
