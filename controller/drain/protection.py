"""What asks a drain to leave a pod alone for a while: annotations, and Cluster API's label."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from controller.domain.durations import parse_duration
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant

DRAIN_LABEL = "cluster.x-k8s.io/drain"
"""A pod label: `skip` leaves the pod alone, `wait-completed` waits until it has completed.

https://cluster-api.sigs.k8s.io/tasks/automated-machine-management/machine_deletions
"""

SKIP, WAIT_COMPLETED = "skip", "wait-completed"
_PLAIN = frozenset({"true", "false"})


class Protection(NamedTuple):
    """What protects a pod, as `key=value`, and when that ends by itself."""

    mark: str
    until: Instant | None = None


def drain_label(pod: PodFacts) -> str:
    """Read Cluster API's label; the case of its letters does not count there either."""
    return pod.labels.get(DRAIN_LABEL, "").lower()


def protection_of(pod: PodFacts, entries: tuple[str, ...], now: Instant) -> Protection | None:
    """Find what protects the pod now; None where nothing does.

    An entry `key=value` protects by exactly that value. A bare `key` protects by `"true"`, or by a
    Go duration that counts from the pod's start, as Karpenter's do-not-disrupt does:
    https://karpenter.sh/docs/concepts/disruption/#pod-level-controls
    """
    if drain_label(pod) == WAIT_COMPLETED:
        return Protection(f"{DRAIN_LABEL}={pod.labels[DRAIN_LABEL]}")
    for entry in entries:
        key, exact, wanted = entry.partition("=")
        value = pod.annotations.get(key)
        if value is None:
            continue
        seconds = None if exact else parse_duration(value)
        # A duration holds from the pod's start; a pod that has not started has all of it ahead.
        if seconds is not None:
            until = None if pod.start_time is None else pod.start_time + seconds
            if until is None or now < until:
                return Protection(f"{key}={value}", until)
        elif value == (wanted if exact else "true"):
            return Protection(f"{key}={value}")
    return None


def misread(pod: PodFacts, entries: tuple[str, ...]) -> Iterator[Verdict]:
    """Name the annotations that were meant to protect and say nothing that we understand."""
    for key in entries:
        value = pod.annotations.get(key)
        if value is None or value in _PLAIN or parse_duration(value) is not None:
            continue
        say = f'{key}={value} protects from nothing: write "true", or a duration such as "30m"'
        yield Verdict("DoNotDisruptNotUnderstood", say)
