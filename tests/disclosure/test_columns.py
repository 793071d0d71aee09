"""Kinds of columns: shipped, declared, of intervals, and what nobody has declared."""

from __future__ import annotations

import pytest

from outcomes.disclosure.columns import KINDS, kind_of, kinds_of, register_column
from outcomes.errors import DisclosureError
from outcomes.record.columns import COLUMN_NAMES
from outcomes.record.reference import read_reference


def test_every_shipped_column_has_a_known_kind():
    rows = read_reference("column_kinds")
    assert {row["kind"] for row in rows} <= set(KINDS)
    assert len({row["column"] for row in rows}) == len(rows)


def test_no_column_of_the_record_but_its_keys_may_pass():
    passing = {name for name in COLUMN_NAMES if (k := kind_of(name)) and k.kind != "record"}
    assert passing <= {row["column"] for row in read_reference("column_kinds") if row["kind"] == "split"}
    assert not {"patient_id", "session_id", "day", "pain_pre", "twitch_count"} & passing


def test_intervals_belong_to_what_they_are_named_after():
    kind = kind_of("resolved_24h_conf_low")
    assert (kind.kind, kind.count) == ("interval", "resolved_24h")
    assert kind_of("nonsense_conf_low") is None


def test_a_column_may_be_declared_but_not_redeclared():
    register_column("grip_strength_gain", "estimate")
    assert kind_of("grip_strength_gain").kind == "estimate"
    with pytest.raises(DisclosureError, match="give your column another name"):
        register_column("patients", "estimate")
    with pytest.raises(DisclosureError, match="not a kind"):
        register_column("x", "number")


def test_the_first_column_nobody_has_declared_is_named_with_its_table():
    with pytest.raises(DisclosureError, match="the column 'mystery' of the table 'flow' is not known"):
        kinds_of(["patients", "mystery", "riddle"], "flow")
    with pytest.raises(DisclosureError, match="the column 3 of"):
        kinds_of(["patients", 3], "flow")


def test_what_was_observed_is_a_share_only_beside_the_share_expected():
    """Mean relief stands beside an expected mean, responders beside an expected share."""
    beside, alone = (
        kinds_of(["patients", "observed", name], "t")["observed"]
        for name in ("null_benchmark", "expected_change")
    )
    assert (beside.kind, beside.of) == ("share", "sessions")
    assert alone.kind == "estimate"


def test_a_declared_share_is_one_of_sessions_unless_it_says_otherwise():
    register_column("could_turn", "share")
    register_column("could_lift", "share", of="patients", count="lifters")
    assert (kind_of("could_turn").of, kind_of("could_turn").count) == ("sessions", "could_turn_sessions")
    assert (kind_of("could_lift").of, kind_of("could_lift").count) == ("patients", "lifters")
    assert kind_of("could_turn_conf_low").count == "could_turn"
