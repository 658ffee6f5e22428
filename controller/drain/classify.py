"""What kind of pod it is for a drain: a list of checks, the first that speaks decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.policy import DaemonSetMode, ProtectedMode
from controller.domain.times import format_clock
from controller.domain.verdict import Verdict
from controller.drain.protection import DRAIN_LABEL, SKIP, drain_label, misread, protection_of
from controller.drain.treatment import ASKED, Case, Classified, PodClass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controller.domain.node import Taint
    from controller.domain.pod import PodFacts

__all__ = ["Case", "Classified", "PodClass", "classify"]

DAEMON_SET = "DaemonSet"


def classify(case: Case) -> Classified:
    """Tell how a drain treats a pod, and why."""
    found = _first(case)
    warnings = tuple(_warnings(case)) if found.pod_class in ASKED else ()
    return found._replace(warnings=warnings) if warnings else found


def _first(case: Case) -> Classified:
    for check in CHECKS:
        if (answer := check(case)) is not None:
            return answer
    return NORMAL


NORMAL = Classified(PodClass.NORMAL, Verdict("Evictable", "evicted in the order of its priority"))


def mirror(case: Case) -> Classified | None:
    """Leave static pods: deleting the mirror object does not stop what kubelet runs from disk."""
    if not case.pod.mirror:
        return None
    return _skip("MirrorPod", "a static pod ends with its node")


def daemon(case: Case) -> Classified | None:
    """Leave DaemonSet pods: they tolerate the cordon and would be created again at once.

    Failed ones too: their DaemonSet would replace each one that is deleted.
    """
    pod, around = case.pod, case.around
    if pod.owner_kind != DAEMON_SET or is_orphan(pod, around.daemon_sets):
        return None
    if case.policy.daemon_sets is DaemonSetMode.SKIP:
        return _skip("DaemonSet", "a DaemonSet pod ends with its node")
    if not keeps_away(around.taint, pod):
        return _skip("DaemonSet", "it tolerates the node's taints and would be created again")
    return None


def skipped_by_policy(case: Case) -> Classified | None:
    """Leave what the policy names in `drain.skipPods`."""
    selector = case.policy.skip_pods
    if selector is None or not selector.matches(case.pod.labels):
        return None
    return _skip("SkippedByPolicy", "drain.skipPods selects it")


def skipped_by_label(case: Case) -> Classified | None:
    """Leave what asks for it by Cluster API's label."""
    if drain_label(case.pod) != SKIP:
        return None
    return _skip("SkippedByLabel", f"its label {DRAIN_LABEL} says so")


def held(case: Case) -> Classified | None:
    """Do not wait for objects whose containers have ended: whoever set the finalizer removes it."""
    if not case.pod.held_by_finalizer:
        return None
    say = "its containers have ended; a finalizer keeps the object"
    return Classified(PodClass.FINISHED, Verdict("FinalizerHeld", say))


def finished(case: Case) -> Classified | None:
    """Leave pods whose containers have ended: there is nothing to signal."""
    if not case.pod.finished:
        return None
    return Classified(PodClass.FINISHED, Verdict("Finished", f"its phase is {case.pod.phase}"))


def stopping(case: Case) -> Classified | None:
    """Wait for pods that somebody is already deleting: a second eviction would change nothing.

    A kubelet that does not report never confirms an end, so there the grace is what is waited for.
    """
    ends, ready = case.pod.deletion_time, case.around.node_ready
    if ends is None:
        return None
    if not ready and case.now >= ends:
        say = "its grace is over; the node does not report whether it has stopped"
        return Classified(PodClass.UNREACHABLE, Verdict("NodeUnreachable", say))
    verdict = Verdict("Stopping", f"stopping, its grace ends {format_clock(ends)}")
    return Classified(PodClass.STOPPING, verdict, None if ready else ends)


def tolerates(case: Case) -> Classified | None:
    """Leave pods that come back: they tolerate the fence, and each eviction makes a new one."""
    if not case.pod.owner_uid or case.pod.owner_uid not in case.around.recreated:
        return None
    return _skip("Tolerates", "it tolerates the node's taints and comes back each time")


def do_not_disrupt(case: Case) -> Classified | None:
    """Hold back pods that ask not to be disrupted, as far as the policy lets them."""
    policy = case.policy
    mode = policy.protected_on_voluntary if case.voluntary else policy.protected_on_interruption
    found = protection_of(case.pod, policy.protected_annotations, case.now)
    if found is None or mode is ProtectedMode.IGNORE:
        return None
    if mode is ProtectedMode.NEVER:
        say = f"{found.mark} is respected: it is not evicted"
        return Classified(PodClass.KEPT, Verdict("DoNotDisrupt", say), found.until)
    say = f"{found.mark}: evicted as late as is safe"
    return Classified(PodClass.PROTECTED, Verdict("DoNotDisrupt", say), found.until)


def unmanaged(case: Case) -> Classified | None:
    """Keep what nobody creates again while the node may yet live."""
    kept = case.voluntary and not case.policy.evict_unmanaged_on_voluntary
    if case.pod.owner_kind or not kept:
        return None
    return Classified(PodClass.KEPT, Verdict("Unmanaged", "no controller creates it again: kept"))


def local_storage(case: Case) -> Classified | None:
    """Keep what would lose its files while the node may yet live, where the policy wants that."""
    kept = case.voluntary and not case.policy.evict_local_storage_on_voluntary
    if not case.pod.local_storage or not kept:
        return None
    return Classified(PodClass.KEPT, Verdict("LocalStorage", "its emptyDir ends with it: kept"))


def own(case: Case) -> Classified | None:
    """Let the controller's own pod go after all others: somebody has to ask them."""
    if case.pod.key != case.around.own_pod:
        return None
    return Classified(PodClass.OWN, Verdict("OwnPod", "the controller itself leaves last of all"))


def daemon_last(case: Case) -> Classified | None:
    """Let DaemonSet pods go after the pods that they serve, where the policy wants that."""
    pod, around = case.pod, case.around
    if pod.owner_kind != DAEMON_SET or is_orphan(pod, around.daemon_sets):
        return None
    return Classified(PodClass.LAST, Verdict("DaemonSet", "evicted when all other pods are gone"))


CHECKS: tuple[Callable[[Case], Classified | None], ...] = (
    mirror,
    daemon,
    skipped_by_policy,
    skipped_by_label,
    held,
    finished,
    stopping,
    tolerates,
    do_not_disrupt,
    unmanaged,
    local_storage,
    own,
    daemon_last,
)


def is_orphan(pod: PodFacts, daemon_sets: frozenset[str] | None) -> bool:
    """Tell whether a DaemonSet pod's DaemonSet is known to be gone; unknown is never gone."""
    return bool(pod.owner_uid) and daemon_sets is not None and pod.owner_uid not in daemon_sets


def keeps_away(taint: Taint | None, pod: PodFacts) -> bool:
    """Tell whether a taint on its node keeps the pod from being created there again."""
    if taint is None or taint.effect == "PreferNoSchedule":
        return False
    return not any(toleration.covers(taint) for toleration in pod.tolerations)


def _warnings(case: Case) -> Iterator[Verdict]:
    yield from misread(case.pod, case.policy.protected_annotations)
    if not case.pod.owner_kind:
        yield Verdict("Unmanaged", "no controller creates it again: it ends with this node")


def _skip(reason: str, message: str) -> Classified:
    return Classified(PodClass.SKIPPED, Verdict(reason, message))
