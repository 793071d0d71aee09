"""Tightness, pressure threshold and ranges by how they were measured: plain means, the truth found, nothing asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions import beside_pain
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.words import NOT_RECORDED


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(250, seed=11)[0])


def test_means_are_plain_means_of_the_sessions_with_both_readings(sessions) -> None:
    found = beside_pain.beside_pain(sessions, times=["post"]).set_index("measure")["estimate"]
    assert found["tightness_relief"] == pytest.approx(
        (sessions["tightness_pre"] - sessions["tightness_post"]).mean()
    )
    assert found["ppt_gain"] == pytest.approx((sessions["ppt_post"] - sessions["ppt_pre"]).mean())
    by = beside_pain.beside_pain(sessions, "tightness_relief", times=["post"]).set_index("condition")[
        "estimate"
    ]
    neck = sessions[sessions["condition"].astype(str) == "neck_pain"]
    assert by["neck_pain"] == pytest.approx((neck["tightness_pre"] - neck["tightness_post"]).mean())


def test_intervals_hold_the_truth_of_the_simulation() -> None:
    clinic, truth = oc.simulate_sessions(1_500, seed=12)
    rows = beside_pain.beside_pain(clinic, times=["post"]).set_index("measure")
    for name in beside_pain.MEASURES:
        true = float(truth.conditions[f"{name}_post"].iloc[0])
        error = rows.loc[name, "std_error"]
        assert (
            abs(rows.loc[name, "estimate"] - true) < 4 * error + 0.1 * true
        )  # cut at 0 and 10, in whole points


def test_ranges_are_kept_apart_by_mode_method_and_rater(sessions) -> None:
    rows = beside_pain.ranges_by_reading(sessions)
    gain = sessions["rom_post"] - sessions["rom_pre"]
    for name, said, code in (
        ("rom_mode", "movement was", "passive"),
        ("rom_method", "measured with", "goniometer"),
    ):
        mine = (sessions[name].astype(object) == code) & (
            sessions["rom_movement"].astype(object) == "cervical_rotation"
        )
        row = rows[
            (rows["variable"] == said)
            & (rows["value"] == code)
            & (rows["rom_movement"] == "cervical_rotation")
        ]
        assert row["sessions"].item() == gain[mine].notna().sum()
        assert np.isnan(row["estimate"].item()) or row["estimate"].item() == pytest.approx(gain[mine].mean())
    raters = rows[rows["variable"] == "same rater"]
    assert set(raters["value"]) == {"same", "different"}


def test_sentences_give_intervals_without_a_direction(sessions) -> None:
    said = " ".join(beside_pain.beside_sentences(beside_pain.beside_pain(sessions), {}))
    assert "Relief of tightness right after: " in said
    assert "Gain in pressure pain threshold at 2 days: " in said
    assert "kPa (95% CI" in said
    assert not any(word in said for word in ("lower", "higher", "improved", "less"))


def test_records_that_do_not_ask_say_so(sessions) -> None:
    old = sessions.drop(columns=[c.name for c in OPTIONAL_COLUMNS])
    rows = beside_pain.beside_pain(old)
    assert set(rows["note"]) == {NOT_RECORDED}
    assert beside_pain.beside_sentences(rows, {}) == [
        "These records do not hold tightness or pressure pain threshold."
    ]
    assert set(beside_pain.ranges_by_reading(old)["note"]) == {NOT_RECORDED}


def test_every_table_passes_the_gate(sessions) -> None:
    tables = {
        "all": beside_pain.beside_pain(sessions),
        "t": beside_pain.beside_pain(sessions, "tightness_relief"),
    }
    shown = oc.protect_all({**tables, "r": beside_pain.ranges_by_reading(sessions)}, audience="owner")
    counts = pd.concat([found.table["patients"] for found in shown.values()]).dropna()
    assert not counts.between(1, 10).any()
