"""The public claims: criteria fixed beforehand, verdicts by hand, and words that never claim a cause."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.questions.claims import VERDICTS, coarsened, figures_in_words, verdict_sentences
from outcomes.questions.evidence import ESTIMATORS
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.words import causal_claims

SUPPORTED, CONTRADICTED, UNKNOWN, UNTESTABLE, DESCRIBED = VERDICTS


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.simulate_sessions(300, seed=1)[0]


@pytest.fixture(scope="module")
def table(sessions) -> pd.DataFrame:
    return oc.claims(sessions)


def test_every_claim_has_one_row_with_the_columns_promised(table):
    assert table["claim"].tolist() == [f"C{i}" for i in range(1, 20)]
    assert {"claim", "measure", "estimate", "conf_low", "conf_high", "verdict", "why"} <= set(table.columns)
    assert set(table["verdict"]) <= set(VERDICTS)
    assert table["why"].str.len().gt(10).all()
    assert table["wording"].str.len().gt(10).all()


def test_what_such_records_cannot_test_is_not_tested(table):
    rows = table.set_index("claim")["verdict"]
    assert set(rows[rows == UNTESTABLE].index) == {"C8", "C10"}
    assert set(rows[rows == DESCRIBED].index) == {"C1", "C2"}


def test_claims_of_columns_that_came_later_are_as_before_where_these_are_not_recorded(sessions, table):
    old = oc.claims(sessions.drop(columns=[c.name for c in OPTIONAL_COLUMNS])).set_index("claim")
    later = ["C1", "C2", "C11", "C12", "C16", "C17"]
    assert set(old.loc[later, "verdict"]) == {UNTESTABLE}
    assert set(old.loc[later, "measure"]) == {""}
    assert not old["criterion"].str.contains("set on").any()
    now = table.set_index("claim")
    assert now.loc[later, "criterion"].str.contains("set on 2026-11-30").all()
    others = [name for name in now.index if name not in later]
    assert now.loc[others, "estimate"].equals(old.loc[others, "estimate"])


def test_answers_asked_later_are_counted_by_hand(sessions, table):
    rows = table.set_index("claim")["estimate"]
    felt = sessions["needle_felt"].dropna().astype(object)
    assert rows["C12"] == pytest.approx(felt.eq("no").mean())
    limited = sessions["activity_limited"].dropna().astype(object)
    assert rows["C17"] == pytest.approx(limited.isin(["some", "stopped"]).mean())
    sore = sessions[["soreness_like_workout", "soreness_unlike_pain"]].dropna().astype(object)
    assert rows["C16"] == pytest.approx(sore.eq("yes").all(axis=1).mean())
    told = (
        sessions.dropna(subset=["onset"]).groupby(["patient_id", "condition"], observed=True)["onset"].first()
    )
    four = {"exercise", "stress", "repetitive_work", "posture"}
    assert rows["C1"] == pytest.approx(np.mean([bool(four & set(tags.split(";"))) for tags in told]))


def test_what_the_needling_differs_by_is_supported_by_all_four_and_contradicted_by_none(sessions):
    clinic = oc.simulate_sessions(2_000, seed=4)[0]
    assert oc.claims(clinic).set_index("claim").loc["C11", "verdict"] == SUPPORTED
    even = clinic.assign(pain_during=np.random.default_rng(1).integers(3, 6, len(clinic)))
    row = oc.claims(even).set_index("claim").loc["C11"]
    assert (row["verdict"], row["estimate"]) == (CONTRADICTED, 0.0)


def test_no_word_of_it_claims_a_cause(table):
    said = [text for verdict in VERDICTS for text in verdict_sentences(table, verdict)]
    columns = [*table[["statement", "measure", "model", "criterion", "why", "wording"]].to_numpy().ravel()]
    assert len(columns) == 6 * 19
    assert causal_claims(" ".join([*said, *columns])) == []


def test_figures_are_those_of_the_library(sessions, table):
    rows = table.set_index("claim")
    share = oc.responders(sessions.assign(all="all"), "pain_responder_post", "all").iloc[0]
    assert rows.loc["C5", "estimate"] == share["proportion"]
    assert rows.loc["C5", "conf_high"] == share["conf_high"]
    assert (rows.loc["C5", "patients"], rows.loc["C5", "sessions"]) == (share["patients"], share["sessions"])
    summary = oc.soreness_summary(sessions.assign(all="all"), "all").iloc[0]
    assert rows.loc["C15", "estimate"] == pytest.approx(1 - summary["resolved_48h"])
    relations = oc.twitch_relations(sessions)
    slope = relations.query(
        "outcome == 'soreness_peak' and effect == 'within patients' and model == 'with insertions'"
    )
    assert rows.loc["C14", "estimate"] == pytest.approx(slope["estimate"].iloc[0])


def test_what_was_not_recorded_is_said_and_claimed_nowhere(sessions):
    found = oc.claims(sessions.drop(columns="twitch_count").assign(soreness_h=np.nan)).set_index("claim")
    rows = found.loc[["C3", "C4", "C15"]]
    assert rows["verdict"].tolist() == [UNKNOWN] * 3
    assert rows["why"].tolist() == [
        f"Not recorded: {name}." for name in ("twitches", "twitches", "soreness lasted")
    ]
    assert rows["wording"].str.contains("make no claim").all()


def test_later_readings_at_another_time_say_nothing_of_two_days(sessions):
    relabelled = sessions.copy()
    relabelled.attrs["outcomes"] = {"times": {"post": "right after", "48h": "after six weeks"}}
    found = oc.claims(relabelled).set_index("claim")
    assert "after six weeks" in found.loc["C18", "why"]
    assert found.loc["C18", "verdict"] == UNKNOWN


def test_few_patients_give_no_verdict(sessions):
    few = sessions[sessions["patient_id"].isin(sessions["patient_id"].unique()[:5])]
    found = oc.claims(few)
    assert set(found["verdict"]) == {UNKNOWN, UNTESTABLE}
    assert found["estimate"].isna().all()


def test_shares_of_few_sessions_are_withheld_with_their_words(table):
    asked = table.copy()
    asked.attrs["fewest_sessions"] = {"C5": 7.0, "C6": 30.0}
    shown = coarsened(asked, 11).set_index("claim")
    assert np.isnan(shown.loc["C5", "estimate"])
    assert "not shown (privacy)" in shown.loc["C5", "why"]
    assert shown.loc["C5", "verdict"] == table.set_index("claim").loc["C5", "verdict"]
    assert np.isfinite(shown.loc["C6", "estimate"])
    assert coarsened(asked, 1)["estimate"].notna().sum() == table["estimate"].notna().sum()


def test_every_verdict_can_be_said(table):
    said = {verdict: verdict_sentences(table, verdict) for verdict in VERDICTS}
    counts = table["verdict"].value_counts()
    assert [len(said[v]) for v in VERDICTS] == [max(counts.get(v, 0), 1) for v in VERDICTS]
    told = [text for texts in said.values() for text in texts if text != "None."]
    assert len(told) == len(table)
    assert all("Suggested wording" in text for text in told)


def test_the_table_passes_the_gate_and_numbers_in_words_stay_whole(table):
    shown = oc.protect(coarsened(table, 11), audience="owner").table
    assert "fewer than 11" not in " ".join(shown["wording"].dropna())


def test_figures_are_shown_in_their_own_unit(table) -> None:
    shown = figures_in_words(table)
    assert (shown["claim"].isin(table.loc[table["measure"] != "", "claim"])).all()
    found = shown.set_index("claim")["figure"]
    assert re.fullmatch(r"\d+% \(\d+% to \d+%\)", found["C3"])
    assert re.fullmatch(r"−?\d\.\d{3} \(−?\d\.\d{3} to −?\d\.\d{3}\)", found["C4"])
    assert re.fullmatch(r"−?\d\.\d \(−?\d\.\d to −?\d\.\d\)", found["C18"])
    assert "to" not in found["C9"]


def test_pain_at_once_has_to_exceed_what_chance_gives(sessions, monkeypatch):
    import outcomes.models.chance.null_benchmark as chance

    usual = ESTIMATORS["pain_at_once"](oc.with_outcomes(sessions), 0.95)
    assert usual.support == 0.5
    monkeypatch.setattr(chance, "null_benchmark", lambda *_: pd.DataFrame({"null_benchmark": [0.7]}))
    likely = ESTIMATORS["pain_at_once"](oc.with_outcomes(sessions), 0.95)
    assert likely.support == 0.7
    assert "Expected without any effect: 70%." in likely.remark
