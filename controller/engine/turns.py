"""Whose turn it is: one look at all records for all voluntary drains of this replica that wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.cluster import ClusterError
from controller.drain.turns import claim_of, stand_from, turns
from controller.engine.pace import Wake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.policy import Policy
    from controller.domain.times import Instant
    from controller.drain.turns import Claim, Turn
    from controller.engine.admission import Admission
    from controller.engine.ports import Nodes, Records

log = logging.getLogger(__name__)

LONGEST_SECONDS = 15.0
"""Between two looks while somebody waits: what no record tells, such as nodes that join, shows."""

PAUSE_SECONDS, SHARE = 0.5, 20
"""Between two looks at the least; and looks take one part in so many of the time."""


class Turns:
    """Decides for the drains that wait here; other replicas decide for theirs, by the same rules."""

    def __init__(
        self,
        records: Records,
        nodes: Nodes,
        policy_of: Callable[[NodeFacts], Policy],
        clock: Callable[[], Instant],
    ) -> None:
        self._records, self._nodes = records, nodes
        self._policy_of, self._clock = policy_of, clock
        self._waiting: dict[str, Admission] = {}
        self._marks: dict[str, object] = {}
        self._wake = Wake()
        self.looks = 0
        self.noticed: frozenset[str] = frozenset()
        """The names of the nodes that have a notice, as of the last look."""

    def enter(self, name: str, admission: Admission) -> None:
        """Have a drain decided about, by the name of its interruption."""
        if self._waiting.get(name) is not admission:
            self._waiting[name] = admission
            self.stir()

    def leave(self, name: str, admission: Admission) -> None:
        """Decide about a drain no more: it has begun, or it is over."""
        if self._waiting.get(name) is admission:
            del self._waiting[name]
            self.tell()

    def stir(self) -> None:
        """Look again: something may have changed the answer."""
        self._wake()

    def seen(self, name: str, record: Interruption | None) -> None:
        """Look again if a record was told that may have changed who has a place."""
        mark = None
        if record is not None and not record.over:
            mark = record.kind, record.phase, stand_from(record)[0], record.node_name
        if self._marks.get(name) == mark:
            return
        if mark is None:
            del self._marks[name]
        else:
            self._marks[name] = mark
        self.stir()

    async def run(self, beat: Callable[[], None]) -> None:
        """Look whenever something has changed, and from time to time, until cancelled."""
        while True:
            beat()
            await self._wake.wait(LONGEST_SECONDS)
            if not self._waiting:
                continue
            began = time.monotonic()
            try:
                await self._look()
            except ClusterError as error:
                log.warning("cannot see whose turn it is to drain: %s", error)
            await asyncio.sleep(max(PAUSE_SECONDS, (time.monotonic() - began) * SHARE))

    async def _look(self) -> None:
        """Read all records, and tell each drain that waits here what becomes of it."""
        self.looks += 1
        look = self.looks
        records = await self._records.interruptions()
        lines: dict[str, list[Claim]] = defaultdict(list)
        policies: dict[str, Policy] = {}
        noticed = set()
        now = self._clock()
        for found in records:
            node = self._nodes.by_name(found.node_name)
            if found.over or node is None or node.uid != found.node_uid:
                continue
            policy = self._policy_of(node)
            record = found.seen(now, policy.lead_time, policy.rebalance.expiry)
            # A node whose scheduled change is days ahead is as good as any other until then.
            if not record.standing:
                continue
            noticed.add(node.name)
            if (claim := claim_of(record, node, policy)) is not None:
                lines[policy.name].append(claim)
                policies[policy.name] = policy
        self.noticed = frozenset(noticed)
        zones = self._zones(policies)
        decided: dict[str, Turn] = {}
        for name, line in lines.items():
            decided |= turns(line, zones[name], policies[name].rebalance, now)
        for name, admission in list(self._waiting.items()):
            if name in decided:
                admission.decide(decided[name], look)
        self.tell()

    def _zones(self, names: Iterable[str]) -> dict[str, Counter[str]]:
        """Count the nodes of policies by zone: Spot nodes, and others that got a notice."""
        found: dict[str, Counter[str]] = {name: Counter() for name in names}
        for node in self._nodes.all():
            if node.is_spot or node.name in self.noticed:
                counted = found.get(self._policy_of(node).name)
                if counted is not None:
                    counted[node.zone] += 1
        return found

    def tell(self) -> None:
        """Count those that wait by what they wait for."""
        reasons = [admission.leave.verdict.reason for admission in self._waiting.values()]
        found = Counter(metrics.WAITING_REASONS.get(reason) for reason in reasons)
        for label in set(metrics.WAITING_REASONS.values()):
            metrics.voluntary_waiting.labels(label).set(found[label])
