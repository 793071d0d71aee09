"""A study laid out as numbers and back: masked, added, and equal to the plain sum; nothing of one clinic to be seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import ReductionError
from outcomes.models.secure.rounds import Round, as_text, from_text, invite, join, mask, start, unmask
from outcomes.models.secure.study_layout import study_layout
from outcomes.models.study import Clinics, reduce_study, together
from outcomes.record.plan import use_plan
from several_clinics_data import clinics, same_sums


@pytest.fixture(scope="module")
def studies():
    return [reduce_study(sessions) for sessions in clinics(30, 40, 50)]


@pytest.fixture(scope="module")
def layout():
    return study_layout(most_sessions=30)


def test_masked_studies_add_up_to_the_plain_sum_but_hours_of_soreness(studies):
    invitation = invite(most_sessions=30)
    joined = [join(invitation, name) for name in "abc"]
    begun = from_text(as_text(start(invitation, [member for _, member in joined])), Round)
    masked = [
        mask(begun, study, keys, fingerprint=begun.fingerprint)
        for study, (keys, _) in zip(studies, joined, strict=True)
    ]
    found, plain = unmask(begun, masked), together(studies)
    left_out = {name for name in plain.parts if name.startswith(("events", "watched"))}
    assert set(found.parts) == set(plain.parts) - left_out
    same_sums(plain, found)
    assert (found.patients, found.sessions, found.clinics, found.synthetic) == (120, plain.sessions, 3, "all")
    asked = found.soreness().asked
    pd.testing.assert_frame_equal(asked, plain.soreness().asked, check_dtype=False)


def test_every_list_is_as_long_whatever_a_clinic_recorded(studies, layout):
    bare = replace(studies[0], parts={})
    assert {len(list(layout.values(study))) for study in (*studies, bare)} == {layout.length}
    assert np.count_nonzero(list(layout.values(bare))) == 3, "patients, sessions, synthetic"


def test_what_has_no_place_is_refused(studies, layout):
    with pytest.raises(
        ReductionError, match=r"The records have n \d+.* in pain_pre, which the round has no place for"
    ):
        list(study_layout(most_sessions=2).values(studies[0]))
    with pytest.raises(ReductionError, match="The round adds studies"):
        list(layout.values(studies[0].part("totals", "pain_pre")))
    with pytest.raises(ReductionError, match="at least 1"):
        study_layout(most_sessions=0)


def test_a_clinic_under_another_plan_is_refused(studies, layout, tmp_path):
    (tmp_path / "plan.toml").write_text("[followup]\nleast_h = 24.0\n")
    with use_plan(tmp_path / "plan.toml"):
        other = reduce_study(clinics(20)[0])
        with pytest.raises(ReductionError, match="another plan"):
            list(layout.values(other))
    with pytest.raises(ReductionError, match="another plan"):
        list(layout.values(other))


def test_numbers_that_are_no_counts_are_refused(studies, layout):
    values = list(layout.values(studies[0]))
    for wrong in (-1.0, 0.5, 0.0):
        with pytest.raises(ReductionError, match="do not add up to sums of patients"):
            layout.reduction([wrong, *values[1:]])


def test_a_masked_study_is_read_as_one_of_several_clinics(studies, layout):
    summed = np.sum([list(layout.values(study)) for study in studies], axis=0).tolist()
    whole = layout.reduction(summed)
    pooled = Clinics((whole,))
    who = oc.several_clinics.who(pooled)
    assert who["clinics"].tolist()[0] == 3
    assert who["clinics"][1:].isna().all()
    sore = oc.several_clinics.sore_for(pooled, overall=True).set_index("threshold")
    assert sore.loc[0, "proportion"] > 0.5
    assert set(sore.loc[[24, 48, 72], "note"]) == {"masked sums hold no hours of soreness"}
    assert oc.several_clinics.between(pooled)["note"].str.endswith("masked ones not counted").all()
    assert oc.several_clinics.curve(pooled, overall=True)["still_sore"].isna().all()
