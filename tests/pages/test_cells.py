"""A cell that fails: its own words where people can mend it, a place in the code and nothing else where they cannot."""

from __future__ import annotations

import pytest

from outcomes.errors import OutcomesError
from outcomes.pages.cells import Failure, _as_text, _displayed, _failure


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (OutcomesError("No such column.\nMore."), Failure("No such column.")),
        (OutcomesError("\n"), Failure("no message")),
        (MemoryError(), Failure("there was not enough memory")),
    ],
)
def test_what_people_can_mend_is_said_in_a_line(error: BaseException, failure: Failure) -> None:
    assert _failure(error) == failure


def test_a_fault_of_ours_gives_its_place_and_no_value() -> None:
    try:
        {"patient": "Maria Garcia"}["Maria Garcia's pain"]
    except KeyError as error:
        found = _failure(error)
    assert found.ours
    assert "KeyError" in found.said
    assert "Maria" not in found.said


def test_pictures_are_text_and_text_is_left_alone() -> None:
    found = _as_text({"image/png": b"\x89PNG", "text/plain": "x", "application/json": {"a": 1}})
    assert found == {"image/png": "iVBORw==", "text/plain": "x", "application/json": {"a": 1}}


def test_what_a_cell_prints_is_kept_and_a_line_that_is_no_code_fails() -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False, "hist_file": ":memory:"}}))
    said = _displayed(shell, "print('first'); import sys; print('oh', file=sys.stderr)")
    assert [one.get("name", one["output_type"]) for one in said] == ["stdout", "stderr"]
    assert said[0]["text"] == "first\n"
    assert isinstance(_displayed(shell, "1 +"), Failure)
