"""Opens the nodes of interruptions that are over and came to nothing, or whose instance is back."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.cluster import ClusterError
from controller.domain.condition import condition
from controller.domain.interruption_object import JUDGED
from controller.drain.aftermath import RETURNED, aftermath, gone, outcome_to
from controller.engine.outcome import count_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict
    from controller.engine.fencing import Fences
    from controller.engine.ports import Nodes, Recorder, Records

log = logging.getLogger(__name__)


class Reopening:
    """Looks at interruptions that are over, one after the other."""

    def __init__(
        self,
        *,
        records: Records,
        nodes: Nodes,
        fences: Fences,
        recorder: Recorder,
        clock: Callable[[], Instant],
    ) -> None:
        self._records, self._nodes, self._fences = records, nodes, fences
        self._recorder, self._clock = recorder, clock

    async def look(self, ended: Iterable[Interruption]) -> None:
        """Open what is to be opened, and tell of instances that went; raises ClusterError.

        The next look tries again.
        """
        for record in ended:
            node = self._nodes.by_instance(record.instance_id)
            if node is None:
                if gone(record, node) is not None:
                    await self._judge(record.name)
                continue
            verdict = aftermath(record, node, self._clock())
            if verdict is not None:
                await self._open(record.name, node, verdict)

    async def _judge(self, name: str) -> None:
        """Write that the instance went, once, whoever asks."""
        record = await self._records.read(name)
        verdict = None if record is None else gone(record, None)
        if record is None or verdict is None:
            return
        conditions = self._conditions(record, JUDGED, verdict, holds=True)
        if await self._records.write_status(record, {"conditions": conditions}) is not None:
            count_end(record, verdict.reason, record.pool)

    async def _open(self, name: str, node: NodeFacts, verdict: Verdict) -> None:
        # Read anew: a notice that came meanwhile wants the node closed.
        record = await self._records.read(name)
        if record is None or aftermath(record, node, self._clock()) is None:
            return
        # The status first: after a crash in between the fence is still there to be found.
        if await self._records.write_status(record, self._status(record, verdict)) is None:
            return
        if not record.judged:
            count_end(record, verdict.reason, record.pool)
        try:
            await self._fences.open(node)
        except ClusterError as error:
            log.warning("cannot open node %s again: %s", node.name, error)
            return
        metrics.reopened.labels(metrics.REOPENED[verdict.reason]).inc()
        self._recorder.on_node(node.name, node.uid, verdict, warning=verdict.reason != RETURNED)
        log.info("node %s is open again: %s", node.name, verdict.message)

    def _status(self, record: Interruption, verdict: Verdict) -> dict[str, object]:
        returned = verdict.reason == RETURNED
        judged = self._conditions(record, JUDGED, verdict, holds=returned)
        both = replace(record, conditions=tuple(judged))
        return {
            **outcome_to(verdict),
            "conditions": self._conditions(both, "Fenced", verdict, holds=False),
        }

    def _conditions(
        self, record: Interruption, kind: str, verdict: Verdict, *, holds: bool
    ) -> list[Mapping[str, object]]:
        """Put one condition in the place of its like."""
        others = [c for c in record.conditions if c.get("type") != kind]
        now = self._clock()
        return [*others, condition(record.conditions, kind, verdict, now, holds=holds)]
