"""Pain of the needling: plain means and shares by hand, the truth of the simulation found again, and nothing asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import outcomes as oc
from outcomes.questions import needling
from outcomes.questions.levels import answer_shares, tag_flags
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.words import NOT_RECORDED, TOO_FEW, causal_claims

TRUTH = {"first time, against later": 0.6, "lasting 3 months or more": 0.4, "each point of tolerance": -0.2}


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(300, seed=3)[0])


def test_several_answers_are_each_a_share_of_the_sessions_asked() -> None:
    told = ["deep_ache;cramp", "deep_ache", "none", None] * 10
    frame = pd.DataFrame(
        {"patient_id": [f"p{i}" for i in range(40)], "sensation": told, "condition": "neck_pain"}
    )
    flags = tag_flags(frame, "sensation")
    assert list(flags)[:3] == ["Deep ache", "Cramp", "Sharp"]
    found = answer_shares(frame, flags).set_index("label")
    assert found["proportion"].round(4).to_dict() == {
        **dict.fromkeys(flags, 0.0), "Deep ache": 0.6667, "Cramp": 0.3333, "Nothing": 0.3333,
    }  # fmt: skip
    assert (found["sessions"] == 30).all()
    assert found["capture_rate"].unique().tolist() == [0.75]


def test_means_are_plain_means_and_few_patients_are_a_row_that_says_so(sessions) -> None:
    found = needling.needling_pain(sessions).set_index("condition")
    plain = sessions.groupby("condition", observed=True)["pain_during"].mean()
    known = found["note"] == ""
    assert known.sum() > 5
    assert found.loc[known, "estimate"].to_dict() == pytest.approx(plain[found.index[known]].to_dict())
    few = sessions[sessions["patient_id"].isin(sessions["patient_id"].unique()[:5])]
    assert set(needling.needling_pain(few)["note"]) <= {TOO_FEW, NOT_RECORDED}
    assert needling.needling_links(few)["estimate"].isna().all()


def test_links_are_those_of_statsmodels(sessions) -> None:
    from statsmodels.formula.api import mixedlm

    frame = sessions.assign(
        first=sessions["needled_before"].astype(object).eq("never").astype(float).where(sessions["needled_before"].notna()),
        lasting=sessions["chronicity"].astype(object).isin(["3_to_12_months", "over_a_year"]).astype(float)
        .where(sessions["chronicity"].notna()),
        area=sessions["condition"].astype(str),
    )[["pain_during", "first", "lasting", "pain_tolerance", "area", "patient_id"]].dropna()  # fmt: skip
    theirs = mixedlm(
        "pain_during ~ area + first + lasting + pain_tolerance", frame, groups=frame["patient_id"]
    ).fit()
    ours = needling.needling_links(sessions)
    names = ["first", "lasting", "pain_tolerance"]
    assert ours["estimate"].to_numpy() == pytest.approx(theirs.params[names].to_numpy(), rel=1e-3)
    assert ours["std_error"].to_numpy() == pytest.approx(theirs.bse[names].to_numpy(), rel=1e-2)
    assert (ours["sessions"] == len(frame)).all()


def covered(clinics: int, patients: int, first_seed: int) -> np.ndarray:
    """Whether each interval held the truth: clinics by the three links."""
    rows = []
    for seed in range(first_seed, first_seed + clinics):
        links = needling.needling_links(oc.simulate_sessions(patients, seed=seed)[0]).set_index("quantity")
        rows.append(
            [links.loc[k, "conf_low"] <= true <= links.loc[k, "conf_high"] for k, true in TRUTH.items()]
        )
    return np.array(rows)


def test_intervals_hold_the_truth_in_a_few_clinics() -> None:
    found = covered(8, 150, 400)
    assert found.sum() >= binom.ppf(1e-4, found.size, 0.95)


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    found = covered(200, 300, 1000)
    assert found.sum(axis=0).min() >= binom.ppf(0.005, len(found), 0.95)


def test_areas_are_held_against_the_average_of_all(sessions) -> None:
    found = needling.needling_areas(sessions).set_index("condition")
    known = found["estimate"].dropna()
    assert len(known) > 5
    assert known["plantar_fasciitis"] == known.max()
    assert list(found.index) == list(needling.needling_pain(sessions)["condition"])
    one = sessions[sessions["condition"].astype(str) == "neck_pain"]
    assert needling.needling_areas(one)["note"].tolist() == [needling.ONE_AREA]


def test_first_timers_are_those_never_needled_before(sessions) -> None:
    card = needling.first_timers(sessions).set_index("label")
    first = sessions[sessions["needled_before"].astype(object).eq("never")]
    asked = first[first["needle_felt"].notna()]
    row = card.loc["Needle not felt going in"]
    assert row["sessions"] == len(asked)
    assert row["proportion"] == pytest.approx(asked["needle_felt"].astype(object).eq("no").mean())
    limited = first["activity_limited"].dropna().astype(object)
    assert card.loc["Activity limited in the days after", "proportion"] == pytest.approx(
        limited.ne("none").mean()
    )


def test_records_that_do_not_ask_say_so(sessions) -> None:
    old = sessions.drop(columns=[c.name for c in OPTIONAL_COLUMNS])
    overall, felt = needling.needling_pain(old, overall=True), needling.what_it_felt_like(old)
    assert needling.pain_sentences(overall) == ["These records do not ask what needling felt like."]
    assert needling.answer_line(overall, felt) == "These records do not ask what needling felt like."
    assert needling.felt_sentences(felt) == []
    for table in (
        needling.needling_links,
        needling.needling_areas,
        needling.needling_groups,
        needling.first_timers,
    ):
        assert set(table(old)["note"]) == {NOT_RECORDED}
    assert needling.first_timer_sentences(needling.first_timers(old))[0].endswith("not recorded.")


def test_directions_are_said_of_what_is_clear_only(sessions) -> None:
    links = needling.needling_links(oc.simulate_sessions(1_000, seed=5)[0])
    first, lasting, tolerance = needling.link_sentences(links)
    assert first.startswith("Pain of the needling was higher the first time than after needling before (")
    assert "no clear difference" not in first
    assert tolerance.startswith("Less pain of the needling went with each point of tolerance")
    vague = needling.link_sentences(links.assign(std_error=1.0, conf_low=-2.0, conf_high=2.0))
    assert all("no clear difference" in text for text in vague)
    assert causal_claims(" ".join([first, lasting, tolerance, *vague])) == []


def test_every_table_passes_the_gate(sessions) -> None:
    tables = {
        "overall": needling.needling_pain(sessions, overall=True),
        "pain": needling.needling_pain(sessions),
        "groups": needling.needling_groups(sessions),
        "links": needling.needling_links(sessions),
        "areas": needling.needling_areas(sessions),
        "felt": needling.what_it_felt_like(sessions),
        "needle": needling.needle_felt(sessions),
        "first": needling.first_timers(sessions),
    }
    shown = oc.protect_all(tables, audience="owner")
    counts = pd.concat([found.table["patients"] for found in shown.values()]).dropna()
    assert not counts.between(1, 10).any()
    assert list(needling.needling_groups(sessions)["value"])[:3] == ["never", "1_to_3", "4_or_more"]


def test_little_pain_is_up_to_three_and_strong_from_seven_as_their_names_say(sessions) -> None:
    found = needling.what_it_felt_like(sessions).set_index("label")["proportion"]
    asked = sessions["pain_during"].dropna().astype(float)
    assert {3.0, 7.0} <= set(asked), "the limits themselves are in the records"
    assert found["Little pain of the needling (3 or less)"] == pytest.approx((asked <= 3).mean())
    assert found["Strong pain of the needling (7 or more)"] == pytest.approx((asked >= 7).mean())
