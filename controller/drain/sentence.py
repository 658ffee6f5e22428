"""Why a pod is still there, and what is going on with its node, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.interruption import Phase
from controller.domain.times import format_clock
from controller.domain.verdict import Verdict
from controller.drain.attempt import BUDGET_REASONS
from controller.drain.classify import PodClass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.drain.plan import Entry
    from controller.drain.progress import Progress

OWN_STATES = frozenset({"Migrating"})
"""The refusals that are no "not now" but a way of leaving: the status calls the pod by them."""


def is_blocked(entry: Entry) -> bool:
    """Tell whether a PodDisruptionBudget keeps the pod from leaving now."""
    if entry.treated.pod_class is not PodClass.NORMAL or entry.attempt.accepted:
        return False
    refused = entry.attempt.refused
    if entry.coverage.stuck is not None or entry.lane_blocked:
        return True
    return refused is not None and refused.reason in BUDGET_REASONS


def reason_of(entry: Entry) -> Verdict:
    """Say why a pod is still there: the same words as in the Events and the log."""
    if entry.attempt.accepted and entry.treated.pod_class in {PodClass.NORMAL, PodClass.PROTECTED}:
        return Verdict("Stopping", "its eviction was accepted; it is stopping")
    if entry.treated.pod_class is not PodClass.NORMAL:
        return entry.treated.verdict
    if entry.coverage.stuck is not None:
        return entry.coverage.stuck
    if entry.attempt.refused is not None:
        return entry.attempt.refused
    if entry.lane_blocked:
        say = f"the PodDisruptionBudget {entry.coverage.lane} has no room"
        return Verdict("DisruptionBudget", say)
    return Verdict("Waiting", "waits for the pods of lower priority to be asked first")


def state_of(entry: Entry) -> str:
    """Name in one word how a pod that is left stands: the planner's class, or what refused it."""
    if is_blocked(entry):
        return "Blocked"
    reason = reason_of(entry).reason
    if reason in OWN_STATES:
        return reason
    return "Waiting" if entry.treated.pod_class is PodClass.NORMAL else str(entry.treated.pod_class)


def sentence(progress: Progress, counts: Mapping[str, int]) -> str:
    """Say in one sentence what is going on with the node."""
    if progress.phase is Phase.PENDING:
        return "noticed; the node is being closed to new pods"
    if progress.phase is Phase.FENCED:
        return "closed to new pods; the policy does not drain it"
    if progress.phase is Phase.DRAINED and counts["left"]:
        gone = f"{counts['gone']} of {counts['total']} pods are gone"
        return f"{gone}, nothing is waited for of the others; waiting for the instance to go"
    if progress.phase is Phase.DRAINED:
        return f"all {counts['total']} pods are gone; waiting for the instance to go"
    if progress.phase.over:
        return f"over: {counts['gone']} of {counts['total']} pods gone, {counts['forced']} forced"
    left, blocked = counts["left"], [e for e in progress.left if is_blocked(e)]
    if not left and progress.volumes:
        attached = len(progress.volumes)
        return f"all {counts['total']} pods are gone; waiting for {attached} volumes to be detached"
    if not blocked:
        return f"{left} of {counts['total']} pods left"
    first = blocked[0]
    until = (
        "" if first.force is None else f", deleted at {format_clock(first.force.at)} at the latest"
    )
    guard = f" for {first.coverage.lane}" if first.coverage.lane else ""
    return (
        f"{left} of {counts['total']} pods left; {len(blocked)} blocked: {first.pod.key} waits{guard}"
        f" ({reason_of(first).message}){until}"
    )
