"""What becomes of a node whose interruption is over and which is still, or again, there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.durations import format_duration
from controller.domain.interruption import Phase
from controller.domain.lifecycle import open_actions
from controller.domain.verdict import Verdict
from controller.drain.fence import fence_of
from controller.drain.outcome import went

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.times import Instant

NOT_EXECUTED, RETURNED = "NotExecuted", "Returned"

_KEEPS_INSTANCE = frozenset({"stop", "hibernate", "stopping", "stopped", "reboot", "maintenance"})


def aftermath(record: Interruption, node: NodeFacts, now: Instant) -> Verdict | None:
    """Tell why a node is to be opened again after the end; None while it is not."""
    # Only what ended by a deadline: everything else has opened its node at its end.
    told = ((n.deadline, n.kind.patience, n.action) for n in record.standing)
    past = [(at, patience, does) for at, patience, does in told if at is not None and at <= now]
    if record.phase is not Phase.FINISHED or not record.over or not past:
        return None
    # Another node of the same instance, or one that somebody has opened already. A record that was
    # written by hand need not name its node.
    if (
        record.node_uid not in {"", node.uid}
        or fence_of(node).get("interruption") != record.instance_id
    ):
        return None
    # Its group waits for us to let it go, and Auto Scaling does not answer: it goes after all.
    if open_actions(record):
        return None
    # Its kubelet is silent: the instance is going, or gone.
    if not node.ready:
        return None
    # Stopped, hibernated or rebooted, and started again as the same Node.
    stops = any(does in _KEEPS_INSTANCE for *_, does in past)
    if stops and node.ready_since is not None and node.ready_since > max(past)[0]:
        return Verdict(RETURNED, "the instance runs again; its node is opened")
    # The window of a change is not over with the deadline of another notice.
    until, patience = max((at + patience, patience) for at, patience, _ in past)
    if now >= until:
        waited = format_duration(patience)
        say = f"EC2 has not taken the instance {waited} after its deadline; its node is opened"
        return Verdict(NOT_EXECUTED, say)
    return None


def gone(record: Interruption, node: NodeFacts | None) -> Verdict | None:
    """Tell how the end had been announced, where the node went after it; None where that is told."""
    over = record.phase is Phase.FINISHED and record.over
    return went(record) if over and node is None and not record.judged else None


def outcome_to(verdict: Verdict) -> dict[str, object]:
    """Write the outcome into a status; the interruption that never came counts as expired."""
    phase = Phase.EXPIRED if verdict.reason == NOT_EXECUTED else Phase.FINISHED
    return {"phase": str(phase), "outcome": verdict.reason, "message": verdict.message}
