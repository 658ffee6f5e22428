"""The ways in which a drain treats a pod, and what decides between them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from controller.domain.pod import PodFacts
    from controller.domain.policy import DrainPolicy
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict
    from controller.drain.plan import Surroundings


class PodClass(StrEnum):
    """How a drain treats a pod.

    SKIPPED pods end with the node; of FINISHED ones nothing runs any more; UNREACHABLE ones had
    their grace on a node that does not report. STOPPING ones are waited for, KEPT ones not asked,
    PROTECTED ones asked as late as is safe, NORMAL ones in their turn. LAST ones go when all of
    these are gone, and OWN, the controller itself, after them.
    """

    SKIPPED = "Skipped"
    FINISHED = "Finished"
    UNREACHABLE = "Unreachable"
    STOPPING = "Stopping"
    KEPT = "Kept"
    PROTECTED = "Protected"
    NORMAL = "Normal"
    LAST = "Last"
    OWN = "Own"

    @property
    def rank(self) -> int:
        """Who has to be gone first: classes of a lower rank."""
        return _RANKS.get(self, 0)


_RANKS = {PodClass.LAST: 1, PodClass.OWN: 2}

UNCOUNTED = frozenset({PodClass.SKIPPED, PodClass.FINISHED, PodClass.UNREACHABLE})
"""The classes that a drain neither touches nor waits for."""

ASKED = frozenset({PodClass.NORMAL, PodClass.PROTECTED, PodClass.LAST, PodClass.OWN})
"""The classes that a drain asks to leave."""


class Classified(NamedTuple):
    """A pod's class and why; `until` is when the clock alone changes it, None for never.

    `warnings` are what its owner should know although the drain goes on.
    """

    pod_class: PodClass
    verdict: Verdict
    until: Instant | None = None
    warnings: tuple[Verdict, ...] = ()


class Case(NamedTuple):
    """What a pod's treatment depends on."""

    pod: PodFacts
    policy: DrainPolicy
    voluntary: bool
    now: Instant
    around: Surroundings
