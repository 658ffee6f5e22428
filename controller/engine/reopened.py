"""A doomed node that somebody else opens: cordoned again once, and told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from controller import messages
from controller.drain.uncordoning import cordoned_again, uncordoned_by_hand

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.verdict import Verdict
    from controller.engine.ports import Recorder

log = logging.getLogger(__name__)


class Reopened:
    """Watches one node for being opened while EC2 takes it.

    That it was cordoned again is written on the node itself, so it holds across restarts.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._told: Verdict | None = None

    def insists(self, node: NodeFacts | None, record: Interruption) -> bool:
        """Tell whether the node is to be cordoned again; whoever opened it is told by an Event."""
        if node is None or record.kind.voluntary or not uncordoned_by_hand(node):
            return False
        again = not cordoned_again(node)
        verdict = messages.UNCORDONED_ONCE if again else messages.UNCORDONED_TWICE
        if verdict is not self._told:
            self._told = verdict
            log.warning("node %s: %s", node.name, verdict.message)
            self._recorder.on_node(node.name, node.uid, verdict, warning=True)
        return again
