"""The Terraform module has the provider's arguments and means what the template means."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.unit.deploy.reading import (
    MODULE,
    ROOT,
    blocks,
    called_actions,
    declared,
    document,
    resources,
)
from tests.unit.deploy.test_cloudformation import DRILLS_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROVIDER = json.loads((ROOT / "tests" / "fixtures" / "terraform" / "aws-provider.json").read_text())
META = {"count", "for_each", "depends_on", "lifecycle", "provider"}
"""Arguments that Terraform itself has on every resource."""

EXAMPLES = sorted((MODULE / "examples").iterdir())
RULES = {
    "SpotInterruptionRule": "spot-interruption",
    "RebalanceRule": "rebalance",
    "InstanceStateRule": "instance-state",
    "ScheduledChangeRule": "scheduled-change",
    "CapacityReservationRule": "capacity-reservation",
    "LifecycleRule": "lifecycle",
}


def _wrong(body: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[str]:
    """Hold one block against the provider's schema: what is missing, what it does not know."""
    yield from (f"{where} lacks {name}" for name in schema["required"] if name not in body)
    for name, value in body.items():
        if name in schema["blocks"]:
            for nested in value:
                yield from _wrong(nested, schema["blocks"][name], f"{where}.{name}")
        elif name == "dynamic":
            for kind, found in ((k, v) for each in value for k, v in each.items()):
                for nested in found["content"]:
                    yield from _wrong(nested, schema["blocks"][kind], f"{where}.{kind}")
        elif name not in {*schema["required"], *schema["optional"], *META}:
            yield f"{where} has no argument {name}"


@pytest.mark.parametrize("kind", ["resource", "data"])
def test_every_argument_is_one_that_the_provider_has(kind: str) -> None:
    found = [
        wrong
        for block in blocks()[kind]
        for type_, labelled in block.items()
        for label, body in labelled.items()
        for wrong in _wrong(body, PROVIDER[kind][type_], f"{type_}.{label}")
    ]
    assert found == []


def test_every_reference_leads_to_something_declared() -> None:
    text = "\n".join(path.read_text() for path in MODULE.glob("*.tf"))
    code = re.sub(r"(?m)(^|\s)#.*$", "", text)
    declared_names = {
        "var": {name for block in blocks()["variable"] for name in block},
        "local": {name for block in blocks()["locals"] for name in block},
    }
    for prefix, names in declared_names.items():
        used = set(re.findall(rf"\b{prefix}\.(\w+)", code))
        assert used == names, f"{prefix}: used and not declared, or declared and not used"
    of = {
        f"{type_}.{label}"
        for block in (*blocks()["resource"], *blocks()["data"])
        for type_, labelled in block.items()
        for label in labelled
    }
    assert set(re.findall(r"\baws_\w+\.\w+", code)) <= of


def test_the_rules_are_those_of_the_template() -> None:
    (patterns,) = [block["patterns"] for block in blocks()["locals"] if "patterns" in block]
    hook = {"Ref": "LifecycleHookName"}
    theirs = {
        RULES[name]: json.loads(
            json.dumps(rule["EventPattern"]).replace(
                json.dumps(hook), json.dumps("${var.lifecycle_hook_name}")
            )
        )
        for name, rule in resources("AWS::Events::Rule").items()
    }
    assert patterns == theirs


def test_the_role_may_do_exactly_what_the_controller_calls() -> None:
    rights = declared("data", "aws_iam_policy_document", "rights")
    hooks = rights["dynamic"][0]["statement"]["content"]
    statements = [*rights["statement"], *hooks]
    assert {a for s in statements for a in s["actions"]} == called_actions() - DRILLS_ONLY
    assert rights["statement"][0]["resources"] == ["${aws_sqs_queue.queue.arn}"]
    (condition,) = hooks[0]["condition"]
    assert condition["variable"] == "aws:ResourceTag/kubernetes.io/cluster/${var.cluster_name}"


def test_only_one_service_account_gets_the_role() -> None:
    (pods,) = declared("data", "aws_iam_policy_document", "pod_identity")["statement"]
    _, theirs, _ = resources("AWS::IAM::Role")["Role"]["AssumeRolePolicyDocument"]["Fn::If"]
    tags = document(theirs)["Statement"][0]["Condition"]["StringEquals"]
    assert {condition["variable"] for condition in pods["condition"]} == set(tags)
    (web,) = declared("data", "aws_iam_policy_document", "irsa")["statement"]
    assert {c["variable"]: c["values"] for c in web["condition"]} == {
        "${local.issuer}:aud": ["sts.amazonaws.com"],
        "${local.issuer}:sub": ["system:serviceaccount:${var.namespace}:${var.service_account}"],
    }


def test_only_our_rules_may_send_and_only_by_tls() -> None:
    allow, deny = declared("data", "aws_iam_policy_document", "queue")["statement"]
    (source,), (tls,) = allow["condition"], deny["condition"]
    assert (allow["actions"], source["variable"]) == (["sqs:SendMessage"], "aws:SourceArn")
    assert (deny["effect"], tls["variable"], tls["values"]) == (
        "Deny",
        "aws:SecureTransport",
        ["false"],
    )


def test_the_outputs_are_values_of_the_chart() -> None:
    chart = yaml.safe_load((ROOT / "chart" / "values.yaml").read_text())
    text = declared("output", "helm_values")["value"]
    names = set(re.findall(r"(\w+) = ", text))
    assert names == {"queueUrl", "region", "serviceAccount", "name", "annotations"}
    assert names <= {*chart, *chart["serviceAccount"]}


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_gives_the_module_what_it_takes(folder: Path) -> None:
    (module,) = [block["spotdrain"] for block in blocks(folder)["module"]]
    variables = {name: body for block in blocks()["variable"] for name, body in block.items()}
    required = {name for name, body in variables.items() if "default" not in body}
    assert (folder / module.pop("source")).resolve() == MODULE
    assert required <= module.keys() <= variables.keys()
