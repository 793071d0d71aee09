"""A spreadsheet as a clinic keeps it, for the tests that read, draft and tell layouts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def spreadsheet(tmp_path):
    """A clinic's own sheet: its own words, a 0-100 scale, ages in years, ICD codes."""
    rng = np.random.default_rng(4)
    n = 120
    frame = pd.DataFrame(
        {
            "Patient ID": [f"P{i // 3:03d}" for i in range(n)],
            "Visit no": [i % 3 + 1 for i in range(n)],
            "Age": rng.integers(20, 80, n),
            "Gender": rng.choice(["F", "M", "woman"], n),
            "Diagnosis": rng.choice(["M54.2", "LBP", "Tennis elbow", "Golfer's elbow", "TMJ"], n),
            "Side treated": rng.choice(["L", "R", "bilateral"], n),
            "Pain VAS before (mm)": rng.integers(30, 100, n),
            "Pain VAS after (mm)": rng.integers(0, 80, n),
            "Pain at follow-up": rng.integers(0, 60, n),
            "Twitches": rng.integers(0, 9, n),
            "Soreness duration (hours)": rng.integers(0, 48, n),
            "Therapist": rng.choice(["T1", "T2"], n),
            "Room": rng.choice(["a", "b"], n),
        }
    )
    path = tmp_path / "clinic sheet.csv"
    frame.to_csv(path, index=False)
    return path
