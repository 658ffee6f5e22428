"""A node, its budgets and an API server as a pure model, to drive the real planner by the clock.

Time moves from event to event, on a grid of whole seconds. The server answers with the bodies that
the real one sends, so that drain/answer.py is part of what is tested. What carries the plan out
here keeps the same contract as the engine: one eviction in flight a budget, one try a second at a
budget without room, UID by UID.
"""

from __future__ import annotations

import heapq
import itertools
import json
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from controller.domain.policy import DrainPolicy
from controller.drain.answer import Outcome, read_answer
from controller.drain.attempt import UNTRIED
from controller.drain.coverage import Budgets
from controller.drain.plan import Call, Situation
from controller.drain.planner import plan
from controller.drain.window import Window
from tests.builders import T0

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from controller.domain.budget import BudgetFacts
    from controller.domain.pod import PodFacts
    from controller.drain.attempt import Attempt
    from controller.drain.plan import Step

Reply = tuple[int, dict[str, str], str]

LATENCY = 1.0
POLL = 1.0
DEADLINE = T0 + 120.0

EVICTED: Reply = (201, {}, '{"status":"Success","code":201}')
SHED: Reply = (429, {"Retry-After": "1"}, "Too many requests, please try again later.")
TWO = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
STUCK: Reply = (500, {}, json.dumps({"status": "Failure", "message": TWO, "code": 500}))
NO_ROOM: dict[str, object] = {
    "status": "Failure",
    "message": "Cannot evict pod as it would violate the pod's disruption budget.",
    "reason": "TooManyRequests",
    "details": {"causes": [{"reason": "DisruptionBudget", "message": "needs 3 and has 3"}]},
    "code": 429,
}


@dataclass(slots=True)
class Room:
    """What a budget allows; `recovery` seconds after an eviction there is room again, or never."""

    facts: BudgetFacts
    allowed: int
    recovery: float | None


@dataclass(slots=True)
class Live:
    """A pod on the node; `stops_in` is how long it really takes after its SIGTERM."""

    facts: PodFacts
    stops_in: float
    signalled_at: float | None = None
    gone_at: float = float("inf")


@dataclass(frozen=True, slots=True)
class Ask:
    """One call as the server saw it."""

    at: float
    step: Step
    outcome: Outcome


@dataclass(slots=True)
class Lane:
    """The one place at a budget."""

    busy: bool = False
    blocked: bool = False
    not_before: float = 0.0


@dataclass
class Node:
    """One node from its notice to its deadline."""

    pods: Sequence[Live]
    rooms: Sequence[Room]
    random: Random
    busy_share: float = 0.0
    policy: DrainPolicy = field(default_factory=DrainPolicy)
    asks: list[Ask] = field(default_factory=list)
    room_events: list[tuple[float, str]] = field(default_factory=list)
    _attempts: dict[str, Attempt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._budgets = Budgets([room.facts for room in self.rooms])
        self._rooms = {room.facts.key: room for room in self.rooms}
        self._lanes = {key: Lane() for key in self._rooms}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._now = T0

    def run(self, started: float = T0) -> None:
        """Drain the node until its instance goes."""
        window = Window(started, DEADLINE, self.policy.reserve)
        self.at(started, lambda: None)
        while self._events and self._events[0][0] < DEADLINE:
            self._now = self._events[0][0]
            while self._events and self._events[0][0] == self._now:
                heapq.heappop(self._events)[2]()
            self._look(window)

    def at(self, instant: float, event: Callable[[], None]) -> None:
        """Let something happen at an instant, or on the grid's next point."""
        on_grid = T0 + math.ceil(instant - T0)
        heapq.heappush(self._events, (max(on_grid, self._now), next(self._order), event))

    def give_room(self, key: str) -> None:
        """Let a budget allow one more eviction, as its watch would tell."""
        self._rooms[key].allowed += 1
        self.room_events.append((self._now, key))
        self._lanes[key].not_before = 0.0

    def _look(self, window: Window) -> None:
        drain = plan(
            Situation(
                pods=tuple(p.facts for p in self.pods if p.gone_at > self._now),
                window=window,
                budgets=self._budgets,
                policy=self.policy,
                attempts=self._attempts,
                blocked_lanes=frozenset(k for k, lane in self._lanes.items() if lane.blocked),
            ),
            self._now,
        )
        for step in drain.due(self._now):
            lane = self._lanes[step.lane] if step.lane else None
            if lane is None or not (lane.busy or lane.not_before > self._now):
                self._send(step, lane)
        if (wake := drain.wake_at(self._now)) is not None:
            self.at(wake, lambda: None)

    def _send(self, step: Step, lane: Lane | None) -> None:
        uid, asked = step.pod.uid, self._now
        flying = _flying(step, on=True) | {"asked_at": asked}
        self._attempts[uid] = replace(self._attempts.get(uid, UNTRIED), **flying)
        if lane is not None:
            lane.busy = True
        self.at(asked + LATENCY, lambda: self._answer(step, lane, asked))

    def _answer(self, step: Step, lane: Lane | None, asked: float) -> None:
        answer = read_answer(*self._serve(step))
        self.asks.append(Ask(asked, step, answer.outcome))
        uid, now = step.pod.uid, self._now
        attempt = replace(self._attempts[uid], tries=self._attempts[uid].tries + 1)
        attempt = replace(attempt, **_flying(step, on=False))
        cut = step.call is Call.SHORTEN
        if attempt.accepted and not cut:
            pass
        elif answer.outcome is Outcome.ACCEPTED:
            done = {"shortened": True} if cut else {"accepted_at": now, "refused": None}
            attempt = replace(attempt, **done)
        else:
            pause = 0.0 if answer.outcome is Outcome.BLOCKED and lane else answer.retry_after
            attempt = replace(attempt, refused=answer.verdict, retry_at=now + pause)
            if step.call is Call.DELETE:
                attempt = replace(attempt, force_at=now + pause)
        self._attempts[uid] = attempt
        if lane is not None:
            self._leave(lane, answer.outcome)

    def _leave(self, lane: Lane, outcome: Outcome) -> None:
        lane.busy = False
        if outcome is Outcome.ACCEPTED:
            lane.blocked = False
        elif outcome is Outcome.BLOCKED:
            lane.blocked, lane.not_before = True, self._now + POLL
            self.at(lane.not_before, lambda: None)

    # --- the API server and the kubelet -----------------------------------------------------------

    def _serve(self, step: Step) -> Reply:
        if self.random.random() < self.busy_share:
            return SHED
        live = next(p for p in self.pods if p.facts.uid == step.pod.uid)
        if step.call is Call.EVICT and not live.facts.terminating:
            guards = [r for r in self.rooms if r.facts.covers(live.facts)]
            if len(guards) > 1:
                return STUCK
            if guards and guards[0].allowed < 1:
                return 429, {}, json.dumps(NO_ROOM)
            for room in guards:
                self._spend(room)
        self._stop(live, step.grace)
        return EVICTED

    def _spend(self, room: Room) -> None:
        room.allowed -= 1
        if room.recovery is not None:
            self.at(self._now + room.recovery, lambda: self.give_room(room.facts.key))

    def _stop(self, live: Live, grace: int | None) -> None:
        """Signal the pod, or shorten a grace that runs already."""
        allowed = live.facts.grace if grace is None else grace
        if live.signalled_at is None:
            live.signalled_at = self._now
        ends = self._now + min(live.stops_in, allowed)
        live.gone_at = min(live.gone_at, ends)
        live.facts = replace(live.facts, deletion_time=self._now + allowed)
        self.at(live.gone_at, lambda: None)


def _flying(step: Step, *, on: bool) -> dict[str, Any]:
    """Mark a call as being on its way or not; an eviction and a deletion may both be."""
    return {"in_flight" if step.call is Call.EVICT else "deleting": on}
