"""Wires the parts together and runs them until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from controller import __version__, metrics
from controller.aws.autoscaling import AutoScaling
from controller.aws.queue import SqsQueue
from controller.aws.queue_url import names, parse_queue_url
from controller.changes import Changes
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
from controller.engine.pace import Crowd
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
    from collections.abc import Sequence

    from controller.config import Settings

log = logging.getLogger(__name__)

EVICTIONS_IN_FLIGHT, DELETIONS_IN_FLIGHT, STATUSES_IN_FLIGHT = 50, 25, 5
"""Four fifths of the connections: a notice that comes meanwhile is still fenced at once."""

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
            telling=Gate(Limit.wide(STATUSES_IN_FLIGHT)),
            crowd=Crowd(),
            rights=Rights(),
            fences=Fences(self.nodes, time.time),
            own_pod=f"{settings.namespace}/{settings.identity}",
        )
        self.drains = Drains(self.world, self.ledger, self.membership.owns)
        self.out_of_service = OutOfService(self.world)
        hooks = Hooks(regions)
        self.letting_go = LettingGo(self.world, self.ledger, hooks, self.membership.owns)
        self.departed = Departed(self.policies.of)
        self.late_hooks = LateHooks(hooks, self.ledger, self.departed, self.policies.named)
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
        self.changes = Changes(
            drains=self.drains,
            out_of_service=self.out_of_service,
            letting_go=self.letting_go,
            late_hooks=self.late_hooks,
            departed=self.departed,
            policies=self.policies,
            turns=self.turns,
            nodes=self.nodes,
            lanes=self.world.lanes,
        )
        self.handling = Handling(self.world, started=self.changes.adopt, hold=self.hold)
        self.feeds = [self._feed(queue, alone=len(queues) == 1) for queue in queues]
        self.supervisor = Supervisor()
        self.changes.rooms = [feed.intake.room for feed in self.feeds]
        self.membership.changed = self.changes.share
        self.nodes.mirror.listen(self.changes.node)
        self.nodes.mirror.listen(Census().node_changed)
        self.budgets.mirror.listen(self.changes.budget)
        self.attachments.mirror.listen(self.changes.attachment)
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
                interruption=self.changes.interruption,
                policy=self.changes.policy,
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
