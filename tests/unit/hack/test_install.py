"""What a fresh cluster is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hack.cluster.install import CONTROLLER_RULES, KWOK_RULES, manifests
from hack.errors import HackError

if TYPE_CHECKING:
    from pathlib import Path


def of_kind(kind: str, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in objects if item["kind"] == kind]


def test_the_controllers_role_is_the_charts_file(tmp_path: Path) -> None:
    rules = tmp_path / "clusterrole.yaml"
    rules.write_text("- {apiGroups: [''], resources: [nodes], verbs: [patch]}\n")

    roles = {role["metadata"]["name"]: role for role in of_kind("ClusterRole", given(rules))}

    assert roles["spotdrain"]["rules"] == [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["patch"]}
    ]
    assert roles["kwok"]["rules"] == KWOK_RULES
    assert CONTROLLER_RULES.parts[-3:] == ("chart", "files", "clusterrole.yaml")


def given(rules: Path) -> list[dict[str, Any]]:
    return manifests(rules.parent / "no-crds", rules)


def test_without_the_file_the_controller_has_no_rights(tmp_path: Path) -> None:
    bindings = of_kind("ClusterRoleBinding", given(tmp_path / "absent.yaml"))
    role = of_kind("ClusterRole", given(tmp_path / "absent.yaml"))[-1]

    assert role["rules"] == []
    assert bindings[-1]["subjects"] == [
        {"kind": "ServiceAccount", "name": "spotdrain", "namespace": "spotdrain"}
    ]


def test_every_document_of_the_crds_is_installed_in_the_order_of_file_names(
    tmp_path: Path,
) -> None:
    (tmp_path / "b.yaml").write_text("kind: Third\n---\n---\nkind: Fourth\n")
    (tmp_path / "a.yaml").write_text("---\nkind: First\n---\nkind: Second\n")

    kinds = [item["kind"] for item in manifests(tmp_path, tmp_path / "absent")]

    assert [kind for kind in kinds if kind in {"First", "Second", "Third", "Fourth"}] == [
        "First",
        "Second",
        "Third",
        "Fourth",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("a: [", "is not YAML"), ("- a list", "is no Kubernetes object"), ("a: b", "has no kind")],
)
def test_a_file_that_is_no_manifest_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)

    with pytest.raises(HackError, match=rf"bad\.yaml.*{sentence}"):
        manifests(tmp_path, tmp_path / "absent")
