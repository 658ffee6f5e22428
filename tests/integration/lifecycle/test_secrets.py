"""Who holds a lifecycle action's token, or a session token of AWS, has them from nobody's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hack.scaling import Fault, ScalingServer
from hack.scaling.faults import TOKEN_MARK
from tests.integration.cases.policy import policy
from tests.integration.controller_process import ControllerProcess
from tests.integration.disclosure import given_to, golden_tokens
from tests.integration.lifecycle.hooked import guard, hold, unguard
from tests.integration.stage import INTERRUPTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.stage import Stage

SESSION_TOKEN = "session-token-of-nobody-for-testing-0123456789"
TOKENS = (TOKEN_MARK, *golden_tokens())


def test_a_token_is_told_in_the_spec_of_its_record_only(stage: Stage) -> None:
    """Auto Scaling refuses calls and quotes them, the log is at level debug, and a message is bad.

    That no log, probe or metric tells it is asserted at the end of every ControllerProcess.
    """
    guard(stage)
    arguments = ("--queue-url", stage.queue_url, "--log-level", "debug")
    with ScalingServer() as server:
        environment = {**server.environment, "AWS_SESSION_TOKEN": SESSION_TOKEN}
        hooked = hold(stage, server)
        server.fail_next(Fault.INVALID, Fault.DENIED)
        with (
            ControllerProcess(stage.cluster, *arguments, environment=environment) as controller,
            policy(stage, {"events": {"lifecycleTermination": {"heartbeat": False}}}),
        ):
            controller.wait_ready()
            stage.send_body('{"LifecycleActionToken": "' + hooked.waiting.token + '"')
            stage.send_golden("malformed-auto-scaling-terminate-without-hook")
            hooked.send()
            unguard(stage)
            refused = hooked.wait_condition("False")
            hooked.wait_condition("True")
            controller.wait_for_words("not JSON")
            controller.get("/readyz")
            assert controller.metric("spotdrain_lifecycle_calls_total", result="failed") >= 1
            record = stage.wait_phase("Drained")
            assert controller.lines

    (notice,) = record["spec"]["notices"]
    assert notice["lifecycleHook"]["token"] == hooked.waiting.token
    assert refused["reason"] == "LifecycleFailed"
    del record["spec"], record["metadata"]["managedFields"]
    columns = stage.cluster.kubectl("get", "ni", stage.instance_id, "--output=wide")
    events = stage.cluster.kubectl("get", "events", "--all-namespaces", "--output=json")
    node = stage.cluster.kubectl("get", "node", stage.node_name, "--output=json")
    for told in (json.dumps(record), columns, events, node):
        assert [token for token in TOKENS if token in told] == []


def test_the_record_can_be_read_by_nobody_who_may_only_view(stage: Stage) -> None:
    """Kubernetes' own roles view, edit and admin get nothing of ours."""
    for role in ("view", "edit", "admin"):
        rules = json.loads(stage.cluster.kubectl("get", "clusterrole", role, "--output=json"))[
            "rules"
        ]
        groups = {group for rule in rules for group in rule["apiGroups"]}
        assert INTERRUPTIONS.split("/")[2] not in groups


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6.eyJhdWQi",
        "a header X-Amz-Security-Token: none",
        f"found with token {TOKEN_MARK}-0000-4000-8000-000000000000",
        "receipt " + "abcdefghij" * 18,
        SESSION_TOKEN,
        "the token of the kubeconfig",
        *sorted(golden_tokens()),
    ],
)
def test_the_search_finds_what_it_is_for(tmp_path: Path, text: str) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        json.dumps({"users": [{"user": {"token": "the token of the kubeconfig"}}]})
    )
    given = given_to(kubeconfig, {"AWS_SESSION_TOKEN": SESSION_TOKEN})

    assert given.found(f'{{"message": "{text}"}}')
    assert given.found("12:03:04.512 INFO  ready: watching 3 nodes") == []
