"""A run's tables: gathered without showing anything, protected together, then shown and not computed again."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.disclosure.gate import protect_all
from outcomes.errors import DisclosureError
from outcomes.pages.page import Page
from outcomes.pages.tables import in_run, of_run


def _estimates(_: pd.DataFrame | None = None, *, patients: int = 40) -> pd.DataFrame:
    row = {"condition": "neck_pain", "patients": patients, "sessions": 80, "estimate": 1.0, "note": ""}
    return pd.DataFrame([row])


def _never(_: pd.DataFrame) -> pd.DataFrame:
    raise AssertionError("computed a second time")


def test_the_first_pass_gathers_tables_and_shows_nothing(tmp_path, monkeypatch) -> None:
    displayed: list[object] = []
    monkeypatch.setattr(Page, "_display", staticmethod(lambda *args: displayed.append(args)))
    with in_run(None) as tables:
        page = oc.open_page("x", audience="owner", out=tmp_path / "out")
        table = page.estimate(_estimates, pd.DataFrame(), name="t", patients=7)
        page.table(table)
        page.chart(lambda *_, **__: 1 / 0, table, name="never drawn")
        page.say("Nothing yet.")
        page.export()
    assert tables.gathered["x-t"][0]["estimate"].tolist() == [1.0]
    assert displayed == []
    assert not (tmp_path / "out").exists()
    assert of_run() is None


def test_the_second_pass_shows_what_may_be_shown_and_computes_nothing() -> None:
    with in_run(None) as tables:
        first = oc.open_page("x", audience="owner")
        first.estimate(_estimates, pd.DataFrame(), name="t")
        first.estimate(_estimates, pd.DataFrame(), name="small", patients=7)
    found = protect_all({key: table for key, (table, _) in tables.gathered.items()})
    may_be_shown = {key: protected.table for key, protected in found.items()}
    with in_run(may_be_shown):
        second = oc.open_page("x", audience="owner")
        shown = second.estimate(_never, pd.DataFrame(), name="t")
        pd.testing.assert_frame_equal(shown, may_be_shown["x-t"])
        assert second.estimate(_never, pd.DataFrame(), name="small")["estimate"].isna().all()


def test_a_table_that_was_not_protected_with_the_others_is_refused() -> None:
    with in_run({}):
        page = oc.open_page("x", audience="owner")
        with pytest.raises(DisclosureError, match="'x-late' was not there"):
            page.estimate(_estimates, pd.DataFrame(), name="late")
        with pytest.raises(DisclosureError, match="'x-late' was not there"):
            page.protect(_estimates(), "late")
