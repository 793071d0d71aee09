"""What a section of a mapping may hold: nothing it does not name, and no name twice."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from outcomes.intake.sections import LongToWide, Merge, Redcap, Rows, Soreness, Spread, Values, WideToLong


@pytest.mark.parametrize(
    ("section", "content"),
    [
        (Spread, {"within": ["id"], "columns": ["sex", "sex"]}),
        (Spread, {"within": [], "columns": ["sex"]}),
        (Merge, {"row": ["id"], "more": 1}),
        (LongToWide, {"row": ["id"], "by": "", "visits": {"a": "pre"}}),
        (LongToWide, {"row": ["id"], "by": "when", "visits": {}}),
        (WideToLong, {"columns": ["pain"], "endings": {"_1": "first"}}),
        (Redcap, {"session": ["pain"]}),
        (Soreness, {"readings": {}}),
        (Rows, {"is": "a"}),
        (Values, {"ranges": "lowest"}),
    ],
)
def test_what_a_section_may_not_hold(section, content: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        section.model_validate(content)


def test_one_word_is_a_list_of_one() -> None:
    assert Rows.model_validate({"column": "x", "is": "a", "not": [1, 2]}).is_ == ("a",)
    assert Rows.model_validate({"column": "x", "not": 1}).not_ == (1,)


def test_options_and_recodings_stand_apart_whatever_their_order() -> None:
    given = {"sex": {"F": "female"}, "rewrite": True, "side": {"L": "left"}, "bounds": "bound"}
    values = Values.model_validate(given)
    assert values.recode == {"sex": {"F": "female"}, "side": {"L": "left"}}
    assert (values.rewrite, values.ranges, values.bounds) == (True, "middle", "bound")
    assert Values.model_validate(values.model_dump()) == values, "what was read reads back"


def test_a_section_cannot_be_changed() -> None:
    merge = Merge.model_validate({"row": ["id"]})
    with pytest.raises(ValidationError, match="frozen"):
        merge.row = ("x",)
