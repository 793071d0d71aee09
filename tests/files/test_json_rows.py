"""JSON: one record a line, or a list of them; anything else is refused by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files.read import read_source

RECORDS = [{"s": "s1", "pain": 6.0, "ok": True}, {"s": "s2", "pain": 6.5, "more": {"a": [1]}}]
READ = [
    {"s": "s1", "pain": "6", "ok": "true", "more": None},
    {"s": "s2", "pain": "6.5", "ok": None, "more": '{"a": [1]}'},
]


def _written(text: str, folder: Path) -> Path:
    path = folder / "records.json"
    path.write_text(text)
    return path


def test_records_are_read_from_lines_and_from_a_list(tmp_path: Path) -> None:
    lines = read_source(_written("\n\n".join(map(json.dumps, RECORDS)) + "\n", tmp_path))
    assert lines.table.to_pylist() == READ
    assert lines.lines([0, 1]) == [1, 3]
    whole = read_source(_written(json.dumps(RECORDS, indent=2), tmp_path))
    assert whole.table.to_pylist() == READ


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1}\n{"a": \n', "line 2: is not JSON"),
        ("[1, 2]", "line 1: holds no record"),
        ("[]", "holds no records"),
        ("{}", "holds no records"),
        ("[" * 100_000, "line 1: is not JSON"),
    ],
)
def test_what_is_no_record_is_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=says):
        read_source(_written(text, tmp_path))
