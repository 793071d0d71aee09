"""Sessions spread over rows or columns, put together again: nothing is lost, nothing is invented."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.errors import MappingError
from outcomes.files.columns import packed
from outcomes.intake.reshape import joined, merge_rows, spread, ticked_codes


def test_spread_gives_what_is_known_once_to_every_row_and_changes_nothing_else():
    raw = pd.DataFrame(
        {"id": ["a", "a", "b", None], "sex": ["male", None, None, "female"], "x": list("1234")}
    )
    new = spread(raw, within=["id"], columns=["sex", "absent"], file="f")
    assert new["sex"].astype(object).where(new["sex"].notna(), None).tolist() == [
        "male",
        "male",
        None,
        "female",
    ]
    assert new["x"].tolist() == list("1234")
    with pytest.raises(MappingError, match="'who', which f does not have"):
        spread(raw, within=["who"], columns=["sex"], file="f")


def test_merged_rows_keep_the_first_rows_place_and_refuse_contradictions():
    raw = pd.DataFrame(
        {"id": ["b", "a", "b"], "n": ["1", "1", "1"], "x": [None, "2", "3"], "form": ["s", "s", "f"]}
    )
    raw.index = [4, 5, 9]
    merged = merge_rows(raw, row=["id", "n"], differ=["form"], file="f")
    assert merged["id"].tolist() == ["b", "a"]
    assert merged["x"].tolist() == ["3", "2"]
    assert merged.index.tolist() == [4, 5]
    with pytest.raises(MappingError, match="different values of 'form' in 1 places"):
        merge_rows(raw, row=["id", "n"], file="f")


def test_ticks_become_codes():
    raw = pd.DataFrame({"h": ["1", "0", None, "Checked"], "t": ["0", "Unchecked", None, " X "]})
    codes = ticked_codes(raw, {"h": "heat", "t": "taping", "gone": "none"}, file="f")
    assert codes.astype(object).where(codes.notna(), None).tolist() == ["heat", None, None, "heat;taping"]
    with pytest.raises(MappingError, match="has none of the columns"):
        ticked_codes(raw, {"gone": "none"}, file="f")


def test_columns_are_joined_as_text_however_they_are_held() -> None:
    what, when = (pd.Series(cells * 4, dtype="str") for cells in (["NPRS", None], ["pre", "post"]))
    assert joined([packed(what), packed(when)], " ").tolist() == ["NPRS pre", " post"] * 4
    assert joined([what], " ").tolist() == ["NPRS", ""] * 4
