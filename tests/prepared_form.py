"""Answers of an online form, and what preparing a text gives."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from outcomes.intake.prepare import Prepared, prepare

KEY = b"no secret, but long enough"
FORM = """Timestamp,"Patient code","What was treated today?","Pain before (0-10)","Pain right after (0-10)","Pain two days later (0-10)","How many twitches?","How long were you sore?"
2/3/2026 9:12:44,A-101,Neck pain,7/10,5,3,6,2 days
2/3/2026 10:40:01,A-102,Low Back Pain,6 - moderate,6,4,>10,36 hrs
2/5/2026 11:00:00,A-103,Plantar fasciitis,8,5-6,,0,none
2/9/2026 9:12:44,A-101,Neck pain,5,4,2,several,1-2 days
"""  # noqa: E501


def prepared(text: str, folder: Path, name: str = "raw.csv", **options: object) -> Prepared:
    path = folder / name
    path.write_text(text)
    return prepare(path, key=KEY, **options)  # type: ignore[arg-type]


def values(sessions: pd.DataFrame, name: str) -> list[object]:
    return sessions[name].astype(object).where(sessions[name].notna(), None).tolist()
