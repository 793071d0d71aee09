"""Which column is which: by what a heading says and what its cells could be, one to one, ties left open."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.intake.matching import LIKELY, SURE, Match, matched

N = 12


def frame(**columns: object) -> pd.DataFrame:
    cells = {name: [str(cell) for cell in given] for name, given in columns.items()}
    return pd.DataFrame(cells, dtype="str")


def taken(raw: pd.DataFrame) -> dict[str, str]:
    return matched(raw, list(raw.columns)).taken


def test_a_heading_is_believed_where_its_cells_fit() -> None:
    cells = list(range(N))
    raw = frame(**{"Patient ID": [f"p{i}" for i in cells], "Pain before": [i % 11 for i in cells]})
    assert taken(raw) == {"patient_id": "Patient ID", "pain_pre": "Pain before"}
    wrong = raw.assign(**{"Pain before": ["left"] * N})
    assert "pain_pre" not in taken(wrong)


def test_a_scale_of_100_and_rewritten_cells_fit_too() -> None:
    assert (
        taken(frame(**{"Pain before": ["55", "7/10", "6,5", "none", "80"] * 2}))["pain_pre"] == "Pain before"
    )


def test_a_column_is_used_once_and_the_better_heading_wins() -> None:
    raw = frame(**{"Pain": ["5"] * N, "Pain before needling": ["6"] * N, "Pain right after": ["4"] * N})
    found = taken(raw)
    assert found["pain_pre"] == "Pain before needling"
    assert found["pain_post"] == "Pain right after"
    assert len(set(found.values())) == len(found)


def test_two_as_good_are_rivals_and_neither_is_taken() -> None:
    raw = frame(**{"Pain before": ["5"] * N, "Pain before ": ["6"] * N})
    found = matched(raw, list(raw.columns))
    assert set(found.rivals["pain_pre"]) == {"Pain before", "Pain before "}
    assert "pain_pre" not in found.taken


def test_muscles_and_conditions_are_known_by_their_values() -> None:
    raw = frame(x=["UT; SCM", "QL"] * 6, y=["Neck pain", "M54.50"] * 6, z=["red", "blue"] * 6)
    found = {match.theirs: match for match in matched(raw, list(raw.columns)).best}
    assert found["x"].ours == "muscles"
    assert found["y"].ours == "condition"
    assert "z" not in found
    assert found["x"].sure == 0.6


def test_dates_births_ages_and_names_are_told_apart() -> None:
    raw = frame(
        **{
            "Date of visit": [f"2024-05-{i + 1:02}" for i in range(N)],
            "Follow-up date": [f"2024-05-{i + 3:02}" for i in range(N)],
            "Next appointment": [f"2024-06-{i + 3:02}" for i in range(N)],
            "DOB": ["1984-03-05"] * N,
            "Patient name": [f"Ann Lee{i}" for i in range(N)],
            "Age": ["40"] * N,
        }
    )
    found = matched(raw, list(raw.columns))
    assert (found.date, found.later_date, found.birth) == ("Date of visit", "Follow-up date", "DOB")
    assert found.patient == ("Patient name", "DOB")
    assert {"Date of visit", "Follow-up date", "DOB", "Patient name"} <= found.used
    assert "Next appointment" not in found.used


def test_when_a_tool_writes_down_the_time_it_is_the_last_resort() -> None:
    raw = frame(**{"Timestamp": [f"2024-05-{i + 1:02} 10:00" for i in range(N)], "Pain before": ["5"] * N})
    assert matched(raw, list(raw.columns), when=["timestamp"]).date == "Timestamp"
    both = raw.assign(**{"Session date": [f"2024-04-{i + 1:02}" for i in range(N)]})
    assert matched(both, list(both.columns), when=["timestamp"]).date == "Session date"


@pytest.mark.parametrize(
    ("sure", "word"),
    [(1.0, "sure"), (SURE, "sure"), (SURE - 0.01, "likely"), (LIKELY, "likely"), (0.5, "doubtful")],
)
def test_how_sure_in_words(sure: float, word: str) -> None:
    assert Match("pain_pre", "x", sure).said == f"{word}, {sure:.2f}"


def test_the_order_of_rows_does_not_matter() -> None:
    raw = frame(**{"Patient ID": [f"p{i}" for i in range(N)], "NPRS after": [*range(N - 2), "", ""]})
    assert taken(raw) == taken(raw.iloc[::-1].reset_index(drop=True))


def test_ranges_of_several_movements_have_columns_of_their_own() -> None:
    """Of one movement alone they are the session's; two sides of a movement are left open."""
    names = ["Neck rotation before", "Neck rotation after", "SLR L pre", "SLR R pre"]
    raw = frame(**{name: ["50"] * N for name in names})
    found = matched(raw, names)
    assert found.taken == {
        "rom_cervical_rotation_pre": "Neck rotation before",
        "rom_cervical_rotation_post": "Neck rotation after",
    }
    assert set(found.rivals["rom_straight_leg_raise_pre"]) == {"SLR L pre", "SLR R pre"}
    alone = matched(raw, names[:2])
    assert alone.taken == {"rom_pre": names[0], "rom_post": names[1]}
    assert alone.movement == "cervical_rotation"
