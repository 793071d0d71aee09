"""Reference tables as records: each type of value, what may be blank, and what keeps its default."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from outcomes.record import reference
from outcomes.record.reference import read_reference, rows


@dataclass(frozen=True)
class Kept:
    """One of each."""

    name: str
    count: int
    size: float
    maybe: float | None
    text: str | None
    flag: bool
    hours: tuple[float, ...]
    codes: tuple[str, ...] = ("none",)


def table(monkeypatch: pytest.MonkeyPatch, *lines: dict[str, str]) -> None:
    monkeypatch.setattr(reference, "read_reference", lambda name: lines)


FULL = {
    "label": "a",
    "count": "3",
    "size": "2.5",
    "maybe": "-1",
    "text": "x",
    "flag": "yes",
    "hours": "0;12.5",
}
BLANK = {**FULL, "label": "b", "maybe": "", "text": "", "flag": "no", "hours": ""}


def test_values_are_read_as_their_fields_say(monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, FULL, BLANK)
    assert rows("any", Kept, name="label") == (
        Kept("a", 3, 2.5, -1.0, "x", True, (0.0, 12.5)),
        Kept("b", 3, 2.5, None, None, False, ()),
    )


def test_a_field_without_a_column_keeps_its_default_and_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, {**FULL, "codes": "M54.2;M26.62"})
    assert rows("any", Kept, name="label")[0].codes == ("M54.2", "M26.62")
    table(monkeypatch, {name: value for name, value in FULL.items() if name != "size"})
    with pytest.raises(TypeError, match="size"):
        rows("any", Kept, name="label")


def test_a_number_that_is_none_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, {**FULL, "size": "large"})
    with pytest.raises(ValueError, match="large"):
        rows("any", Kept, name="label")


def test_a_table_is_read_once_as_text() -> None:
    assert read_reference("movements") is read_reference("movements")
    assert read_reference("movements")[0]["movement"] == "cervical_flexion"
    assert set(map(type, read_reference("movements")[0].values())) == {str}
