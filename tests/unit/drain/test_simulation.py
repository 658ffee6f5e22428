"""Two hundred random nodes of twenty pods, drained by the real planner against the 120 s clock."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest

from controller.domain.policy import BudgetMode, DrainPolicy
from controller.drain.answer import Outcome
from controller.drain.coverage import Budgets
from controller.drain.plan import Call
from tests.builders import CRITICAL, PROTECT, T0, budget, pod
from tests.unit.drain.simulation import DEADLINE, LATENCY, POLL, Live, Node, Room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.domain.pod import PodFacts
    from tests.unit.drain.simulation import Ask

NODES, PODS = 200, 20
PRIORITIES = ([-10, 0, 1000, CRITICAL], [2, 10, 6, 2])
GRACES = ([30, 60, 90, 300], [12, 4, 2, 1])
KINDS = (["ReplicaSet", "StatefulSet", "DaemonSet"], [14, 4, 2])
CAP = 60.0


@dataclass(frozen=True)
class Drained:
    """A node after its drain, and where its pods were guarded before it."""

    node: Node
    before: dict[str, PodFacts]
    budgets: Budgets

    def to_go(self) -> Iterator[Live]:
        """Give the pods that a drain is about."""
        return (p for p in self.node.pods if self.before[p.facts.uid].owner_kind != "DaemonSet")

    def asks_by_pod(self) -> dict[str, list[Ask]]:
        """Give the calls about each pod, by UID."""
        found: dict[str, list[Ask]] = defaultdict(list)
        for ask in self.node.asks:
            found[ask.step.pod.uid].append(ask)
        return found

    def free(self, one: PodFacts) -> bool:
        """Tell whether nothing but the pod's priority decides when it is asked."""
        coverage = self.budgets.of(one)
        unguarded = coverage.lane is None and coverage.stuck is None
        return unguarded and not one.annotations and one.owner_kind != "DaemonSet"


def random_node(random: Random, policy: DrainPolicy, busy_share: float) -> Node:
    """Make a node as evidence suggests: some budgets without room, some that never get any."""

    def one(number: int) -> Live:
        grace = random.choices(*GRACES)[0]
        facts = pod(
            f"pod-{number}",
            app=random.choice([*"abcdef", *["free"] * 4]),
            priority=random.choices(*PRIORITIES)[0],
            grace=grace,
            owner_kind=random.choices(*KINDS)[0],
            has_volume_claims=random.random() < 0.15,
            annotations=PROTECT if random.random() < 0.1 else {},
        )
        return Live(facts, stops_in=min(grace, random.choice([2, 5, 10, 20, grace])))

    rooms = [
        Room(budget(app), random.choice([0, 0, 1, 1, 2]), random.choice([15, 30, 45, 200, None]))
        for app in "abcdef"
        if random.random() < 0.8
    ]
    if random.random() < 0.2:  # a second budget on one app: no eviction of it can succeed
        rooms.append(Room(budget("again", app="a"), 1, None))
    node = Node([one(number) for number in range(PODS)], rooms, random, busy_share, policy)
    for room in rooms:
        if room.allowed == 0 and random.random() < 0.5:
            node.at(T0 + random.uniform(5, 60), partial(node.give_room, room.facts.key))
    return node


def drained(seed: int, busy_share: float, policy: DrainPolicy | None = None) -> Drained:
    # A seeded generator gives every node the same pods on every run.
    random = Random(seed)  # noqa: S311
    node = random_node(random, policy or DrainPolicy(), busy_share)
    before = {p.facts.uid: p.facts for p in node.pods}
    node.run(started=T0 + random.choice([0, 1, 2, 5, 20]))
    return Drained(node, before, Budgets([room.facts for room in node.rooms]))


@pytest.fixture(scope="module")
def nodes() -> list[Drained]:
    """Half of the nodes meet an API server that sheds one call in twenty."""
    return [drained(seed, 0.05 if seed % 2 else 0.0) for seed in range(NODES)]


def test_no_pod_is_left_without_its_signal(nodes: list[Drained]) -> None:
    for drain in nodes:
        assert all(p.signalled_at is not None for p in drain.to_go())
        assert all(
            p.signalled_at is None
            for p in drain.node.pods
            if drain.before[p.facts.uid].owner_kind == "DaemonSet"
        )


def test_every_pod_is_asked_by_its_last_safe_moment_when_the_server_answers(
    nodes: list[Drained],
) -> None:
    end = DEADLINE - 8.0
    for drain in nodes[::2]:
        for live in drain.to_go():
            facts = drain.before[live.facts.uid]
            needed = min(facts.grace, CAP) + 3.0 + (12.0 if facts.has_volume_claims else 0.0)
            assert live.signalled_at is not None
            # One call may be in flight at that moment, and the next one takes as long.
            assert live.signalled_at <= end - needed + 2 * LATENCY


def test_no_pod_is_asked_again_after_the_server_accepted(nodes: list[Drained]) -> None:
    for drain in nodes:
        for asks in drain.asks_by_pod().values():
            calls = [a for a in asks if a.step.call is not Call.SHORTEN]
            accepted = [a.outcome is Outcome.ACCEPTED for a in calls]
            assert accepted == [False] * (len(calls) - 1) + [True]


def test_no_pod_is_asked_before_a_free_pod_of_lower_priority(nodes: list[Drained]) -> None:
    for drain in nodes:
        first = {uid: asks[0].at for uid, asks in drain.asks_by_pod().items()}
        normal = [p for p in drain.before.values() if p.uid in first and not p.annotations]
        lower = [p for p in normal if drain.free(p)]
        for high in normal:
            assert all(
                first[low.uid] <= first[high.uid] for low in lower if low.priority < high.priority
            )


def test_a_budget_without_room_is_asked_once_a_second_one_pod_at_a_time(
    nodes: list[Drained],
) -> None:
    tries = 0
    for drain in nodes:
        lanes: dict[str, list[Ask]] = defaultdict(list)
        for ask in drain.node.asks:
            if ask.step.lane is not None:
                lanes[ask.step.lane].append(ask)
        for lane, asks in lanes.items():
            for ask, following in pairwise(asks):
                assert following.at >= ask.at + LATENCY
                if ask.outcome is not Outcome.BLOCKED:
                    continue
                tries += 1
                room = any(
                    key == lane and ask.at <= at <= following.at
                    for at, key in drain.node.room_events
                )
                assert room or following.at >= ask.at + LATENCY + POLL
    assert tries > NODES  # budgets without room were met, and asked again


def test_a_busy_server_is_not_asked_about_the_same_pod_within_a_second(
    nodes: list[Drained],
) -> None:
    sheds = 0
    for drain in nodes:
        for asks in drain.asks_by_pod().values():
            for ask, following in pairwise(asks):
                if ask.outcome is Outcome.BUSY:
                    sheds += 1
                    # A deletion does not wait for the eviction before it, nor a cut for either.
                    again = following.step.call is ask.step.call
                    assert not again or following.at >= ask.at + LATENCY + 1.0
    assert sheds > 0


def test_budgets_are_overridden_only_at_the_last_safe_moment(nodes: list[Drained]) -> None:
    overrides = 0
    for drain in nodes:
        for ask in drain.node.asks:
            if ask.step.call is not Call.DELETE:
                continue
            overrides += 1
            facts = ask.step.pod
            needed = min(facts.grace, CAP) + 3.0 + (12.0 if facts.has_volume_claims else 0.0)
            assert ask.at >= DEADLINE - 8.0 - needed
    assert overrides > NODES  # the budgets that never get room were met


def test_nothing_is_asked_after_the_window_but_what_was_refused_and_shortenings(
    nodes: list[Drained],
) -> None:
    for drain in nodes:
        for asks in drain.asks_by_pod().values():
            assert asks[0].at <= DEADLINE - 8.0
            calls = [a for a in asks if a.step.call is not Call.SHORTEN]
            for ask, following in pairwise(calls):
                assert following.at <= DEADLINE - 8.0 or ask.outcome is Outcome.BUSY


def test_budgets_that_are_always_respected_are_overridden_by_nobody() -> None:
    policy = DrainPolicy(budgets_on_interruption=BudgetMode.ALWAYS)
    for seed in range(20):
        drain = drained(seed, 0.0, policy)
        assert all(ask.step.call is not Call.DELETE for ask in drain.node.asks)
        assert all(
            p.signalled_at is not None
            for p in drain.to_go()
            if drain.free(drain.before[p.facts.uid])
        )
