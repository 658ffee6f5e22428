"""What became of every pod of a drain: the timeline in the status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from controller.domain.times import format_micro, parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.drain.attempt import Attempt

MAX_ENTRIES = 300
"""A node runs at most 250 pods on EKS (and 110 by default); a bound keeps the object small."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One pod's way off the node; times are None while they have not come."""

    pod: str
    uid: str
    priority: int = 0
    requested_at: Instant | None = None
    accepted_at: Instant | None = None
    gone_at: Instant | None = None
    forced: bool = False
    grace: int | None = None
    reason: str = ""


def passage_of(pod: PodFacts) -> Passage:
    """Start the passage of a pod that was found on the node."""
    return Passage(pod.key, pod.uid, pod.priority)


def attempted(passage: Passage, attempt: Attempt) -> Passage:
    """Take over what was tried for the pod; what an earlier process achieved stays."""
    return replace(
        passage,
        requested_at=_first(passage.requested_at, attempt.requested_at),
        accepted_at=_first(passage.accepted_at, attempt.accepted_at),
        forced=passage.forced or attempt.forced,
        grace=attempt.grace if attempt.accepted else passage.grace,
        reason=attempt.refused.reason if attempt.refused else "",
    )


def passages_from(timeline: Iterable[Mapping[str, Any]]) -> dict[str, Passage]:
    """Read the timeline of a status back, by pod UID: what an earlier process did."""
    return {
        str(entry.get("uid", "")): Passage(
            pod=str(entry.get("pod", "")),
            uid=str(entry.get("uid", "")),
            priority=int(entry.get("priority") or 0),
            requested_at=parse_rfc3339(entry.get("requestedAt")),
            accepted_at=parse_rfc3339(entry.get("acceptedAt")),
            gone_at=parse_rfc3339(entry.get("goneAt")),
            forced=bool(entry.get("forced")),
            grace=entry.get("grace"),
            reason=str(entry.get("reason", "")),
        )
        for entry in timeline
    }


def timeline_to(passages: Iterable[Passage]) -> list[dict[str, Any]]:
    """Write the timeline, the first request first; pods never asked come last."""
    never = float("inf")
    ordered = sorted(
        passages, key=lambda p: (p.requested_at or never, p.accepted_at or never, p.priority, p.pod)
    )
    return [_entry(passage) for passage in ordered[:MAX_ENTRIES]]


def _entry(passage: Passage) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "pod": passage.pod,
        "uid": passage.uid,
        "priority": passage.priority,
        "requestedAt": _text(passage.requested_at),
        "acceptedAt": _text(passage.accepted_at),
        "goneAt": _text(passage.gone_at),
        "forced": passage.forced or None,
        "grace": passage.grace,
        "reason": passage.reason or None,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _first(earlier: Instant | None, later: Instant | None) -> Instant | None:
    return later if earlier is None else earlier


def _text(instant: Instant | None) -> str | None:
    return None if instant is None else format_micro(instant)
