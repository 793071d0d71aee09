"""What cannot stay in a session is taken out and counted, and what is left keeps every rule."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.intake.clean import usable
from outcomes.intake.read import check_sessions


def sessions(**changes: list[object]) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        "session_id": ["s1", "s2", "s3"],
        "patient_id": ["p", "p", "q"],
        "condition": ["neck_pain"] * 3,
        "session_number": ["1", "2", "1"],
        "pain_pre": ["6", "5", "7"],
        "pain_post": ["4", "4", "4"],
    }
    return pd.DataFrame(columns | changes, dtype="str")


def test_what_is_whole_stays_as_it_is() -> None:
    whole = sessions()
    kept, moved, blanked = usable(whole)
    pd.testing.assert_frame_equal(kept, whole)
    assert [one for one in moved if one.rows] == []
    assert blanked == []


@pytest.mark.parametrize(
    ("changes", "column", "values", "why"),
    [
        ({"pain_post": ["4", "45", "six"]}, "pain_post", {"six"}, "no number that could be read"),
        ({"pain_post": ["4", "45", "11"]}, "pain_post", {"45", "11"}, "beyond 0–10"),
        ({"twitch_count": ["1", "2.5", None]}, "twitch_count", {"2.5"}, "must be"),
        ({"sex": ["female", "x", None]}, "sex", {"x"}, "must be"),
    ],
)
def test_a_cell_goes_and_its_row_stays(changes, column: str, values: set[str], why: str) -> None:
    kept, moved, blanked = usable(sessions(**changes))
    assert len(kept) == 3
    assert sum(one.rows for one in moved) == 0
    found = [one for one in blanked if one.column == column and set(one.values) == values]
    assert len(found) == 1
    assert found[0].why.startswith(why)
    assert found[0].cells == len(values)
    assert kept[column].isin(list(values)).sum() == 0
    assert not (check_sessions(kept).problems["severity"] == "error").any()


def test_a_row_without_what_every_session_needs_goes_with_its_reason() -> None:
    kept, moved, blanked = usable(sessions(pain_pre=["6", None, "99"]))
    assert kept["session_id"].tolist() == ["s1"]
    assert sum(one.rows for one in moved if one.why.startswith("no pain before")) == 2
    assert [(one.column, one.values) for one in blanked] == [("pain_pre", ("99",))]


def test_nothing_may_be_left() -> None:
    kept, moved, _ = usable(sessions(condition=[None, None, None]))
    assert kept.empty
    assert sum(one.rows for one in moved) == 3


def test_columns_beyond_the_record_are_carried_along() -> None:
    kept, _, _ = usable(sessions(pain_pre=["6", None, "7"], room=["a", "b", "c"]))
    assert kept["room"].tolist() == ["a", "c"]
