"""The Events of a drain: everything that is to be told by now, told before or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller import messages
from controller.domain.event import Event, budget_reference, node_reference, pod_reference
from controller.domain.interruption import Phase
from controller.drain.attempt import BUDGET_REASONS
from controller.drain.classify import PodClass
from controller.drain.life import DRAINED, TOO_LATE
from controller.drain.sentence import is_blocked, reason_of
from controller.drain.turns import PASSING, Stand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from controller.domain.budget import BudgetFacts
    from controller.domain.event import Reference
    from controller.domain.times import Instant
    from controller.drain.history import Passage
    from controller.drain.progress import Progress

MOST_ALIKE = 10
"""Pods with an Event of one reason a drain; the budget's Event counts all, the status lists them."""


def events_of(
    progress: Progress, counts: Mapping[str, int], budgets: Mapping[str, BudgetFacts]
) -> Iterator[Event]:
    """Yield the Events, the node's first; `budgets` are by `namespace/name`.

    An ordinary eviction has none of its own: the node's Event names the pod, the API server sets its
    DisruptionTarget, and its kubelet tells that it stops.
    """
    yield from _of_node(progress, counts)
    # What a policy does not do has nothing to tell beside the node's Event.
    if progress.note:
        return
    yield from _of_budgets(progress, budgets)
    for told in (_forced, _protected, _warned):
        yield from list(told(progress))[:MOST_ALIKE]


def _of_node(progress: Progress, counts: Mapping[str, int]) -> Iterator[Event]:
    """Tell of the notice, of a fence that fails, of a wait for one's turn, and of the end."""
    record, about = progress.record, _node(progress)
    group = f"{record.instance_id} {record.deadline or record.noticed_at}"
    if record.dormant and not progress.phase.over:
        yield Event(about, messages.noticed(record, progress.note, ()), warning=True, group=group)
    if done := _done(progress):
        pods = [entry.pod.key for entry in progress.left] if not progress.phase.over else []
        verdict = messages.noticed(record, done, () if progress.note else pods)
        yield Event(about, verdict, warning=True, group=group)
    fenced = progress.fenced
    if fenced is not None and fenced.reason == messages.NOT_FENCED and not progress.note:
        yield Event(about, fenced, warning=True)
    leave = progress.admitted
    if leave is not None and leave.stand is not Stand.DRAINS and leave.verdict not in PASSING:
        yield Event(about, leave.verdict, group=group)
    if progress.phase is Phase.DRAINED or progress.outcome == DRAINED:
        gone = [p.gone_at for p in progress.passages.values() if p.gone_at is not None]
        verdict = messages.drained(counts, max(gone, default=None), record)
        yield Event(about, verdict, group=group)
    elif progress.phase is Phase.EXPIRED:
        yield Event(about, messages.opened(), group=group)
    elif progress.phase.over:
        late = progress.outcome in TOO_LATE
        verdict = messages.ended(progress.outcome, counts, progress.note)
        yield Event(about, verdict, warning=late, group=group)


def _done(progress: Progress) -> str:
    """Say what was done with the node; nothing before it was tried, or while Karpenter may begin."""
    stance = progress.stance
    if stance is not None and stance.left:
        return progress.note if stance.holds else ""
    if progress.fenced is None:
        return ""
    return progress.note or progress.fenced.message


def _of_budgets(progress: Progress, budgets: Mapping[str, BudgetFacts]) -> Iterator[Event]:
    """Tell each budget whom it holds back and who was deleted against it, a pod at a time."""
    node = progress.record.node_name
    group = f"{node} {progress.record.deadline}"
    for entry in progress.left:
        guard = budgets.get(entry.coverage.guard)
        if guard is not None and is_blocked(entry):
            until = entry.force.at if entry.force else None
            verdict = messages.blocks(node, reason_of(entry).message, until)
            pod = pod_reference(entry.pod.key, entry.pod.uid)
            yield Event(budget_reference(guard), verdict, warning=True, group=group, related=pod)
    for passage in _accepted(progress):
        guard = budgets.get(passage.budget)
        if guard is not None and passage.overrode.startswith(tuple(BUDGET_REASONS)):
            about, verdict = budget_reference(guard), messages.overridden(node)
            yield Event(about, verdict, warning=True, group=group, related=_pod(passage))


def _forced(progress: Progress) -> Iterator[Event]:
    """Tell of pods that were deleted past what held them back."""
    for passage in _accepted(progress):
        if passage.overrode:
            yield Event(_pod(passage), messages.forced(passage.overrode), warning=True)


def _protected(progress: Progress) -> Iterator[Event]:
    """Tell of do-not-disrupt pods that were evicted all the same."""
    deadline = progress.record.deadline
    for passage in _accepted(progress):
        if passage.treated == PodClass.PROTECTED and deadline is not None:
            yield Event(_pod(passage), messages.protection_overridden(deadline), warning=True)


def _warned(progress: Progress) -> Iterator[Event]:
    """Tell what the owner of a pod should know although it leaves like any other."""
    for entry in progress.left:
        about = pod_reference(entry.pod.key, entry.pod.uid)
        for verdict in entry.warnings:
            yield Event(about, verdict, warning=True)


def _accepted(progress: Progress) -> list[Passage]:
    """List the pods that left by a call of ours, the first first."""
    found: list[tuple[Instant, str, Passage]] = [
        (p.accepted_at, p.uid, p) for p in progress.passages.values() if p.accepted_at is not None
    ]
    return [passage for *_, passage in sorted(found)]


def _node(progress: Progress) -> Reference:
    return node_reference(progress.record.node_name, progress.record.node_uid)


def _pod(passage: Passage) -> Reference:
    return pod_reference(passage.pod, passage.uid)
