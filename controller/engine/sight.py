"""What one drain sees: the pods, and all that stands around them, as the planner wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.drain.balancing import balanced
from controller.drain.coverage import Budgets
from controller.drain.fence import settled_at
from controller.drain.plan import Situation, Surroundings
from controller.drain.planner import plan
from controller.drain.window import Window

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.policy import Policy
    from controller.domain.times import Instant
    from controller.drain.plan import DrainPlan
    from controller.engine.closing import Closing
    from controller.engine.roster import Roster
    from controller.engine.world import World

RECENT_SECONDS = 0.5


class Sight:
    """Gathers the facts of one drain at a moment, and has them planned."""

    def __init__(self, world: World, roster: Roster, closing: Closing) -> None:
        self._world, self._roster, self._closing = world, roster, closing
        self._latest: DrainPlan | None = None
        self._latest_at = 0.0

    def recent(self, now: Instant) -> DrainPlan | None:
        """Give the plan of a moment ago; None when it is too old to go by.

        Of thirty evictions that wait in line each one would plan for all thirty pods.
        """
        return self._latest if 0 <= now - self._latest_at < RECENT_SECONDS else None

    def plan(
        self, record: Interruption, policy: Policy, now: Instant, begun: Instant | None = None
    ) -> DrainPlan:
        """Plan on what is known now; `begun` is when a voluntary drain was let begin."""
        pods = self._roster.pods
        situation = Situation(
            pods=pods,
            window=window_of(record, policy, begun),
            budgets=Budgets(self._world.budgets.in_namespaces({pod.namespace for pod in pods})),
            policy=policy.drain,
            voluntary=record.kind.voluntary,
            attempts=self._roster.attempts,
            blocked_lanes=self._world.lanes.blocked(),
            around=self._around(record, policy),
        )
        self._latest, self._latest_at = plan(situation, now), now
        return self._latest

    def _around(self, record: Interruption, policy: Policy) -> Surroundings:
        pods, node = self._roster.pods, self._world.nodes.by_name(record.node_name)
        services = self._world.services.in_namespaces({pod.namespace for pod in pods})
        return Surroundings(
            node_ready=node is None or node.ready,
            own_pod=self._world.own_pod,
            taint=policy.fence.taint if self._closing.stands else None,
            daemon_sets=self._world.daemon_sets.uids(),
            recreated=self._roster.returns.owners(pods),
            balanced=balanced(pods, services),
            settled_at=0.0 if node is None else settled_at(node, policy.fence.settle),
        )


def window_of(record: Interruption, policy: Policy, begun: Instant | None = None) -> Window:
    """Bound the drain's time; bands count from the notice that made it what it is now.

    Those of a voluntary drain that had to wait for its turn count from its beginning.
    """
    same = [n.time for n in record.standing if n.kind is record.kind]
    started = max(record.started_at or 0.0, begun or 0.0, min(same, default=0.0))
    return Window(started, record.deadline, policy.drain.reserve)
