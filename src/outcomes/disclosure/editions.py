"""Tables in, what of them an audience is shown out: fewer rows for owners, chosen for what they ask."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.record.reference import read_reference

__all__ = ["edited"]


def edited(tables: Mapping[str, pd.DataFrame], audience: str) -> dict[str, pd.DataFrame]:
    """Keep of each table the rows an audience is shown.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        By ``<page>-<table>``.
    audience : str

    Returns
    -------
    dict of str to pandas.DataFrame
        In the same order; a table that is not for the audience has no rows.
    """
    rules = [row for row in read_reference("editions") if row["audience"] == audience]
    kept = dict(tables)
    for rule in rules:
        if rule["table"] in kept:
            table = kept[rule["table"]]
            of = rule["column"]
            chosen = table[table[of].astype("str") == rule["value"]] if of else table.iloc[:0]
            kept[rule["table"]] = chosen.reset_index(drop=True)
    return kept
