"""The timeline in a status: what became of every pod, written and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.times import format_micro, parse_rfc3339
from controller.drain.history import Passage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.domain.times import Instant

MAX_ENTRIES = 300
"""A node runs at most 250 pods on EKS (and 110 by default); a bound keeps the object small."""


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
            owner=str(entry.get("owner", "")),
            treated=str(entry.get("class", "")),
            budget=str(entry.get("budget", "")),
            planned_at=parse_rfc3339(entry.get("plannedAt")),
            planned_call=str(entry.get("plannedCall", "")),
            overrode=str(entry.get("overrode", "")),
            truncated=bool(entry.get("graceTruncated")),
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
        "owner": passage.owner or None,
        "class": passage.treated or None,
        "budget": passage.budget or None,
        "plannedAt": _text(passage.planned_at),
        "plannedCall": passage.planned_call or None,
        "requestedAt": _text(passage.requested_at),
        "acceptedAt": _text(passage.accepted_at),
        "goneAt": _text(passage.gone_at),
        "forced": passage.forced or None,
        "overrode": passage.overrode or None,
        "grace": passage.grace,
        "graceTruncated": passage.truncated or None,
        "reason": passage.reason or None,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _text(instant: Instant | None) -> str | None:
    return None if instant is None else format_micro(instant)
