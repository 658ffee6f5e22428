"""What a policy in dry run would do, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.times import format_clock

if TYPE_CHECKING:
    from controller.domain.policy import Action
    from controller.drain.plan import DrainPlan

OUTCOME = "DryRun"


def rehearsal(action: Action, plan: DrainPlan | None) -> str:
    """Say what would be done; `plan` is None while the pods are unknown, or for another action."""
    if not action.fences:
        return f"dry run: the policy says {action}, nothing would be done"
    close = "taint the node" if action == "Taint" else "close the node"
    if plan is None:
        return f"dry run: would {close}"
    asked = sorted(e.step.at for e in plan.entries if e.step is not None)
    if not asked:
        return f"dry run: would {close}; it has no pod to ask"
    forced = [e.force.at for e in plan.entries if e.force is not None]
    say = f"dry run: would {close} and ask {len(asked)} pods to leave, the first at "
    say += f"{format_clock(asked[0])}, the last at {format_clock(asked[-1])}"
    if forced:
        say += f"; {len(forced)} at {format_clock(max(forced))} at the latest, whatever their budgets say"
    return say
