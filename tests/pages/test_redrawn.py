"""Lists and what they show: nothing of an earlier choice stands under a new one, and what fails says so."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import HTML, display
from ipywidgets import Dropdown

from outcomes.pages.redrawn import FAILED, WAITING, redrawn


@pytest.fixture
def shell():
    """A shell that displays, as a kernel has one."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def displayed(monkeypatch) -> list[object]:
    things: list[object] = []
    monkeypatch.setattr("IPython.display.display", lambda *shown, **_: things.extend(shown))
    return things


def test_what_is_displayed_stands_below_and_changes_with_the_choice(shell, displayed) -> None:
    picker, before = Dropdown(options=["a", "b"]), []

    def show() -> None:
        before.append(displayed[1].value)
        display(HTML(f"<p>chosen {picker.value}</p>"))
        display(HTML("<p>and more</p>"))

    redrawn([picker], picker, show)
    assert displayed[0] is picker
    assert "<p>chosen a</p><p>and more</p>" in displayed[1].value
    picker.value = "b"
    assert "<p>chosen b</p><p>and more</p>" in displayed[1].value
    assert "chosen a" not in displayed[1].value
    assert before == [WAITING, WAITING]


def test_a_choice_that_fails_leaves_nothing_of_the_one_before(shell, displayed) -> None:
    picker = Dropdown(options=["a", "b"])

    def show() -> None:
        display(HTML(f"<p>chosen {picker.value}</p>"))
        if picker.value == "b":
            raise ValueError("b")

    redrawn([picker], picker, show)
    with pytest.raises(ValueError, match="b"):
        picker.value = "b"
    assert displayed[1].value == FAILED
