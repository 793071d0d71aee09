"""Numbers and names in, plain words out: what was seen, how sure it is, who it rests on. Never a cause.

Every sentence that holds a number takes it from here, so that none is typed by hand and all are rounded by one rule.
"""

from outcomes.words.causal import CAUSAL, causal_claims
from outcomes.words.names import (
    NOT_RECORDED,
    TOO_FEW,
    called,
    capitalized,
    listed,
    named,
    reason,
    rests_on,
    sentence,
    unbroken,
    uncapitalized,
    why,
    why_missing,
    why_of_all,
    with_interval,
)
from outcomes.words.numbers import (
    NOT_SHOWN,
    about_in_ten,
    count_text,
    counted,
    half_up,
    in_ten,
    interval,
    interval_text,
    number,
    percent,
    percent_text,
    tenths,
)

__all__ = [
    "CAUSAL",
    "NOT_RECORDED",
    "NOT_SHOWN",
    "TOO_FEW",
    "about_in_ten",
    "called",
    "capitalized",
    "causal_claims",
    "count_text",
    "counted",
    "half_up",
    "in_ten",
    "interval",
    "interval_text",
    "listed",
    "named",
    "number",
    "percent",
    "percent_text",
    "reason",
    "rests_on",
    "sentence",
    "tenths",
    "unbroken",
    "uncapitalized",
    "why",
    "why_missing",
    "why_of_all",
    "with_interval",
]
