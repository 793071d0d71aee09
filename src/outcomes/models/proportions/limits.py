"""The exact interval of a share, patients being the sample: for shares a variance says nothing of."""

from __future__ import annotations

__all__ = ["exact_limits"]


def exact_limits(met: float, patients: int, conf_level: float) -> tuple[float, float]:
    """Limits of a share of patients by Clopper and Pearson (1934).

    With the number of patients as the sample it is the most cautious reading of clustered sessions (after Korn &
    Graubard 1998, Surv Methodol 24:193).

    Parameters
    ----------
    met : float
        How many of them, not necessarily a whole number.
    patients : int
    conf_level : float

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> low, high = exact_limits(0, 10, 0.95)
    >>> low, round(high, 3)
    (0.0, 0.308)
    """
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(met, patients, alpha=1.0 - conf_level, method="beta")
    return float(low), float(high)
