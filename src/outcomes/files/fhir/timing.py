"""Which reading of a session a pain score is, told by the time between the needling and the score.

Comes in: when the needling began and ended, when the score was taken. Goes out: before, right after, at two days, and
after how many hours; or that it is unclear, or of no session. Nothing unclear is guessed
(``docs/decisions/fhir.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outcomes.files.fhir.resources import Moment

__all__ = ["BEFORE_H", "DURING_H", "LATER_H", "RIGHT_AFTER_H", "Placed", "placed"]

BEFORE_H = 12.0
"""A score of so many hours up to the beginning was taken before."""
DURING_H = 10 / 60
"""Where only the beginning is known, no needling is over sooner than this: a score until then is unclear."""
RIGHT_AFTER_H = 2.0
"""A score of up to so many hours after the end was taken right after."""
LATER_H = (24.0, 96.0)
"""A score of so many hours after the end is one of the 2-day follow-up; the analysis plan then says which count."""
TWO_DAYS_H = 48.0

Ending = Literal["pre", "post", "48h", "unclear", "none"]


@dataclass(frozen=True)
class Placed:
    """Which reading a score is.

    Attributes
    ----------
    ending : str
        ``pre``, ``post``, ``48h``; ``unclear``; ``none`` where it is far from the session.
    hours : float or None
        From the session to the score, where both hours are known.
    away : float
        How far from the moment that reading is best taken at: of two scores the nearer one is the reading.
    """

    ending: Ending
    hours: float | None = None
    away: float = 0.0


def placed(taken: Moment | None, began: Moment | None, ended: Moment | None) -> Placed:
    """Which reading of a session a score is.

    Examples
    --------
    >>> from outcomes.files.fhir.resources import moment
    >>> session = moment("2026-01-12T09:00:00Z")
    >>> [placed(moment(f"2026-01-{at}:00Z"), session, None).ending for at in ("12T08:50", "12T09:40", "14T10:00")]
    ['pre', 'post', '48h']
    >>> placed(moment("2026-01-12T09:05:00Z"), session, None).ending, placed(None, session, None).ending
    ('unclear', 'unclear')
    """
    if taken is None or began is None:
        return Placed("unclear")
    since = _hours(began, taken)
    if since is None:
        return _by_days(taken, began)
    later = _hours(ended, taken) if ended is not None else None
    after = since if later is None else later
    if -BEFORE_H <= since <= 0:
        return Placed("pre", since, -since)
    if (since > 0 and after < 0) or (later is None and 0 < since < DURING_H):
        return Placed("unclear")
    if 0 <= after <= RIGHT_AFTER_H:
        return Placed("post", after, after)
    if LATER_H[0] <= after <= LATER_H[1]:
        return Placed("48h", after, abs(after - TWO_DAYS_H))
    return Placed("none")


def _hours(first: Moment, then: Moment) -> float | None:
    """Hours between two moments; None where one of them has no hour, or no zone where the other has one."""
    if not (first.timed and then.timed) or (first.at.tzinfo is None) != (then.at.tzinfo is None):
        return None
    return (then.at - first.at).total_seconds() / 3600


def _by_days(taken: Moment, began: Moment) -> Placed:
    """Without hours: two days later is the follow-up; the day of the session could be before or after."""
    days = (taken.at.date() - began.at.date()).days
    if days == 2:
        return Placed("48h")
    return Placed("unclear" if -1 <= days <= 4 else "none")
