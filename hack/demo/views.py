"""What the demo shows of a NodeInterruption, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from controller.domain.times import format_clock, parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.domain.times import Instant

BLOCKED, PROTECTED = "Blocked", "Protected"
OVER = frozenset({"Finished", "Expired", "Cancelled"})


@dataclass(frozen=True, slots=True)
class PodView:
    """One pod's way off its node, from the status's timeline; None is what has not come."""

    pod: str
    node: str
    priority: int
    asked: Instant | None = None
    accepted: Instant | None = None
    gone: Instant | None = None
    forced: bool = False

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop, and is still there."""
        return self.accepted is not None and self.gone is None


@dataclass(frozen=True, slots=True)
class Hold:
    """Why one pod is still there, from the status's `waiting`."""

    pod: str
    state: str
    budget: str = ""
    last_safe: Instant | None = None


@dataclass(frozen=True, slots=True)
class NodeView:
    """One NodeInterruption."""

    node: str
    instance_id: str
    pool: str = ""
    kind: str = ""
    phase: str = "Pending"
    outcome: str = ""
    message: str = ""
    deadline: Instant | None = None
    holds: tuple[Hold, ...] = ()
    pods: tuple[PodView, ...] = ()

    @property
    def short_name(self) -> str:
        """The node's name without its domain."""
        return self.node.partition(".")[0]

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.phase in OVER

    @property
    def gone(self) -> int:
        """How many pods are gone."""
        return sum(pod.gone is not None for pod in self.pods)


def view_of(obj: Mapping[str, Any]) -> NodeView:
    """Read a NodeInterruption as the API server gives it; its status may be missing."""
    spec, status = obj["spec"], obj.get("status") or {}
    node = spec.get("nodeName", "")
    return NodeView(
        node=node,
        instance_id=spec["instanceID"],
        pool=status.get("pool", ""),
        kind=status.get("kind", ""),
        phase=status.get("phase", "Pending"),
        outcome=status.get("outcome", ""),
        message=status.get("message", ""),
        deadline=parse_rfc3339(status.get("deadline")),
        holds=tuple(_hold(entry) for entry in status.get("waiting") or ()),
        pods=tuple(_pod(entry, node) for entry in status.get("timeline") or ()),
    )


def held(view: NodeView) -> frozenset[str]:
    """Return the pods that a budget or an annotation holds back."""
    return frozenset(hold.pod for hold in view.holds if hold.state in {BLOCKED, PROTECTED})


def holding(view: NodeView, now: Instant | None = None) -> str:
    """Say what the node waits for; with `now` in seconds that are left, else by the clock."""
    if view.phase != "Draining" or not view.holds:
        return view.message
    budgets = sorted({hold.budget for hold in view.holds if hold.state == BLOCKED})
    parts = []
    for budget in budgets:
        found = _of(view, BLOCKED, budget)
        name = found[0].pod.partition("/")[2] if len(found) == 1 else f"{len(found)} pods"
        parts.append(f"budget {budget or 'unknown'} holds {name}{_until(found, now)}")
    if found := _of(view, PROTECTED):
        parts.append(f"{len(found)} do-not-disrupt{_until(found, now)}")
    parts += [
        f"{len(found)} {words}"
        for state, words in (("Waiting", "waiting for lower priorities"), ("Stopping", "stopping"))
        if (found := _of(view, state))
    ]
    return ", ".join(parts)


def _of(view: NodeView, state: str, budget: str | None = None) -> list[Hold]:
    return [h for h in view.holds if h.state == state and budget in {None, h.budget}]


def _until(holds: Iterable[Hold], now: Instant | None) -> str:
    """Say by when the first of them is told to stop in any case."""
    moments = [hold.last_safe for hold in holds if hold.last_safe is not None]
    if not moments:
        return ""
    first = min(moments)
    if now is None:
        return f" (till {format_clock(first)} at most)"
    return f" ({max(0, round(first - now))} s at most)"


def _hold(entry: Mapping[str, Any]) -> Hold:
    return Hold(
        pod=entry["pod"],
        state=entry.get("state", ""),
        budget=entry.get("budget", ""),
        last_safe=parse_rfc3339(entry.get("lastSafe")),
    )


def _pod(entry: Mapping[str, Any], node: str) -> PodView:
    return PodView(
        pod=entry["pod"],
        node=node,
        priority=entry.get("priority", 0),
        asked=parse_rfc3339(entry.get("requestedAt")),
        accepted=parse_rfc3339(entry.get("acceptedAt")),
        gone=parse_rfc3339(entry.get("goneAt")),
        forced=entry.get("forced", False),
    )
