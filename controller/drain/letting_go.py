"""What is done about an instance that waits for its lifecycle hook: checks, the first that speaks decides."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from controller.domain.interruption import Phase
from controller.domain.lifecycle import CONDITION, FAILED, WAITS
from controller.domain.times import format_clock
from controller.domain.verdict import Verdict
from controller.drain.rehearsal import OUTCOME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.domain.interruption import Interruption
    from controller.domain.lifecycle import LifecycleAction
    from controller.domain.policy import Policy
    from controller.domain.times import Instant

FIRST_SECONDS, HEARTBEAT_SECONDS = 10.0, 15.0
"""After the event and from then on. No message tells a hook's time-out; 30 s is the least that Auto
Scaling takes. So the first comes when the message was 20 s on its way at the worst, and one that
fails is made up for by the next. Many drains need none, one of two minutes eight; `timeout` ends it.
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
"""

NAMED_ACTIONS = 3


class Step(Enum):
    """What is to be done about the open actions of an instance."""

    COMPLETE = "complete"
    KEEP = "keep"
    WAIT = "wait"
    REHEARSE = "rehearse"


def step_of(record: Interruption, policy: Policy | None) -> Step:
    """Tell what is to be done; `policy` is the node's, None where the Node is gone."""
    # A dry run calls nobody. Of a node that went meanwhile the status tells that it was one.
    if _rehearsed(record) if policy is None else policy.rehearses:
        return Step.REHEARSE
    # However it ended: an instance that nobody drains any more waits for nothing.
    if policy is None or record.over:
        return Step.COMPLETE
    # A notice that came after the last pod may ask for more: the status has to know it too.
    if record.phase is Phase.DRAINED and record.observed_notices >= len(record.notices):
        return Step.COMPLETE
    if policy.drains(record.kind) and policy.lifecycle.heartbeat:
        return Step.KEEP
    # Who only closes or observes nodes may have them drained by somebody else, for whom the hook
    # waits: it is left alone until the deadline, which is the end of the interruption.
    return Step.WAIT


def _rehearsed(record: Interruption) -> bool:
    return record.lifecycle is not None and record.lifecycle.get("reason") == OUTCOME


def beats_from(record: Interruption) -> Instant:
    """Tell when the first heartbeat is due."""
    return min(n.time for n in record.valid if n.hook is not None) + FIRST_SECONDS


def waits(
    step: Step, record: Interruption, policy: Policy | None, actions: Iterable[LifecycleAction]
) -> Verdict | None:
    """Say what an instance waits for where the drain does not say it; None where it does."""
    named = _named(actions)
    if step is Step.REHEARSE:
        return Verdict(OUTCOME, f"dry run: would tell the {named} to go on at the end of the drain")
    if step is Step.WAIT and policy is not None and not policy.drains(record.kind):
        end = "" if record.deadline is None else f", at {format_clock(record.deadline)}"
        action = policy.action_for(record.kind)
        say = f"the policy says {action}: the {named} is told to go on when that is over{end}"
        return Verdict(WAITS, say)
    # What was told before is no longer true: a call failed, or another hook was completed.
    if step is not Step.COMPLETE and record.lifecycle is not None:
        return Verdict(WAITS, f"the {named} is told to go on when the node is drained")
    return None


def failed(sentence: str) -> Verdict:
    """Tell that a call did not succeed; it is made again."""
    return Verdict(FAILED, f"{sentence.rstrip('.')}; it is tried again")


def ended(verdicts: Iterable[Verdict]) -> Verdict:
    """Put the ends of several actions together: completed counts before over."""
    found = sorted(dict.fromkeys(verdicts), key=lambda v: v.reason)
    return Verdict(found[0].reason, " ".join(v.message for v in found))


def others(conditions: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """List the conditions that have another writer."""
    return [c for c in conditions if c.get("type") != CONDITION]


def _named(actions: Iterable[LifecycleAction]) -> str:
    names = sorted({str(action) for action in actions})
    more = f" and {len(names) - NAMED_ACTIONS} more" if len(names) > NAMED_ACTIONS else ""
    return ", ".join(names[:NAMED_ACTIONS]) + more
