"""What the questions share: which columns, why there is no answer, and the order of the rows."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError, FormulaError, PlanError
from outcomes.questions import answers
from outcomes.words import NOT_RECORDED, TOO_FEW

LEAST = answers.least_patients()


def rows(**columns) -> pd.DataFrame:
    return pd.DataFrame({"patients": [0, LEAST - 1, LEAST], "sessions": [0, 30, 30], **columns})


def test_the_least_number_of_patients_is_enough_and_one_less_is_not():
    assert answers.why_none(LEAST) == ""
    assert answers.why_none(LEAST - 1) == TOO_FEW
    assert answers.why_none(LEAST, recorded=False) == NOT_RECORDED
    assert answers.with_reasons(rows(), "fine")["note"].tolist() == [NOT_RECORDED, TOO_FEW, "fine"]


def test_numbers_of_too_few_patients_are_blanked_and_no_others():
    before = rows(estimate=[1.0, 2.0, 3.0], capture_rate=[0.1, 0.2, 0.3], note="")
    after = answers.with_too_few_blanked(before, ["estimate", "conf_low"])
    assert after["estimate"].isna().tolist() == [True, True, False]
    assert after["capture_rate"].tolist() == [0.1, 0.2, 0.3]
    assert after["note"].tolist() == [NOT_RECORDED, TOO_FEW, ""]
    assert before["estimate"].notna().all()
    other = answers.with_too_few_blanked(before, ["estimate"], unrecorded=TOO_FEW)
    assert other["note"].tolist() == [TOO_FEW, TOO_FEW, ""]


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (EstimationError("`x` of patient 7 is infinite"), answers.NOT_FITTED),
        (FormulaError("'y ~ bmi' names `bmi`, which is not a column"), answers.NOT_COMPUTED),
    ],
)
def test_an_engines_message_goes_to_the_log_and_not_into_the_note(error, note, caplog):
    def fit():
        raise error

    with caplog.at_level(logging.INFO, logger="outcomes"):
        assert answers.fit_or_why(fit) == (None, note)
    assert str(error) in caplog.text
    assert len(note) < 90


def test_what_is_no_matter_of_fitting_is_not_taken_for_it():
    def fit():
        raise PlanError("a plan has no section [x]")

    with pytest.raises(PlanError):
        answers.fit_or_why(fit)


def test_columns_are_derived_within_the_window_and_missing_where_nobody_recorded_them():
    sessions = pd.DataFrame(
        {
            "patient_id": ["a", "b", "c"],
            "pain_pre": [5.0, 6.0, 7.0],
            "pain_48h": [4.0, 4.0, 4.0],
            "followup_h": [48.0, 200.0, np.nan],
            "unasked": [1, 2, 3],
        }
    )
    found = answers.needed_columns(sessions, "pain_relief_48h", "twitch_count")
    assert found["pain_relief_48h"].tolist()[::2] == [1.0, 3.0]
    assert np.isnan(found["pain_relief_48h"][1])
    assert found["twitch_count"].isna().all()
    assert "unasked" not in found
    assert "twitch_count" not in sessions


def test_groups_come_head_to_foot_and_unknown_ones_last():
    names = ["zebra", "plantar_fasciitis", "headache", "other", "ankle"]
    assert answers.in_order(names) == ["headache", "plantar_fasciitis", "other", "ankle", "zebra"]
    assert answers.in_order(["other", "deep static"], "technique") == ["deep static", "other"]
    frame = pd.DataFrame({"condition": ["jaw_pain", "headache"] * 2, "place": range(4)})
    assert answers.sorted_rows(frame, "condition")["place"].tolist() == [1, 3, 0, 2]


def test_the_condition_leaves_a_model_that_knows_only_one():
    sessions = oc.simulate_sessions(30, seed=1)[0]
    assert answers.only_condition(sessions) == []
    assert answers.only_condition(sessions[sessions["condition"] == "headache"]) == ["condition"]


ASKED = [
    oc.needling.needle_felt,
    oc.needling.needling_links,
    oc.needling.needling_pain,
    oc.kept_relief.relief_kept,
    oc.relation.correlation,
    oc.soreness.soreness_peaks,
    oc.twitches.twitch_counts,
    oc.twitches.twitches_seen,
]


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.simulate_sessions(80, seed=3)[0]


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.__name__)
def test_less_confidence_is_a_narrower_interval_about_the_same_figure(question, sessions) -> None:
    sure, less = (question(sessions, conf_level=level) for level in (0.95, 0.8))
    widths = [(one["conf_high"] - one["conf_low"]).to_numpy(float) for one in (sure, less)]
    known = widths[0] > 0
    assert known.any()
    assert (widths[1][known] < widths[0][known]).all()
    named = next(name for name in ("estimate", "proportion", "rate", "ratio", "correlation") if name in sure)
    np.testing.assert_array_equal(sure[named], less[named])
