"""What to do about a number that cannot be: a remedy that fits the value."""

from __future__ import annotations

import pytest

import outcomes as oc
from outcomes.intake.read import check_sessions
from outcomes.intake.remedies import by_remedy, remedy
from outcomes.record.columns import column
from outcomes.record.rules import rules

RANGE = next(rule for rule in rules() if rule.name == "range" and rule.columns == ("pain_post",))


@pytest.mark.parametrize(
    ("name", "value", "begins"),
    [
        ("pain_pre", -99, "a code for missing?"),
        ("pain_pre", 999, "a code for missing?"),
        ("pain_pre", -1, "a minus sign too many? nothing is below 0"),
        ("pain_pre", 11, "a scale numbered from 1 to 11"),
        ("pain_pre", 12, "a slip of the keys? the most is 10"),
        ("pain_pre", 20, "a slip of the keys? the most is 10"),
        ("pain_pre", 21, "was this a 100-mm scale? then set pain_pre"),
        ("pain_pre", 101, "correct the value, or leave"),
        ("rom_pre", 250, "correct the value, or leave"),
    ],
)
def test_a_value_alone(name: str, value: float, begins: str) -> None:
    assert remedy(column(name), value).startswith(begins)


def test_beside_marks_of_a_line_a_small_one_is_a_mark_too() -> None:
    assert remedy(column("pain_pre"), 12, marks=True).startswith("was this a 100-mm scale?")
    found = by_remedy(RANGE, [45, 12, -99, -1, 70, -99])
    assert {rule.remedy[:12]: at for rule, at in found} == {
        "was this a 1": [0, 1, 4],
        "a code for m": [2, 5],
        "a minus sign": [3],
    }
    assert len(by_remedy(RANGE, [12, 20])) == 1, "20 is not surely off a line of 100 mm"
    assert [rule.remedy[:8] for rule, _ in by_remedy(RANGE, [12, 20.5])] == ["was this"]
    alone = by_remedy(RANGE, [12, -99])
    assert [at for _, at in alone] == [[0], [1]]
    assert alone[0][0].remedy.startswith("a slip of the keys?")


def test_other_rules_keep_their_one_remedy() -> None:
    unique = next(rule for rule in rules() if rule.name == "unique")
    assert by_remedy(unique, [1.0, 2.0]) == [(unique, [0, 1])]


def test_one_column_whose_values_ask_for_different_things_says_each_with_its_count(tmp_path) -> None:
    sessions, _ = oc.simulate_sessions(60, seed=3)
    frame = sessions.astype({"pain_post": "float64"})
    for row, value in enumerate((45, 12, -99, -1, 70, -99)):
        frame.loc[row, "pain_post"] = value
    frame.to_csv(tmp_path / "s.csv", index=False)
    problems = check_sessions(tmp_path / "s.csv").problems
    errors = problems[problems["severity"] == "error"]
    counts = errors.drop_duplicates("remedy").set_index(errors["remedy"].str[:12].drop_duplicates())["count"]
    assert counts.to_dict() == {"was this a 1": 3, "a code for m": 2, "a minus sign": 1}
    assert errors["line"].tolist() == [2, 3, 6, 4, 7, 5]
