"""Ages over 89 are found as numbers and as text; the band 90+ and codes for missing are let by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from found_columns import codes
from outcomes.deidentify.ages import any_over_89, over_89_in_text


@pytest.mark.parametrize(
    "ages", [[45, 90], [45.0, 93.0, np.nan], ["45", "93"], ["45", "93 years"], ["20-29", "91-95"]]
)
def test_ages_over_89(ages):
    assert codes(pd.DataFrame({"age": ages})) == {"age": {"age over 89"}}
    assert codes(pd.DataFrame({"patientAge": ages})) == {"patientAge": {"age over 89"}}
    assert codes(pd.DataFrame({"weight": ages})) == {}


def test_ages_up_to_89_bands_and_codes_for_missing_are_let_by():
    frame = pd.DataFrame(
        {"age": [18, 89, 999], "age_months": [240, 1000, 600], "age_band": ["20-29", "80-89", "90+"]}
    )
    assert codes(frame) == {}


@pytest.mark.parametrize(
    ("name", "numbers", "over"),
    [
        ("age", [89.99], False),
        ("age", [90], True),
        ("age", [129.9], True),
        ("age", [130], False),
        ("age_months", [1_079], False),
        ("age in months", [1_080], True),
        ("age_days", [32_871], False),
        ("age_days", [32_873], True),
        ("age", [None], False),
    ],
)
def test_numbers_to_the_very_edge(name: str, numbers: list[float | None], over: bool) -> None:
    assert any_over_89(name, pa.array(numbers, pa.float64())) is over


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("90", True),
        ("93 years", True),
        ("101 y old", True),
        ("91-95", True),
        ("91+", True),
        ("95+", True),
        ("100+", True),
        ("90+", False),
        ("90-99", False),
        ("90–99", False),
        ("89", False),
        ("9", False),
        ("93 minutes", False),
        ("930", False),
    ],
)
def test_texts_to_the_very_edge(text: str, over: bool) -> None:
    one, none = pa.array([text]), pa.array([], pa.string())
    assert over_89_in_text("age", one, none) is over
    assert over_89_in_text("age", none, one) is over
    assert not over_89_in_text("age in months", one, none)
