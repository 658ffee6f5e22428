"""What the template, the module and the controller's own code say, as plain values."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import hcl2
from cfnlint.decode import cfn_yaml

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "deploy" / "cloudformation" / "spotdrain.yaml"
MODULE = ROOT / "deploy" / "terraform"
STRIPPED = hcl2.SerializationOptions(
    strip_string_quotes=True, explicit_blocks=False, with_comments=False
)


@cache
def template() -> dict[str, Any]:
    """Read the CloudFormation template; `!Ref X` becomes `{"Ref": "X"}`."""
    loaded: dict[str, Any] = json.loads(json.dumps(cfn_yaml.load(str(TEMPLATE))))
    return loaded


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """List the template's resources of a type: name -> Properties."""
    found = template()["Resources"].items()
    return {name: each["Properties"] for name, each in found if each["Type"] == kind}


def document(value: Any) -> dict[str, Any]:
    """Read a policy, which is JSON in a text where CloudFormation allows nothing else."""
    if "Fn::Sub" in value:
        text: dict[str, Any] = json.loads(value["Fn::Sub"])
        return text
    return dict(value)


@cache
def blocks(folder: Path = MODULE) -> dict[str, list[Any]]:
    """Read a folder of Terraform files into one: block type -> blocks."""
    merged: dict[str, list[Any]] = {}
    for path in sorted(folder.glob("*.tf")):
        with path.open() as file:
            for kind, found in hcl2.load(file, serialization_options=STRIPPED).items():
                merged.setdefault(kind, []).extend(found)
    return merged


def declared(kind: str, name: str, label: str = "") -> dict[str, Any]:
    """Return one block of the module: `declared("resource", "aws_sqs_queue", "queue")`."""
    named = [block[name] for block in blocks()[kind] if name in block]
    (body,) = [each[label] for each in named if label in each] if label else named
    found: dict[str, Any] = body
    return found


@cache
def called_actions() -> frozenset[str]:
    """List the IAM actions behind every boto3 call in controller/aws: `sqs:ReceiveMessage`.

    A call is an attribute that is named like a method of a client; a batch needs the right of the
    single call.
    """
    operations = {
        method: f"{prefix}:{operation.removesuffix('Batch')}"
        for prefix in ("sqs", "autoscaling")
        for method, operation in _client(prefix).meta.method_to_api_mapping.items()
    }
    return frozenset(
        operations[node.attr]
        for path in (ROOT / "controller" / "aws").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in operations
    )


def _client(service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload] # a name that is not a literal
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
