"""The gate against a reader with linear programming, on random tables and random sets of linked tables."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure_attack import Reader
from outcomes.disclosure.gate import protect, protect_all
from outcomes.disclosure.limits import limits_for

LIMIT = limits_for("owner").least_patients
LEVELS = {
    "condition": ["neck_pain", "headache", "jaw_pain", "other"],
    "sex": ["female", "male"],
    "age_band": ["20-29", "50-59", "90+"],
}
COUNT = st.one_of(st.integers(0, 14), st.integers(0, 60))


def leaves(draw_counts, levels):
    """One row per combination of keys, with its patients."""
    index = pd.MultiIndex.from_product(levels.values(), names=list(levels))
    return pd.DataFrame({"patients": draw_counts}, index=index).reset_index()


def margin(people, keys, count="patients"):
    if not keys:
        return pd.DataFrame({"condition": ["all"], count: [people[count].sum()]})
    return people.groupby(list(keys), as_index=False, sort=False)[[count]].sum()


def with_total(table, keys, count="patients"):
    """The same table with a row for everybody, as estimate tables have it."""
    total = {**dict.fromkeys(keys, "all"), count: table[count].sum()}
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def patients_of(levels):
    size = int(np.prod([len(v) for v in levels.values()]))
    return st.lists(COUNT, min_size=size, max_size=size)


@settings(max_examples=30, deadline=None)
@given(patients_of({"condition": LEVELS["condition"]}))
def test_a_table_with_its_total_gives_no_withheld_count_away(counts):
    levels = {"condition": LEVELS["condition"]}
    table = with_total(leaves(counts, levels), levels)
    shown = protect(table).table
    reader = Reader(levels)
    reader.learn(shown)
    assert reader.narrowest([shown]) >= LIMIT - 1e-6


@settings(max_examples=30, deadline=None)
@given(patients_of({k: LEVELS[k] for k in ("condition", "sex")}))
def test_a_crossed_table_with_all_margins_gives_no_withheld_count_away(counts):
    levels = {k: LEVELS[k] for k in ("condition", "sex")}
    people = leaves(counts, levels)
    rows = [people, margin(people, ["condition"]).assign(sex="all")]
    rows += [margin(people, ["sex"]).assign(condition="all"), margin(people, []).assign(sex="all")]
    shown = protect(pd.concat(rows, ignore_index=True)).table
    reader = Reader(levels)
    reader.learn(shown)
    assert reader.narrowest([shown]) >= LIMIT - 1e-6


KEYSETS = [keys for n in (0, 1, 2, 3) for keys in combinations(LEVELS, n)]


@settings(max_examples=30, deadline=None)
@given(patients_of(LEVELS), st.lists(st.sampled_from(KEYSETS), min_size=2, max_size=4, unique=True))
def test_linked_tables_of_one_export_give_no_withheld_count_away(counts, keysets):
    people = leaves(counts, LEVELS)
    tables = {"_by_".join(keys) or "everybody": margin(people, keys) for keys in keysets}
    shown = [page.table for page in protect_all(tables).values()]
    reader = Reader(LEVELS)
    for table in shown:
        reader.learn(table)
    assert reader.narrowest(shown) >= LIMIT - 1e-6


@settings(max_examples=30, deadline=None)
@given(
    patients_of({"condition": LEVELS["condition"]}),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_two_times_of_the_same_patients_give_no_withheld_count_away(counts, kept):
    levels = {"condition": LEVELS["condition"]}
    post = leaves(counts, levels)
    later = post.assign(patients=np.floor(post["patients"] * kept).astype(int))
    parts = [with_total(t, levels).assign(time=time) for t, time in ((post, "post"), (later, "48h"))]
    shown = protect(pd.concat(parts, ignore_index=True)).table
    reader = Reader(levels, ("post", "48h"))
    reader.learn(shown)
    assert reader.narrowest([shown]) >= LIMIT - 1e-6


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(11, 60), st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=3),
)
def test_shares_beside_their_denominators_give_no_small_part_away(rows):
    """Better, same and worse as shares, with everybody's row: no part of 1 to 10 sessions can be reckoned."""
    conditions = LEVELS["condition"][:3]
    made = []
    for name, (sessions, first, second) in zip(conditions, rows, strict=True):
        better = int(sessions * first)
        worse = int((sessions - better) * second)
        parts = (better, sessions - better - worse, worse)
        made.append((name, sessions, sessions, *(p / sessions for p in parts)))
    frame = pd.DataFrame(made, columns=["condition", "patients", "sessions", "better", "same", "worse"])
    total = frame["sessions"].sum()
    shares = {c: (frame[c] * frame["sessions"]).sum() / total for c in ("better", "same", "worse")}
    everybody = pd.DataFrame([{"condition": "all", "patients": total, "sessions": total, **shares}])
    table = pd.concat([frame, everybody], ignore_index=True)
    shown = protect(table).table
    levels = {"condition": conditions, "part": ["better", "same", "worse"]}
    reader = Reader(levels)
    reader.learn(shown.dropna(subset="sessions"), "sessions")
    for part in levels["part"]:
        seen = shown[["condition", "sessions", part]].assign(part=part)
        reader.learn_share(seen[seen["sessions"].notna()], part)
    for part in levels["part"]:
        counts = table[part] * table["sessions"]
        small = (counts > 0.5) & (counts < LIMIT - 0.5)
        assert shown.loc[small, part].isna().all()
        for row in shown[shown[part].isna()].to_dict("records"):
            assert reader.width({"condition": row["condition"], "part": part}) >= LIMIT - 1e-3


def test_three_keys_crossed_two_by_two_are_one_population():
    """Found by this attack: shared margins alone left a range of ten here."""
    counts = [0, 0, 0, 10, 0, 10, 3, 0, 5, 0, 4, 0, 0, 0, 2, 8, 1, 0, 1, 1, 5, 1, 14, 1]
    people = leaves(counts, LEVELS)
    pairs = combinations(LEVELS, 2)
    shown = [page.table for page in protect_all({str(p): margin(people, p) for p in pairs}).values()]
    reader = Reader(LEVELS)
    for table in shown:
        reader.learn(table)
    assert reader.narrowest(shown) >= LIMIT - 1e-6


def test_the_attack_can_win():
    """Against primary suppression alone this reader finds the withheld count: the tests above can fail."""
    levels = {"condition": ["neck_pain", "headache"]}
    table = pd.DataFrame({"condition": ["neck_pain", "headache", "all"], "patients": [np.nan, 40, 47]})
    reader = Reader(levels)
    reader.learn(table)
    assert reader.narrowest([table]) == pytest.approx(0)
