"""The SpotPolicies of the cluster, and their `Accepted` condition."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from controller.domain.cluster import ClusterError
from controller.domain.condition import condition
from controller.domain.policy import Policy, policy_for
from controller.domain.policy_reading import policy_from
from controller.domain.reading import InvalidPolicyError
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from controller.domain.node import NodeFacts
    from controller.domain.times import Instant
    from controller.engine.ports import Nodes, Records

log = logging.getLogger(__name__)

SETTLE_SECONDS = 1.0
RECOUNT_SECONDS = 15.0
MOST_CHOSEN = 2_000
"""Nodes whose policy is kept; those that drain are asked about, hardly ever another."""


class Policies:
    """Keeps what Kopf tells of SpotPolicies; chooses one for a node; tells their status."""

    def __init__(
        self,
        records: Records,
        nodes: Nodes,
        clock: Callable[[], Instant],
        owns: Callable[[str], bool],
    ) -> None:
        """Wire it; `owns` tells by its name whether a policy's status is ours to write."""
        self._records, self._nodes, self._clock, self._owns = records, nodes, clock, owns
        self._objects: dict[str, Mapping[str, Any]] = {}
        self._policies: dict[str, Policy] = {}
        self._invalid: dict[str, str] = {}
        self._chosen: dict[str, tuple[NodeFacts, Policy]] = {}
        self._changed = asyncio.Event()

    def put(self, name: str, obj: Mapping[str, Any] | None) -> bool:
        """Take over a policy, or with None its deletion; tells whether what applies has changed."""
        before = self._policies.get(name)
        self._chosen.clear()
        self._policies.pop(name, None)
        self._invalid.pop(name, None)
        self._objects.pop(name, None)
        if obj is not None:
            self._objects[name] = obj
            self._read(name, obj)
        self._changed.set()
        return self._policies.get(name) != before

    async def reload(self) -> bool:
        """List all policies and take them over; tells whether what applies has changed.

        Before the first message, so that no notice meets the built-in policy by mistake; and from
        time to time, for Kopf never tells of what was deleted while its watch was down.
        """
        found = {obj["metadata"]["name"]: obj for obj in await self._records.policies()}
        gone = self._objects.keys() - found.keys()
        changes = [self.put(name, None) for name in gone]
        changes += [self.put(name, obj) for name, obj in found.items()]
        return any(changes)

    def of(self, node: NodeFacts) -> Policy:
        """Choose the policy of a node; each look at its drain asks, so the choice is kept."""
        known = self._chosen.get(node.uid)
        if known is not None and known[0] is node:
            return known[1]
        if len(self._chosen) >= MOST_CHOSEN:
            self._chosen.clear()
        chosen = policy_for(node, self._policies.values())
        self._chosen[node.uid] = node, chosen
        return chosen

    def named(self, name: str) -> Policy:
        """Look a policy up; the built-in one where none has this name (any more)."""
        return self._policies.get(name, Policy())

    async def run(self, beat: Callable[[], None]) -> None:
        """Write every policy's status when it or the number of its nodes has changed."""
        while True:
            beat()
            try:
                async with asyncio.timeout(RECOUNT_SECONDS):
                    await self._changed.wait()
                await asyncio.sleep(SETTLE_SECONDS)
            except TimeoutError:
                pass
            self._changed.clear()
            for name in filter(self._owns, list(self._objects)):
                await self._tell(name)

    def _read(self, name: str, obj: Mapping[str, Any]) -> None:
        try:
            self._policies[name] = policy_from(obj)
        except InvalidPolicyError as error:
            self._invalid[name] = str(error)
            log.error("SpotPolicy %s is not applied: %s", name, error)

    async def _tell(self, name: str) -> None:
        obj = self._objects.get(name)
        if obj is None:
            return
        policies = self._policies.values()
        nodes = [n for n in self._nodes.all() if n.is_spot and policy_for(n, policies).name == name]
        status = self._status(name, obj, len(nodes))
        if status == _comparable(obj.get("status") or {}):
            return
        try:
            await self._records.write_policy_status(name, status)
        except ClusterError as error:
            log.warning("cannot write the status of SpotPolicy %s: %s", name, error)

    def _status(self, name: str, obj: Mapping[str, Any], nodes: int) -> dict[str, Any]:
        verdict = Verdict("Valid", f"selects {nodes} Spot nodes")
        if (why := self._invalid.get(name)) is not None:
            verdict = Verdict("Invalid", why)
        generation = obj["metadata"].get("generation", 0)
        conditions: Sequence[Mapping[str, Any]] = (obj.get("status") or {}).get("conditions") or ()
        told = condition(
            conditions,
            "Accepted",
            verdict,
            self._clock(),
            holds=name not in self._invalid,
            generation=generation,
        )
        return {"observedGeneration": generation, "nodes": nodes, "conditions": [told]}


def _comparable(status: Mapping[str, Any]) -> dict[str, Any]:
    return {key: status.get(key) for key in ("observedGeneration", "nodes", "conditions")}
