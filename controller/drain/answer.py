"""What the API server's answer to an eviction or a deletion means."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from controller.domain.cluster import CONFLICT, NOT_FOUND
from controller.domain.verdict import Verdict
from controller.drain.attempt import NAMESPACE_TERMINATING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WAIT = 3.0
"""Seconds: the server's Retry-After (10 s, 32 s) is advice that a 120 s window cannot afford."""

OK, CREATED, ACCEPTED = 200, 201, 202
BAD_REQUEST, FORBIDDEN, UNPROCESSABLE, TOO_MANY = 400, 403, 422, 429
SERVER_ERROR = 500
MULTIPLE_BUDGETS = "more than one PodDisruptionBudget"

MIGRATING = "Migrating"
EVACUATION = "triggered evacuation"
"""KubeVirt's webhook answers 429 so, and moves the virtual machine; its pod goes by itself:
https://github.com/kubevirt/kubevirt/blob/main/pkg/virt-api/webhooks/validating-webhook/admitters/pod-eviction-admitter.go
"""

FORBIDDEN_BY_RBAC = "Forbidden"
SLOW = 10.0
"""Seconds: how often something is asked again that our asking cannot change."""

_DENIED = re.compile(r"admission webhook \"[^\"]*\" denied the request")
_FAILED = re.compile(r"failed calling webhook")
_NO_RIGHT = re.compile(r'User "[^"]*" cannot ')


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
    the HTTP status for the metric, 0 where none came. `pause` is how many seconds the server asks
    everybody to stay away.
    """

    outcome: Outcome
    code: int
    verdict: Verdict
    retry_after: float = 1.0
    pause: float = 0.0

    @property
    def pushback(self) -> bool:
        """Whether the server, and not somebody's rule, had no strength for the call."""
        strained = self.code in {0, TOO_MANY} or self.code >= SERVER_ERROR
        return self.outcome is Outcome.BUSY and strained

    @property
    def unsure(self) -> bool:
        """Whether the call may have been done all the same."""
        return self.outcome is Outcome.BUSY and (self.code == 0 or self.code >= SERVER_ERROR)


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
        return _busy("APIServerBusy", code, message, headers)
    # Somebody else's no: a webhook's, RBAC's.
    if (refused := _refused(code, message)) is not None:
        return refused
    # Everything else may or may not have been done: the pod watch will tell.
    return _busy("APIServerError", code, message, headers)


def _refused(code: int, message: str) -> Answer | None:
    """Tell who refused where it was neither a budget nor a server without strength."""
    # A webhook that moves the pod by itself: the eviction has begun something, so we look on.
    if code == TOO_MANY and EVACUATION in message:
        return Answer(Outcome.REFUSED, code, Verdict(MIGRATING, message), SLOW)
    # An admission webhook says no, with any status of 400 and above that it likes.
    if _DENIED.search(message):
        return Answer(Outcome.REFUSED, code, Verdict("WebhookDenied", message), 2.0)
    # An admission webhook that cannot be asked, and whose failurePolicy is Fail.
    if _FAILED.search(message):
        return Answer(Outcome.REFUSED, code, Verdict("WebhookFailed", message), 2.0)
    # We lack a right: the same for every pod until somebody gives it.
    if code == FORBIDDEN and _NO_RIGHT.search(message):
        return Answer(Outcome.REFUSED, code, Verdict(FORBIDDEN_BY_RBAC, message), SLOW)
    # An admission plugin, or a call that is wrong: a person has to act, so there is no hurry.
    if code in {BAD_REQUEST, FORBIDDEN, UNPROCESSABLE, TOO_MANY}:
        return Answer(Outcome.REFUSED, code, Verdict("Refused", message), 2.0)
    return None


def no_answer(why: str) -> Answer:
    """Stand for a call that got no answer: time-out, reset, server away."""
    return Answer(Outcome.BUSY, 0, Verdict("APIServerUnreachable", why))


def _busy(reason: str, code: int, message: str, headers: Mapping[str, str]) -> Answer:
    text = headers.get("Retry-After", "")
    asked = min(float(text), MAX_WAIT) if text.isdecimal() else None
    wait = 1.0 if asked is None else asked
    return Answer(Outcome.BUSY, code, Verdict(reason, message), wait, asked or 0.0)


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
