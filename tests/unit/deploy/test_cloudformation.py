"""The CloudFormation template is valid, lets the right events in, and grants no right too many."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import yaml
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs

from controller.domain.notice import Notice
from controller.notices import read
from tests.unit.deploy.reading import (
    ROOT,
    TEMPLATE,
    called_actions,
    document,
    resources,
    template,
)

RULES = "AWS::Events::Rule"
DRILLS_ONLY = {"sqs:SendMessage"}
"""What only `spotdrain drill` calls, with the rights of whoever types it."""

LET_IN = {
    ("aws.ec2", "EC2 Spot Instance Interruption Warning"): "SpotInterruptionRule",
    ("aws.ec2", "EC2 Instance Rebalance Recommendation"): "RebalanceRule",
    ("aws.ec2", "EC2 Instance State-change Notification"): "InstanceStateRule",
    ("aws.health", "AWS Health Event"): "ScheduledChangeRule",
    (
        "aws.ec2",
        "EC2 Capacity Reservation Instance Interruption Warning",
    ): "CapacityReservationRule",
    (
        "aws.ec2",
        "EC2 Interruptible Capacity Reservation Instance Interruption Warning",
    ): "CapacityReservationRule",
    ("aws.ec2", "Capacity Block Expiration Warning"): "CapacityReservationRule",
    ("aws.ec2", "Capacity Block Reservation Expiration Warning"): "CapacityReservationRule",
    ("aws.autoscaling", "EC2 Instance-terminate Lifecycle Action"): "LifecycleRule",
}
OUR_HOOK = {"Ref": "LifecycleHookName"}
"""In a pattern: a name that the sample events may have, depending on a parameter."""


def _events() -> dict[str, dict[str, Any]]:
    """Read the sample events that EventBridge may bring: by name."""
    found = {}
    for path in sorted((ROOT / "tests" / "fixtures" / "events").glob("*.json")):
        with suppress(ValueError):
            event = json.loads(path.read_text())
            if isinstance(event, dict) and {"source", "detail-type"} <= event.keys():
                found[path.stem] = event
    return found


EVENTS = _events()


def test_aws_finds_nothing_wrong_with_it() -> None:
    """cfn-lint holds it against the schemas that CloudFormation itself publishes."""
    found = lint_file(TEMPLATE, ManualArgs(regions=["us-east-1", "eu-central-1"]))
    assert [f"{match.rule.id} {match.message}" for match in found] == []


def _granted() -> set[str]:
    policies = resources("AWS::IAM::RolePolicy").values()
    statements = [s for each in policies for s in document(each["PolicyDocument"])["Statement"]]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return {action for statement in statements for action in statement["Action"]}


def test_the_role_may_do_exactly_what_the_controller_calls() -> None:
    assert _granted() == called_actions() - DRILLS_ONLY


def test_no_right_is_for_everything() -> None:
    rights = resources("AWS::IAM::RolePolicy")
    (queue,) = rights["QueueRights"]["PolicyDocument"]["Statement"]
    assert queue["Resource"] == {"Fn::GetAtt": ["Queue", "Arn"]}
    (hooks,) = document(rights["LifecycleRights"]["PolicyDocument"])["Statement"]
    assert hooks["Resource"].endswith("autoScalingGroup:*:autoScalingGroupName/*")
    owned = {"aws:ResourceTag/kubernetes.io/cluster/${ClusterName}": "owned"}
    assert hooks["Condition"] == {"StringEquals": owned}


def test_only_one_service_account_gets_the_role() -> None:
    _, pod_identity, irsa = resources("AWS::IAM::Role")["Role"]["AssumeRolePolicyDocument"][
        "Fn::If"
    ]
    (pods,), (web,) = document(pod_identity)["Statement"], document(irsa)["Statement"]
    assert pods["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-name": {"Ref": "ClusterName"},
        "aws:RequestTag/kubernetes-namespace": {"Ref": "Namespace"},
        "aws:RequestTag/kubernetes-service-account": {"Ref": "ServiceAccount"},
    }
    assert web["Condition"]["StringEquals"] == {
        "${OidcProvider}:aud": "sts.amazonaws.com",
        "${OidcProvider}:sub": "system:serviceaccount:${Namespace}:${ServiceAccount}",
    }


@pytest.mark.parametrize(
    ("name", "queue"), [("QueuePolicy", "Queue"), ("DeadLetterQueuePolicy", "DeadLetterQueue")]
)
def test_only_our_rules_may_send_and_only_by_tls(name: str, queue: str) -> None:
    """The dead-letter queue takes what EventBridge could not deliver."""
    policy = resources("AWS::SQS::QueuePolicy")[name]
    allow, deny = policy["PolicyDocument"]["Statement"]
    sources = allow["Condition"]["ArnEquals"]["aws:SourceArn"]
    named = [source.get("Fn::If", [None, source])[1]["Fn::GetAtt"][0] for source in sources]
    assert sorted(named) == sorted(resources(RULES))
    assert allow["Principal"] == {"Service": "events.amazonaws.com"}
    assert allow["Action"] == "sqs:SendMessage"
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert policy["Queues"] == [{"Ref": queue}]
    assert allow["Resource"] == deny["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}


def test_messages_die_young_and_poison_leaves_after_five_receives() -> None:
    queue = resources("AWS::SQS::Queue")["Queue"]
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    retention = template()["Parameters"]["RetentionSeconds"]
    assert (retention["MinValue"], retention["Default"], retention["MaxValue"]) == (300, 600, 600)


def test_every_rule_sends_to_the_queue_alike_and_forgets_in_time() -> None:
    targets = [rule["Targets"] for rule in resources(RULES).values()]
    assert all(target == targets[0] for target in targets)
    (target,) = targets[0]
    assert target["Arn"] == {"Fn::GetAtt": ["Queue", "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 300


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_passes_the_rule_of_its_kind_and_no_other(name: str) -> None:
    event = EVENTS[name]
    rule = LET_IN.get((event["source"], event["detail-type"]), "")
    passed = [name for name, each in resources(RULES).items() if _passes(event, each)]
    assert passed in ([], [rule])
    found = read(json.dumps(event), 0.0)
    if isinstance(found, list) and any(
        isinstance(each, Notice) and not each.living for each in found
    ):
        assert passed == [rule], "spotdrain acts on it, so it has to come"


def test_every_rule_has_an_event_that_passes_it() -> None:
    passed = {
        name for name, rule in resources(RULES).items() for e in EVENTS.values() if _passes(e, rule)
    }
    assert passed == set(LET_IN.values())


def _passes(event: dict[str, Any], rule: dict[str, Any]) -> bool:
    """Match as EventBridge does: every field of the pattern lists the values that it may have."""

    def matches(pattern: Any, value: Any) -> bool:
        if isinstance(pattern, list):
            return value in pattern or OUR_HOOK in pattern
        return isinstance(value, dict) and all(
            matches(below, value.get(key)) for key, below in pattern.items()
        )

    return matches(rule["EventPattern"], event)


def test_the_outputs_are_values_of_the_chart() -> None:
    chart = yaml.safe_load((ROOT / "chart" / "values.yaml").read_text())
    _, irsa, other = template()["Outputs"]["HelmValues"]["Value"]["Fn::If"]
    for text in (irsa["Fn::Sub"], other["Fn::Sub"]):
        values = yaml.safe_load(text)
        assert values.keys() <= chart.keys()
        assert values["serviceAccount"].keys() <= chart["serviceAccount"].keys()
