"""Every Kubernetes Event that we send: its reason and its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.times import format_clock
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.interruption import Interruption
    from controller.domain.policy import Action

FENCED = "Fenced"


def noticed(record: Interruption, action: Action) -> Verdict:
    """Tell that a node got a notice, and what will be done."""
    if record.deadline is None:
        return Verdict(str(record.kind), f"EC2 recommends to leave {record.instance_id}; {action}")
    goes = format_clock(record.deadline)
    return Verdict(str(record.kind), f"EC2 takes {record.instance_id} at {goes}; {action}")


def fenced(action: Action) -> Verdict:
    """Tell that the node is closed to new pods."""
    how = "tainted" if action == "Taint" else "cordoned and tainted"
    return Verdict(FENCED, f"{how}: no new pods")


def not_fenced(why: str) -> Verdict:
    """Tell why the node is still open."""
    return Verdict("NotFenced", why)


def forced(overridden: Verdict) -> Verdict:
    """Tell that a pod was deleted past what held it back, and why that was the better end."""
    say = f"deleted gracefully before the node goes, although: {overridden.message}"
    return Verdict("ForcedBeforeInterruption", say)


def disrupted(overridden: Verdict | None) -> str:
    """Write the message of the DisruptionTarget condition that goes before a deletion."""
    say = "the node goes; deleted with the grace that is left"
    return say if overridden is None else f"{say}, although: {overridden.message}"[:1000]


def ended(outcome: str, counts: Mapping[str, int]) -> Verdict:
    """Tell how an interruption ended."""
    return Verdict(
        outcome,
        f"{counts['gone']} of {counts['total']} pods gone, {counts['forced']} forced, "
        f"{counts['killed']} killed without notice",
    )
