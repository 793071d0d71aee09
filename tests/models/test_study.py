"""What a study asks of every clinic: it adds, and what was not recorded is not there."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import ReductionError
from outcomes.models.exchange import estimates_of
from outcomes.models.study import parts_of_a_study, reduce_study, together
from outcomes.record.plan import use_plan
from several_clinics_data import clinics, put_together, same_sums


@pytest.fixture(scope="module")
def each():
    return clinics(40, 60, 50)


@pytest.fixture(scope="module")
def studies(each):
    return [reduce_study(sessions) for sessions in each]


def test_every_part_of_the_sum_is_that_of_the_records_put_together(each, studies):
    found, wanted = together(studies), reduce_study(put_together(each))
    assert list(found.parts) == list(wanted.parts) == [part.name for part in parts_of_a_study()]
    same_sums(found, wanted)
    assert (found.patients, found.sessions) == (150, sum(map(len, each)))
    assert found.synthetic == "all"


def test_new_sessions_and_a_patient_who_withdraws_are_a_new_file_of_the_clinic(each, studies):
    """The file takes the place of the one before: what is pooled then is that of the records as they are now."""
    first = each[0]
    gone, late = first["patient_id"] == first["patient_id"].iloc[0], first["session_number"] > 2
    before = reduce_study(first[~late])
    now = reduce_study(first[~gone])
    assert before.sessions < now.sessions < len(first)
    found, wanted = together([now, studies[1]]), reduce_study(put_together([first[~gone], each[1]]))
    same_sums(found, wanted)


def test_what_a_clinic_did_not_record_is_not_among_its_parts(each, studies):
    bare = each[0].drop(columns=["soreness_h", "soreness_ongoing", "soreness_free_h", "pain_during"])
    study = reduce_study(bare.assign(pain_48h=float("nan")))
    kinds = {name.partition("-")[0] for name in study.parts}
    assert kinds == {"totals", "counts", "readings"}
    assert study.soreness() is None
    assert not [name for name in study.parts if "48h" in name and "function" not in name]
    both = study + studies[1]
    assert both.part("totals", "pain_during") is studies[1].part("totals", "pain_during")


def test_a_clinic_with_one_condition_adds_to_others(each, studies):
    one = each[0][each[0]["condition"] == "neck_pain"]
    both = reduce_study(one) + studies[1]
    whole = reduce_study(put_together([one, each[1]]))
    name = "moments-relation_overall-all"
    pd.testing.assert_frame_equal(
        estimates_of(both.parts[name]), estimates_of(whole.parts[name]), check_dtype=False, rtol=1e-8
    )


def test_studies_of_unequal_plans_do_not_add(each, studies, tmp_path):
    (tmp_path / "plan.toml").write_text("[followup]\nleast_h = 24.0\n")
    with use_plan(tmp_path / "plan.toml"):
        other = reduce_study(each[1])
    with pytest.raises(ReductionError, match="different plans"):
        studies[0] + other
    with pytest.raises(TypeError):
        studies[0] + 1


def test_synthetic_records_among_others_are_said(studies):
    assert (studies[0] + replace(studies[1], synthetic="")).synthetic == "some"


def test_nothing_is_not_reduced(each):
    with pytest.raises(ReductionError, match="no sessions"):
        oc.reduce_study(each[0].head(0))
