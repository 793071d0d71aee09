"""The ledger of earlier exports."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.disclosure.ledger import Ledger
from outcomes.errors import DisclosureError, ExportError


def table(*patients):
    return pd.DataFrame({"condition": ["headache", "neck_pain"], "patients": patients})


def test_a_ledger_comes_back_from_its_file(tmp_path):
    ledger = Ledger()
    ledger.add({"t": table(40, float("nan"))})
    ledger.save(tmp_path / "ledger.json")
    assert Ledger.load(tmp_path / "ledger.json") == ledger
    assert list(ledger.counts.values()) == [[40.0]]
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.json"]


def test_no_file_is_an_empty_ledger(tmp_path):
    assert Ledger.load(tmp_path / "none.json").counts == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "outcomes ledger", "version": 2}', "\x00"])
def test_anything_else_is_refused(tmp_path, text):
    file = tmp_path / "ledger.json"
    file.write_text(text)
    with pytest.raises(DisclosureError, match="not a ledger"):
        Ledger.load(file)


@pytest.mark.parametrize(("now", "rows"), [((40, 60), []), ((41, 60), [0]), ((50, 49), [0]), ((51, 50), [1])])
def test_differences_of_one_to_ten_are_found(now, rows):
    ledger = Ledger()
    ledger.add({"t": table(40, 60)})
    found = ledger.check({"t": table(*now)})
    assert found["row"].tolist() == rows
    assert found["reason"].str.startswith("withheld: differs from an earlier export").all()


def test_every_earlier_export_counts_and_tables_are_kept_apart():
    ledger = Ledger()
    ledger.add({"t": table(40, 60)})
    ledger.add({"t": table(60, 60)})
    assert ledger.check({"t": table(45, 60)})["row"].tolist() == [0]
    assert ledger.check({"other": table(45, 65)}).empty
    assert ledger.check({"t": table(46, 60)}, audience="researcher").empty


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    with pytest.raises(ExportError, match="cannot be written"):
        Ledger().save(tmp_path / "absent" / "ledger.json")
