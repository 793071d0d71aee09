"""SPSS, Stata and SAS: the values their own writer was given come back, labels where every value has one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from outcomes.errors import UnreadableFileError
from outcomes.files.read import read_source

FRAME = pd.DataFrame({"who": ["a", "b", ""], "sex": [1.0, 2.0, 1.0], "pain": [0.0, 6.5, float("nan")]})
SEX = {1: "female", 2: "male"}
PAIN = {0: "no pain", 10: "worst"}
READ = [
    {"who": "a", "sex": "female", "pain": "0"},
    {"who": "b", "sex": "male", "pain": "6.5"},
    {"who": None, "sex": "female", "pain": None},
]


@pytest.mark.parametrize("kind", ["sav", "zsav", "dta"])
def test_labels_stand_for_values_where_every_value_has_one(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "trial.data"
    labels = {"sex": SEX} if kind == "dta" else {"sex": SEX, "pain": PAIN}  # Stata labels whole numbers only
    if kind == "dta":
        pyreadstat.write_dta(FRAME, path, variable_value_labels=labels)
    else:
        pyreadstat.write_sav(FRAME, path, variable_value_labels=labels, compress=kind == "zsav")
    source = read_source(path)
    assert source.table.to_pylist() == READ
    assert source.format == ("stata" if kind == "dta" else "spss")
    assert source.lines([2]) == [3]


@pytest.mark.parametrize("kind", ["xport", "por"])
def test_files_without_labels_keep_their_values(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "trial.data"
    getattr(pyreadstat, f"write_{kind}")(FRAME, path)
    rows = read_source(path).table.to_pylist()
    assert [[str(value) for value in row.values()] for row in rows] == [
        ["a", "1", "0"],
        ["b", "2", "6.5"],
        ["None", "1", "None"],
    ]


def test_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trial.sav"
    pyreadstat.write_sav(FRAME, path)
    path.write_bytes(path.read_bytes()[:180])
    with pytest.raises(UnreadableFileError, match=r"trial\.sav is a SPSS file that breaks off or is damaged"):
        read_source(path)
