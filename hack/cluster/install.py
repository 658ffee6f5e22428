"""What a fresh cluster is given: KWOK's rights, the CRDs, and the controller's ServiceAccount."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterable

REPOSITORY = Path(__file__).resolve().parent.parent.parent
CRDS = REPOSITORY / "crds"
CONTROLLER_RULES = REPOSITORY / "chart" / "files" / "clusterrole.yaml"
"""The chart's ClusterRole is made of the same file, so that tests run with the rights of users."""

HOME_RULES = REPOSITORY / "chart" / "files" / "role.yaml"
"""The same for the chart's Role, the rights in the controller's own namespace."""

NAMESPACE = "spotdrain"
CONTROLLER = "spotdrain"
KWOK_USER = "kwok"
KWOK_ACCOUNT = "system:serviceaccount:kube-system:kwok"
"""Who KWOK is where it runs as a pod (hack/kind/played.py) and has no certificate of its own."""

KWOK_RULES: list[dict[str, list[str]]] = [
    {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["nodes/status", "pods/status"], "verbs": ["patch"]},
    {
        "apiGroups": [""],
        "resources": ["pods"],
        "verbs": ["get", "list", "watch", "patch", "delete"],
    },
    {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
    {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "verbs": ["get", "list", "watch", "create", "update", "patch"],
    },
]


def manifests(crds: Path, rules: Path) -> list[dict[str, Any]]:
    """Return the objects of a fresh cluster, in the order in which they are created.

    `crds` is a folder of YAML files and `rules` a YAML list of RBAC rules; either may be missing,
    and then the cluster has no CRDs, or a controller without any right.
    """
    controller_rules = yaml.safe_load(rules.read_text()) if rules.exists() else []
    return [
        *kwok_role(),
        *custom_resources(crds),
        *controller_account(controller_rules or []),
    ]


def kwok_role() -> list[dict[str, Any]]:
    """Return the rights of KWOK's client certificate."""
    subject = {"kind": "User", "name": KWOK_USER, "apiGroup": "rbac.authorization.k8s.io"}
    return [_cluster_role("kwok", KWOK_RULES), _binding("kwok", subject)]


def custom_resources(crds: Path) -> list[dict[str, Any]]:
    """Return every document of the YAML files in a folder, by file name."""
    files = sorted(crds.glob("*.yaml"))
    return [document for file in files for document in read_documents(file)]


def controller_account(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the namespace, the ServiceAccount, and the roles that spotdrain runs with."""
    metadata = {"name": CONTROLLER, "namespace": NAMESPACE}
    subject = {"kind": "ServiceAccount", **metadata}
    home_rules = yaml.safe_load(HOME_RULES.read_text())
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        _cluster_role(CONTROLLER, rules),
        _binding(CONTROLLER, subject),
        {**_cluster_role(CONTROLLER, home_rules), "kind": "Role", "metadata": metadata},
        _home_binding(CONTROLLER, subject),
    ]


def read_documents(path: Path) -> list[dict[str, Any]]:
    """Return the documents of a YAML file that are not empty; raise HackError for a bad one."""
    try:
        documents = [document for document in yaml.safe_load_all(path.read_text()) if document]
    except yaml.YAMLError as error:
        raise HackError(f"{path} is not YAML: {error}") from error
    if not all(isinstance(document, dict) and "kind" in document for document in documents):
        raise HackError(f"{path} holds something that is no Kubernetes object (it has no kind).")
    return documents


def to_list(documents: Iterable[dict[str, Any]]) -> str:
    """Return the text that kubectl reads from standard input: one List, in JSON."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(documents)})


def _cluster_role(name: str, rules: list[Any]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }


def _binding(name: str, subject: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": name,
        },
        "subjects": [subject],
    }


def _home_binding(name: str, subject: dict[str, str]) -> dict[str, Any]:
    binding = _binding(name, subject)
    role = {**binding["roleRef"], "kind": "Role"}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {**binding, "kind": "RoleBinding", "metadata": metadata, "roleRef": role}
