"""The sentence of a status that is not about pods: why nothing is done, yet or any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from controller.domain.interruption import Phase
from controller.domain.times import format_minute
from controller.drain.life import WITHDRAWN
from controller.drain.rehearsal import rehearsal

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.policy import Action
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict
    from controller.drain.life import Stand
    from controller.drain.plan import DrainPlan


class Scene(NamedTuple):
    """What the note is about.

    `action` is what the policy says about the record's kind. `lead` and `expiry` are its seconds:
    before a scheduled change, and until a recommendation is over that nothing followed. `plan` is
    None while the pods are not known, `waits_for` why a voluntary drain has not begun, `left` why the
    node is left to Karpenter.
    """

    record: Interruption
    stand: Stand
    action: Action
    lead: float
    expiry: float
    rehearsed: bool
    plan: DrainPlan | None = None
    waits_for: Verdict | None = None
    left: Verdict | None = None


def note_of(scene: Scene) -> str:
    """Give the sentence; empty where the pods tell what is going on."""
    # Everything that was announced has been taken back.
    if scene.stand.outcome == WITHDRAWN:
        return "what was announced has been taken back; the node is open"
    # Somebody else drains the node.
    if scene.left is not None:
        return scene.left.message
    # A change that is days ahead.
    if scene.record.dormant:
        return _ahead(scene)
    if scene.rehearsed:
        return rehearsal(scene.action, scene.plan)
    if scene.stand.phase is Phase.CANCELLED:
        say = "somebody else uncordoned the node; it is left to them, and pods stay"
        if not scene.record.upcoming:
            return say
        what, goes = _planned(scene.record)
        return f"{say} until the {what} that is scheduled for {format_minute(goes)}"
    # A drain that has not begun: it waits for its turn, or for the list of its pods.
    if scene.stand.phase is Phase.FENCED and scene.action == "Drain":
        why = scene.waits_for.message if scene.waits_for else "its pods are being looked at"
        return f"closed to new pods; {why}"
    # A recommendation for which nodes are only closed: the clock alone opens it again.
    if scene.stand.phase is Phase.FENCED and scene.record.kind.voluntary:
        over = format_minute(scene.record.noticed_at + scene.expiry)
        return (
            "closed to new pods; the policy does not drain it;"
            f" opened again at {over} unless a notice follows"
        )
    return "" if scene.action.fences else f"the policy says {scene.action}: nothing is done"


def _planned(record: Interruption) -> tuple[str, Instant]:
    first = min(record.upcoming, key=lambda n: n.deadline or 0.0)
    return f"{first.action or 'maintenance'} of the instance", first.deadline or 0.0


def _ahead(scene: Scene) -> str:
    what, goes = _planned(scene.record)
    say = f"{what} is scheduled for {format_minute(goes)}"
    if scene.stand.phase.over:
        return f"{say}; the node went before that"
    if not scene.action.fences:
        return f"{say}; the policy says {scene.action}: nothing will be done"
    does = "would be" if scene.rehearsed else "is"
    how = "drained" if scene.action == "Drain" else "closed to new pods"
    return f"{say}; the node {does} {how} from {format_minute(goes - scene.lead)}"
