"""Make the calls of a plan's steps, and note what came of them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from controller import messages, metrics
from controller.domain.cluster import ClusterError
from controller.drain.answer import Outcome
from controller.drain.plan import Call

if TYPE_CHECKING:
    from controller.domain.times import Instant
    from controller.drain.answer import Answer
    from controller.drain.attempt import Attempt
    from controller.drain.plan import Step
    from controller.engine.ports import Pods

log = logging.getLogger(__name__)

INDIFFERENT = frozenset({"ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"})
"""The controllers that replace a pod whatever its conditions say. A Job reads them (KEP-3329), and
controllers that we do not know may. When many pods are forced at once, this is half of the calls."""


async def make_call(pods: Pods, step: Step, now: Instant) -> Answer:
    """Make one step's call and count it."""
    pod, grace = step.pod, step.grace
    match step.call:
        case Call.EVICT:
            answer = await pods.evict(pod, grace)
            metrics.eviction_requests.labels(_code(answer)).inc()
            return answer
        case Call.DELETE:
            await _mark(pods, step, now)
            answer = await pods.delete(pod, grace)
        case Call.SHORTEN:
            answer = await pods.delete(pod, grace)
    metrics.deletion_requests.labels(step.call.lower(), _code(answer)).inc()
    return answer


def note(attempt: Attempt, step: Step, answer: Answer, asked: Instant, now: Instant) -> Attempt:
    """Work an answer into what is known about the pod."""
    base = replace(
        attempt,
        tries=attempt.tries + 1,
        requested_at=attempt.requested_at if attempt.requested_at is not None else asked,
    )
    base = landed(base, step)
    # An eviction that hung, and was overtaken by a deletion: what it says is news no more.
    if attempt.accepted and step.call is not Call.SHORTEN:
        return base
    if step.call is Call.SHORTEN:
        done = answer.outcome in {Outcome.ACCEPTED, Outcome.GONE}
        return replace(base, shortened=done, retry_at=now + answer.retry_after)
    if answer.outcome is Outcome.ACCEPTED:
        return replace(
            base,
            accepted_at=now,
            refused=None,
            forced=step.call is Call.DELETE,
            grace=step.grace,
            overrode=step.overrides,
        )
    if answer.outcome is Outcome.GONE:
        # The pod watch will take it away; until then there is nothing to ask.
        return replace(base, retry_at=now + answer.retry_after)
    # The lane paces what a budget blocks; everything else waits for what the answer asked.
    pause = 0.0 if answer.outcome is Outcome.BLOCKED and step.lane else answer.retry_after
    base = replace(base, refused=answer.verdict, retry_at=now + pause)
    return replace(base, force_at=now + pause) if step.call is Call.DELETE else base


def sent(attempt: Attempt, step: Step, now: Instant) -> Attempt:
    """Note that the call of a step is on its way."""
    if step.call is Call.EVICT:
        return replace(attempt, in_flight=True, asked_at=now)
    return replace(attempt, deleting=True)


def landed(attempt: Attempt, step: Step) -> Attempt:
    """Note that the call of a step is on its way no more."""
    if step.call is Call.EVICT:
        return replace(attempt, in_flight=False)
    return replace(attempt, deleting=False)


async def _mark(pods: Pods, step: Step, now: Instant) -> None:
    if step.pod.owner_kind in INDIFFERENT:
        return
    try:
        async with asyncio.timeout(1.0):
            await pods.mark_disrupted(step.pod, messages.disrupted(step.overrides), now)
    except (ClusterError, TimeoutError) as error:
        # The signal matters more than how a Job counts it.
        log.warning("cannot set DisruptionTarget on %s: %s", step.pod.key, error)


def _code(answer: Answer) -> str:
    return str(answer.code) if answer.code else "none"
