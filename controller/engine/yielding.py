"""What one drain leaves to Karpenter: looked at anew each time, told in the log, counted once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.policy import Policy
from controller.drain.coexistence import DRAINS, NOT_BEGUN, node_gone, remembered, stance_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.times import Instant
    from controller.drain.coexistence import Stance

log = logging.getLogger(__name__)

RESULTS = {DRAINS: "left", NOT_BEGUN: "taken_over"}


class Yielding:
    """The stance towards a node that Karpenter may drain; the last one holds when the Node is gone."""

    def __init__(self, record: Interruption, clock: Callable[[], Instant]) -> None:
        self._clock = clock
        self.stance = remembered(record, Policy())
        # What the status tells was counted by whoever wrote it.
        self._told = self._reason

    def look(self, record: Interruption, node: NodeFacts, policy: Policy) -> Policy:
        """Take a new stance; returns the policy to go by."""
        self._take(stance_of(record, node, policy, self._clock()), node.name)
        return self.stance.policy

    def node_gone(self, record: Interruption) -> None:
        """Settle what was being found out."""
        self._take(node_gone(self.stance), record.node_name)

    def _take(self, stance: Stance, node: str) -> None:
        self.stance = stance
        if stance.verdict is not None and self._reason != self._told:
            log.info("node %s: %s", node, stance.verdict.message)
            if self._reason in RESULTS and not stance.policy.rehearses:
                metrics.left_to_karpenter.labels(RESULTS[self._reason]).inc()
        self._told = self._reason

    @property
    def _reason(self) -> str:
        return "" if self.stance.verdict is None else self.stance.verdict.reason
