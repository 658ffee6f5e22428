"""A notice as an entry of a NodeInterruption's `spec.notices`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from controller.domain.notice import LEAST_SECONDS, SPOT_NOTICE_SECONDS, Kind, LifecycleHook, Notice
from controller.domain.times import format_rfc3339, parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.times import Instant

_TWO_MINUTES = frozenset({Kind.SPOT_INTERRUPTION, Kind.CAPACITY_RESERVATION})


def clamp_deadline(notice: Notice, received: Instant) -> Notice:
    """Bound a notice's times by the moment of receipt, against clocks that run apart.

    No Spot notice leaves more than two minutes from when it is seen, so a sender's clock that runs
    ahead of ours must not make us believe in time that we do not have; nor wait for a moment that
    has come. A scheduled change may be weeks ahead; one whose start has passed and that is not over
    may come at any moment of its window, and gets two minutes. Any other deadline that has passed
    leaves what a drain gets at least.
    """
    time, deadline = min(notice.time, received), notice.deadline
    if deadline is not None:
        if notice.kind in _TWO_MINUTES:
            deadline = min(deadline, received + SPOT_NOTICE_SECONDS)
        late = received + (
            SPOT_NOTICE_SECONDS if notice.kind is Kind.SCHEDULED_CHANGE else LEAST_SECONDS
        )
        deadline = deadline if deadline >= received else late
    return replace(notice, time=time, deadline=deadline)


def with_timeout(notice: Notice, timeout: float) -> Notice:
    """Give a lifecycle termination its deadline, `timeout` seconds after it was sent.

    No message tells how long the hook waits. It is worked out when the notice is recorded, so that
    a policy that changes later moves no deadline. Every other kind tells its own, or has none.
    """
    if notice.kind is not Kind.LIFECYCLE_TERMINATION or notice.deadline is not None:
        return notice
    return replace(notice, deadline=notice.time + timeout)


def notice_to(notice: Notice) -> dict[str, Any]:
    """Write a notice as an entry of `spec.notices`."""
    entry: dict[str, Any] = {
        "id": notice.id,
        "kind": str(notice.kind),
        "time": format_rfc3339(notice.time),
        "source": notice.source,
    }
    if notice.deadline is not None:
        entry["deadline"] = format_rfc3339(notice.deadline)
    if notice.action:
        entry["instanceAction"] = notice.action
    if notice.subject:
        entry["subject"] = notice.subject
    if notice.withdrawn:
        entry["withdrawn"] = True
    if notice.hook is not None:
        entry["lifecycleHook"] = _hook_to(notice.hook)
    return entry


def _hook_to(hook: LifecycleHook) -> dict[str, str]:
    fields = {
        "group": hook.group,
        "hook": hook.name,
        "token": hook.token,
        "origin": hook.origin,
        "destination": hook.destination,
    }
    return {name: value for name, value in fields.items() if value}


def _hook_from(entry: Mapping[str, Any]) -> LifecycleHook | None:
    group, name, *rest = (
        str(entry.get(key) or "") for key in ("group", "hook", "token", "origin", "destination")
    )
    return LifecycleHook(group, name, *rest) if group and name else None


def notice_from(entry: Mapping[str, Any], instance_id: str) -> Notice | None:
    """Read an entry of `spec.notices`; None for a kind or a time that this version does not know.

    A hand-written interruption may leave out the deadline: it then follows from the kind.
    """
    time = parse_rfc3339(entry.get("time"))
    kind = next((k for k in Kind if k == entry.get("kind")), None)
    if time is None or kind is None:
        return None
    deadline = parse_rfc3339(entry.get("deadline"))
    if deadline is None and kind in _TWO_MINUTES:
        deadline = time + SPOT_NOTICE_SECONDS
    return Notice(
        id=str(entry.get("id", "")),
        kind=kind,
        instance_id=instance_id,
        time=time,
        deadline=deadline,
        action=str(entry.get("instanceAction", "")),
        source=str(entry.get("source", "")),
        subject=str(entry.get("subject", "")),
        withdrawn=entry.get("withdrawn") is True,
        hook=_hook_from(entry.get("lifecycleHook") or {}),
    )
