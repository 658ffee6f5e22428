"""Random nodes with budgets that often have no room, each drained by the real planner.

Twenty pods, six budgets of which half of the full ones never get room, a notice that is five
seconds old when the drain begins, and five seconds of reserve: 110 s to use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from controller.drain.answer import Outcome
from controller.drain.plan import Call
from tests.builders import CRITICAL, T0, budget, pod
from tests.unit.drain.simulation import Live, Node, Room

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.policy import DrainPolicy

PODS = 20
STARTED, RESERVE = T0 + 5.0, 5.0
PRIORITIES = ([-10, 0, 1000, CRITICAL], [2, 10, 6, 2])
GRACES = ([30, 60, 90, 300], [12, 4, 2, 1])
APPS = (["free", *"abcdef"], [8, 2, 2, 2, 2, 2, 2])


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one node's pods; `critical` are the seconds after which those were asked."""

    unsignalled: int
    truncated: int
    overridden: int
    critical: tuple[float, ...]


def drain(seed: int, policy: DrainPolicy) -> Tally:
    """Make a node from a seed, drain it, and count."""
    node = _node(Random(seed), policy)  # noqa: S311 - the same node for the same seed
    node.run(started=STARTED)
    accepted = [ask for ask in node.asks if ask.outcome is Outcome.ACCEPTED]
    sent = {a.step.pod.uid: a.step.grace for a in accepted if a.step.call is not Call.SHORTEN}
    return Tally(
        unsignalled=sum(live.signalled_at is None for live in node.pods),
        truncated=sum(
            (grace := sent.get(live.facts.uid)) is not None and grace < live.stops_in
            for live in node.pods
        ),
        overridden=sum(a.step.call is Call.DELETE for a in accepted),
        critical=tuple(
            live.signalled_at - STARTED
            for live in node.pods
            if live.facts.system_critical and live.signalled_at is not None
        ),
    )


class Figures(NamedTuple):
    """Means of a node: pods never signalled, cut short by the end, deleted past their budget.

    `critical` is after how many seconds system-critical pods were asked.
    """

    unsignalled: float
    truncated: float
    overridden: float
    critical: float


def figures(tallies: Iterable[Tally]) -> Figures:
    """Average over nodes."""
    known = list(tallies)
    return Figures(
        unsignalled=fmean(t.unsignalled for t in known),
        truncated=fmean(t.truncated for t in known),
        overridden=fmean(t.overridden for t in known),
        critical=fmean(fmean(t.critical) for t in known if t.critical),
    )


def _node(random: Random, policy: DrainPolicy) -> Node:
    lives = [_live(random, number) for number in range(PODS)]
    rooms = [_room(random, app) for app in "abcdef"]
    node = Node(lives, rooms, random, policy=policy)
    for room in rooms:
        # A budget that is full now gets its room back, unless it never has any to spare.
        if room.allowed == 0 and room.recovery is not None:
            node.at(STARTED + random.uniform(5, 60), partial(node.give_room, room.facts.key))
    return node


def _live(random: Random, number: int) -> Live:
    grace = random.choices(*GRACES)[0]
    facts = pod(
        f"pod-{number}",
        app=random.choices(*APPS)[0],
        priority=random.choices(*PRIORITIES)[0],
        grace=grace,
    )
    return Live(facts, stops_in=min(grace, random.choice([2, 5, 10, 20, grace])))


def _room(random: Random, app: str) -> Room:
    allowed = random.choice([0, 0, 1, 1, 2])
    recovery = random.choice([15.0, 30.0, 45.0, 200.0])
    frozen = allowed == 0 and random.random() < 0.5
    return Room(budget(app), allowed, None if frozen else recovery)
