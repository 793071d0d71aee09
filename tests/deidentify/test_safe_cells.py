"""Cells that may stay."""

from __future__ import annotations

import pandas as pd

from outcomes.deidentify.run import deidentify
from outcomes.deidentify.safe_cells import SHARED_BY

KEY = b"not a secret, but long enough"


def test_a_text_stays_only_where_patients_share_it():
    few, many = ["frozen shoulder"] * (SHARED_BY - 1), ["whiplash"] * SHARED_BY
    raw = pd.DataFrame(
        {"patient_id": [f"P{i}" for i in range(9)], "condition": few + many, "Care": few + many}
    )
    safe, _ = deidentify(raw, key=KEY)
    assert set(safe["condition"].dropna()) == {"whiplash"}
    assert set(safe["Care"].dropna()) == {"whiplash"}
    one = raw.assign(patient_id="P1")
    assert deidentify(one, key=KEY)[0]["condition"].isna().all()


def test_a_name_that_many_share_is_still_a_name():
    raw = pd.DataFrame({"patient_id": [f"P{i}" for i in range(9)], "activity": ["Maria Gonzalez"] * 9})
    assert set(deidentify(raw, key=KEY)[0]["activity"]) == {"other"}
