"""Who is a page for, and how small may a group on it be: the limits, as data with their sources.

An audience's name comes in, its frozen ``Limits`` go out; an unknown audience is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from outcomes.errors import DisclosureError
from outcomes.record.reference import rows

__all__ = ["AUDIENCES", "Limits", "limits_for"]


@dataclass(frozen=True)
class Limits:
    """What one audience may see.

    Attributes
    ----------
    audience : str
        ``owner``, ``researcher`` or ``clinician``.
    least_patients : int
        Groups of 1 to ``least_patients - 1`` patients are withheld, and so is what would reveal one.
    least_in_tail : int
        A quantile is shown where at least this many patients lie beyond it.
    records : bool
        Whether single records, extremes and single points may pass.
    source, why : str
        The rule the limits come from, and why it fits this audience.
    """

    audience: str
    least_patients: int
    least_in_tail: int
    records: bool
    source: str
    why: str

    @property
    def protects(self) -> bool:
        """Whether anything is to be withheld at all."""
        return self.least_patients > 1

    def is_small(self, count: float | None) -> bool:
        """Tell a count that may not be shown: above zero (zero may be shown) and below the limit.

        Examples
        --------
        >>> owner = limits_for("owner")
        >>> [owner.is_small(n) for n in (0, 1, 10, 11)]
        [False, True, True, False]
        """
        return count is not None and 1e-9 < count < self.least_patients - 0.5

    def is_few(self, count: float) -> bool:
        """Tell a count that is told as a range: below the limit, and zero as well."""
        return count < self.least_patients - 0.5


@cache
def _all_limits() -> dict[str, Limits]:
    return {limits.audience: limits for limits in rows("limits", Limits)}


AUDIENCES = ("owner", "researcher", "clinician")
"""The audiences there are limits for; the first is the default of everything that is written."""


def limits_for(audience: str) -> Limits:
    """Look the limits of an audience up.

    Raises
    ------
    DisclosureError
        For an audience nobody has set limits for.

    Examples
    --------
    >>> limits_for("owner").least_patients
    11
    """
    known = _all_limits()
    if not isinstance(audience, str) or audience not in known:
        raise DisclosureError(f"no limits are set for the audience {audience!r}; choose {', '.join(known)}.")
    return known[audience]
