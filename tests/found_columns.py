"""Kinds of identifier found in a table, by column."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from outcomes.deidentify.detect import identifying_columns


def codes(frame: pd.DataFrame | pa.Table) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in identifying_columns(frame):
        found.setdefault(finding.column, set()).add(finding.code)
    return found


VALUES = [
    ("email", "ann.lee@example.org"),
    ("email", "reach me: o'neil+x@mail.example.co.uk today"),
    ("url", "https://example.org/p/7"),
    ("url", "www.example.org"),
    ("ip address", "192.168.10.24"),
    ("ip address", "2001:db8:85a3:0:0:8a2e:370:7334"),
    ("device", "00:1B:44:11:3A:B7"),
    ("ssn", "219-09-9999"),
    ("phone", "(617) 555-0134"),
    ("phone", "617-555-0134"),
    ("phone", "617.555.0134"),
    ("phone", "+1 617 555 0134"),
    ("phone", "+447700900123"),
    ("phone", "07700 900123"),
    ("phone", "call 617-555-0134"),
    ("record number", "MRN 00123456"),
    ("record number", "MRN00123456"),
    ("record number", "mrn:123456"),
    ("date", "2024-03-05"),
    ("date", "P001-2024-03-05"),
    ("date", "2024-03-05T10:30:00Z"),
    ("date", "2024/03/05 10:30"),
    ("date", "3/5/2024"),
    ("date", "05/03/24"),
    ("date", "5.3.2024"),
    ("date", "5 Mar 2024"),
    ("date", "05-MAR-2024"),
    ("date", "March 5, 2024"),
    ("date", "Mar 2024"),
    ("place", "12 Elm Street"),
    ("place", "12 elm street, flat 2"),
    ("place", "1200 N. Main St."),
    ("name", "Dr. Smith"),
    ("name", "Mrs Jones"),
    ("name", "Maria Gonzalez"),
    ("name", "SMITH, JOHN"),
    ("name", "O'Brien, Kathleen M."),
]
"""Kind and value, one of which is enough in any column."""
