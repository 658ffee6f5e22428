"""The fence of one drain's node: that it stands, and that it goes when nothing comes of the notice."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller import messages
from controller.domain.cluster import ClusterError
from controller.drain.fence import fence_of

if TYPE_CHECKING:
    from controller.domain.node import NodeFacts
    from controller.domain.notice import Kind
    from controller.domain.policy import Action, FencePolicy, Policy
    from controller.domain.verdict import Verdict
    from controller.engine.fencing import Fences

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
OPEN_TRIES = 60


class Closing:
    """Keeps one node closed; `verdict` is what the status says of it, None before the first try."""

    def __init__(self, fences: Fences) -> None:
        self._fences = fences
        self._built: tuple[FencePolicy, Action] | None = None
        self.verdict: Verdict | None = None

    @property
    def stands(self) -> bool:
        """Whether we know our fence to be on the node."""
        return self.verdict is not None and self.verdict.reason == messages.FENCED

    def done(self, policy: Policy, kind: Kind) -> bool:
        """Tell whether the fence stands just as the policy wants it now, if it wants one at all."""
        if not policy.closes(kind):
            # Why there is no fence is told as well.
            return self.verdict is not None
        return self.stands and self._built == (policy.fence, policy.action_for(kind))

    async def close(self, node: NodeFacts, policy: Policy, kind: Kind) -> None:
        """Make sure of the fence: after a restart, for a record made by hand, after an upgrade."""
        action = policy.action_for(kind)
        if not policy.closes(kind):
            why = "is in dry run" if policy.rehearses else f"says {action}"
            self.verdict = messages.not_fenced(f"the policy {why}")
            return
        try:
            await self._fences.close(node, policy, kind)
            self.verdict, self._built = messages.fenced(action), (policy.fence, action)
        except ClusterError as error:
            log.warning("cannot fence node %s: %s", node.name, error)
            self.verdict = messages.not_fenced(str(error))

    async def lift(self, node: NodeFacts) -> None:
        """Take the fence away for now: what it was built for has been put off."""
        self._built = None
        if fence_of(node):
            await self.open(node)
        self.verdict = None

    async def open(self, node: NodeFacts) -> None:
        """Take the fence away; tried for a minute, since nobody would do it later."""
        for _ in range(OPEN_TRIES):
            try:
                if await self._fences.open(node):
                    log.info("opened node %s again", node.name)
            except ClusterError as error:
                log.warning("cannot open node %s again: %s", node.name, error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return
