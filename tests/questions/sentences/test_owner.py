"""The first screen in words: nothing misleads by its sign, both ends are given, harm made light of comes first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.questions.sentences.owner import (
    change_of_pain,
    claims_words,
    pain_words,
    records_words,
    soreness_words,
    unwanted_words,
)


def _overall(**changes: object) -> pd.DataFrame:
    row = {
        "condition": "all",
        "time": "48h",
        "measure": "pain_relief",
        "patients": 551,
        "sessions": 1608,
        "capture_rate": 0.656,
        "estimate": 0.61,
        "conf_low": 0.48,
        "conf_high": 0.74,
        "better": 0.35,
        "same": 0.48,
        "worse": 0.17,
        "expected_change": 0.02,
        "null_benchmark_flare": 1.14,
        "note": "",
    }
    return pd.DataFrame([{**row, **changes}])


@pytest.mark.parametrize(
    ("relief", "said"),
    [
        ((0.61, 0.48, 0.74), "0.6 points lower (95% CI 0.5 to 0.7)"),
        ((-0.18, -0.26, -0.1), "0.2 points higher (95% CI 0.1 to 0.3)"),
        ((0.3, -0.3, 0.8), "0.3 points lower (95% CI 0.3 higher to 0.8 lower)"),
        ((-0.1, -0.5, 0.2), "0.1 points higher (95% CI 0.2 lower to 0.5 higher)"),
        ((0.01, -0.2, 0.2), "unchanged (95% CI 0.2 higher to 0.2 lower)"),
    ],
)
def test_a_change_of_pain_says_lower_or_higher_and_no_sign(relief, said) -> None:
    row = dict(zip(("estimate", "conf_low", "conf_high"), relief, strict=True))
    assert change_of_pain(row) == said


def test_pain_at_a_reading_has_shares_average_both_ends_and_verdict() -> None:
    assert pain_words(_overall(), "48h") == (
        "35% of sessions better by 2 points or more, 17% worse, 48% neither. On average pain was 0.6 points lower "
        "(95% CI 0.5 to 0.7). Expected without any effect: 0.0 (visits booked ahead) to 1.1 (bad days) lower. "
        "That is no more than expected."
    )


def test_one_direction_withheld_withholds_the_other() -> None:
    said = pain_words(_overall(worse=np.nan), "48h")
    assert "better by" not in said
    assert "35%" not in said


def test_what_is_not_there_says_why() -> None:
    gone = _overall(estimate=np.nan, note="withheld: fewer than 11 patients")
    assert pain_words(gone, "48h") == "Not shown (privacy)."
    assert pain_words(gone, "post") == "Not recorded."


def test_records_and_how_often_the_later_pain_is_known() -> None:
    flow = pd.DataFrame({"step": ["recorded"], "patients": [600], "sessions": [2453]})
    assert records_words(flow, _overall()) == (
        "2,453 sessions of 600 patients. Pain at 2 days is known for 66% of sessions."
    )


def test_soreness_counts_people_and_gives_the_interval() -> None:
    shares = pd.DataFrame(
        {
            "threshold": [0, 24, 48],
            "capture_rate": 0.69,
            "proportion": [0.95, 0.626, 0.282],
            "conf_low": [0.94, 0.597, 0.254],
            "conf_high": [0.96, 0.653, 0.31],
            "note": "",
        }
    )
    assert soreness_words(shares) == (
        "Over a day after about 6 in 10 sessions (63%, 95% CI 60% to 65%), over 2 days after about 3 in 10 sessions "
        "(28%, 95% CI 25% to 31%). Asked in 69% of sessions."
    )
    assert soreness_words(shares.assign(proportion=np.nan, note="withheld")) == "Not shown (privacy)."


def _claims(**verdicts: str) -> pd.DataFrame:
    rows = [
        {"claim": claim, "statement": f"statement {claim}", "verdict": said}
        for claim, said in verdicts.items()
    ]
    return pd.DataFrame(rows).assign(estimate=0.15, conf_low=0.14, conf_high=0.17)


def test_a_claim_that_makes_light_of_soreness_is_to_be_fixed_first() -> None:
    said = claims_words(_claims(C5="contradicted", C15="contradicted", C3="supported", C1="can't say"))
    assert (
        said
        == "4 claims: 1 supported, 2 say more than the records show, 1 can't tell. Fix first: “statement C15”."
    )
    assert "Fix first" not in claims_words(_claims(C3="supported"))


def test_unwanted_effects_never_sound_safe() -> None:
    said = unwanted_words(_claims(C19="can't say"))
    assert said == "15% (95% CI 14% to 17%) of sessions, bruises included. Rare harm can't be ruled out."
    assert (
        unwanted_words(_claims(C19="can't say").assign(estimate=np.nan))
        == "Not recorded, or not shown (privacy)."
    )
