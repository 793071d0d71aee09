"""The limits of each audience."""

from __future__ import annotations

import pytest

from outcomes.disclosure.limits import AUDIENCES, limits_for
from outcomes.errors import DisclosureError


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
