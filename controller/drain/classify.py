"""What kind of pod it is for a drain: a list of checks, the first that speaks decides."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from controller.domain.durations import parse_duration
from controller.domain.policy import ProtectedMode
from controller.domain.times import format_clock
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.pod import PodFacts
    from controller.domain.policy import DrainPolicy
    from controller.domain.times import Instant


class PodClass(StrEnum):
    """How a drain treats a pod."""

    SKIPPED = "Skipped"
    FINISHED = "Finished"
    STOPPING = "Stopping"
    KEPT = "Kept"
    PROTECTED = "Protected"
    NORMAL = "Normal"


class Classified(NamedTuple):
    """A pod's class and why; `until` is when the clock alone changes it, None for never."""

    pod_class: PodClass
    verdict: Verdict
    until: Instant | None = None


class Case(NamedTuple):
    """What the checks look at."""

    pod: PodFacts
    policy: DrainPolicy
    voluntary: bool
    now: Instant


def classify(case: Case) -> Classified:
    """Tell how a drain treats a pod, and why."""
    for check in CHECKS:
        if (answer := check(case)) is not None:
            return answer
    return Classified(PodClass.NORMAL, Verdict("Evictable", "evicted in the order of its priority"))


def mirror(case: Case) -> Classified | None:
    """Leave static pods: deleting the mirror object does not stop what kubelet runs from disk."""
    if not case.pod.mirror:
        return None
    return Classified(PodClass.SKIPPED, Verdict("MirrorPod", "a static pod ends with its node"))


def daemon(case: Case) -> Classified | None:
    """Leave DaemonSet pods: they tolerate the cordon and would be created again at once."""
    if case.pod.owner_kind != "DaemonSet":
        return None
    return Classified(PodClass.SKIPPED, Verdict("DaemonSet", "a DaemonSet pod ends with its node"))


def skipped_by_policy(case: Case) -> Classified | None:
    """Leave what the policy names in `drain.skipPods`."""
    selector = case.policy.skip_pods
    if selector is None or not selector.matches(case.pod.labels):
        return None
    return Classified(PodClass.SKIPPED, Verdict("SkippedByPolicy", "drain.skipPods selects it"))


def finished(case: Case) -> Classified | None:
    """Leave pods whose containers have ended: there is nothing to signal."""
    if not case.pod.finished:
        return None
    return Classified(PodClass.FINISHED, Verdict("Finished", f"its phase is {case.pod.phase}"))


def stopping(case: Case) -> Classified | None:
    """Wait for pods that somebody is already deleting: a second eviction would change nothing."""
    if case.pod.deletion_time is None:
        return None
    until = format_clock(case.pod.deletion_time)
    return Classified(PodClass.STOPPING, Verdict("Stopping", f"stopping, its grace ends {until}"))


def do_not_disrupt(case: Case) -> Classified | None:
    """Hold back pods that ask not to be disrupted, as far as the policy lets them."""
    policy = case.policy
    mode = policy.protected_on_voluntary if case.voluntary else policy.protected_on_interruption
    found = protecting_annotation(case.pod, policy.protected_annotations, case.now)
    if found is None or mode is ProtectedMode.IGNORE:
        return None
    if mode is ProtectedMode.NEVER:
        say = f"{found.annotation} is respected: it is not evicted"
        return Classified(PodClass.KEPT, Verdict("DoNotDisrupt", say), found.until)
    say = f"{found.annotation}: evicted as late as is safe"
    return Classified(PodClass.PROTECTED, Verdict("DoNotDisrupt", say), found.until)


CHECKS: tuple[Callable[[Case], Classified | None], ...] = (
    mirror,
    daemon,
    skipped_by_policy,
    finished,
    stopping,
    do_not_disrupt,
)


class Protection(NamedTuple):
    """An annotation that protects a pod, as `key=value`, and when that ends by itself."""

    annotation: str
    until: Instant | None = None


def protecting_annotation(
    pod: PodFacts, entries: tuple[str, ...], now: Instant
) -> Protection | None:
    """Find the annotation that protects the pod now; None where none does.

    An entry `key=value` protects by exactly that value. A bare `key` protects by `"true"`, or by a
    Go duration that counts from the pod's start, as Karpenter's do-not-disrupt does:
    https://karpenter.sh/docs/concepts/disruption/#pod-level-controls
    """
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
