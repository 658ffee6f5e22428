"""How long to wait before a call to the queue is made again. Pure; chance comes in as a value."""

from __future__ import annotations

PAUSES = (1.0, 2.0, 5.0)
"""Seconds. A notice has 120, so the last of them is short for a back-off."""


def pause(failures: int, chance: float) -> float:
    """Give the seconds to wait after so many failures in a row (1 or more).

    `chance` (0 to 1) spreads the callers, who were all refused at the same moment, over the second
    half of the pause: replicas and receivers do not come back together.
    """
    return PAUSES[min(failures, len(PAUSES)) - 1] * (0.5 + chance / 2)
