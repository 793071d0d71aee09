"""The gate a notebook's outputs pass: only protected frames are drawn, and what they hold is text, never markup."""

from __future__ import annotations

import html
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DisclosureError
from outcomes.pages.page import Page

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def shown(monkeypatch) -> list[tuple[dict, dict]]:
    seen: list[tuple[dict, dict]] = []
    monkeypatch.setattr(Page, "_display", staticmethod(lambda data, metadata: seen.append((data, metadata))))
    return seen


def _estimates(**changes: object) -> pd.DataFrame:
    row = {
        "condition": "neck_pain",
        "time": "post",
        "measure": "pain_relief",
        "patients": 40,
        "sessions": 80,
        "capture_rate": 0.9,
        "estimate": 1.0,
        "conf_low": 0.5,
        "conf_high": 1.5,
        "note": "",
    }
    return pd.DataFrame([{**row, **changes}])


def test_what_did_not_pass_the_gate_is_not_drawn(shown) -> None:
    page = oc.open_page("x", audience="owner")
    with pytest.raises(DisclosureError, match="did not pass the gate"):
        page.chart(oc.charts.condition_forest, _estimates(), name="forest")
    with pytest.raises(DisclosureError, match="did not pass the gate"):
        page.table(_estimates())
    for_clinicians = oc.open_page("x", audience="clinician").protect(_estimates(), "t")
    with pytest.raises(DisclosureError):
        page.chart(oc.charts.condition_forest, for_clinicians, name="forest")
    assert shown == []


def test_an_unknown_audience_is_refused() -> None:
    with pytest.raises(DisclosureError, match="owner"):
        oc.open_page("x", audience="everybody")


def test_what_frames_hold_stays_text(shown) -> None:
    page = oc.open_page("x", audience="owner")
    frame = page.protect(_estimates(condition=EVIL), "t")
    page.table(frame)
    page.say(f"This is {EVIL}.")
    page.chart(oc.charts.condition_forest, frame, name="forest")
    assert len(shown) == 3
    for data, _ in shown:
        assert "<script" not in data.get("text/html", "")
    assert "&lt;script&gt;" in shown[1][0]["text/html"]


def test_charts_carry_alt_text_and_small_groups_are_withheld(shown, tmp_path: Path) -> None:
    page = oc.open_page("x", audience="owner", out=tmp_path)
    frame = page.protect(
        pd.concat([_estimates(), _estimates(condition="jaw_pain", patients=5, sessions=9)]), "t"
    )
    page.chart(oc.charts.condition_forest, frame, name="forest")
    page.export()
    assert page.charts["forest"].alt == "How large was the pain relief right after? 1.0 (neck pain) points."
    assert f'alt="{html.escape(page.charts["forest"].alt)}"' in shown[0][0]["text/html"]
    table = pd.read_csv(tmp_path / "tables/x-t.csv")
    assert table.loc[table["condition"] == "jaw_pain", "estimate"].isna().all()
    assert (tmp_path / "charts/x-forest.png").read_bytes()[:4] == b"\x89PNG"
    assert "1 table row not shown (privacy)" in shown[-1][0]["text/html"]


def _chart(frame: pd.DataFrame, *, width: float = 7.0):
    from outcomes.charts.style import PHONE

    ax = oc.charts.condition_forest(frame, width=width)
    assert (ax.figure.get_figwidth() <= PHONE) == (width <= PHONE)
    return ax


def test_an_exported_chart_is_drawn_for_phones_too(shown, tmp_path: Path) -> None:
    page = oc.open_page("x", audience="owner", out=tmp_path)
    frame = page.protect(pd.concat([_estimates(condition=EVIL), _estimates(estimate=0.7)]), "t")
    page.chart(_chart, frame, name="wide")
    page.chart(lambda estimates: _chart(estimates), frame, name="one_width")
    page.export()
    names = {path.name for path in (tmp_path / "charts").iterdir()}
    assert names == {"x-wide.png", "x-wide.phone.png", "x-one_width.png"}
    wide = shown[0][0]["text/html"]
    assert wide.count("data:image/png;base64,") == 2
    assert "<script" not in wide
    assert "&lt;script" in wide
    assert shown[1][0]["text/html"].startswith("<img alt=")


def test_a_notebook_opened_by_hand_draws_each_chart_once(shown) -> None:
    page = oc.open_page("x", audience="owner")
    page.chart(_chart, page.protect(_estimates(), "t"), name="wide")
    assert shown[0][0]["text/html"].count("data:image/png;base64,") == 1
    assert f'alt="{html.escape(page.charts["wide"].alt)}"' in shown[0][0]["text/html"]
    assert page.charts["wide"].phone is None


def test_percent_signs_stay_with_their_numbers(shown) -> None:
    oc.open_page("x").say("14 % of all; % alone")
    assert "14\N{NO-BREAK SPACE}% of all; % alone" in shown[0][0]["text/html"]


def test_files_of_synthetic_records_say_so_and_a_clinics_do_not(shown, tmp_path: Path) -> None:
    from matplotlib.image import imread

    sessions = oc.simulate_sessions(8, seed=3)[0]
    own = sessions.assign(session_id=sessions["session_id"].str.removeprefix("synthetic-"))
    heights = {}
    for name, frame in (("made", sessions), ("own", own)):
        page = oc.open_page(name, frame, audience="owner", out=tmp_path)
        page.chart(oc.charts.condition_forest, page.protect(_estimates(), "t"), name="forest")
        page.export()
        heights[name] = imread(tmp_path / f"charts/{name}-forest.png").shape[0]
    assert heights["made"] > heights["own"]  # the strip below the chart
    made, plain = (pd.read_csv(tmp_path / f"tables/{name}-t.csv") for name in ("made", "own"))
    assert made.pop("records").tolist() == ["synthetic records"]
    pd.testing.assert_frame_equal(made, plain)
    assert b"Synthetic records" in (tmp_path / "charts/made-forest.png").read_bytes()
    assert b"ynthetic" not in (tmp_path / "charts/own-forest.png").read_bytes()


def test_a_page_in_jupyter_opens_with_the_word_synthetic(shown) -> None:
    oc.open_page("x", oc.simulate_sessions(8, seed=3)[0])
    assert [data["text/plain"][:17] for data, _ in shown] == ["Synthetic records"]


def test_the_page_counts_the_rows_it_does_not_show(shown) -> None:
    page = oc.open_page("x", audience="owner")
    small = [_estimates(condition=name, patients=5, sessions=9) for name in ("jaw_pain", "headache", "other")]
    page.protect(pd.concat([_estimates(), *small], ignore_index=True), "t")
    page.protect(_estimates(), "u")
    page.export()
    assert "2 tables and 0 charts are on this page" in shown[-1][0]["text/html"]
    assert "3 table rows not shown (privacy)." in shown[-1][0]["text/html"]


@pytest.mark.parametrize(
    ("said", "options", "line"),
    [
        (["Pain fell by 0.6 points. It rose in 1 of 5. So be it."], {}, "Pain fell by 0.6 points."),
        (["", "Was it so? Nobody knows (see the table)."], {}, "Was it so?"),
        (
            ["More in 5 conditions (see the table), of 5 conditions."],
            {},
            "More in 5 conditions, of 5 conditions.",
        ),
        (["Pain fell. It rose."], {"line": "Pain fell and rose."}, "Pain fell and rose."),
        (["Pain fell. It rose."], {"line": ""}, ""),
        ([], {}, ""),
    ],
)
def test_the_index_says_of_a_page_its_first_sentence_or_what_it_is_given(shown, said, options, line) -> None:
    page = oc.open_page("x")
    page.answer(*said, **options)
    assert page.in_a_line == line
    assert len(shown) == bool(said)
