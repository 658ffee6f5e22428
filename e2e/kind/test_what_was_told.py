"""After all other tests, by the name of this file: what the product said while they ran."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from e2e.kind.product import NAMESPACE, VALUES
from e2e.kind.telling import LOG
from tests.integration.disclosure import Given

if TYPE_CHECKING:
    from e2e.kind.ground import Ground
    from hack.kind import KindCluster

MOUNTED = "/var/run/secrets/kubernetes.io/serviceaccount/token"
PYTHON = ("/opt/spotdrain/bin/python", "-c")
PODS = ("get", "pods", f"--namespace={NAMESPACE}", "--selector=app.kubernetes.io/name=spotdrain")


@pytest.fixture(scope="module")
def given(ground: Ground) -> Given:
    """Give what the pods hold now: there is no shell in them, but a Python."""
    names = ground.cluster.kubectl(*PODS, "--output=name").split()
    assert len(names) == 2
    variables = yaml.safe_load(VALUES.read_text())["extraEnv"]
    (key,) = (each["value"] for each in variables if each["name"] == "AWS_SECRET_ACCESS_KEY")
    return Given([key, *(_token(ground.cluster, name) for name in names)])


def test_no_log_holds_a_secret(ground: Ground, given: Given) -> None:
    log = ground.cluster.kubectl(*LOG, "--tail=-1")

    assert "ready: watching" in log
    assert given.found(log) == []


def test_no_event_and_no_status_holds_a_secret(ground: Ground, given: Given) -> None:
    """The token of a lifecycle action is in the spec of its record, and nowhere else."""
    events = ground.cluster.kubectl("get", "events", "--all-namespaces", "--output=json")
    records = json.loads(ground.cluster.kubectl("get", "nodeinterruptions", "--output=json"))
    statuses = [record.get("status") for record in records["items"]]

    assert given.found(events) == []
    assert given.found(json.dumps(statuses)) == []


def _token(cluster: KindCluster, pod: str) -> str:
    code = f"print(open('{MOUNTED}').read())"
    return cluster.kubectl("exec", f"--namespace={NAMESPACE}", pod, "--", *PYTHON, code).strip()
