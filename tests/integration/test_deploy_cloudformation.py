"""From PutEvents to an empty node, through the queue and the rules of the CloudFormation template."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from controller.cli.simulated import REBALANCE, SPOT, event
from hack.sqs import aws_session
from tests.integration.controller_process import REPOSITORY, ControllerProcess, messages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from hack.cluster import LocalCluster
    from tests.integration.stage import Stage

TEMPLATE = REPOSITORY / "deploy" / "cloudformation" / "spotdrain.yaml"
PARAMETERS = {
    "ClusterName": "test",
    "Identity": "IRSA",
    "OidcProvider": "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE",
    "LifecycleHooks": "Yes",
}


@pytest.fixture(scope="module")
def outputs(cluster: LocalCluster) -> Iterator[Mapping[str, str]]:
    """Deploy the template; moto makes the queues, the rules and the role of it."""
    environment = cluster.aws_environment
    client: CloudFormationClient = aws_session(environment).client(
        "cloudformation", endpoint_url=environment["AWS_ENDPOINT_URL"]
    )
    name = f"spotdrain-{secrets.token_hex(4)}"
    client.create_stack(
        StackName=name,
        TemplateBody=TEMPLATE.read_text(),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in PARAMETERS.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    yield {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    client.delete_stack(StackName=name)


@pytest.fixture(scope="module")
def values(outputs: Mapping[str, str]) -> dict[str, Any]:
    """Read the Helm values that the stack gives."""
    found: dict[str, Any] = yaml.safe_load(outputs["HelmValues"])
    return found


@pytest.fixture(scope="module")
def queue_url(values: Mapping[str, Any]) -> str:
    """Have the controller of this module read the stack's queue."""
    return str(values["queueUrl"])


@pytest.fixture(scope="module")
def controller(cluster: LocalCluster, queue_url: str) -> Iterator[ControllerProcess]:
    """Run a controller with one receiver: to several at once moto may hand the same message."""
    flags = ("--queue-url", queue_url, "--receivers", "1", "--log-level", "debug")
    with ControllerProcess(cluster, *flags) as running:
        running.wait_ready()
        yield running


@pytest.fixture(scope="module")
def bus(cluster: LocalCluster) -> Iterator[EventBridgeClient]:
    environment = cluster.aws_environment
    client: EventBridgeClient = aws_session(environment).client(
        "events", endpoint_url=environment["AWS_ENDPOINT_URL"]
    )
    yield client
    client.close()


def _entry(source: str, kind: str, detail: Mapping[str, Any]) -> PutEventsRequestEntryTypeDef:
    return {"Source": source, "DetailType": kind, "Detail": json.dumps(detail)}


def _simulated(instance_id: str, kind: str) -> PutEventsRequestEntryTypeDef:
    made = event(instance_id, kind, time.time())
    return _entry(made["source"], made["detail-type"], made["detail"])


def test_the_stack_gives_the_values_of_the_chart(
    outputs: Mapping[str, str], values: Mapping[str, Any]
) -> None:
    assert values == {
        "queueUrl": outputs["QueueUrl"],
        "region": "us-east-1",
        "serviceAccount": {
            "name": "spotdrain",
            "annotations": {"eks.amazonaws.com/role-arn": outputs["RoleArn"]},
        },
    }


def test_an_event_on_the_bus_drains_its_node_and_others_never_reach_the_queue(
    stage: Stage, controller: ControllerProcess, bus: EventBridgeClient
) -> None:
    stage.add_pods(stage.pod("web"))
    hook = {"LifecycleHookName": "of-somebody-else", "EC2InstanceId": stage.instance_id}
    answer = bus.put_events(
        Entries=[
            _entry("aws.ec2", "EC2 Spot Instance Request Fulfillment", {}),
            _entry("aws.ec2", "EC2 Instance State-change Notification", {"state": "running"}),
            _entry(
                "aws.health", "AWS Health Event", {"service": "EC2", "eventTypeCategory": "issue"}
            ),
            _entry("aws.autoscaling", "EC2 Instance-terminate Lifecycle Action", hook),
            _entry("example.com", "EC2 Spot Instance Interruption Warning", {}),
            _simulated(stage.instance_id, SPOT),
        ]
    )
    assert answer["FailedEntryCount"] == 0

    stage.wait_phase("Drained", "Finished")
    assert [request.pod for request in stage.evictions()] == ["web"]
    assert controller.metric("spotdrain_events_received_total") == 1
    assert controller.metric("spotdrain_events_ignored_total") == 0


def test_a_recommendation_on_the_bus_closes_its_node(
    stage: Stage, controller: ControllerProcess, bus: EventBridgeClient
) -> None:
    bus.put_events(Entries=[_simulated(stage.instance_id, REBALANCE)])
    stage.wait_node(lambda node: bool(node["spec"].get("unschedulable")))


def test_the_controller_finds_nothing_unwise_in_the_stacks_queue(
    controller: ControllerProcess,
) -> None:
    """But for its policy, which moto does not deploy; the template's own test reads that."""
    told = [text for text in messages(controller.lines, "warning") if "queue" in text]
    assert [text for text in told if not text.startswith("The policy of queue")] == []
