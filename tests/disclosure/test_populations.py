"""Who stands behind a figure: hashes that add up, changes column by column, and sums of groups that tell few apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.disclosure.populations import (
    EVERYBODY,
    changes,
    is_enough,
    populations,
    together,
    told_in_parts,
)

KEY = bytes(range(32))


def sessions(**columns) -> pd.DataFrame:
    """Four patients, one of them in both conditions."""
    frame = pd.DataFrame(
        {
            "session_id": list("stuvwx"),
            "patient_id": ["ann-k", "ann-k", "bob-q", "cid-z", "dot-y", "dot-y"],
            "condition": ["headache", "neck_pain", "headache", "headache", "neck_pain", "neck_pain"],
            "pain_pre": [5.0, 6.0, 7.0, 5.0, 4.0, 4.0],
            "pain_post": [4.0, np.nan, 7.0, np.nan, 1.0, 2.0],
        }
    )
    return frame.assign(**columns)


def found(frame: pd.DataFrame, key: bytes = KEY):
    return populations(frame, frame["condition"], key)


def test_everybody_is_the_groups_added_up_whatever_the_order() -> None:
    of = found(sessions())
    assert list(of) == ["headache", "neck_pain", EVERYBODY]
    whole = of.pop(EVERYBODY)
    assert together(of.values()) == whole
    assert together(reversed(list(of.values()))) == whole
    shuffled = sessions().sample(frac=1, random_state=3)
    assert found(shuffled)[EVERYBODY] == whole
    assert together([]) == {}


def test_a_reading_counts_those_who_have_it_and_names_nobody() -> None:
    of = found(sessions())
    sizes = {
        name: {group: len(of[group].get(name, ())) for group in of}
        for name in ("sessions", "pain_pre", "pain_post")
    }
    assert sizes == {
        "sessions": {"headache": 3, "neck_pain": 2, "all": 4},
        "pain_pre": {"headache": 3, "neck_pain": 2, "all": 4},
        "pain_post": {"headache": 2, "neck_pain": 1, "all": 3},
    }
    assert len(of["all"]["pain_relief_post"]) == 3
    assert not any(name in str(of) for name in ("ann", "bob", "cid", "dot"))
    assert "session_id" not in of["all"]


def test_without_the_key_of_the_history_nothing_can_be_compared() -> None:
    one, other = found(sessions()), found(sessions(), bytes(32))
    for reading in one["all"]:
        assert not one["all"][reading].keys() & other["all"][reading].keys()


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "float32", "int16"])
def test_a_number_is_the_same_however_it_is_held(dtype) -> None:
    assert found(sessions(pain_pre=sessions()["pain_pre"].astype(dtype))) == found(sessions())


def changed_in(**columns) -> dict[str, int]:
    """How many patients changed, by reading."""
    before, now = found(sessions())["all"], found(sessions(**columns))["all"]
    return {
        name: len(who)
        for name in before.keys() & now.keys()
        for who in changes({name: before[name]}, {name: now[name]})
        if who
    }


def test_another_reading_changes_its_patient_there_and_in_what_is_derived_from_it() -> None:
    moved = changed_in(pain_post=[4.0, np.nan, 7.0, 3.0, 1.0, 2.0])
    assert moved["pain_post"] == moved["pain_relief_post"] == 1
    assert not {"sessions", "pain_pre"} & moved.keys()
    swapped = changed_in(pain_pre=[6.0, 5.0, 7.0, 5.0, 4.0, 4.0])
    assert "pain_pre" not in swapped  # the same patient's readings, exchanged between her sessions
    assert changed_in() == {}


def test_who_comes_and_who_goes_is_changed_and_what_one_has_alone_is_not_compared() -> None:
    before = {"pain": {"a": "1", "b": "2"}, "once": {"a": "1"}}
    now = {"pain": {"b": "3", "c": "1"}, "new": {"c": "1"}}
    assert changes(before, now) == [{"a", "b", "c"}]


def test_nobody_or_enough_at_every_reading() -> None:
    assert is_enough([set(), {"a", "b", "c"}], 3)
    assert not is_enough([{"a", "b", "c"}, {"a", "b"}], 3)
    assert is_enough([], 3)


def people(*names: range) -> dict[str, dict[str, str]]:
    return {"sessions": {f"{n:012x}": "00000001" for span in names for n in span}}


NOW = {"headache": "headache", "neck_pain": "neck_pain", "jaw_pain": "jaw_pain"}
MERGED = {"headache": "merged", "neck_pain": "merged", "jaw_pain": "jaw_pain"}


def test_a_group_that_was_merged_before_tells_its_parts_apart_where_few_differ() -> None:
    """Before, two conditions of 30 and 4 patients were shown together; now each by itself, and 4 are told apart."""
    then = MERGED, {"merged": people(range(34)), "jaw_pain": people(range(50, 90))}
    few = {"headache": people(range(30)), "neck_pain": people(range(30, 34)), "jaw_pain": then[1]["jaw_pain"]}
    assert told_in_parts((NOW, few), then, 11) == {"headache", "neck_pain"}
    many = {**few, "headache": people(range(20)), "neck_pain": people(range(20, 34))}
    assert told_in_parts((NOW, many), then, 11) == set()


def test_the_same_groups_are_not_compared_and_a_sum_of_groups_is() -> None:
    alone = {
        "headache": people(range(30)),
        "neck_pain": people(range(30, 60)),
        "jaw_pain": people(range(60, 90)),
    }
    assert told_in_parts((NOW, alone), (NOW, {**alone, "headache": people(range(29))}), 11) == set()
    then = MERGED, {"merged": people(range(57)), "jaw_pain": alone["jaw_pain"]}
    assert told_in_parts((NOW, alone), then, 11) == {
        "headache",
        "neck_pain",
    }  # their sum is three patients more
    assert told_in_parts((NOW, alone), then, 3) == set()


def test_so_many_sets_that_nobody_compares_them_are_taken_to_tell_parts() -> None:
    names = [f"c{n}" for n in range(13)]
    now = (
        {name: name for name in names},
        {name: people(range(40 * n, 40 * n + 40)) for n, name in enumerate(names)},
    )
    then = dict.fromkeys(names, "all of them"), {"all of them": people(range(520))}
    assert told_in_parts(now, then, 11) == set(names)


def test_how_long_the_soreness_lasted_is_one_answer_in_three_columns() -> None:
    """Nine of thirty-one new patients gave an interval, and nothing of a clinic was renewed for it."""
    exact = sessions(soreness_h=[24.0] * 6, soreness_ongoing=[False] * 6)
    one = found(exact)[EVERYBODY]
    assert {"soreness_ongoing", "soreness_free_h"}.isdisjoint(one)
    assert len(one["soreness_h"]) == 4
    at_third = np.arange(6) == 2
    for other in (
        exact.assign(soreness_free_h=np.where(at_third, 36.0, np.nan)),
        exact.assign(soreness_ongoing=at_third),
    ):
        assert [len(who) for who in changes(one, found(other)[EVERYBODY]) if who] == [1]
    swapped = exact.assign(soreness_h=36.0, soreness_free_h=24.0), exact.assign(soreness_free_h=36.0)
    first, second = (found(frame)[EVERYBODY]["soreness_h"] for frame in swapped)
    assert first != second
