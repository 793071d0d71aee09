"""REDCap exports of any project: every row is a session, part of one, or left out with its reason."""

from __future__ import annotations

import pandas as pd

from outcomes.intake.redcap import SESSION, one_row_per_session

BLANK = None
FIELDS = {"record": "id", "session": ["pain"], "followup": ["later"]}


def _export(*rows: dict[str, str]) -> pd.DataFrame:
    names = [
        "id",
        "redcap_event_name",
        "redcap_repeat_instrument",
        "redcap_repeat_instance",
        "age",
        "pain",
        "box___1",
    ]
    names += ["later", "session_complete"]
    return pd.DataFrame([{name: row.get(name) for name in names} for row in rows], dtype="str")


def _row(id: str, event: str = "", instrument: str = "", instance: str = "", **cells: str) -> dict[str, str]:
    place = {
        "redcap_event_name": event,
        "redcap_repeat_instrument": instrument,
        "redcap_repeat_instance": instance,
    }
    return {"id": id, **{name: value for name, value in place.items() if value}, **cells}


def _read(*rows: dict[str, str]) -> tuple[list[tuple[object, ...]], dict[str, int]]:
    frame, moved = one_row_per_session(_export(*rows), **FIELDS)
    cells = frame[["id", SESSION, "age", "pain", "later"]].astype(object)
    sessions = [tuple(row) for row in cells.where(cells.notna(), None).to_numpy().tolist()]
    counts = {one.why: one.rows for one in moved if one.rows}
    assert len(rows) == len(sessions) + sum(counts.values())
    return sessions, counts


JOINED, ONCE = "follow-ups joined to their session", "recorded once per patient, given to each session"


def test_repeating_instruments_share_an_instance() -> None:
    sessions, counts = _read(
        _row("1", age="40"),
        _row("1", instrument="session", instance="1", pain="6"),
        _row("1", instrument="session", instance="2", pain="5"),
        _row("1", instrument="call", instance="2", later="3"),
        _row("1", instrument="call", instance="1", later="4"),
    )
    assert sessions == [("1", "1", "40", "6", "4"), ("1", "2", "40", "5", "3")]
    assert counts == {JOINED: 2, ONCE: 1}


def test_repeating_events_hold_a_whole_session() -> None:
    sessions, counts = _read(
        _row("1", "intake", age="40"),
        _row("1", "visit", instance="1", pain="6", later="4"),
        _row("1", "visit", instance="2", pain="5"),
    )
    assert sessions == [("1", "1", "40", "6", "4"), ("1", "2", "40", "5", None)]
    assert counts == {ONCE: 1}


def test_events_of_their_own_are_joined_by_their_number() -> None:
    sessions, counts = _read(
        _row("1", "visit_1_arm_1", pain="6"),
        _row("1", "call_1_arm_1", later="4"),
        _row("1", "visit_2_arm_1", pain="5"),
        _row("1", "call_2_arm_1", later="3"),
    )
    assert [(row[3], row[4]) for row in sessions] == [("6", "4"), ("5", "3")]
    assert counts == {JOINED: 2}


def test_one_session_and_one_follow_up_belong_together() -> None:
    sessions, _ = _read(_row("1", "visit_arm_1", pain="6"), _row("1", "call_arm_1", later="4"))
    assert sessions == [("1", "visit_arm_1", None, "6", "4")]


def test_both_mixed_and_instances_without_a_number_are_kept() -> None:
    sessions, counts = _read(
        _row("1", "visit", "session", "1", pain="6"),
        _row("2", "visit", "session", pain="5"),
        _row("3", "visit", instance="1", pain="7", later="5"),
        _row("4", "visit", pain="8"),
    )
    assert [row[3] for row in sessions] == ["6", "5", "7", "8"]
    assert not counts


def test_further_forms_of_a_session_are_merged() -> None:
    frame = _export(
        _row("1", instrument="pain", instance="1", pain="6"),
        _row("1", instrument="needling", instance="1", box___1="1"),
    )
    merged, moved = one_row_per_session(frame, record="id", session=["pain", "box___1"], followup=["later"])
    assert merged["pain"].tolist() == ["6"]
    assert merged["box___1"].tolist() == ["1"]
    assert [(one.why, one.rows) for one in moved if one.rows] == [("further forms of one session", 1)]


def test_instances_nobody_filled_in_are_left_out_whatever_boxes_and_status_say() -> None:
    sessions, counts = _read(
        _row("1", instrument="session", instance="1", pain="6", box___1="0"),
        _row("1", instrument="session", instance="2", box___1="0", session_complete="0"),
        _row("1", instrument="call", instance="1", session_complete="2"),
    )
    assert len(sessions) == 1
    assert counts == {"instances nobody filled in": 2}


def test_a_code_for_missing_is_an_answer() -> None:
    sessions, counts = _read(
        _row("1", instrument="session", instance="1", pain="6"),
        _row("1", instrument="call", instance="1", later="UNK"),
    )
    assert sessions == [("1", "1", None, "6", "UNK")]
    assert counts == {JOINED: 1}


def test_what_has_no_session_is_left_out_with_its_reason() -> None:
    sessions, counts = _read(
        _row("1", instrument="session", instance="1", pain="6"),
        _row("1", instrument="call", instance="7", later="4"),
        _row("2", age="50"),
    )
    assert len(sessions) == 1
    assert counts == {
        "follow-ups whose session is not in the file": 1,
        "rows of patients without a session": 1,
    }


def test_a_follow_up_is_joined_once() -> None:
    sessions, counts = _read(
        _row("1", instrument="session", instance="1", pain="6"),
        _row("1", instrument="call", instance="1", later="4"),
        _row("1", instrument="call", instance="1", later="9"),
    )
    assert sessions == [("1", "1", None, "6", "4")]
    assert counts["follow-ups whose session is not in the file"] == 1
