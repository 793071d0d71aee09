"""Errors: one base for all a user can meet, and messages that show no text that could name a person."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes import errors
from outcomes.errors import OutcomesError, SessionErrors, shown


@pytest.mark.parametrize(
    ("value", "said"),
    [
        *[
            (None, "(blank)"),
            (float("nan"), "(blank)"),
            ("11", "11"),
            (11.0, "11"),
            (0.1 + 0.2, "0.3"),
            (-3, "-3"),
        ],
        *[("neck_pain", "neck_pain"), ("<11", "<11"), (True, "True"), (np.float64(2.5), "2.5")],
        *[
            ("Jane Doe", "(text of 8 characters, not shown)"),
            ("123456789", "(text of 9 characters, not shown)"),
        ],
        *[("a" * 25, "(text of 25 characters, not shown)"), ("", "(text of 0 characters, not shown)")],
        *[("Müller", "(text of 6 characters, not shown)"), ("a@b.org", "(text of 7 characters, not shown)")],
    ],
)
def test_only_numbers_and_short_codes_are_shown(value: object, said: str) -> None:
    assert shown(value) == said


def test_every_error_is_caught_by_the_one_base() -> None:
    raised = {
        name
        for name, found in vars(errors).items()
        if isinstance(found, type) and found.__module__ == errors.__name__
    }
    assert raised <= set(errors.__all__)
    assert len(raised) > 10
    assert all(issubclass(getattr(errors, name), OutcomesError) for name in raised)
    problems = pd.DataFrame({"line": [2]})
    assert SessionErrors("1 value breaks a rule", problems).problems is problems
