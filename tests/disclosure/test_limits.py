"""Limits, kinds of columns and k-anonymity."""

from __future__ import annotations

import pytest

from outcomes.disclosure.columns import KINDS, kind_of, register_column
from outcomes.disclosure.limits import AUDIENCES, limits_for
from outcomes.errors import DisclosureError
from outcomes.record.columns import COLUMN_NAMES
from outcomes.record.reference import read_reference


def test_each_audience_has_limits_with_a_source():
    for audience in AUDIENCES:
        limits = limits_for(audience)
        assert limits.source
        assert limits.why
    assert [limits_for(a).least_patients for a in AUDIENCES] == [11, 5, 1]
    assert [limits_for(a).records for a in AUDIENCES] == [False, False, True]


@pytest.mark.parametrize("audience", ["public", "", None, 11])
def test_an_unknown_audience_is_refused(audience):
    with pytest.raises(DisclosureError, match="owner, researcher, clinician"):
        limits_for(audience)


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
