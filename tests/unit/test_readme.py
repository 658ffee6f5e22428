"""The examples of the README mean what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from controller.domain.policy import Policy
from controller.domain.policy_reading import policy_from

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def _block(language: str, containing: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (found,) = [block for block in blocks if containing in block]
    return str(found)


def _unknown(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    fields = schema["properties"]
    return [
        wrong
        for key, below in value.items()
        for wrong in (
            _unknown(below, fields[key], f"{path}.{key}") if key in fields else [f"{path}.{key}"]
        )
    ]


def test_the_policy_is_one_and_differs_from_the_defaults() -> None:
    example = yaml.safe_load(_block("yaml", "kind: SpotPolicy"))

    policy = policy_from(example)

    assert policy.name == "batch"
    assert policy.node_selector != Policy().node_selector
    assert policy.drain != Policy().drain
    assert policy.fence != Policy().fence


def test_the_policy_has_only_fields_of_the_crd() -> None:
    """The API server would drop what it does not know, and kubectl refuse it."""
    example = yaml.safe_load(_block("yaml", "kind: SpotPolicy"))
    crd = yaml.safe_load((ROOT / "crds" / "spotpolicies.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]

    assert _unknown(example["spec"], schema["properties"]["spec"], "spec") == []
