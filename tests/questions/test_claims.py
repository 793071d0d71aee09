"""The public claims: criteria fixed beforehand, verdicts by hand, and words that never claim a cause."""

from __future__ import annotations

import re
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import norm, t

import outcomes as oc
from outcomes.questions.claims import VERDICTS, Claim, coarsened, public_claims, verdict_sentences
from outcomes.questions.evidence import ESTIMATORS, Evidence
from outcomes.words import causal_claims

SUPPORTED, CONTRADICTED, UNKNOWN, UNTESTABLE = VERDICTS
module = import_module("outcomes.questions.claims")


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.simulate_sessions(300, seed=1)[0]


@pytest.fixture(scope="module")
def table(sessions) -> pd.DataFrame:
    return oc.claims(sessions)


def claim(**changes) -> Claim:
    base = {
        "claim": "C0", "statement": "s", "measure": "share of sessions", "model": "m", "criterion": "c",
        "estimator": "twitch_seen", "direction": "above", "support": 0.5, "contradict": 0.5, "scale": "logit",
        "needs": (), "untestable": "", "wording": "w", "wording_supported": "ws",
    }  # fmt: skip
    return Claim(**(base | changes))


def told(estimate: float, low: float, high: float, **more) -> Evidence:
    return Evidence(estimate, low, high, **({"df": 50.0, "patients": 51, "sessions": 90} | more))


def test_every_claim_has_one_row_with_the_columns_promised(table):
    assert table["claim"].tolist() == [f"C{i}" for i in range(1, 20)]
    assert {"claim", "measure", "estimate", "conf_low", "conf_high", "verdict", "why"} <= set(table.columns)
    assert set(table["verdict"]) <= set(VERDICTS)
    assert table["why"].str.len().gt(10).all()
    assert table["wording"].str.len().gt(10).all()


def test_what_such_records_cannot_test_is_not_tested(table):
    rows = table.set_index("claim")["verdict"]
    assert set(rows[rows == UNTESTABLE].index) == {"C1", "C2", "C8", "C10", "C11", "C12", "C16", "C17"}


def test_every_criterion_is_fixed_in_the_file_not_in_the_code():
    for found in public_claims():
        assert found.criterion
        assert found.model
        if not found.estimator:
            assert found.untestable
            continue
        assert found.estimator in ESTIMATORS
        assert found.needs
        assert found.measure
        named = [number for number in (found.support, found.contradict) if number]
        for number in named:
            assert f"{100 * number:g} %" in found.criterion


def test_no_word_of_it_claims_a_cause(table):
    for column in ("statement", "measure", "model", "criterion", "why", "wording"):
        assert causal_claims(" ".join(table[column])) == []
    for verdict in VERDICTS:
        assert causal_claims(" ".join(verdict_sentences(table, verdict))) == []


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (told(0.7, 0.6, 0.8), SUPPORTED),
        (told(0.3, 0.2, 0.4), CONTRADICTED),
        (told(0.55, 0.45, 0.65), UNKNOWN),
        (Evidence(note="not recorded: x"), UNKNOWN),
        (told(0.7, 0.6, 0.8, support=0.75), UNKNOWN),
        (told(0.4, 0.3, 0.45, contradict=0.2), UNKNOWN),
    ],
)
def test_a_verdict_needs_the_whole_interval_beyond_the_bound(evidence, verdict):
    p = module._p_beyond(claim(), evidence, 0.95)
    assert module._verdict(claim(), evidence, p, 0.95) == verdict


@pytest.mark.parametrize(
    ("direction", "evidence", "verdict"),
    [
        ("below", told(0.05, 0.03, 0.07), SUPPORTED),
        ("below", told(0.28, 0.25, 0.31), CONTRADICTED),
        ("never", told(0.02, 0.01, 0.03), UNKNOWN),
        ("never", told(0.5, 0.4, 0.6), CONTRADICTED),
    ],
)
def test_claims_of_little_and_of_safety_turn_the_bound_round(direction, evidence, verdict):
    asked = claim(direction=direction, support=None if direction == "never" else 0.1, contradict=0.1)
    p = module._p_beyond(asked, evidence, 0.95)
    assert module._verdict(asked, evidence, p, 0.95) == verdict


def test_within_chance_of_so_many_claims_no_verdict_is_given():
    near = told(0.6, 0.51, 0.684)
    assert module._verdict(claim(), near, 0.2, 0.95) == UNKNOWN
    assert "within chance" in module._why(claim(), near, UNKNOWN)


def test_between_two_bounds_nothing_can_be_told_and_that_is_said():
    asked = claim(scale="identity", support=0.0, contradict=0.0, measure="points")
    between = told(-0.5, -0.6, -0.4, contradict=-1.1)
    assert module._verdict(asked, between, module._p_beyond(asked, between, 0.95), 0.95) == UNKNOWN
    assert "between −1.1 and 0.0, where nothing can be told" in module._why(asked, between, UNKNOWN)


def test_p_values_are_those_of_the_interval_on_its_own_scale():
    at, error = logit(0.6), 0.15
    reach = t.ppf(0.975, 50) * error
    share = told(0.6, expit(at - reach), expit(at + reach))
    assert module._p_beyond(claim(), share, 0.95) == pytest.approx(2 * t.sf(at / error, 50), rel=1e-9)
    slope = told(0.3, 0.3 - 1.959963984540054 * 0.1, 0.3 + 1.959963984540054 * 0.1, df=np.inf)
    asked = claim(scale="identity", support=0.0, contradict=0.0)
    assert module._p_beyond(asked, slope, 0.95) == pytest.approx(2 * norm.sf(3), rel=1e-9)
    none = told(0.0, 0.0, 0.07)
    assert module._p_beyond(claim(), none, 0.95) == pytest.approx(2 * 0.5**51)


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
    for name, column in {"C3": "twitches", "C4": "twitches", "C15": "soreness lasted"}.items():
        assert found.loc[name, "verdict"] == UNKNOWN
        assert found.loc[name, "why"] == f"Not recorded: {column}."
        assert "make no claim" in found.loc[name, "wording"]


def test_later_readings_at_another_time_say_nothing_of_two_days(sessions):
    relabelled = sessions.copy()
    relabelled.attrs["outcomes"] = {"times": {"post": "right after", "48h": "after six weeks"}}
    found = oc.claims(relabelled).set_index("claim")
    assert "after six weeks" in found.loc["C18", "why"]
    assert found.loc["C18", "verdict"] == UNKNOWN


@pytest.mark.parametrize("label", ["at 2 days", "two-day follow-up", "48 h", "on day 2"])
def test_labels_of_two_days_are_known_as_such(label):
    assert module.at_two_days(label)


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
    assert "too few sessions" in shown.loc["C5", "why"]
    assert shown.loc["C5", "verdict"] == table.set_index("claim").loc["C5", "verdict"]
    assert np.isfinite(shown.loc["C6", "estimate"])
    assert coarsened(asked, 1)["estimate"].notna().sum() == table["estimate"].notna().sum()


def test_every_verdict_can_be_said(table):
    for verdict in VERDICTS:
        said = verdict_sentences(table, verdict)
        count = int((table["verdict"] == verdict).sum())
        assert len(said) == max(count, 1)
        assert said == ["None."] or all("Suggested wording" in text for text in said)


def test_the_table_passes_the_gate_and_numbers_in_words_stay_whole(table):
    shown = oc.protect(coarsened(table, 11), audience="owner").table
    assert "fewer than 11" not in " ".join(shown["wording"].dropna())


def test_figures_are_shown_in_their_own_unit(table) -> None:
    shown = module.figures_in_words(table)
    assert (shown["claim"].isin(table.loc[table["measure"] != "", "claim"])).all()
    found = shown.set_index("claim")["figure"]
    assert re.fullmatch(r"\d+ % \(\d+ % to \d+ %\)", found["C3"])
    assert re.fullmatch(r"−?\d\.\d{3} \(−?\d\.\d{3} to −?\d\.\d{3}\)", found["C4"])
    assert re.fullmatch(r"−?\d\.\d \(−?\d\.\d to −?\d\.\d\)", found["C18"])
    assert "to" not in found["C9"]
