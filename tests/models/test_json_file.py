"""Reductions as JSON: what is not finite is null, other files are refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import ReductionError
from outcomes.models.json_file import read_json, write_json


def test_text_and_file_are_the_same_and_strictly_json(tmp_path):
    frame = pd.DataFrame(
        {"hours": [1.5, np.inf, np.nan], "count": np.array([1, 2, 3]), "name": ["a", "b", "ü"]}
    )
    text = write_json("kind/1", {"frame": frame, "by": ["x"]}, tmp_path / "r.json")
    assert (tmp_path / "r.json").read_text(encoding="utf-8") == text
    body = json.loads(text, parse_constant=pytest.fail)
    assert body["frame"] == {"hours": [1.5, None, None], "count": [1, 2, 3], "name": ["a", "b", "ü"]}
    assert read_json(tmp_path / "r.json", "kind/1", "a kind") == body


def test_numbers_come_back_to_the_last_digit():
    value = [0.1 + 0.2, 1 / 3, 1e-300, 2.0**53]
    text = write_json("kind/1", {"frame": pd.DataFrame({"v": value})}, None)
    assert json.loads(text)["frame"]["v"] == value


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[1]", b'{"format": "other/1"}', b'{"a": '])
def test_anything_else_is_refused(tmp_path, content):
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(ReductionError, match="a kind"):
        read_json(path, "kind/1", "a kind")
