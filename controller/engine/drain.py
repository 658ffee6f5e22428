"""One interruption from its notice to its end: look, plan, act, report, at every change."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from controller.domain.interruption import Phase
from controller.domain.policy import Action, Policy
from controller.drain.life import Facts, next_change, opens, stand_of
from controller.drain.note import Scene, note_of
from controller.drain.progress import Progress
from controller.drain.uncordoning import uncordoned_by_hand
from controller.drain.volumes import volumes_left
from controller.engine.admission import Admission
from controller.engine.closing import RETRY_SECONDS, Closing
from controller.engine.executor import Executor
from controller.engine.pace import Wake
from controller.engine.reopened import Reopened
from controller.engine.reporting import Reporter
from controller.engine.roster import Roster
from controller.engine.sight import Sight
from controller.engine.yielding import Yielding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.times import Instant
    from controller.drain.life import Stand
    from controller.drain.plan import DrainPlan, Step
    from controller.engine.world import World


class Look(NamedTuple):
    """What one look at a drain shows: where it stands, when to look again, which calls are due.

    `at_work` is for how many pods, none where they are not asked to leave.
    """

    stand: Stand
    progress: Progress
    again: Instant | None
    steps: Sequence[Step]
    at_work: int


class Drain:
    """The task behind one NodeInterruption; everything that it needs again is in the cluster."""

    def __init__(self, record: Interruption, world: World) -> None:
        now = world.clock()
        self.record = record.reopened() if record.phase.over else record
        self.wake = Wake(world.crowd.bunch)
        self._world = world
        self._roster = Roster(
            world.pods.on_node(record.node_name), record.timeline, self.wake, world.clock
        )
        self._executor = Executor(world, self._roster, self.wake, self._due)
        self._reporter = Reporter(world, self.wake)
        node = self._find()
        self._policy = Policy() if node is None else world.policy_of(node)
        self._pool = "unknown"
        self._closing = Closing(world.fences)
        self._sight = Sight(world, self._roster, self._closing)
        self._admission = Admission(self.record, world, self.wake)
        self._reopened = Reopened(world.recorder)
        self._yielding = Yielding(self.record, world.clock)
        self._begun = record.phase in {Phase.DRAINING, Phase.DRAINED}
        self._ended_with = len(record.notices)
        self._lifts = True
        self._see(now)

    def update(self, record: Interruption) -> None:
        """Take over new notices: a rebalance becomes an interruption in place."""
        known = self.record
        self.record = replace(record, started_at=known.started_at, conditions=known.conditions)
        self._see(self._world.clock(), known)
        self.wake()

    def _see(self, now: Instant, known: Interruption | None = None) -> None:
        """Look at the notices as of now: the time of a scheduled change comes by the clock alone."""
        before, rebalance = known or self.record, self._policy.rebalance
        seen = self.record.seen(now, self._policy.lead_time, rebalance.expiry)
        if seen.started_at is None and not seen.dormant:
            seen = replace(seen, started_at=now)
        self.record = seen
        # Not at every look: what closes the node for the next notice may be on its way to us.
        self._lifts = not seen.standing and (self._lifts or bool(before.standing))
        if before.kind is not seen.kind:
            # An interruption waits for nobody.
            self._admission.close()
            self._executor.requeue()

    def again(self) -> Drain:
        """Give a fresh drain of the same interruption, after this one failed."""
        told = self._reporter.conditions or self.record.conditions
        record = replace(self.record, timeline=self._roster.timeline(), conditions=told)
        # A status of its that still waits for its turn would be written over the new drain's.
        self.abandon()
        return Drain(record, self._world)

    def abandon(self) -> None:
        """Write nothing any more: the interruption is another replica's, or gone."""
        self._reporter.abandon()

    @property
    def overtaken(self) -> bool:
        """Whether a notice came while the end was being written: there is more to do."""
        return len(self.record.notices) > self._ended_with

    async def run(self) -> None:
        """Carry the interruption to its end; returns when it is over."""
        try:
            await self._run()
        finally:
            self._world.crowd.note(self, 0)

    async def _run(self) -> None:
        await self._tend()
        deadline, now = self.record.deadline, self._world.clock()
        await self._world.calm.wait(None if deadline is None else deadline - now)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._executor.close)
            stack.callback(self._admission.close)
            watching = False
            while True:
                if self._node() and self.action is Action.DRAIN and not watching:
                    await stack.enter_async_context(self._roster.watching())
                    watching = True
                look = self._look(self._world.clock())
                self._world.crowd.note(self, look.at_work)
                if look.stand.phase.over:
                    self._ended_with = len(self.record.notices)
                    break
                await self._tend()
                retry = None if self._closed else self._world.clock() + RETRY_SECONDS
                later = self._reporter.offer(look.progress)
                await self._send(look.steps)
                await self.wake.wait(self._until(look.again, later, retry))
        await self._end(look)

    async def _send(self, steps: Sequence[Step]) -> None:
        """Make the calls that are due; the first of all when the status has told of the drain."""
        if not steps:
            return
        if not self._begun:
            await self._reporter.told()
            self._begun = True
            steps = self._look(self._world.clock()).steps
        rank = (self.record.kind.voluntary, self.record.deadline or self._world.clock())
        self._executor.send(steps, rank)

    def _look(self, now: Instant) -> Look:
        """Plan, and tell what is due, where it stands and when to look again."""
        self._executor.settle()
        self._see(now)
        node = self._node()
        # Without our node, pods that say they are on it may be those of another by its name.
        stance = self._yielding.stance
        planned = self._roster.known and node is not None and not stance.left
        drain = self._plan(now) if planned else None
        if drain is not None:
            self._roster.enrol(drain)
        held = None if node is None else self._world.attachments.on_node(node.name)
        volumes = volumes_left(held, drain, self._policy.drain)
        admitted, turn_at = self._admitted(node, drain, now)
        facts = Facts(
            record=self.record,
            action=self.action,
            node_there=node is not None,
            fenced=self._closing.stands,
            pods_left=self._pods_left(drain),
            expiry=self._policy.rebalance.expiry,
            lead=self._policy.lead_time,
            rehearsed=self._policy.rehearses,
            volumes_left=volumes or (),
            admitted=admitted,
            uncordoned=node is not None and uncordoned_by_hand(node),
            left=stance.left,
        )
        stand = stand_of(facts, now)
        acting = drain if admitted and self._drains and not stand.phase.over else None
        progress = Progress(
            record=self.record,
            phase=stand.phase,
            policy=self._policy.name,
            pool=self._pool,
            passages=dict(self._roster.passages),
            plan=drain,
            fenced=self._closing.verdict,
            admitted=self._admission.leave if self._asks else None,
            stance=stance,
            outcome=stand.outcome,
            note=self._note(drain, stand),
            volumes=volumes,
            finished_at=now if stand.phase.over else None,
            node_there=node is not None,
        )
        due_at = drain.wake_at(now) if drain else None
        again = _first(next_change(facts, now), due_at, turn_at, stance.again)
        steps = acting.due(now) if acting else ()
        return Look(stand, progress, again, steps, facts.pods_left or 0 if acting else 0)

    @property
    def _drains(self) -> bool:
        """Whether pods are asked to leave at all, by now."""
        return bool(self.record.standing) and self._policy.drains(self.record.kind)

    @property
    def _asks(self) -> bool:
        """Whether this drain has to ask for its turn."""
        return self.record.kind.voluntary and self._drains

    def _admitted(
        self, node: NodeFacts | None, drain: DrainPlan | None, now: Instant
    ) -> tuple[bool, Instant | None]:
        """Tell whether pods may be asked to go, and when the clock alone may change that."""
        if not self._asks:
            self._admission.close()
            return True, None
        admitted = self._admission.told(self._reporter.stage)
        if node is None or drain is None or not self._closing.stands:
            return admitted, None
        # An empty node needs nobody's leave.
        if drain.drained:
            self._admission.close()
            return admitted, None
        return admitted, self._admission.ask(node, drain, self._policy.rebalance, now)

    def _note(self, drain: DrainPlan | None, stand: Stand) -> str:
        """Give the sentence where it is not about pods."""
        return note_of(
            Scene(
                record=self.record,
                stand=stand,
                action=self._policy.action_for(self.record.kind),
                lead=self._policy.lead_time,
                expiry=self._policy.rebalance.expiry,
                rehearsed=self._policy.rehearses,
                plan=drain,
                waits_for=self._admission.leave.verdict if self._asks and drain else None,
                left=self._yielding.stance.verdict if self._yielding.stance.left else None,
            )
        )

    def _pods_left(self, drain: DrainPlan | None) -> int | None:
        """Count what is left; None while the pods are unknown.

        Of a node that went while no controller looked, the status told how far it had come.
        """
        if drain is not None:
            return sum(entry.left for entry in drain.entries)
        if self._node() is None and (self._roster.known or self._roster.passages):
            return sum(passage.gone_at is None for passage in self._roster.passages.values())
        return None

    def _due(self, uid: str) -> Step | None:
        """Give the step that is due for one pod, by a plan of this moment."""
        if self._node() is None or not self._drains:
            return None
        now = self._world.clock()
        known = self._sight.recent(now)
        step = known.due_for(uid, now) if known else None
        # A pod that has changed since is planned for anew.
        if step is None or step.pod is not self._roster.pod(uid):
            step = self._plan(now).due_for(uid, now)
        return step

    def _plan(self, now: Instant) -> DrainPlan:
        begun = self._admission.begun if self._asks else None
        return self._sight.plan(self.record, self._policy, now, begun)

    @property
    def action(self) -> Action:
        """What is to be done by now: what the policy says about the gravest notice that stands."""
        wanted = self._policy.action_for(self.record.kind)
        return wanted if self.record.standing else Action.OBSERVE

    @property
    def _closed(self) -> bool:
        """Whether the fence stands as the policy wants it, or is not wanted."""
        wanted = bool(self.record.standing) and not self._yielding.stance.left
        return not wanted or self._closing.done(self._policy, self.record.kind)

    def _find(self) -> NodeFacts | None:
        """Find our node: the one with this UID, never another that has its name by now."""
        node = self._world.nodes.by_name(self.record.node_name)
        other = node is not None and self.record.node_uid not in {"", node.uid}
        return None if other else node

    def _node(self) -> NodeFacts | None:
        """Find our node, and choose what to go by: its policy, or hands off while Karpenter acts."""
        node = self._find()
        if node is None:
            self._yielding.node_gone(self.record)
            return None
        self._policy = self._yielding.look(self.record, node, self._world.policy_of(node))
        self._pool = node.pool
        return node

    async def _tend(self) -> None:
        """See to the fence: that it stands, or that it goes when what it stood for was put off."""
        node, standing = self._node(), bool(self.record.standing)
        if node is None or self._yielding.stance.left:
            return
        if self._lifts:
            self._lifts = False
            await self._closing.lift(node)
        elif not self._closed or (standing and self._reopened.insists(node, self.record)):
            await self._closing.close(node, self._policy, self.record.kind)

    async def _end(self, look: Look) -> None:
        node = self._node()
        if node is not None and opens(self.record, look.stand):
            await self._closing.open(node)
        await self._reporter.finish(look.progress)

    def _until(self, *instants: Instant | None) -> float | None:
        first = _first(*instants)
        return None if first is None else max(0.0, first - self._world.clock())


def _first(*instants: Instant | None) -> Instant | None:
    return min((instant for instant in instants if instant is not None), default=None)
