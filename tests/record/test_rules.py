"""Rules: for each, a row that breaks it and no other, on pandas and on DuckDB; blanks break only what needs a value."""

from __future__ import annotations

from functools import cache
from typing import Any

import ibis
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from outcomes.record.columns import column
from outcomes.record.plan import active_plan
from outcomes.record.rules import rules

TEXTS = ("id", "category", "tag", "tags")
ROW: dict[str, Any] = {
    "session_id": "s1", "patient_id": "p1", "clinic_id": "c1", "clinician_id": "k1", "condition": "neck_pain",
    "session_number": 1.0, "day": 0.0, "age_band": "40-49", "sex": "female", "activity": "desk_work", "side": "left",
    "muscles": "upper_trapezius;levator_scapulae", "needle_count": 4.0, "insertion_count": 9.0, "twitch_count": 5.0,
    "technique": "deep_pistoning", "co_interventions": "heat;taping", "pain_pre": 6.0, "pain_post": 4.0,
    "pain_48h": 3.0, "rom_movement": "cervical_flexion", "rom_pre": 40.0, "rom_post": 45.0, "rom_48h": 46.0,
    "function_pre": 4.0, "function_post": 5.0, "function_48h": 6.0, "soreness_h": 12.0, "soreness_ongoing": False,
    "soreness_free_h": 20.0, "soreness_peak": 3.0, "pgic_48h": 5.0, "followup_status": "reached", "followup_h": 48.0,
    "adverse_event": "none", "pain_during": 4.0, "needle_felt": "barely", "sensation": "deep_ache;cramp",
    "needled_before": "1_to_3", "pain_tolerance": 6.0, "twitch_seen": "seen", "ppt_pre": 200.0, "ppt_post": 230.0,
    "ppt_48h": 240.0, "tightness_pre": 6.0, "tightness_post": 4.0, "tightness_48h": 5.0, "chronicity": "over_a_year",
    "onset": "stress;posture", "symptoms": "tightness", "trigger_points": 3.0, "soreness_like_workout": "yes",
    "soreness_unlike_pain": "unsure", "activity_limited": "some", "activity_limited_h": 6.0, "advice": "heat",
    "adverse_reporter": "asked", "rom_mode": "active", "rom_method": "goniometer", "same_rater": True, "prom": "hit_6",
    "prom_score": 60.0, "rom_mouth_opening_pre": 38.0, "rom_mouth_opening_post": 40.0, "rom_mouth_opening_48h": 41.0,
}  # fmt: skip
LATER = {**ROW, "session_id": "s2", "session_number": 2.0, "day": 7.0}

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    *[(name, "needed", {name: None}) for name in ("condition", "patient_id", "pain_pre", "session_number")],
    ("session_id", "unique", {"session_id": "s2"}),
    *[(name, "code", {name: "elsewhere"}) for name in ("condition", "side", "technique", "adverse_event")],
    ("age_band", "code", {"age_band": "40-50"}),
    ("followup_status", "code", {"followup_status": "lost"}),
    ("activity", "tag", {"activity": "works at a desk, mostly"}),
    ("activity", "tag", {"activity": "a" * 41}),
    ("muscles", "tags", {"muscles": "upper trapezius"}),
    ("muscles", "tags", {"muscles": "a;;b"}),
    ("co_interventions", "tags", {"co_interventions": "heat;prayer"}),
    *[(name, "range", {name: value}) for name in ("pain_pre", "function_48h") for value in (-0.1, 10.1, np.inf)],
    ("session_number", "range", {"session_number": 0.0}),
    ("followup_h", "range", {"followup_h": 0.0, "pain_48h": None, "soreness_h": None}),
    ("pgic_48h", "range", {"pgic_48h": 8.0}),
    ("pgic_48h", "whole number", {"pgic_48h": 5.5}),
    ("twitch_count", "whole number", {"twitch_count": 2.5}),
    ("soreness_free_h", "free after sore", {"soreness_free_h": 12.0}),
    ("soreness_free_h", "ongoing or free", {"soreness_ongoing": True}),
    ("soreness_ongoing", "ongoing since when", {"soreness_ongoing": True, "soreness_h": None, "soreness_free_h": None}),
    ("rom_pre", "beyond normal range", {"rom_pre": 70.0}),
    ("rom_movement", "movement missing", {"rom_movement": None}),
    ("followup_h", "follow-up window", {"followup_h": 72.5}),
    ("followup_h", "follow-up window", {"followup_h": 35.5}),
    ("twitch_count", "twitches without insertions", {"insertion_count": 0.0}),
    ("soreness_h", "sore after last asked", {"soreness_h": 49.0, "soreness_free_h": 60.0}),
    ("pain_48h", "reading without reach", {"followup_status": "declined"}),
    ("sex", "one sex", {"sex": "male"}),
    ("day", "days run forward", {"day": 8.0}),
    ("session_id", "session twice", {"session_number": 2.0, "day": 7.0}),
    *[(name, "code", {name: "maybe"}) for name in ("needle_felt", "chronicity", "rom_method", "prom")],
    *[(name, "tags", {name: "heat;prayer"}) for name in ("sensation", "onset", "symptoms", "advice")],
    ("pain_during", "range", {"pain_during": 11.0}),
    ("ppt_post", "range", {"ppt_post": 2000.5}),
    ("ppt_48h", "low pressure", {"ppt_48h": 2.4}),
    ("trigger_points", "whole number", {"trigger_points": 2.5}),
    ("prom_score", "range of the questionnaire", {"prom_score": 35.0}),
    ("prom_score", "range of the questionnaire", {"prom": "rmdq"}),
    ("prom", "questionnaire missing", {"prom": None}),
    ("twitch_seen", "twitch counted, none seen", {"twitch_seen": "none"}),
    ("activity_limited_h", "hours without limit", {"activity_limited": "none"}),
    ("same_rater", "different raters", {"same_rater": False}),
    ("rom_mouth_opening_pre", "range", {"rom_mouth_opening_pre": 120.0}),
    ("rom_mouth_opening_48h", "beyond its normal range", {"rom_mouth_opening_48h": 75.0}),
]  # fmt: skip
KEPT: list[dict[str, Any]] = [
    {},
    {"pain_pre": 0.0, "pain_post": 10.0, "session_number": 1000.0, "day": None},
    {"followup_h": 36.0}, {"followup_h": 72.0}, {"followup_h": 24.0, "pain_48h": None},
    {"rom_pre": 65.0}, {"rom_movement": None, "rom_pre": None}, {"rom_movement": "mouth_opening"},
    {"soreness_ongoing": True, "soreness_free_h": None}, {"soreness_h": 48.0, "soreness_free_h": None},
    {"age_band": "20-39"}, {"muscles": "a"}, {"twitch_count": 0.0, "insertion_count": 0.0},
    *[{name: None} for name in ROW if name not in ("session_id", "patient_id", "condition", "session_number",
                                                    "pain_pre", "rom_movement", "soreness_h", "prom")],
    {"day": LATER["day"]}, {"ppt_48h": 20.0},
    {"activity_limited": "none", "activity_limited_h": 0.0}, {"twitch_seen": "felt_only"}, {"prom_score": 36.0},
]  # fmt: skip


ENGINES = ("pandas", "duckdb")
CHANGES = [*(change for _, _, change in BROKEN), *KEPT, {"rom_post": 121.0}]


def table(changes: list[dict[str, Any]]) -> pd.DataFrame:
    """For each change two sessions of a patient of its own, the first of them changed; all in one table."""
    rows = []
    for case, change in enumerate(changes):
        for row in ({**ROW, **change}, LATER):
            ids = {name: row[name] and f"{case} {row[name]}" for name in ("session_id", "patient_id")}
            rows.append({**row, **ids, "case": case})
    frame = pd.DataFrame(rows)
    kinds = {
        c.name: "string" if c.kind in TEXTS else "boolean" if c.kind == "flag" else "Float64"
        for c in map(column, ROW)
    }
    return frame.astype(kinds)


@cache
def verdicts(engine: str) -> list[set[tuple[str, str]]]:
    """Rules each change breaks, by the column blamed: asked of all of them at once."""
    frame = table(CHANGES)
    given = frame if engine == "pandas" else ibis.memtable(frame)
    there = set(frame.columns)
    asked = {
        f"{rule.columns[0]}|{rule.name}": rule.breaks() for rule in rules() if there.issuperset(rule.columns)
    }
    found: Any = nw.from_native(given).select("case", **asked).to_native()
    found = found if engine == "pandas" else found.to_pandas()
    assert not found.isna().any(axis=None), "a rule is broken or kept, never missing"
    each = found.groupby("case")[list(asked)].any()
    return [
        {(name.partition("|")[0], name.partition("|")[2]) for name in asked if each.loc[case, name]}
        for case in range(len(CHANGES))
    ]


def broken(change: dict[str, Any], engine: str) -> set[tuple[str, str]]:
    return verdicts(engine)[CHANGES.index(change)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("column", "rule", "change"), BROKEN)
def test_a_row_that_breaks_one_rule_breaks_that_one(
    column: str, rule: str, change: dict[str, Any], engine: str
) -> None:
    found = broken(change, engine)
    assert (column, rule) in found
    assert {name for name, _ in found} <= {column, *change}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("change", KEPT)
def test_a_row_that_keeps_them_breaks_none(change: dict[str, Any], engine: str) -> None:
    assert broken(change, engine) == set()


def test_a_cap_is_broken_with_the_normal_range() -> None:
    found = broken({"rom_post": 121.0}, "pandas")
    assert found == {("rom_post", "movement cap"), ("rom_post", "beyond normal range")}


def test_every_rule_is_broken_by_some_row() -> None:
    tried = {(column, rule) for column, rule, _ in BROKEN}
    names = {rule.name for rule in rules()}
    assert names - {rule for _, rule in tried} == {"movement cap"}
    assert {rule.severity for rule in rules()} == {"error", "warning"}
    assert all(rule.says and rule.remedy for rule in rules())


def test_the_window_is_the_plans() -> None:
    window = active_plan().followup
    says = [rule.says for rule in rules() if rule.name == "follow-up window"]
    assert says == [f"{window.least_h:g}–{window.most_h:g} hours after the session for a 2-day outcome"]
    assert rules()[0] is rules()[0], "built once for a window"
