"""Pods that tolerate the fence: asked to leave, and created again on the same node."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.pod import PodFacts

OFTEN = 2
"""Once may be the scheduler's race with the cordon; twice is a toleration."""


class Returns:
    """Counts, for each owner, the pods that came after one of its pods had been asked to leave."""

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._came: Counter[str] = Counter()
        self._late: set[str] = set()

    def asked(self, pod: PodFacts) -> None:
        """Note that a pod was asked to leave, and will."""
        self._asked.add(pod.owner_uid)

    def came(self, pod: PodFacts) -> None:
        """Note a pod that was not on the node when the drain began."""
        self._late.add(pod.uid)
        if pod.owner_uid and pod.owner_uid in self._asked:
            self._came[pod.owner_uid] += 1

    def owners(self, pods: Iterable[PodFacts]) -> frozenset[str]:
        """List the owners whose pods are in vain to evict.

        Not yet those with a pod that was there from the start and has had no signal: each of these
        is asked once, wherever its successor goes.
        """
        owed = {p.owner_uid for p in pods if p.uid not in self._late and not p.terminating}
        return frozenset(o for o, count in self._came.items() if count >= OFTEN and o not in owed)
