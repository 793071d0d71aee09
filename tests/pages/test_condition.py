"""The page of a condition: its answer, its card and its figures, from tables as an export writes them."""

from __future__ import annotations

import pytest

from outcomes.pages.condition import ConditionPage, condition_pages
from pages.tables_of_an_export import written


@pytest.fixture
def export(tmp_path):
    return written(tmp_path)


def test_a_card_shows_both_directions_or_neither(export) -> None:
    pages = {page.label: page for page in condition_pages(export)}
    assert next(page.file for page in condition_pages(export)) == "condition_headache.html"
    assert [line.said for line in pages["Headache"].card] == ["about 4 in 10 (40%)", "about 2 in 10 (17%)"]
    assert [line.said for line in pages["Tennis elbow"].card] == ["not shown (privacy)"] * 2
    assert pages["Golfer's elbow"].card == ()
    assert "49%" not in str(pages["Tennis elbow"])


def test_a_condition_says_its_verdict_and_where_nothing_is_shown_why(export) -> None:
    pages = {page.label: page for page in condition_pages(export)}
    assert pages["Tennis elbow"].answer[1] == (
        "At 2 days, pain was 0.5 points lower (95% CI 0.1 to 0.9) on average. That is no more than expected."
    )
    assert pages["Golfer's elbow"].answer == (
        "Right after: not shown (privacy).",
        "At 2 days: not shown (privacy).",
    )


def _share(time: str, outcome: str, share: float | None, ends: tuple[float, float]) -> dict[str, object]:
    row = {"condition": "headache", "time": time, "outcome": outcome, "proportion": share}
    limits = {"conf_low": 0.3, "conf_high": 0.5} if share else {"conf_low": None, "conf_high": None}
    expected = dict(zip(("null_benchmark", "null_benchmark_flare"), ends, strict=True))
    note = "" if share else "worse: fewer than 11 of 90 (under 1 in 4)"
    return {**row, **limits, **expected, "patients": 40, "sessions": 90, "note": note}


def _headache(tmp_path, **more) -> ConditionPage:
    return next(page for page in condition_pages(written(tmp_path, **more)) if page.label == "Headache")


def test_shares_of_a_reading_are_shown_in_both_directions_or_not_at_all(tmp_path) -> None:
    rows = [
        _share("post", "better", 0.4, (0.28, 0.49)),
        _share("post", "worse", 0.4, (0.17, 0.09)),
        _share("48h", "better", 0.4, (0.28, 0.49)),
        _share("48h", "worse", None, (0.1, 0.1)),
    ]
    figures = _headache(tmp_path, **{"03_two_day__responders": rows}).figures
    who = "40 patients, 90 sessions"
    assert figures[-4:] == (
        (
            "Clearly less pain right after",
            "40%, 95% CI 30% to 50%; expected without any effect 28% to 49%",
            who,
        ),
        (
            "Clearly more pain right after",
            "40%, 95% CI 30% to 50%; expected without any effect 9% to 17%",
            who,
        ),
        ("Clearly less pain at 2 days", "not shown (privacy)", who),
        ("Clearly more pain at 2 days", "not shown (privacy)", who),
    )


def test_figures_say_for_how_long_how_often_and_why_not(tmp_path) -> None:
    who = {"condition": "headache", "patients": 40, "sessions": 90, "note": ""}
    share = {"proportion": 0.5, "conf_low": 0.4, "conf_high": 0.6}
    found = _headache(
        tmp_path,
        **{
            "06_soreness__shares": [{**who, **share, "threshold": hours} for hours in (0, 24)],
            "05_twitches__counts": [
                {**who, "estimate": None, "conf_low": None, "conf_high": None, "note": "not recorded"}
            ],
            "01_data_quality__capture": [{**who, "patients": None, "capture_rate": 0.996}],
        },
    ).figures
    assert [figure[:2] for figure in found[-4:]] == [
        ("Sore at all", "50%, 95% CI 40% to 60%"),
        ("Sore for more than 24 hours", "50%, 95% CI 40% to 60%"),
        ("Twitches per session", "not recorded"),
        ("Pain at 2 days is known for", ">99% of sessions"),
    ]
    assert found[-1][2] == "—"


def test_relief_stands_beside_what_is_expected_and_its_verdict(export) -> None:
    pages = {page.label: page for page in condition_pages(export)}
    assert pages["Headache"].figures[0][:2] == (
        "Relief right after",
        "−0.2 (−0.5 to 0.0) points; expected without any effect 0.0 to 1.1: no more than expected",
    )
    assert pages["Headache"].rests_on == "From 70 patients of our clinic."
    assert pages["Golfer's elbow"].rests_on == ""
    assert {figure for _, figure, _ in pages["Golfer's elbow"].figures} == {"not shown (privacy)"}
