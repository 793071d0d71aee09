"""Who reached a change that matters, when, and was it there at the last session: counted on courses made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions import milestones
from outcomes.words import NOT_RECORDED
from questions.made_courses import courses

REACHED, KEPT = "reached at some later session", "there at the last session"


def test_a_change_that_matters_is_reached_and_kept_or_lost() -> None:
    frame = courses([6, 3, 6], [6, 3, 2], [6, 6], [2, 0], copies=10)
    rows = milestones.change_reached(frame).set_index(["variable", "label"])
    assert rows.loc[("pain", REACHED), "sessions"] == 30, "a course that begins below 3 cannot reach it"
    assert rows.loc[("pain", REACHED), "proportion"] == pytest.approx(2 / 3)
    assert rows.loc[("pain", KEPT), "proportion"] == pytest.approx(1 / 3)
    assert (
        0 < rows.loc[("pain", KEPT), "null_benchmark"] < rows.loc[("pain", KEPT), "null_benchmark_flare"] < 1
    )
    assert set(rows.loc["function", "note"]) == {NOT_RECORDED}


def test_questionnaires_count_by_their_own_smallest_change_and_direction() -> None:
    frame = courses([6, 5], [6, 5], copies=10).assign(prom="lefs")
    better, worse = frame["patient_id"].str.startswith("p0"), frame["session_number"] == 2
    frame["prom_score"] = 40.0 + np.where(worse, np.where(better, 9.0, -9.0), 0.0)
    rows = milestones.change_reached(frame)
    lefs = rows[rows["variable"].str.startswith("Lower Extremity")].set_index("label")
    assert lefs.loc[KEPT, "proportion"] == pytest.approx(0.5)


def test_how_many_sessions_it_took_competes_with_stopping() -> None:
    frame = courses([6, 3], [6, 6, 3], [6, 6], [6, 6, 6, 6], copies=10)
    rows = milestones.sessions_to_change(frame).set_index(["label", "threshold"])["proportion"]
    assert rows[REACHED][[1, 2, 3]].tolist() == pytest.approx([0.25, 0.5, 0.5])
    assert rows["stopped before reaching it"][[1, 2, 4]].tolist() == pytest.approx([0.0, 0.25, 0.5])
    assert rows["reached, had nobody stopped"][[1, 2]].tolist() == pytest.approx([0.25, 1 - 0.75 * 2 / 3])


def test_function_is_better_where_it_is_higher() -> None:
    """Two courses in four gain two points, one loses two, one gains just less than 1.3."""
    frame = courses([6, 6], [6, 6], [6, 6], [6, 6], copies=10)
    first, group = frame["session_number"] == 1, frame["patient_id"].str[1]
    later = 5.0 + group.map({"0": 2.0, "1": 2.0, "2": -2.0, "3": 1.2})
    rows = milestones.change_reached(frame.assign(function_pre=np.where(first, 5.0, later)))
    function = rows[rows["variable"] == "function"].set_index("label")
    assert function.loc[[REACHED, KEPT], "proportion"].tolist() == pytest.approx([0.5, 0.5])
    assert function[["null_benchmark", "null_benchmark_flare"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("name", "better"), [("lefs", 9.0), ("odi", -10.0)], ids=["higher is better", "lower is better"]
)
def test_a_questionnaire_is_better_at_its_better_end(name, better) -> None:
    frame = courses([6, 5], [6, 5], [6, 5], [6, 5], copies=10).assign(prom=name)
    first, group = frame["session_number"] == 1, frame["patient_id"].str[1]
    frame["prom_score"] = 40.0 + np.where(
        first, 0.0, group.map({"0": better, "1": better, "2": -better, "3": better * 0.9})
    )
    rows = milestones.change_reached(frame)
    found = rows[(rows["label"] == KEPT) & ~rows["variable"].isin(["pain", "function"])]
    assert found["proportion"].tolist() == pytest.approx([0.5])


def test_a_course_that_reaches_it_late_is_counted_up_to_five_sessions() -> None:
    """Courses of seven sessions of which each further one reaches it one session later."""
    frame = courses(*[[6] * n + [3] * (7 - n) for n in range(1, 7)], copies=8)
    rows = milestones.sessions_to_change(frame)
    reached = rows[rows["label"] == REACHED].set_index("threshold")["proportion"]
    assert reached.to_dict() == pytest.approx({had: had / 6 for had in range(1, 6)})
    chart = milestones.time_rows(rows)
    assert chart["condition"].unique().tolist() == [f"by session {n}" for n in range(2, 7)]
    assert set(chart["time"]) == set(rows["label"])


def test_without_a_second_reading_nobody_can_reach_anything() -> None:
    once = courses([6], [5], copies=10)
    assert set(milestones.change_reached(once)["note"]) == {NOT_RECORDED}
    low = courses([2, 0], [1, 1], copies=10)
    times = milestones.sessions_to_change(low)
    assert set(times["note"]) == {NOT_RECORDED}
    assert times["proportion"].isna().all()
    assert isinstance(times, pd.DataFrame)
