"""Every Kubernetes Event that we send: its reason and its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import Kind
from controller.domain.times import format_clock, format_minute
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.domain.interruption import Interruption
    from controller.domain.policy import Action
    from controller.domain.times import Instant

FENCED, NOT_FENCED = "Fenced", "NotFenced"
NAMED_PODS = 8

_UNANNOUNCED = frozenset({Kind.STATE_CHANGE, Kind.REBALANCE})

UNCORDONED_ONCE = Verdict(
    "CordonedAgain",
    "somebody else uncordoned the node, but EC2 takes it: cordoned again. Once more, and it stays open",
)
UNCORDONED_TWICE = Verdict(
    "LeftOpen", "somebody else uncordoned the node once more: it stays open until EC2 takes it"
)


def noticed(record: Interruption, done: str, pods: Sequence[str]) -> Verdict:
    """Tell that a node got a notice, what was done with it, and which pods have to go."""
    if pods:
        more = f" and {len(pods) - NAMED_PODS} more" if len(pods) > NAMED_PODS else ""
        done += f"; {len(pods)} pods have to go: {', '.join(pods[:NAMED_PODS])}{more}"
    return Verdict(str(record.kind), f"{_announced(record)}; {done}")


def _announced(record: Interruption) -> str:
    instance, deadline = record.instance_id, record.deadline
    if deadline is None:
        return f"EC2 recommends to leave {instance}"
    # Scheduled changes are days ahead.
    if record.kind is Kind.SCHEDULED_CHANGE:
        return f"AWS has scheduled a change of {instance} for {format_minute(deadline)}"
    if record.kind is Kind.LIFECYCLE_TERMINATION:
        return f"its Auto Scaling group ends {instance}, at {format_clock(deadline)} at the latest"
    if record.kind is Kind.STATE_CHANGE:
        told = any(n.kind not in _UNANNOUNCED for n in (*record.standing, *record.upcoming))
        how = "sooner than was announced" if told else "and did not announce it"
        return f"EC2 is ending {instance}, {how}"
    return f"EC2 takes {instance} at {format_clock(deadline)}"


def fenced(action: Action) -> Verdict:
    """Tell that the node is closed to new pods."""
    how = "tainted" if action == "Taint" else "cordoned and tainted"
    return Verdict(FENCED, f"{how}: no new pods")


def not_fenced(why: str) -> Verdict:
    """Tell why the node is still open."""
    return Verdict(NOT_FENCED, why)


def drained(counts: Mapping[str, int], last: Instant | None, record: Interruption) -> Verdict:
    """Tell that a node is empty, and with how much time to spare; `last` is when it became so."""
    say = f"all {counts['total']} pods are gone" if counts["total"] else "no pod had to go"
    if last is not None and record.deadline is not None:
        spare = record.deadline - last
        say += f" {abs(spare):.0f} s {'before' if spare >= 0 else 'after'} the deadline"
    forced = f", {counts['forced']} of them forced" if counts["forced"] else ""
    return Verdict("Drained", say + forced)


def ended(outcome: str, counts: Mapping[str, int], note: str = "") -> Verdict:
    """Tell how an interruption ended that did not leave an empty node; `note` stands for counts."""
    say = (
        f"{counts['gone']} of {counts['total']} pods gone, {counts['forced']} forced, "
        f"{counts['killed']} killed without notice"
    )
    return Verdict(outcome, note or say)


def opened() -> Verdict:
    """Tell that a recommendation came to nothing."""
    return Verdict("NotInterrupted", "no interruption followed: the node is opened again")


def blocks(node: str, why: str, until: Instant | None) -> Verdict:
    """Tell that a PodDisruptionBudget holds up a drain, and until when."""
    end = "until it has room" if until is None else f"until {format_clock(until)} at the latest"
    return Verdict("BlocksDrain", f"holds back pods of node {node} {end}: {why}")


def overridden(node: str) -> Verdict:
    """Tell that pods were deleted against a PodDisruptionBudget."""
    return Verdict(
        "OverriddenByInterruption",
        f"node {node} goes before there is room: pods are deleted with their grace period",
    )


def forced(overrode: str) -> Verdict:
    """Tell that a pod was deleted past what held it back, and why that was the better end."""
    say = f"deleted gracefully before the node goes, although: {overrode}"
    return Verdict("ForcedBeforeInterruption", say)


def disrupted(overridden: Verdict | None) -> str:
    """Write the message of the DisruptionTarget condition that goes before a deletion."""
    say = "the node goes; deleted with the grace that is left"
    return say if overridden is None else f"{say}, although: {overridden.message}"[:1000]


def protection_overridden(deadline: Instant) -> Verdict:
    """Tell that a do-not-disrupt pod was evicted because its node goes."""
    say = f"evicted as late as is safe, although it asks not to be: the node goes at {format_clock(deadline)}"
    return Verdict("DoNotDisruptOverridden", say)


def out_of_service(record: Interruption) -> Verdict:
    """Tell that the volumes of a dead node are detached by force."""
    say = (
        f"EC2 has terminated {record.instance_id} and the node is not ready: its volumes are let go"
    )
    return Verdict("OutOfService", say)
