"""How sure a measured proportion is."""

import math

_Z_95 = 1.959964
"""Standard normal quantile of 97.5 %."""


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion (Wilson 1927), (0, 1) where nothing was tried.

    Args:
        successes: 0 to `trials`.
        trials: 0 or more.

    >>> [round(bound, 3) for bound in wilson(43, 43)]
    [0.918, 1.0]
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = successes / trials, _Z_95**2
    middle = share + square / (2 * trials)
    reach = _Z_95 * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    low = (middle - reach) / (1 + square / trials) if successes else 0.0
    high = (middle + reach) / (1 + square / trials) if successes < trials else 1.0
    return low, high
