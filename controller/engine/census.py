"""How many nodes each provisioner has, counted at each change: a scrape goes through no node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.provisioner import Provisioner, provisioner_of

if TYPE_CHECKING:
    from controller.domain.node import NodeFacts


class Census:
    """The metric `spotdrain_nodes`; every provisioner is there from the beginning, with 0."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(Provisioner, 0)
        for provisioner in Provisioner:
            metrics.nodes.labels(provisioner).set(0)

    def node_changed(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        """Count a node that came, went, or was given other labels."""
        before, after = (None if node is None else provisioner_of(node) for node in (old, new))
        # A node's heartbeat, which is nearly every change, is no news here.
        if before is after:
            return
        for provisioner, step in ((before, -1), (after, 1)):
            if provisioner is not None:
                self._counts[provisioner] += step
                metrics.nodes.labels(provisioner).set(self._counts[provisioner])
