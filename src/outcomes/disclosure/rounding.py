"""A figure and its interval in, the figure as far as the interval supports it out.

What a page says beyond that is noise to a reader and, for a small group, a count or a sum to somebody who asks.
"""

from __future__ import annotations

from math import ceil, floor, isfinite, log10

__all__ = ["between", "fraction_above", "fraction_below", "nice", "rounded", "significant", "unit_of"]

_STEPS = (1.0, 2.0, 5.0, 10.0)
_WORDS = dict(
    zip(
        (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 1 / 3, 0.5, 2 / 3, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99),
        (
            *("1 in 100", "1 in 50", "1 in 20", "1 in 10", "1 in 5", "1 in 4", "1 in 3", "1 in 2"),
            *("2 in 3", "3 in 4", "4 in 5", "9 in 10", "19 in 20", "49 in 50", "99 in 100"),
        ),
        strict=True,
    )
)


def nice(most: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is no greater.

    Examples
    --------
    >>> nice(0.19), nice(0.2), nice(0.6), nice(37)
    (0.1, 0.2, 0.5, 20.0)
    """
    scale = 10.0 ** floor(log10(most) + 1e-9)
    step = max(step for step in _STEPS if step * scale <= most * (1 + 1e-9))
    return float(f"{step * scale:.12g}")


def unit_of(low: float, high: float) -> float | None:
    """The unit a figure is rounded to: half of its interval's half-width or less; none without an interval.

    Examples
    --------
    >>> unit_of(0.85, 1.61), unit_of(0.2, 2.6), unit_of(1.0, 1.0)
    (0.1, 0.5, None)
    """
    half = (high - low) / 2
    return nice(half / 2) if isfinite(half) and half > 0 else None


def rounded(value: float, unit: float, *, outward: int = 0) -> float:
    """A value as a multiple of a unit: the nearest, or the next one down (-1) or up (+1).

    Examples
    --------
    >>> rounded(1.23, 0.1), rounded(0.85, 0.1, outward=-1), rounded(1.61, 0.1, outward=1), rounded(0.3, 0.1, outward=-1)
    (1.2, 0.8, 1.7, 0.3)
    """
    if not isfinite(value):
        return value
    times = value / unit
    near = round(times)
    if outward and abs(times - near) > 1e-9:
        near = floor(times) if outward < 0 else ceil(times)
    elif not outward:
        near = floor(times + 0.5 + 1e-9)
    return float(f"{near * unit:.10g}") + 0.0


def significant(value: float, digits: int) -> float:
    """A value to so many significant digits.

    Examples
    --------
    >>> significant(0.0467, 1), significant(131.4, 2), significant(0.0, 2)
    (0.05, 130.0, 0.0)
    """
    if not isfinite(value) or value == 0:
        return value
    return rounded(value, 10.0 ** (floor(log10(abs(value))) - digits + 1))


def fraction_above(share: float) -> float | None:
    """The next simple fraction that is no smaller; none where there is none.

    Examples
    --------
    >>> fraction_above(10 / 45), fraction_above(0.03), fraction_above(0.995)
    (0.25, 0.05, None)
    """
    return min((fraction for fraction in _WORDS if fraction >= share - 1e-9), default=None)


def fraction_below(share: float) -> float | None:
    """The next simple fraction that is no greater; none where there is none."""
    return max((fraction for fraction in _WORDS if fraction <= share + 1e-9), default=None)


def between(low: float | None, high: float | None) -> str:
    """Two simple fractions in words, nothing where both are missing.

    Examples
    --------
    >>> between(1 / 3, 0.5), between(None, 0.25), between(0.75, None)
    ('1 in 3 to 1 in 2', 'under 1 in 4', 'over 3 in 4')
    """
    if low is None or high is None:
        return (
            f"under {_WORDS[high]}" if high is not None else f"over {_WORDS[low]}" if low is not None else ""
        )
    return f"{_WORDS[low]} to {_WORDS[high]}"
