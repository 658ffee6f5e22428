"""What the API server's answer to an eviction or a deletion means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from controller.domain.verdict import Verdict
from controller.drain.planner import NAMESPACE_TERMINATING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WAIT = 3.0
"""Seconds: the server's Retry-After (10 s, 32 s) is advice that a 120 s window cannot afford."""

OK, CREATED, ACCEPTED = 200, 201, 202
BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT, UNPROCESSABLE, TOO_MANY = 400, 403, 404, 409, 422, 429
SERVER_ERROR = 500
MULTIPLE_BUDGETS = "more than one PodDisruptionBudget"


class Outcome(StrEnum):
    """What an answer means for the pod that was asked about."""

    ACCEPTED = "Accepted"
    GONE = "Gone"
    BLOCKED = "Blocked"
    REFUSED = "Refused"
    BUSY = "Busy"


@dataclass(frozen=True, slots=True)
class Answer:
    """A classified answer.

    BLOCKED is a PodDisruptionBudget's no; REFUSED somebody else's (RBAC, a webhook, a namespace that
    is being deleted); BUSY is no answer about the pod at all. `retry_after` in seconds. `code` is
    the HTTP status for the metric, 0 where none came.
    """

    outcome: Outcome
    code: int
    verdict: Verdict
    retry_after: float = 1.0


def read_answer(code: int, headers: Mapping[str, str], body: str) -> Answer:
    """Classify an answer of `pods/eviction` or of a pod's DELETE.

    Measured on kube-apiserver 1.36; the order of the checks is that of the table in docs/drain.md.
    """
    status = _status(body)
    message = str(status.get("message") or body.strip()[:200] or f"HTTP {code}")
    causes = {str(c.get("reason")): str(c.get("message", "")) for c in _causes(status)}
    # Accepted: the pod has its deletionTimestamp and goes on for its grace.
    if code in {OK, CREATED, ACCEPTED}:
        return Answer(Outcome.ACCEPTED, code, Verdict("Accepted", "the API server accepted it"))
    # Gone, or another pod has its name (the UID precondition failed): ours is no more.
    if code == NOT_FOUND or (code == CONFLICT and "UID in the precondition" in message):
        return Answer(Outcome.GONE, code, Verdict("Gone", "the pod was gone already"))
    # A budget without room. The server sends no Retry-After, or 10 s while the budget is new.
    if code == TOO_MANY and "DisruptionBudget" in causes:
        say = causes["DisruptionBudget"] or message
        return Answer(Outcome.BLOCKED, code, Verdict("DisruptionBudget", say))
    # Two budgets on one pod: a 500 without a reason, permanent until one of them goes.
    if code == SERVER_ERROR and MULTIPLE_BUDGETS in message:
        return Answer(Outcome.BLOCKED, code, Verdict("MultiplePodDisruptionBudgets", message))
    # A budget whose status is broken (negative, or too many pods in it): its controller lags.
    if code == FORBIDDEN and _kind(status) == "poddisruptionbudget":
        return Answer(Outcome.BLOCKED, code, Verdict("DisruptionBudget", message))
    # A namespace that is being deleted forbids evictions, but not deletions.
    if code == FORBIDDEN and "NamespaceTerminating" in causes:
        return Answer(Outcome.REFUSED, code, Verdict(NAMESPACE_TERMINATING, message), 0.0)
    # Priority and fairness, or a server on its way down: plain text, nothing about the pod.
    if code == TOO_MANY and not status:
        return Answer(Outcome.BUSY, code, Verdict("APIServerBusy", message), _wait(headers))
    # RBAC, an admission webhook, a call that is wrong: a person has to act, so there is no hurry.
    if code in {BAD_REQUEST, FORBIDDEN, UNPROCESSABLE, TOO_MANY}:
        return Answer(Outcome.REFUSED, code, Verdict("Refused", message), 2.0)
    # Everything else may or may not have been done: the pod watch will tell.
    return Answer(Outcome.BUSY, code, Verdict("APIServerError", message), _wait(headers))


def no_answer(why: str) -> Answer:
    """Stand for a call that got no answer: time-out, reset, server away."""
    return Answer(Outcome.BUSY, 0, Verdict("APIServerUnreachable", why))


def _status(body: str) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _details(status: Mapping[str, Any]) -> dict[str, Any]:
    details = status.get("details")
    return details if isinstance(details, dict) else {}


def _kind(status: Mapping[str, Any]) -> str:
    return str(_details(status).get("kind", ""))


def _causes(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    causes = _details(status).get("causes")
    return [c for c in causes if isinstance(c, dict)] if isinstance(causes, list) else []


def _wait(headers: Mapping[str, str]) -> float:
    text = headers.get("Retry-After", "")
    return min(float(text), MAX_WAIT) if text.isdecimal() else 1.0
