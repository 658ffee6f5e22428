"""Every answer that the eviction API was seen to give, and what it means.

The bodies were recorded on kube-apiserver 1.36.3; the few that could not be provoked are written
from its source, `pkg/registry/core/pod/storage/eviction.go` and the priority-and-fairness filter.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.drain.answer import Answer, Outcome, no_answer, read_answer


def failure(code: int, message: str, reason: str = "", **details: Any) -> tuple[int, str]:
    """Write a Failure status as the API server does: without a reason or details it has none."""
    body: dict[str, Any] = {"kind": "Status", "status": "Failure", "message": message, "code": code}
    if reason:
        body["reason"] = reason
    if details:
        body["details"] = details
    return code, json.dumps(body)


def over_budget(message: str, **details: Any) -> tuple[int, str]:
    return failure(
        429,
        "Cannot evict pod as it would violate the pod's disruption budget.",
        "TooManyRequests",
        causes=[{"reason": "DisruptionBudget", "message": message}],
        **details,
    )


CREATED = (201, '{"kind":"Status","status":"Success","code":201}')
NEEDS = "The disruption budget b needs 3 healthy pods and has 3 currently"
UNSYNCED = "The disruption budget mu does not allow evicting pods currently"
PROCESSED = "The disruption budget og is still being processed by the server."
TWO = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
OTHER_UID = (
    'Operation cannot be fulfilled on Pod "p0": the UID in the precondition '
    "(00000000-0000-0000-0000-000000000000) does not match the UID in record "
    "(9ef292cc-ea9b-4cd9-ab1f-78d8921cbb92). The object might have been deleted and then recreated"
)
OTHER_VERSION = (
    'Operation cannot be fulfilled on Pod "rv": the ResourceVersion in the precondition (1) does '
    "not match the ResourceVersion in record (224). The object might have been modified"
)
ENDING = (
    'pods "t0" is forbidden: unable to create new content in namespace f1795233518t because it is '
    "being terminated"
)
NO_RIGHT = (
    'pods "r" is forbidden: User "bob" cannot create resource "pods/eviction" in API group "" in '
    'the namespace "k1795233555"'
)
NEGATIVE = 'poddisruptionbudget.policy "b" is forbidden: pdb disruptions allowed is negative'
WEBHOOK = 'admission webhook "guard.example.org" denied the request: not on a Friday'
EVACUATES = (
    'admission webhook "virt-launcher-eviction-interceptor.kubevirt.io" denied the request: '
    'Eviction triggered evacuation of VMI "shop/vm"'
)
UNASKED = (
    'Internal error occurred: failed calling webhook "guard.example.org": failed to call webhook: '
    'Post "https://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused'
)
PLUGIN = 'pods "r" is forbidden: the plugin says no'
SHED = "Too many requests, please try again later.\n"
WRONG_NAME = "name in URL does not match name in Eviction object"
CONFLICT = (
    'Operation cannot be fulfilled on poddisruptionbudgets.policy "b": the object has been modified'
)


@pytest.mark.parametrize(
    ("answer", "outcome", "reason", "message", "retry_after"),
    [
        pytest.param(CREATED, "Accepted", "Accepted", None, 1.0, id="evicted"),
        pytest.param((200, "{}"), "Accepted", "Accepted", None, 1.0, id="deleted"),
        pytest.param((202, "{}"), "Accepted", "Accepted", None, 1.0, id="deletion-begun"),
        pytest.param(
            failure(404, 'pods "nope" not found', "NotFound", name="nope", kind="pods"),
            *("Gone", "Gone", None, 1.0),
            id="pod-not-found",
        ),
        pytest.param(
            failure(404, 'namespaces "nons-zz" not found', "NotFound", kind="namespaces"),
            *("Gone", "Gone", None, 1.0),
            id="namespace-not-found",
        ),
        pytest.param(
            failure(409, OTHER_UID, "Conflict", name="p0", kind="Pod"),
            *("Gone", "Gone", None, 1.0),
            id="another-pod-has-its-name",
        ),
        pytest.param(
            over_budget(NEEDS), "Blocked", "DisruptionBudget", NEEDS, 1.0, id="budget-without-room"
        ),
        pytest.param(
            over_budget(UNSYNCED),
            *("Blocked", "DisruptionBudget", UNSYNCED, 1.0),
            id="budget-that-cannot-be-computed",
        ),
        pytest.param(
            over_budget(PROCESSED, retryAfterSeconds=10),
            *("Blocked", "DisruptionBudget", PROCESSED, 1.0),
            id="budget-still-being-processed",
        ),
        pytest.param(
            over_budget(""),
            "Blocked",
            "DisruptionBudget",
            "Cannot evict pod as it would violate the pod's disruption budget.",
            1.0,
            id="budget-without-a-message",
        ),
        pytest.param(
            failure(500, TWO),
            *("Blocked", "MultiplePodDisruptionBudgets", TWO, 1.0),
            id="two-budgets",
        ),
        pytest.param(
            failure(
                403, NEGATIVE, "Forbidden", name="b", group="policy", kind="poddisruptionbudget"
            ),
            *("Blocked", "DisruptionBudget", NEGATIVE, 1.0),
            id="budget-with-a-broken-status",
        ),
        pytest.param(
            failure(
                403,
                ENDING,
                "Forbidden",
                name="t0",
                kind="pods",
                causes=[{"reason": "NamespaceTerminating", "field": "metadata.namespace"}],
            ),
            *("Refused", "NamespaceTerminating", ENDING, 0.0),
            id="namespace-terminating",
        ),
        pytest.param(
            failure(403, NO_RIGHT, "Forbidden", name="r", kind="pods"),
            *("Refused", "Forbidden", NO_RIGHT, 10.0),
            id="no-right",
        ),
        pytest.param(
            failure(403, PLUGIN, "Forbidden", name="r", kind="pods"),
            *("Refused", "Refused", PLUGIN, 2.0),
            id="admission-plugin",
        ),
        pytest.param(
            failure(403, WEBHOOK), "Refused", "WebhookDenied", WEBHOOK, 2.0, id="webhook-403"
        ),
        pytest.param(
            failure(429, WEBHOOK), "Refused", "WebhookDenied", WEBHOOK, 2.0, id="webhook-429"
        ),
        pytest.param(
            failure(500, WEBHOOK, "InternalError"),
            *("Refused", "WebhookDenied", WEBHOOK, 2.0),
            id="webhook-500",
        ),
        pytest.param(
            failure(429, EVACUATES),
            *("Refused", "Migrating", EVACUATES, 10.0),
            id="webhook-that-migrates",
        ),
        pytest.param(
            failure(500, UNASKED, "InternalError"),
            *("Refused", "WebhookFailed", UNASKED, 2.0),
            id="webhook-away",
        ),
        pytest.param(
            failure(422, "dryRun: Unsupported value", "Invalid"),
            *("Refused", "Refused", "dryRun: Unsupported value", 2.0),
            id="invalid",
        ),
        pytest.param(
            failure(400, WRONG_NAME, "BadRequest"),
            *("Refused", "Refused", WRONG_NAME, 2.0),
            id="bad-request",
        ),
        pytest.param((429, SHED), "Busy", "APIServerBusy", SHED.strip(), 1.0, id="load-shed"),
        pytest.param(
            failure(409, OTHER_VERSION, "Conflict"),
            *("Busy", "APIServerError", OTHER_VERSION, 1.0),
            id="pod-changed",
        ),
        pytest.param(
            failure(409, CONFLICT, "Conflict"),
            *("Busy", "APIServerError", CONFLICT, 1.0),
            id="budget-changed-too-often",
        ),
        pytest.param((503, ""), "Busy", "APIServerError", "HTTP 503", 1.0, id="unavailable"),
        pytest.param(
            failure(504, "request timed out", "Timeout"),
            *("Busy", "APIServerError", "request timed out", 1.0),
            id="timed-out",
        ),
        pytest.param((401, ""), "Busy", "APIServerError", "HTTP 401", 1.0, id="token-expired"),
    ],
)
def test_every_answer_has_its_meaning(
    answer: tuple[int, str], outcome: str, reason: str, message: str | None, retry_after: float
) -> None:
    code, body = answer
    found = read_answer(code, {}, body)
    assert (found.outcome, found.code, found.verdict.reason) == (outcome, code, reason)
    assert message is None or found.verdict.message == message
    assert found.retry_after == retry_after


@pytest.mark.parametrize(
    ("text", "seconds"), [("1", 1.0), ("2", 2.0), ("5", 3.0), ("32", 3.0), ("soon", 1.0), ("", 1.0)]
)
def test_a_busy_server_is_given_the_time_it_asks_for_up_to_three_seconds(
    text: str, seconds: float
) -> None:
    assert read_answer(429, {"Retry-After": text}, SHED).retry_after == seconds
    assert read_answer(503, {"Retry-After": text}, "").retry_after == seconds


def test_everybody_stays_away_only_when_the_server_asks_for_it() -> None:
    assert read_answer(429, {"Retry-After": "2"}, SHED).pause == 2.0
    assert read_answer(503, {"Retry-After": "32"}, "").pause == 3.0
    assert read_answer(500, {}, "").pause == 0.0
    assert read_answer(*_split(over_budget(PROCESSED, retryAfterSeconds=10))).pause == 0.0


@pytest.mark.parametrize(
    ("answer", "pushback", "unsure"),
    [
        pytest.param((429, SHED), True, False, id="shed"),
        pytest.param((503, ""), True, True, id="unavailable"),
        pytest.param(failure(504, "request timed out", "Timeout"), True, True, id="timed-out"),
        pytest.param(failure(409, CONFLICT, "Conflict"), False, False, id="conflict"),
        pytest.param((401, ""), False, False, id="token-expired"),
        pytest.param(failure(500, TWO), False, False, id="two-budgets"),
        pytest.param(failure(500, UNASKED), False, False, id="webhook"),
        pytest.param(over_budget(NEEDS), False, False, id="budget"),
        pytest.param(CREATED, False, False, id="evicted"),
    ],
)
def test_only_a_server_without_strength_pushes_back(
    answer: tuple[int, str], pushback: bool, unsure: bool
) -> None:
    """Rules that refuse say nothing of the load that the server can carry."""
    found = read_answer(*_split(answer))
    assert (found.pushback, found.unsure) == (pushback, unsure)


def test_a_budget_that_is_processed_is_asked_again_long_before_the_ten_seconds_advised() -> None:
    code, body = over_budget(PROCESSED, retryAfterSeconds=10)
    assert read_answer(code, {"Retry-After": "10"}, body).retry_after == 1.0


def test_a_deletion_of_another_pod_by_the_same_name_is_gone_too() -> None:
    assert read_answer(*_split(failure(409, OTHER_UID, "Conflict"))).outcome is Outcome.GONE


def test_a_long_text_is_cut() -> None:
    assert len(read_answer(502, {}, "x" * 5000).verdict.message) == 200


def test_no_answer_at_all_is_no_word_about_the_pod() -> None:
    found = no_answer("the call took longer than 5 s")
    assert (found.outcome, found.code) == (Outcome.BUSY, 0)
    assert found.pushback
    assert found.unsure
    assert found.verdict == ("APIServerUnreachable", "the call took longer than 5 s")


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["message", "details", "causes", "reason", "kind"]), inner
        )
    ),
    max_leaves=8,
)


@given(
    st.sampled_from([200, 201, 400, 403, 404, 409, 422, 429, 500, 503]),
    st.text(max_size=20) | JSON.map(json.dumps),
)
def test_no_body_can_break_the_reading(code: int, body: str) -> None:
    found = read_answer(code, {}, body)
    assert isinstance(found, Answer)
    assert found.verdict.reason
    assert found.verdict.message
    assert (found.outcome is Outcome.ACCEPTED) == (code in {200, 201})


def test_a_body_nested_without_end_is_a_text_like_any_other() -> None:
    assert read_answer(429, {}, "[" * 100_000).verdict.reason == "APIServerBusy"


def _split(answer: tuple[int, str]) -> tuple[int, dict[str, str], str]:
    return answer[0], {}, answer[1]
