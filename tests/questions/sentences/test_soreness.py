"""How sore and for how long, in words: shares as people count, groups side by side, nothing ranked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions.sentences import soreness as words

BASE = {"conf_low": 0.2, "conf_high": 0.4, "patients": 40, "sessions": 90, "capture_rate": 0.7, "note": ""}


def shares(**known: float) -> pd.DataFrame:
    rows = [
        {**BASE, "condition": name, "threshold": hour, "proportion": share}
        for name, share in known.items()
        for hour in (0, 24, 48, 72)
    ]
    return pd.DataFrame(rows)


def test_all_four_shares_of_one_group() -> None:
    first, second = words.share_sentences(shares(all=0.31))
    assert first.startswith("Sore at all: about 3 in 10 (31%; 95% CI 20% to 40%).")
    assert first.count("about 3 in 10") == 4
    assert second.endswith("(40 patients, 90 sessions; asked in 70% of sessions).")
    blank = shares(all=np.nan).assign(note="not recorded")
    assert words.share_sentences(blank) == ["Soreness: not recorded."]


def test_groups_with_a_figure_and_without() -> None:
    rows = [
        {**BASE, "variable": "session", "value": "first", "proportion": 0.3, "threshold": 48},
        {**BASE, "variable": "session", "value": "later", "proportion": 0.2, "threshold": 48},
        {**BASE, "variable": "sex", "value": "female", "proportion": 0.25, "threshold": 48},
        {
            **BASE,
            "variable": "sex",
            "value": "male",
            "proportion": np.nan,
            "threshold": 48,
            "note": "withheld: x",
        },
    ]
    first, second = words.group_sentences(pd.DataFrame(rows))
    assert first.startswith(
        "Sore for more than 48 hours, by session: first 30% (95% CI 20% to 40%); later 20%"
    )
    assert second.endswith("male: not shown (privacy).")


def test_ratios_say_longer_shorter_or_no_clear_link() -> None:
    rows = [("later session", 2.0, 1.8, 2.2), ("insertions", 0.5, 0.45, 0.55), ("twitches", 1.01, 0.9, 1.1)]
    frame = pd.DataFrame(rows, columns=["quantity", "ratio", "conf_low", "conf_high"]).assign(
        outcome="hours of soreness", patients=300, sessions=900, std_error=0.03, df=200.0, note=""
    )
    longer, shorter, none = words.ratio_sentences(frame)
    assert longer.startswith(
        "Later session: soreness lasted longer (2.00 times as long, 95% CI 1.80 to 2.20;"
    )
    assert shorter.startswith("Insertions: soreness was shorter")
    assert none.startswith("Twitches: we see no clear link")


def test_cells_hold_a_figure_or_a_short_reason() -> None:
    table = shares(neck_pain=0.31, headache=np.nan)
    table.loc[0, "note"] = "fewer than five sessions were watched so long"
    table.loc[table["condition"] == "headache", "note"] = [
        "withheld: x",
        "too few were followed",
        "too few patients to say",
        "odd",
    ]
    found = words.shares_in_words(table).set_index("condition")
    assert found.loc["neck_pain", "any soreness"] == "31% (20 to 40)*"
    assert found.loc["neck_pain", "more than 24 h"] == "31% (20 to 40)"
    assert found.loc["headache"].tolist()[3:] == [
        "not shown (privacy)",
        "too few followed",
        "too few patients",
        "odd",
    ]


def test_conditions_are_given_as_a_span_and_the_unknown_are_named() -> None:
    said = words.condition_sentences(shares(neck_pain=0.31, jaw_pain=0.1, headache=np.nan), threshold=48)
    assert said == [
        "Depending on the condition, 10% to 31% of sessions had soreness for more than 48 hours.",
        "No figure for more than 48 hours: headache.",
    ]
