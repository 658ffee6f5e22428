"""The rights are the least that do: each right is named, and what would be dangerous is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from controller.kube.permissions import NEEDED, NEEDED_AT_HOME, Permission

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def text(chart: Path) -> str:
    return (chart / "files" / "clusterrole.yaml").read_text()


@pytest.fixture(scope="module")
def rules(text: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = yaml.safe_load(text)
    return content


def given_by(rules: list[dict[str, Any]]) -> list[Permission]:
    return [
        Permission(verb, group, resource)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def test_the_rights_are_exactly_those_that_the_controller_checks_at_its_start(
    rules: list[dict[str, Any]],
) -> None:
    assert sorted(given_by(rules)) == sorted(NEEDED)


def test_the_rights_in_its_own_namespace_are_those_that_it_checks_there(chart: Path) -> None:
    rules = yaml.safe_load((chart / "files" / "role.yaml").read_text())

    assert sorted(given_by(rules)) == sorted(NEEDED_AT_HOME)


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
    assert len(rules) == 13
    assert mute == {"spotpolicies/status", "nodeinterruptions/status"}
