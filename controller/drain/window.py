"""How much time there is, and how much a pod needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant

STOP_OVERHEAD = 3.0
"""Seconds beside the grace: API latency, kubelet's sync, the last status write."""

DETACH_OVERHEAD = 12.0
"""Seconds that unmounting and detaching a volume takes before the claim is free elsewhere."""

LATE_SECONDS = 10.0
"""With less than this there is no order worth keeping: all pods are asked in one wave."""

LEAST_RESERVE = 2.0
"""Seconds kept free even of the latest notice: the API server's and kubelet's latency."""

FINAL_KILL_LEAD = 6.0
"""Seconds before the deadline at which the graces that outlast it are cut to one second."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time of one drain.

    `started` is when the drain began; `deadline` when the instance goes, None for a voluntary drain
    without one; `reserve` seconds before the deadline are kept free, less when the notice was late.
    """

    started: Instant
    deadline: Instant | None = None
    reserve: float = 8.0

    @property
    def end(self) -> Instant | None:
        """The last moment at which a pod may still be stopping."""
        if self.deadline is None:
            return None
        # A late notice must not lose what little is left to the reserve: a fifth of it is enough.
        share = max(LEAST_RESERVE, (self.deadline - self.started) / 5)
        return self.deadline - min(self.reserve, share)

    @property
    def late(self) -> bool:
        """Whether the drain began so late that no pod can be asked before another."""
        return self.deadline is not None and self.deadline - self.started < LATE_SECONDS

    def last_safe(self, pod: PodFacts, cap: float) -> Instant | None:
        """Compute the last moment at which the pod can still be asked to stop and do so in peace.

        The grace counts up to `cap` seconds only: a grace of five minutes would otherwise be past
        its last safe moment at once, and its PodDisruptionBudget never respected. When it is late
        no moment but the first is safe.
        """
        if self.end is None:
            return None
        safe = self.end - need(pod, cap)
        return min(safe, self.started) if self.late else safe

    def grace_at(self, pod: PodFacts, now: Instant) -> int | None:
        """Fit the pod's grace into the time that is left; None keeps the pod's own.

        Never 0: that removes the object while the containers still run, and a StatefulSet would
        start the same identity twice:
        https://kubernetes.io/docs/tasks/run-application/force-delete-stateful-set-pod/
        """
        if self.end is None:
            return None
        left = max(1, math.floor(self.end - now))
        return None if pod.grace <= left else left

    @property
    def final_kill(self) -> Instant | None:
        """When graces that outlast the deadline are shortened, so that unmounts still happen."""
        return None if self.deadline is None else self.deadline - FINAL_KILL_LEAD


def need(pod: PodFacts, cap: float) -> float:
    """Compute the seconds a pod needs from the request to being gone, its grace bounded by `cap`."""
    detach = DETACH_OVERHEAD if pod.has_volume_claims else 0.0
    return min(float(pod.grace), cap) + STOP_OVERHEAD + detach
