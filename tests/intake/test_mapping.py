"""A mapping turns published trials and clinics' files into sessions, and says what does not fit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import MappingError
from outcomes.intake.mapping import Mapping, read_mapping

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def backpain(shared_real: Path) -> pd.DataFrame:
    path = shared_real / "ashar_backpain/ashar_backpain.csv"
    return oc.read_sessions(path, mapping=DATA / "ashar_backpain.toml")


def test_back_pain_trial_gives_the_published_means(backpain) -> None:
    """Ashar et al. 2022, JAMA Psychiatry 79(1):13-23, table 2: pain after treatment, mean (SD), per arm."""
    assert len(backpain) == 151
    found = backpain.groupby("arm", observed=True)["pain_48h"].agg(["mean", "std"]).round(2)
    assert found.loc["psychological treatment"].tolist() == [1.18, 1.24]
    assert found.loc["placebo"].tolist() == [2.84, 1.64]
    assert found.loc["usual care"].tolist() == [3.13, 1.45]


def test_back_pain_trial_gives_the_published_pain_free_counts(backpain) -> None:
    """Ashar et al. 2022, abstract: pain-free or nearly so (0 or 1 of 10) of all randomised: 33/50, 10/51, 5/50."""
    nearly = backpain["pain_48h"].le(1).groupby(backpain["arm"], observed=True).agg(["sum", "size"])
    assert nearly.loc["psychological treatment"].tolist() == [33, 50]
    assert nearly.loc["placebo"].tolist() == [10, 51]
    assert nearly.loc["usual care"].tolist() == [5, 50]


def test_back_pain_trial_says_what_its_readings_are(backpain) -> None:
    assert backpain.attrs["outcomes"]["times"]["48h"] == "after treatment (about 4 weeks)"
    assert backpain["pain_post"].isna().all()
    assert backpain["twitch_count"].isna().all()
    assert (backpain["sex"] == "female").sum() == 81  # 54 % of 151, as published


def test_sore_throat_trial_gives_intervals_of_soreness(shared_real: Path) -> None:
    """Counts recomputed from the file: the last positive reading and the first zero after it."""
    path = shared_real / "licorice_sorethroat/licorice_sorethroat.csv"
    sessions = oc.read_sessions(path, mapping=DATA / "licorice_sorethroat.toml")
    raw = pd.read_csv(path)
    readings = raw[
        ["pacu30min_throatPain", "pacu90min_throatPain", "postOp4hour_throatPain", "pod1am_throatPain"]
    ]
    asked = readings.notna().any(axis="columns")
    assert len(sessions) == 235
    assert sessions["soreness_h"].notna().sum() == asked.sum()
    assert (sessions["soreness_h"] == 0).sum() == (
        (readings.fillna(0) == 0).all(axis="columns") & asked
    ).sum()
    assert sessions["soreness_ongoing"].sum() == (readings["pod1am_throatPain"] > 0).sum()
    assert (sessions["soreness_free_h"] > sessions["soreness_h"]).sum() == sessions[
        "soreness_free_h"
    ].notna().sum()
    assert sessions["soreness_peak"].max() == readings.max().max()


def _raw() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "who": ["a", "a", "b", "b"],
            "visit": ["1", "2", "1", "2"],
            "mm": ["55", "20", "80", None],
            "years": ["34", "34", "95", "95"],
            "g": ["F", "F", "M", "x"],
        }
    )


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[colums]\na = 'b'", "no section 'colums'"),
        ("[columns]\npain = 'p'", "'pain' is not a column of the session record"),
        ("[units]\npain_pre = 'days'", "no unit of it"),
        ("[units]\npain_pre = 'furlong'", "known units: mm"),
        ("title = 3", "'title' must be a text"),
        ("[long_to_wide]\nfoo = 1", "has no 'foo'"),
        ("[long_to_wide]\nrow = ['a']", "needs 'by'"),
        ("[wide_to_long]\ncolumns = ['a']\nendings = [1]", "must be a table of numbers"),
        ("[soreness]\nreadings = { a = 'b' }", "names hours"),
        ("rows = [1]", "takes column"),
        ("[units]\npain_pre = ['mm']", "must be a table of texts"),
        ("[columns]\npatient_id = 3", "must be a table of texts"),
        ("not toml at all", "is not a TOML file"),
    ],
)
def test_what_is_no_mapping_is_refused_with_what_is(toml: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(toml)
    with pytest.raises(MappingError) as refusal:
        read_mapping(path).apply(_raw())
    assert says in str(refusal.value)


def test_an_absent_column_is_named_with_those_there_are() -> None:
    with pytest.raises(
        MappingError, match=r"takes pain_pre from a column 'nprs', which x.csv does not have. It has: who"
    ):
        Mapping(columns={"pain_pre": "nprs"}).apply(_raw(), file="x.csv")


def test_headings_that_are_data_are_never_shown() -> None:
    raw = _raw().rename(columns={"g": "ann.lee@example.org"})
    with pytest.raises(MappingError) as refusal:
        Mapping(columns={"pain_pre": "nprs"}).apply(raw)
    assert "ann.lee" not in str(refusal.value)


def test_an_absent_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="There is no mapping"):
        read_mapping(tmp_path / "none.toml")
