"""A share of sessions as evidence: counted by hand, with who it rests on, or why there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.evidence_shares import evidence_of, marked, share_evidence


def clinic(patients: int, flags: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"patient_id": np.arange(len(flags)) % patients, "flag": flags})


def test_a_share_has_both_its_counts_and_the_patients_it_rests_on() -> None:
    found = share_evidence(clinic(10, [1.0] * 6 + [0.0] * 14 + [np.nan] * 5), "flag", 0.95)
    assert found.estimate == pytest.approx(0.3)
    assert found.counts == (6.0, 14.0)
    assert (found.patients, found.sessions, found.df) == (10, 20, 9.0)
    assert found.conf_low < 0.3 < found.conf_high


@pytest.mark.parametrize(
    ("patients", "flags", "note"),
    [
        (7, [1.0, 0.0] * 7, "too few patients to say"),
        (10, [np.nan] * 20, "no session in which the flag is defined"),
    ],
)
def test_without_a_figure_it_says_why(patients, flags, note) -> None:
    found = share_evidence(clinic(patients, flags), "flag", 0.95)
    assert (found.estimated, found.note, found.counts) == (False, note, ())


def test_a_row_without_a_note_of_its_own_was_not_recorded() -> None:
    row = pd.Series({"patients": 0, "sessions": 0, "estimate": np.nan, "note": None})
    assert evidence_of(row, "estimate", df=1.0).note == "not recorded"


def test_what_is_not_known_is_neither_met_nor_unmet() -> None:
    frame = pd.DataFrame({"x": [3.0, 1.0, np.nan]})
    found = marked(frame, "high", frame["x"] > 2, frame["x"].notna())["high"]
    np.testing.assert_array_equal(found, [1.0, 0.0, np.nan])
