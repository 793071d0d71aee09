"""The main job end to end: every notebook on the demo, on a small clinic, on real trials; whole or not at all."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import InternalError, OutcomesError
from outcomes.files.read import sha256_of
from outcomes.pages.notebooks import notebooks
from outcomes.pages.run import RunOptions, run
from outcomes.words import causal_claims

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data/demo_sessions.csv"
MAPPINGS = ROOT / "tests/data"
FIRST = "00_start_here"


class _Page(HTMLParser):
    """What a reader of a page meets: its text, its images, what it would fetch."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text, self.images, self.fetched, self.scripts = "", [], [], 0
        self.hidden = False
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs) -> None:
        attributes = dict(attrs)
        self.hidden = tag in ("style", "script")
        self.scripts += tag == "script"
        if tag == "img":
            self.images.append(attributes)
        for name in ("src", "href"):
            if "//" in (attributes.get(name) or "") and not attributes[name].startswith("data:"):
                self.fetched.append(attributes[name])

    def handle_endtag(self, tag) -> None:
        self.hidden = False
        self.text += " "

    def handle_data(self, data) -> None:
        self.text += "" if self.hidden else data


def _pages(out: Path) -> dict[str, _Page]:
    pages = {path.stem: _Page(path) for path in sorted(out.glob("*.html"))}
    assert "index" in pages
    assert len(pages) > 1
    assert all(len(page.text) > 200 for page in pages.values())
    return pages


def test_every_notebook_gives_a_page_and_the_index_links_them(demo) -> None:
    names = [path.stem for path in notebooks()]
    conditions = {path.stem for path in demo.glob("condition_*.html")}
    groups = set(pd.read_csv(demo / "tables/records.csv")["condition"]) - {"all"}
    assert conditions == {f"condition_{name.replace('+', '-')}" for name in groups}
    assert {path.stem for path in demo.glob("*.html")} == {"index", "words", *names, *conditions}
    index = (demo / "index.html").read_text("utf-8")
    assert all(f'href="{name}.html"' in index for name in [*names, *conditions])
    assert len(list((demo / "charts").glob("*.png"))) > 20
    assert len(list((demo / "tables").glob("*.csv"))) > 20


def test_every_image_has_alt_text_and_nothing_is_fetched(demo) -> None:
    for name, page in _pages(demo).items():
        assert (
            page.images or name in ("07_one_patient", "09_claims", "words") or name.startswith("condition_")
        ), name
        assert all(len(image.get("alt") or "") > 40 for image in page.images), name
        assert page.fetched == [], name
        assert page.scripts == 0, name


def test_wide_charts_have_a_picture_for_phones(demo) -> None:
    phones = {path.name.removesuffix(".phone.png") for path in (demo / "charts").glob("*.phone.png")}
    every = {path.stem for path in (demo / "charts").glob("*.png") if not path.name.endswith(".phone.png")}
    assert phones == {name for name in every if "-card_" not in name}
    assert _Page(demo / "index.html").images[0]["src"] == "charts/00_start_here-overall.phone.png"
    page = (demo / "02_immediate.html").read_text("utf-8")
    assert page.count("<picture>") == sum(name.startswith("02_immediate-") for name in phones)


def test_synthetic_records_are_called_so_on_every_page_and_in_every_table(demo) -> None:
    pages = _pages(demo)
    assert [name for name, page in pages.items() if "Synthetic records" not in page.text] == []
    tables = [pd.read_csv(path) for path in (demo / "tables").glob("*.csv")]
    assert len(tables) > 20
    assert all((table["records"] == "synthetic records").all() for table in tables)
    assert json.loads((demo / "manifest.json").read_text("utf-8"))["synthetic"] == "all"


def test_pages_hold_no_code_no_errors_and_no_warnings(demo) -> None:
    for name, page in _pages(demo).items():
        assert "import outcomes" not in page.text, name
        assert "Traceback" not in page.text, name
        assert "Warning" not in page.text, name
        assert not re.search(r"\bnan\b|<NA>|\bNone\b", page.text), name


def test_no_page_claims_a_cause(demo) -> None:
    """Not the page of the public claims either, which quotes them and suggests what else could be said."""
    pages = _pages(demo)
    assert {name: causal_claims(page.text) for name, page in pages.items()} == {name: [] for name in pages}
    assert "Suggested wording" in pages["09_claims"].text


def test_owners_see_no_small_group(demo) -> None:
    paths = [*(demo / "tables").glob("*.csv")]
    assert len(paths) > 2
    for path in paths:
        table = pd.read_csv(path)
        for column in table.columns:
            if column == "patients" or column.startswith("patients_"):
                assert not table[column].between(1, 10).any(), (path.name, column)


def test_all_estimates_stand_in_one_table_with_notebook_and_family(demo) -> None:
    together = pd.read_csv(demo / "estimates.csv", low_memory=False)
    paths = [path for path in (demo / "tables").glob("*.csv") if path.stem != "records"]
    rows = {path.stem: len(pd.read_csv(path)) for path in paths}
    found = (together["notebook"] + "-" + together["table"]).value_counts()
    assert found.to_dict() == {name: n for name, n in rows.items() if n}
    assert together["family"].notna().sum() > len(together) / 2
    assert len(pd.read_parquet(demo / "estimates.parquet")) == len(together)


def test_manifest_says_where_the_pages_came_from(demo) -> None:
    manifest = json.loads((demo / "manifest.json").read_text("utf-8"))
    assert not {"input", "patients"} & set(manifest)
    assert manifest["for"] == "to pass on"
    assert manifest["release"]["number"] == 1
    assert manifest["options"]["audience"] == "owner"
    assert "rows" not in manifest
    assert manifest["packages"]["pandas"] == pd.__version__
    made = {str(path.relative_to(demo)) for path in demo.rglob("*") if path.is_file()}
    made -= {"manifest.json", ".outcomes-export"}
    assert set(manifest["files"]) == made
    assert all(sha256_of(demo / name) == digest for name, digest in manifest["files"].items())


def test_no_record_and_no_path_reaches_the_pages(demo) -> None:
    """Pseudonyms of patients and sessions, and where the files lie, are in nothing that is shared."""
    sessions = pd.read_csv(DEMO)
    canaries = [
        *sessions["session_id"].sample(20, random_state=1),
        *sessions["patient_id"].sample(20, random_state=1),
    ]
    canaries += [DEMO.stem, sha256_of(DEMO)[:12]]
    paths = [path for path in demo.rglob("*") if path.suffix in (".html", ".csv", ".json")]
    assert {path.suffix for path in paths} == {".html", ".csv", ".json"}
    canary = re.compile(rf"\b(?:{'|'.join(canaries)})\b")
    assert canary.search(f"of {canaries[0]}, here")
    for path in paths:
        text = re.sub(r"data:image/png;base64,[^\"' ]+", "", path.read_text("utf-8"))
        assert not canary.findall(text), path.name
        assert str(ROOT) not in text, path.name
        assert "/tmp/" not in text, path.name


def test_the_same_records_give_the_same_tables(demo, tmp_path) -> None:
    again = tmp_path / "again"
    run(DEMO, again, options=RunOptions(only=("02_immediate", "06_soreness")))
    paths = [*(again / "tables").glob("*.csv")]
    assert len(paths) > 10
    for path in paths:
        assert path.read_bytes() == (demo / "tables" / path.name).read_bytes()


def test_a_small_clinic_is_told_that_it_is_small(only_books, tmp_path) -> None:
    only_books(FIRST, "02_immediate", "08_conditions")
    sessions, _ = oc.simulate_sessions(scenario="small_clinic", seed=1)
    file = tmp_path / "small.csv"
    sessions.to_csv(file, index=False)
    run(file, tmp_path / "exports")
    pages = _pages(tmp_path / "exports")
    assert "fewer than 11 of" in pages["02_immediate"].text
    test_owners_see_no_small_group(tmp_path / "exports")


def test_the_back_pain_trial_runs_and_says_what_was_not_recorded(shared_real, tmp_path) -> None:
    file = shared_real / "ashar_backpain/ashar_backpain.csv"
    run(file, tmp_path / "exports", options=RunOptions(mapping=str(MAPPINGS / "ashar_backpain.toml")))
    pages = _pages(tmp_path / "exports")
    assert "not recorded" in pages["06_soreness"].text
    assert "not recorded" in pages["05_twitches"].text
    assert "after treatment (about 4 weeks)" in pages["03_two_day"].text
    for name, page in pages.items():
        assert "at 2 days" not in page.text, name
        short = [image.get("alt") for image in page.images if len(image.get("alt") or "") <= 30]
        assert short == [], name


def test_the_sore_throat_trial_runs(only_books, shared_real, tmp_path) -> None:
    only_books(FIRST, "06_soreness")
    file = shared_real / "licorice_sorethroat/licorice_sorethroat.csv"
    options = RunOptions(mapping=str(MAPPINGS / "licorice_sorethroat.toml"))
    run(file, tmp_path / "exports", options=options)
    assert "the next morning" in _Page(tmp_path / "exports/06_soreness.html").text or "hours" in (
        _Page(tmp_path / "exports/06_soreness.html").text
    )


def test_bad_records_leave_the_earlier_pages(demo) -> None:
    before = sha256_of(demo / "manifest.json")
    bad = demo.parent / "bad.csv"
    bad.write_text("session_id,patient_id,condition,session_number,pain_pre\ns1,p1,neck_pain,1,11\n")
    with pytest.raises(OutcomesError, match="allowed 0–10"):
        run(bad, demo)
    assert sha256_of(demo / "manifest.json") == before


def test_a_notebook_that_fails_leaves_nothing(demo, tmp_path, monkeypatch) -> None:
    import outcomes.pages.notebooks

    broken = tmp_path / "books"
    broken.mkdir()
    cells = [
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {"tags": ["parameters"]},
            "source": "data = 1",
            "outputs": [],
        },
        {"cell_type": "code", "id": "b", "metadata": {}, "source": "1 / 0", "outputs": []},
    ]
    book = {
        "cells": [{**cell, "execution_count": None} for cell in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (broken / "00_broken.ipynb").write_text(json.dumps(book))
    monkeypatch.setattr(outcomes.pages.notebooks, "notebook_folder", lambda: broken)
    with pytest.raises(InternalError, match="Notebook 00_broken stopped in code cell 3: ZeroDivisionError"):
        run(DEMO, tmp_path / "exports")
    assert [path.name for path in tmp_path.iterdir()] == ["books"]
