"""The rights are the least that do: each right is named, and what would be dangerous is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from controller.kube.permissions import NEEDED, Permission

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def text(chart: Path) -> str:
    return (chart / "files" / "clusterrole.yaml").read_text()


@pytest.fixture(scope="module")
def rules(text: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = yaml.safe_load(text)
    return content


def test_the_rights_are_exactly_those_that_the_controller_checks_at_its_start(
    rules: list[dict[str, Any]],
) -> None:
    given = [
        Permission(verb, group, resource)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]

    assert sorted(given) == sorted(NEEDED)


def test_nothing_is_replaced_as_a_whole(rules: list[dict[str, Any]]) -> None:
    """An update carries fields that others wrote; a patch carries ours alone."""
    verbs = {verb for rule in rules for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch", "create", "patch", "delete"}


def test_pods_are_deleted_and_never_written(rules: list[dict[str, Any]]) -> None:
    verbs = {resource: rule["verbs"] for rule in rules for resource in rule["resources"]}
    assert verbs["pods"] == ["list", "watch", "delete"]
    assert verbs["nodes"] == ["get", "list", "watch", "patch"]


def test_every_rule_says_why(text: str) -> None:
    """Rules on a resource and its subresource share the comment above the first."""
    rules = re.findall(
        r"((?:^# .*\n)*)^- apiGroups: .*\n  resources: \[(\S+)\]", text, re.MULTILINE
    )
    mute = {resource for comment, resource in rules if not comment}
    assert len(rules) == 10
    assert mute == {"spotpolicies/status", "nodeinterruptions/status"}
