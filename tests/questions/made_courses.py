"""Courses of care made by hand."""

from __future__ import annotations

import pandas as pd


def courses(*pains: list[float], copies: int = 10) -> pd.DataFrame:
    """Sessions of courses with these pains before each, every course so many times."""
    rows = [
        {"patient_id": f"p{n}-{k}", "condition": "neck_pain", "session_number": i + 1, "pain_pre": pain}
        for n, course in enumerate(pains)
        for k in range(copies)
        for i, pain in enumerate(course)
    ]
    return pd.DataFrame(rows)
