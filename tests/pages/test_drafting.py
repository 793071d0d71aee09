"""A run's first reading: tables are gathered, nothing is drawn, and what goes wrong is said in one line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DisclosureError, ExportError
from outcomes.pages import drafting
from outcomes.pages.drafting import Draft, draft
from outcomes.pages.page import Page
from outcomes.pages.tables import VAULT, Vault


def _estimates(_: pd.DataFrame | None = None, *, patients: int = 40) -> pd.DataFrame:
    row = {"condition": "neck_pain", "patients": patients, "sessions": 80, "estimate": 1.0, "note": ""}
    return pd.DataFrame([row])


def _never(_: pd.DataFrame) -> pd.DataFrame:
    raise AssertionError("computed a second time")


@pytest.fixture
def vault(tmp_path, monkeypatch) -> Vault:
    folder = tmp_path / "vault"
    folder.mkdir()
    monkeypatch.setenv(VAULT, str(folder))
    return Vault(folder)


def _go(folder: Path, *notebooks: tuple[str, ...], cores: int = 2) -> int:
    done = 0

    def cell_done() -> None:
        nonlocal done
        done += 1

    drafts = [Draft(f"{i:02}_notebook", cells, folder) for i, cells in enumerate(notebooks)]
    asyncio.run(draft(drafts, cores, cell_done))
    return done


def test_the_first_reading_gathers_tables_and_shows_nothing(vault, tmp_path, monkeypatch) -> None:
    shown: list[object] = []
    monkeypatch.setattr(Page, "_display", staticmethod(lambda *args: shown.append(args)))
    page = oc.open_page("x", audience="owner", out=tmp_path / "out")
    table = page.estimate(_estimates, pd.DataFrame(), name="t", patients=7)
    assert table["estimate"].isna().all()
    page.table(table)
    page.chart(lambda *_, **__: 1 / 0, table, name="never drawn")
    page.say("Nothing yet.")
    page.export()
    assert shown == []
    assert not (tmp_path / "out").exists()


def test_the_second_reading_shows_what_was_agreed_and_computes_nothing(vault) -> None:
    first = oc.open_page("x", audience="owner")
    first.estimate(_estimates, pd.DataFrame(), name="t")
    first.estimate(_estimates, pd.DataFrame(), name="small", patients=7)
    again, agreed = vault.agree("owner", shown_before={}, ledger=None)
    assert again == set()
    second = oc.open_page("x", audience="owner")
    shown = second.estimate(_never, pd.DataFrame(), name="t")
    pd.testing.assert_frame_equal(shown, agreed["x-t"])
    assert second.estimate(_never, pd.DataFrame(), name="small")["estimate"].isna().all()


def test_a_table_that_was_not_protected_with_the_others_is_refused(vault) -> None:
    vault.agree("owner", shown_before={}, ledger=None)
    page = oc.open_page("x", audience="owner")
    with pytest.raises(DisclosureError, match="'x-late' was not there"):
        page.estimate(_estimates, pd.DataFrame(), name="late")
    with pytest.raises(DisclosureError, match="'x-late' was not there"):
        page.protect(_estimates(), "late")


def test_notebooks_share_processes_but_not_names(tmp_path) -> None:
    book = (
        "assert 'seen' not in globals(); seen = 1",
        "%pwd",
        "print('to nowhere')",
        "import os, sys; os.write(1, b'x')",
    )
    assert _go(tmp_path, book, book, book, cores=2) == 12


def test_a_cell_that_fails_is_named_by_its_notebook(tmp_path) -> None:
    with pytest.raises(ExportError, match=r"Notebook 00_notebook stopped: ValueError: two$"):
        _go(tmp_path, ("1", "raise ValueError('two\\nlines')"))
    with pytest.raises(ExportError, match="Notebook 00_notebook stopped: SyntaxError"):
        _go(tmp_path, ("1 +",))


def test_a_process_that_ends_is_told(tmp_path) -> None:
    with pytest.raises(ExportError, match="00_notebook ran out of memory or was ended from outside"):
        _go(tmp_path, ("import os; os._exit(9)", "1"))


def test_a_cell_that_does_not_end_is_stopped(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(drafting, "CELL_SECONDS", 3)
    with pytest.raises(ExportError, match="took more than 3 s over one cell"):
        _go(tmp_path, ("import time; time.sleep(60)",))
