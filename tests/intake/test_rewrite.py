"""Whole columns rewritten: every text counted once, nothing put where something stood."""

from __future__ import annotations

import pandas as pd

from outcomes.intake.rewrite import Rewriting, rewritten
from outcomes.intake.values import Choices


def texts(*cells: str | None) -> pd.Series:
    return pd.Series(cells, dtype="str")


def plain(cells: pd.Series) -> list[str | None]:
    return [None if pd.isna(cell) else cell for cell in cells]


def test_each_distinct_text_is_one_rewriting_with_its_cells() -> None:
    out, said = rewritten({"pain_pre": texts("7/10", "6", "7/10", None, "5-6", "lots")}, Choices(), {})
    assert plain(out["pain_pre"]) == ["7", "6", "7", None, "5.5", None]
    assert {(one.theirs, one.became, one.kind, one.cells) for one in said} == {
        ("7/10", "7", "rewritten", 2),
        ("5-6", "5.5", "flagged", 1),
        ("lots", "", "unclear", 1),
    }
    assert sum(one.cells for one in said) == 4, "a text that is a value already is not rewritten"


def test_what_is_given_is_left_alone() -> None:
    given = {"pain_pre": texts("7/10")}
    rewritten(given, Choices(), {})
    assert given["pain_pre"].tolist() == ["7/10"]


def test_a_unit_settles_a_number() -> None:
    days, _ = rewritten({"soreness_h": texts("2", "36 h")}, Choices(), {"soreness_h": "days"})
    assert plain(days["soreness_h"]) == ["48", "36"]
    unknown, said = rewritten({"soreness_h": texts("2", "36 h")}, Choices(), {"soreness_h": "unknown"})
    assert plain(unknown["soreness_h"]) == [None, "36"]
    assert {one.kind for one in said if one.theirs == "2"} == {"unclear"}


def test_a_text_may_answer_another_column_where_that_is_blank() -> None:
    both = {"condition": texts("left tennis elbow", "right tennis elbow"), "side": texts(None, "left")}
    out, said = rewritten(both, Choices(), {})
    assert plain(out["condition"]) == ["tennis_elbow"] * 2
    assert plain(out["side"]) == ["left", "left"], "what stands there already stays"
    assert {one.became for one in said} == {"tennis_elbow, side left", "tennis_elbow, side right"}
    alone, _ = rewritten({"condition": texts("left tennis elbow")}, Choices(), {})
    assert plain(alone["side"]) == ["left"]


def test_still_sore_is_sore_until_the_follow_up() -> None:
    columns = {
        "soreness_h": texts(None, None, "12", None),
        "soreness_ongoing": texts("true", "yes", "true", "false"),
        "followup_h": texts("48", None, "50", "49"),
    }
    out, said = rewritten(columns, Choices(), {})
    assert plain(out["soreness_h"]) == ["48", None, "12", None]
    assert out["soreness_ongoing"].isna().tolist() == [False, True, False, False]
    still = [one for one in said if one.theirs == "still sore"]
    assert still == [
        Rewriting(
            "soreness_h", "still sore", "followup_h", "sore until the follow-up at least", "rewritten", 1
        ),
        Rewriting(
            "soreness_h", "still sore", "", "still sore, but not known when that was asked", "unclear", 1
        ),
    ]
