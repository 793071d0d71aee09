"""What is printed in the files of a folder, as a stranger reads it: rows, whom they are of, and words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.disclosure.printed import plain_text, rows_of, tables_in, texts_in, wholes_in


def seen(of="t", **columns):
    return next(rows_of(of, pd.DataFrame({name: [value] for name, value in columns.items()})))


def test_a_table_that_counts_nobody_has_no_rows_to_work_with():
    assert list(rows_of("limits", pd.DataFrame({"condition": ["headache"], "limit": [11]}))) == []


def test_a_row_is_known_by_its_group_and_by_what_was_asked():
    row = seen(condition="headache", threshold=24, measure="pain", note="as of release 3", patients=40)
    assert row.where == {("condition", "headache")}
    assert row.about == {("threshold", "24"), ("measure", "pain")}
    assert row.release == "3"
    assert seen(condition="all", patients=40).where == frozenset()


@pytest.mark.parametrize("blank", ["", "nan", None, np.nan, pd.NA])
def test_a_blank_cell_says_nothing(blank):
    row = seen(condition="headache", sex=blank, patients=blank, measure=blank)
    assert row.where == {("condition", "headache")}
    assert row.about == frozenset()
    assert np.isnan(row.count("patients"))


def test_the_same_count_is_one_wherever_it_stands_and_one_not_told_is_of_its_table():
    first, second = (seen(table, condition="headache", patients=40) for table in ("a", "b"))
    assert first.key("patients") == second.key("patients")
    other = seen("b", condition="headache", patients=41)
    assert first.key("patients") != other.key("patients")
    hidden = [seen(table, condition="headache", patients=np.nan).key("patients") for table in ("a", "b")]
    assert hidden[0] != hidden[1]


def test_a_figure_in_hours_is_the_same_as_a_number_and_as_text():
    """Read from Parquet, a threshold is a number; from the table of all tables it may be text."""
    asked = [seen(threshold=value, patients=40).about for value in (24, 24.0, "24")]
    assert asked[0] == asked[1] == asked[2]


def test_rows_of_the_table_of_all_tables_are_those_of_their_own():
    row = seen(
        "estimates.csv",
        notebook="02_immediate",
        table="relief",
        family="f",
        condition="headache",
        patients=40,
    )
    assert row.table == "02_immediate-relief"
    own = seen("tables/02_immediate-relief.csv", condition="headache", patients=40)
    assert (row.table, row.where, row.about) == (own.table, own.where, own.about)


def test_everybody_in_a_group_is_told_by_the_records_else_by_the_largest_row():
    frame = pd.DataFrame({"condition": ["headache"] * 2, "patients": [40, 38], "sessions": [90, 80]})
    rows = list(rows_of("flow", frame))
    assert wholes_in(rows)["", frozenset({("condition", "headache")})].count("patients") == 40
    records = list(rows_of("records.csv", frame.iloc[1:]))
    assert wholes_in([*rows, *records])["", frozenset({("condition", "headache")})].count("patients") == 38


def test_earlier_releases_have_wholes_of_their_own():
    frame = pd.DataFrame(
        {"condition": ["headache"] * 2, "patients": [40, 60], "note": ["", "as of release 2"]}
    )
    found = wholes_in(rows_of("flow", frame))
    assert {release for release, _ in found} == {"", "2"}


def test_words_of_pictures_and_titles_are_read_and_styles_and_pictures_are_not():
    page = (
        '<style>p { width: 7 patients }</style><script>"3 patients"</script><p>One\n  line</p>'
        '<img alt="40 patients" src="data:image/png;base64,xx"><div aria-label="Table" title="why">two</div>'
    )
    said = plain_text(page)
    assert "One line" in said
    assert all(text in said for text in ("two", "40 patients", "Table", "why"))
    assert "7 patients" not in said
    assert "3 patients" not in said
    assert "base64" not in said


def test_every_table_and_text_of_a_folder_is_read(tmp_path):
    frame = pd.DataFrame({"condition": ["all", "NA"], "patients": [40, 30]})
    (tmp_path / "tables").mkdir()
    frame.to_csv(tmp_path / "tables/a.csv", index=False)
    frame.to_parquet(tmp_path / "b.parquet")
    frame.to_excel(tmp_path / "c.xlsx", sheet_name="one", index=False, engine="xlsxwriter")
    for name in ("index.html", "manifest.json", "notes.md", "picture.png"):
        (tmp_path / name).write_text("x")
    found = dict(tables_in(tmp_path))
    assert set(found) == {"tables/a.csv", "b.parquet", "c.xlsx one"}
    assert found["tables/a.csv"]["condition"].tolist() == ["all", "NA"], "a group may be called NA"
    assert [path.name for path in texts_in(tmp_path)] == ["index.html", "manifest.json", "notes.md"]
