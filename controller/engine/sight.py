"""What one drain sees: the pods, and all that stands around them, as the planner wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.drain.coverage import Budgets
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


class Sight:
    """Gathers the facts of one drain at a moment, and has them planned."""

    def __init__(self, world: World, roster: Roster, closing: Closing) -> None:
        self._world, self._roster, self._closing = world, roster, closing

    def plan(self, record: Interruption, policy: Policy, now: Instant) -> DrainPlan:
        """Plan on what is known now."""
        pods = self._roster.pods
        situation = Situation(
            pods=pods,
            window=window_of(record, policy),
            budgets=Budgets(self._world.budgets.in_namespaces({pod.namespace for pod in pods})),
            policy=policy.drain,
            voluntary=record.kind.voluntary,
            attempts=self._roster.attempts,
            blocked_lanes=self._world.lanes.blocked(),
            around=self._around(policy),
        )
        return plan(situation, now)

    def _around(self, policy: Policy) -> Surroundings:
        return Surroundings(
            taint=policy.fence.taint if self._closing.stands else None,
            recreated=self._roster.returns.owners(self._roster.pods),
        )


def window_of(record: Interruption, policy: Policy) -> Window:
    """Bound the drain's time; bands count from the notice that made it what it is now."""
    same = [n.time for n in record.standing if n.kind is record.kind]
    started = max(record.started_at or 0.0, min(same, default=0.0))
    return Window(started, record.deadline, policy.drain.reserve)
