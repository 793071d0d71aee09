"""The board of public claims: what says too much first, figure against rule, and nothing drawn that has no scale."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.pages.board import CHIPS, board_html


def _claim(claim: str, verdict: str, **changes: object) -> dict[str, object]:
    row = {
        "claim": claim,
        "statement": "<b>",
        "measure": "share of sessions",
        "model": "m",
        "criterion": "above 50%",
    }
    figures = {
        "estimate": 0.2,
        "conf_low": 0.1,
        "conf_high": 0.3,
        "p_value": 0.01,
        "patients": 40,
        "sessions": 90,
    }
    return {**row, **figures, "verdict": verdict, "why": "because", "wording": "say this", **changes}


def test_the_board_puts_what_says_too_much_first_and_draws_figure_and_rule() -> None:
    table = pd.DataFrame(
        [
            _claim("C1", "not testable from such records", measure="", estimate=None, sessions=0),
            _claim("C3", "supported"),
            _claim("C2", "told by patients"),
            _claim("C5", "contradicted"),
        ]
    )
    page = board_html(table)
    places = [page.index(f'id="{claim}"') for claim in ("C5", "C3", "C2", "C1")]
    assert places == sorted(places)
    assert "<b>" not in page
    assert page.count('class="scale"') == 2
    assert 'class="rule" style="left: 50.0%"' in page
    assert 'class="range" style="left: 10.0%; width: 20.0%"' in page
    assert all(said in page for said, look in CHIPS.values() if look != "open")


@pytest.mark.parametrize(
    ("low", "high", "width"), [(0.2, 0.201, "0.5"), (0.19, 0.22, "3.0"), (0.0, 1.0, "100.0")]
)
def test_an_interval_is_as_wide_as_it_is_and_never_too_narrow_to_be_seen(low, high, width) -> None:
    page = board_html(pd.DataFrame([_claim("C3", "supported", conf_low=low, conf_high=high)]))
    assert f'class="range" style="left: {100 * low:.1f}%; width: {width}%"' in page
    assert "<p>20% (" in page
    assert "(share of sessions)</p>" in page


def test_a_figure_that_is_no_share_is_said_and_not_drawn() -> None:
    """Points of relief have no place on a line from 0 to 100%."""
    claim = _claim("C18", "can't say", measure="pain relief at 2 days, points")
    page = board_html(pd.DataFrame([claim]))
    assert 'class="scale"' not in page
    assert "<p>0.2 (0.1 to 0.3) (pain relief at 2 days, points)</p>" in page
    assert '<span class="chip open">can\'t tell</span>' in page


def test_details_give_each_side_of_a_rule_a_line_of_its_own() -> None:
    rule = "supported where the interval lies above 50%, contradicted where it lies below: “elicits” is read as: most"
    page = board_html(pd.DataFrame([_claim("C3", "supported", criterion=rule)]))
    lines = [
        "supported where the interval lies above 50%",
        "contradicted where it lies below",
        "“elicits” is read as: most",
    ]
    assert "<dt>Rule</dt>" + "".join(f"<dd>{line}</dd>" for line in lines) in page
    assert "<dt>Rests on</dt><dd>40 patients, 90 sessions</dd>" in page
    nobody = board_html(pd.DataFrame([_claim("C3", "supported", sessions=0)]))
    assert "Rests on" not in nobody


def test_a_claim_that_is_not_shown_is_named_below_and_has_no_verdict() -> None:
    """Too few patients had changed since an earlier release, and the page failed."""
    held = _claim("C4", None, estimate=None, why=None, wording=None, patients=None, sessions=None)
    page = board_html(pd.DataFrame([held, _claim("C3", "supported")]))
    assert 'id="C4"' not in page
    assert "<p>Not shown, for privacy: C4.</p>" in page
    assert "None" not in page
    assert "Not shown" not in board_html(pd.DataFrame([_claim("C3", "supported")]))
