"""Editions: what an audience is shown of each table is what ``editions.csv`` says, row for row."""

from __future__ import annotations

import pandas as pd

from outcomes.disclosure.editions import edited
from outcomes.record.reference import read_reference


def test_every_rule_of_the_reference_is_followed_and_nothing_else_changes() -> None:
    rules = read_reference("editions")
    assert rules
    tables = {"99_other-table": pd.DataFrame({"condition": ["all", "neck_pain"]})}
    for rule in rules:
        column = rule["column"] or "x"
        tables[rule["table"]] = pd.DataFrame(
            {column: [rule["value"], "another", rule["value"]], "n": [1, 2, 3]}
        )
    for audience in ("owner", "researcher"):
        mine = {rule["table"]: rule for rule in rules if rule["audience"] == audience}
        shown = edited(tables, audience)
        assert list(shown) == list(tables)
        for name, table in shown.items():
            if name not in mine:
                assert table is tables[name]
            elif mine[name]["column"]:
                assert table["n"].tolist() == [1, 3]
                assert table.index.tolist() == [0, 1]
            else:
                assert table.empty
                assert list(table.columns) == list(tables[name].columns)


def test_tables_that_were_not_made_are_not_asked_for() -> None:
    assert edited({}, "owner") == {}
