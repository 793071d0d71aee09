"""A fit as a page: four digits, small p-values, markup escaped."""

from __future__ import annotations

import pandas as pd

from outcomes.models.mixed.text import page_of_html, page_of_text

TABLE = pd.DataFrame(
    {"term": ["a<b"], "estimate": [1.234567], "std_error": [float("nan")], "p_value": [0.0004]}
)


def test_text_has_heading_tables_and_notes():
    page = page_of_text(["Fit", "of 3 patients"], {"Coefficients": TABLE}, ["one note"])
    assert page.startswith("Fit\nof 3 patients\n\nCoefficients\n")
    assert "1.235" in page
    assert "<0.001" in page
    assert "nan" not in page
    assert page.endswith("Notes\n- one note")
    assert "Notes" not in page_of_text(["Fit"], {"Coefficients": TABLE}, [])


def test_html_escapes_what_it_is_given():
    page = page_of_html(["<Fit>"], {"T": TABLE}, ["x < y"])
    assert "&lt;Fit&gt;" in page
    assert "a&lt;b" in page
    assert "<li>x &lt; y</li>" in page
