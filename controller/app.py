"""Wires the parts together and runs them until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from controller import __version__, metrics
from controller.aws.autoscaling import AutoScaling
from controller.aws.queue import SqsQueue
from controller.aws.queue_url import names, parse_queue_url
from controller.domain.interruption_object import interruption_from
from controller.engine.acknowledging import Acknowledger
from controller.engine.calm import Calm
from controller.engine.census import Census
from controller.engine.departed import Departed
from controller.engine.drains import Drains
from controller.engine.fencing import Fences
from controller.engine.gate import Gate
from controller.engine.handling import Handling
from controller.engine.hold import Hold
from controller.engine.hooks import Hooks
from controller.engine.intake import Intake
from controller.engine.lanes import Lanes
from controller.engine.late_hooks import LateHooks
from controller.engine.ledger import Ledger
from controller.engine.letting_go import LettingGo
from controller.engine.limit import Limit
from controller.engine.membership import Membership
from controller.engine.out_of_service import OutOfService
from controller.engine.policies import Policies
from controller.engine.reopening import Reopening
from controller.engine.rights import Rights
from controller.engine.sweep import Sweep
from controller.engine.turns import Turns
from controller.engine.world import World
from controller.feed import Feed
from controller.kube.api import Api
from controller.kube.attachments import Attachments
from controller.kube.budgets import Budgets
from controller.kube.connect import configuration
from controller.kube.daemon_sets import DaemonSets
from controller.kube.leases import Leases
from controller.kube.nodes import Nodes
from controller.kube.pods import Pods
from controller.kube.recorder import Recorder
from controller.kube.records import Records
from controller.kube.services import Services
from controller.operator import Operator
from controller.preflight import Preflight
from controller.probes import health_routes, metrics_routes, served
from controller.supervise import Supervisor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.config import Settings
    from controller.domain.attachment import AttachmentFacts
    from controller.domain.budget import BudgetFacts
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts

log = logging.getLogger(__name__)

EVICTIONS_IN_FLIGHT, DELETIONS_IN_FLIGHT = 50, 25
"""Three quarters of the connections: a notice that comes meanwhile is still fenced at once."""

MIRROR_STALL, LOOP_STALL = 200.0, 120.0


class App:
    """A running controller; every part is reachable for tests, none is global."""

    def __init__(
        self,
        settings: Settings,
        api: Api,
        queues: Sequence[SqsQueue],
        regions: Sequence[AutoScaling],
    ) -> None:
        self._settings = settings
        self.nodes, self.budgets, self.records = Nodes(api), Budgets(api), Records(api)
        self.leases = Leases(api, settings.namespace, settings.identity)
        self.membership = Membership(self.leases, settings.identity, time.time)
        self.services, self.daemon_sets = Services(api), DaemonSets(api)
        self.attachments = Attachments(api)
        self.recorder = Recorder(api, settings.identity, time.time)
        self.policies = Policies(self.records, self.nodes, time.time, self.membership.owns)
        self.ledger = Ledger()
        self.turns = Turns(self.records, self.nodes, self.policies.of, time.time)
        self.world = World(
            nodes=self.nodes,
            pods=Pods(api),
            budgets=self.budgets,
            services=self.services,
            daemon_sets=self.daemon_sets,
            attachments=self.attachments,
            records=self.records,
            recorder=self.recorder,
            policy_of=self.policies.of,
            clock=time.time,
            lanes=Lanes(),
            calm=Calm(),
            turns=self.turns,
            evicting=Gate(Limit.wide(EVICTIONS_IN_FLIGHT)),
            deleting=Gate(Limit.wide(DELETIONS_IN_FLIGHT)),
            rights=Rights(),
            fences=Fences(self.nodes, time.time),
            own_pod=f"{settings.namespace}/{settings.identity}",
        )
        self.drains = Drains(self.world, self.ledger, self.membership.owns)
        self.out_of_service = OutOfService(self.world)
        hooks = Hooks(regions)
        self.letting_go = LettingGo(self.world, self.ledger, hooks, self.membership.owns)
        self.late_hooks = LateHooks(hooks, self.ledger, self.policies.of, self.policies.named)
        self.membership.changed = self._share
        self.sweep = Sweep(
            records=self.records,
            ledger=self.ledger,
            drains=self.drains,
            letting_go=self.letting_go,
            policies=self.policies,
            reopening=Reopening(
                records=self.records,
                nodes=self.nodes,
                fences=self.world.fences,
                recorder=self.recorder,
                clock=time.time,
            ),
            owns=self.membership.owns,
            clock=time.time,
        )
        self.preflight = Preflight(api, settings.namespace, self.records)
        self.hold = Hold(self.preflight.check, time.time)
        self.departed = Departed()
        self.handling = Handling(self.world, started=self._adopt, hold=self.hold)
        self.feeds = [self._feed(queue, alone=len(queues) == 1) for queue in queues]
        self.supervisor = Supervisor()
        self._joining: set[asyncio.Task[None]] = set()
        self.nodes.mirror.listen(self._node_changed)
        self.nodes.mirror.listen(Census().node_changed)
        self.budgets.mirror.listen(self._budget_changed)
        self.attachments.mirror.listen(self._attachment_changed)
        self.daemon_sets.mirror.listen(lambda *_: self.drains.wake_all())

    async def run(self) -> None:
        """Start everything in the order in which it is needed, and run until cancelled."""
        async with AsyncExitStack() as stack:
            await self._serve(stack)
            stack.push_async_callback(self.drains.close)
            stack.push_async_callback(self.out_of_service.close)
            stack.push_async_callback(self.letting_go.close)
            stack.push_async_callback(self._give_back)
            stack.push_async_callback(self.late_hooks.close)
            stack.push_async_callback(self.supervisor.close)
            # Called first of all: the others go on before we have stopped.
            stack.push_async_callback(self.membership.leave)
            await self.preflight.cluster()
            start = self.supervisor.start
            start("nodes", self.nodes.mirror.run, MIRROR_STALL)
            start("budgets", self.budgets.mirror.run, MIRROR_STALL)
            start("leases", self.leases.mirror.run, MIRROR_STALL)
            # Without these a drain knows a little less: nobody waits for them.
            start("services", self.services.mirror.run, MIRROR_STALL)
            start("daemonsets", self.daemon_sets.mirror.run, MIRROR_STALL)
            start("volumes", self.attachments.mirror.run, MIRROR_STALL)
            start("events", lambda _: self.recorder.run())
            for mirror in (self.nodes.mirror, self.budgets.mirror, self.leases.mirror):
                await mirror.synced.wait()
            await self.preflight.loaded(self.policies.reload)
            await self.preflight.loaded(self.sweep.look)
            # Not before all that a drain needs is known: from here on others leave us our part.
            await self.preflight.loaded(self.membership.join)
            start("lease", self.membership.renew, LOOP_STALL)
            start("members", self.membership.look, LOOP_STALL)
            operator = Operator(
                self._settings.kubeconfig,
                self.records.check,
                interruption=self._interruption_seen,
                policy=self._policy_seen,
            )
            start("operator", operator.run, LOOP_STALL)
            start("policies", self.policies.run, LOOP_STALL)
            start("turns", self.turns.run, LOOP_STALL)
            start("sweep", self.sweep.run, LOOP_STALL)
            self.preflight.passed()
            start("preflight", self.preflight.again, LOOP_STALL)
            # Each as soon as it is right: a queue that is missing holds no other back.
            receivers = self._settings.receivers
            await asyncio.gather(*(feed.open(start, receivers) for feed in self.feeds))
            log.info("ready: watching %d nodes", len(self.nodes.mirror.items))
            await asyncio.Event().wait()

    def troubles(self) -> list[str]:
        """List the sentences that keep the controller from being ready."""
        # Queues have their turn when the cluster is all right; until then they have nothing to say.
        feeds = () if self.preflight.troubles else self.feeds
        found = (
            *self.preflight.troubles,
            *self.supervisor.troubles(),
            self.nodes.mirror.failing,
            self.budgets.mirror.failing,
            self.membership.trouble,
            self.hold.trouble,
            *(trouble for feed in feeds for trouble in feed.troubles()),
        )
        # One outage is found by several, in the same words.
        return [trouble for trouble in dict.fromkeys(found) if trouble]

    def _feed(self, queue: SqsQueue, *, alone: bool) -> Feed:
        acknowledger = Acknowledger(queue)
        intake = Intake(
            queue,
            self.world,
            acknowledger,
            handling=self.handling,
            departed=self.departed,
            paused=lambda: self.nodes.mirror.failing is not None,
            hold=self.hold,
            late_hooks=self.late_hooks,
        )
        return Feed(queue, intake, acknowledger, alone=alone)

    async def _give_back(self) -> None:
        await asyncio.gather(*(feed.intake.give_back() for feed in self.feeds))

    async def _serve(self, stack: AsyncExitStack) -> None:
        settings, address = self._settings, self._settings.listen_address
        health = health_routes(self.supervisor.stalled, self.troubles)
        ports = [
            await stack.enter_async_context(served(address, port, routes, flag))
            for port, routes, flag in (
                (settings.health_port, health, "health-port"),
                (settings.metrics_port, metrics_routes(), "metrics-port"),
            )
        ]
        metrics.build_info.labels(__version__).set(1)
        log.info(
            "spotdrain %s serves /healthz and /readyz on port %d, /metrics on port %d",
            __version__,
            *ports,
            extra={"health_port": ports[0], "metrics_port": ports[1]},
        )

    def _adopt(self, record: Interruption) -> None:
        # The drains first: they put it into the ledger.
        self.drains.adopt(record)
        self.letting_go.adopt(record)

    def _share(self) -> None:
        self.drains.share()
        self.letting_go.share()

    def _interruption_seen(self, name: str, obj: Mapping[str, Any] | None) -> None:
        record = None if obj is None else interruption_from(obj)
        if record is None:
            self.drains.drop(name)
            self.out_of_service.drop(name)
            self.letting_go.drop(name)
        else:
            self._adopt(record)
            self.out_of_service.adopt(record)
        self.turns.seen(name, record)

    def _policy_seen(self, name: str, obj: Mapping[str, Any] | None) -> None:
        if self.policies.put(name, obj):
            self.drains.wake_all()
            self.letting_go.wake_all()
            self.turns.stir()

    def _node_changed(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        self.departed.node_changed(old, new)
        self.drains.node_changed(old, new)
        self.out_of_service.node_changed(old, new)
        self.letting_go.node_changed(old, new)
        self.late_hooks.node_changed(old, new)
        for feed in self.feeds:
            if new is not None and feed.intake.room.waits_for(new.instance_id):
                task = asyncio.create_task(feed.intake.room.joined(new.instance_id))
                self._joining.add(task)
                task.add_done_callback(self._joining.discard)

    def _attachment_changed(self, old: AttachmentFacts | None, new: AttachmentFacts | None) -> None:
        for attachment in (old, new):
            node = self.nodes.by_name(attachment.node_name) if attachment else None
            self.drains.node_changed(None, node)

    def _budget_changed(self, old: BudgetFacts | None, new: BudgetFacts | None) -> None:
        if new is None:
            if old is not None:
                self.world.lanes.forget(old.key)
        elif new.allowed > 0:
            self.world.lanes.room(new.key)
        if old is None or new is None or _rules(old) != _rules(new):
            self.drains.wake_all()


def _rules(budget: BudgetFacts) -> tuple[object, ...]:
    """Take what decides whom a budget guards, and whether it can ever have room.

    Its status changes all the time; of that only what ends, or begins, a wait without end counts.
    """
    hopeless = budget.expected == 0, budget.desired == 0 and budget.healthy == 0
    return budget.selector, budget.always_allow_unhealthy, *hopeless


async def run(settings: Settings) -> None:
    """Run a controller until cancelled; raises ClusterError or QueueError for unusable settings."""
    labels = names([parse_queue_url(url) for url in settings.queue_urls])
    queues = [
        SqsQueue(url, receivers=settings.receivers, name=name)
        for url, name in zip(settings.queue_urls, labels, strict=True)
    ]
    # A group is in the region of its queue, mostly the only one.
    regions = [AutoScaling(name) for name in dict.fromkeys(queue.region for queue in queues)]
    try:
        async with Api(await configuration(settings.kubeconfig)) as api:
            await App(settings, api, queues, regions).run()
    finally:
        for queue in queues:
            queue.close()
        for region in regions:
            region.close()
