"""Tables as an export writes them, for tests of the pages an owner opens."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from outcomes.pages.owner import Tables

TIMES = {"pre": "before", "post": "right after", "48h": "at 2 days"}


def relief_row(condition: str, time: str, **changes: object) -> dict[str, object]:
    row = {
        "condition": condition,
        "time": time,
        "measure": "pain_relief",
        "patients": 40,
        "sessions": 90,
        "capture_rate": 0.7,
        "estimate": 0.5,
        "std_error": 0.2,
        "df": 200,
        "conf_low": 0.1,
        "conf_high": 0.9,
        "better": 0.3,
        "same": 0.5,
        "worse": 0.2,
        "expected_change": 0.0,
        "null_benchmark_flare": 1.1,
        "note": "",
    }
    return {**row, **changes}


def card_line(condition: str, label: str, share: float | None, note: str = "") -> dict[str, object]:
    row = {"condition": condition, "label": label, "patients": 40, "sessions": 90, "capture_rate": 0.7}
    return {
        **row,
        "proportion": share,
        "conf_low": 0.1,
        "conf_high": 0.4,
        "null_benchmark": 0.28,
        "null_benchmark_flare": 0.49,
        "note": note,
    }


HIDDEN = {
    "patients": None,
    "estimate": None,
    "conf_low": None,
    "conf_high": None,
    "note": "withheld: few",
}
"""What a row lacks that is withheld."""
EXPORT = {
    "00_start_here-relief": [
        relief_row("tennis_elbow", "post"),
        relief_row("tennis_elbow", "48h", patients=35),
        relief_row("headache", "post", estimate=-0.2, conf_low=-0.5, conf_high=0.0, patients=70),
        relief_row("headache", "48h"),
        relief_row("golfers_elbow", "post", **HIDDEN),
        relief_row("golfers_elbow", "48h", **HIDDEN),
    ],
    "00_start_here-overall": [relief_row("all", "post"), relief_row("all", "48h")],
    "00_start_here-flow": [{"step": "recorded", "patients": 120, "sessions": 300}],
    "08_conditions-expectations": [
        card_line("headache", "Clearly less pain at 2 days", 0.4),
        card_line("headache", "Clearly more pain at 2 days", 0.17),
        card_line("tennis_elbow", "Clearly less pain at 2 days", 0.49),
        card_line("tennis_elbow", "Clearly more pain at 2 days", None, "withheld: fewer than 11 patients"),
    ],
}
"""Three conditions: one shown whole, one whose card lacks a direction, one withheld."""


def written(folder: Path, **more: list[dict[str, object]]) -> Tables:
    """The export above, and more tables, by name with ``__`` for the hyphen."""
    (folder / "tables").mkdir()
    for name, rows in {**EXPORT, **{name.replace("__", "-"): rows for name, rows in more.items()}}.items():
        pd.DataFrame(rows).to_csv(folder / f"tables/{name}.csv", index=False)
    return Tables(folder, TIMES)
