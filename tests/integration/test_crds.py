"""SpotPolicy on a real API server: what is accepted, filled in, refused in which words, and shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from controller.domain.interruption_object import API_VERSION
from controller.domain.policy import Policy
from controller.domain.policy_reading import policy_from
from hack.errors import HackError

if TYPE_CHECKING:
    from hack.cluster import LocalCluster

REFUSED = Path(__file__).resolve().parents[1] / "fixtures" / "crds" / "refused-policies.yaml"
TRY_OUT = ("create", "--dry-run=server", "--output=json", "--filename=-")


def policy(spec: dict[str, Any] | None) -> str:
    about = {"apiVersion": API_VERSION, "kind": "SpotPolicy", "metadata": {"name": "trial"}}
    return json.dumps(about if spec is None else {**about, "spec": spec})


@pytest.mark.parametrize("spec", [None, {}, {"drain": {}}, {"events": {"rebalance": {}}}])
def test_an_empty_policy_gets_every_default(
    cluster: LocalCluster, spec: dict[str, Any] | None
) -> None:
    stored = json.loads(cluster.kubectl(*TRY_OUT, input=policy(spec)))
    assert stored["spec"]["drain"]["doNotDisrupt"]["onVoluntary"] == "Respect"
    assert policy_from(stored) == Policy(name="trial")


@pytest.mark.parametrize(
    "spec",
    [
        {"weight": 1000, "nodeSelector": {"matchLabels": {"example.com/team": "batch"}}},
        {"nodeSelector": {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}},
        {"drain": {"reserve": "60s", "gracePeriodCap": "50s"}},
        {"drain": {"bandStagger": "0", "order": "None"}},
        {"drain": {"bandStagger": "1.5s"}},
        {"drain": {"doNotDisrupt": {"annotations": []}}},
        {"drain": {"doNotDisrupt": {"annotations": ["a", "b.example/c=d=/e f"]}}},
        {"events": {"rebalance": {"expireAfter": "1h30m", "action": "Drain"}}},
        {"events": {"rebalance": {"budget": {"nodes": 2, "perZone": "20%"}}}},
        {
            "events": {
                "rebalance": {"budget": {"schedules": [{"cron": "@daily", "duration": "6h"}]}}
            }
        },
        {"drain": {"bands": [{"minPriority": -5, "startAfter": "0s"}]}},
        {"mode": "DryRun", "drain": {"daemonSets": "EvictLast", "waitForVolumeDetach": False}},
        {"fence": {"settle": "0s", "labels": {"example.com/going": "yes"}}},
        {"fence": {"taint": {"key": "doomed", "effect": "PreferNoSchedule"}}},
    ],
    ids=json.dumps,
)
def test_a_good_policy_is_accepted_and_read(cluster: LocalCluster, spec: dict[str, Any]) -> None:
    stored = json.loads(cluster.kubectl(*TRY_OUT, input=policy(spec)))
    assert policy_from(stored) == policy_from(json.loads(policy(spec)))
    assert policy_from(stored) != Policy(name="trial")


@pytest.mark.parametrize(
    "case", yaml.safe_load(REFUSED.read_text()), ids=lambda case: json.dumps(case["spec"])
)
def test_a_bad_policy_is_refused_with_what_to_change(
    cluster: LocalCluster, case: dict[str, Any]
) -> None:
    with pytest.raises(HackError) as refused:
        cluster.kubectl(*TRY_OUT, input=policy(case["spec"]))
    assert case["words"] in str(refused.value)


def test_get_shows_whether_a_policy_is_accepted_and_why(cluster: LocalCluster) -> None:
    accepted = {
        "type": "Accepted",
        "status": "True",
        "reason": "Valid",
        "message": "it selects 41 nodes",
        "lastTransitionTime": "2026-01-02T03:04:05Z",
        "observedGeneration": 1,
    }
    status = {"status": {"observedGeneration": 1, "nodes": 41, "conditions": [accepted]}}
    patch = ("--subresource=status", "--type=merge", f"--patch={json.dumps(status)}")
    cluster.kubectl("create", "--filename=-", input=policy({"weight": 10}))
    try:
        cluster.kubectl("patch", "spp", "trial", *patch)
        head, row = cluster.kubectl("get", "spp", "trial").splitlines()
        wide = cluster.kubectl("get", "spp", "trial", "--output=wide").splitlines()
    finally:
        cluster.kubectl("delete", "spotpolicy", "trial")
    assert head.split() == ["NAME", "WEIGHT", "NODES", "ACCEPTED", "REASON", "AGE"]
    assert row.split()[:-1] == ["trial", "10", "41", "True", "Valid"]
    assert wide[0].split()[4:] == ["REASON", "MESSAGE", "AGE"]
    assert "it selects 41 nodes" in wide[1]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("spotpolicy.spec.drain.reserve", "Time kept free before the deadline"),
        ("spp.spec.events.rebalance.action", "ENUM: Drain Cordon Taint Observe Ignore"),
        ("nodeinterruption.status.phase", "Fenced: the node is closed to new pods"),
        ("ni.spec.notices", "When EC2 takes the instance"),
    ],
)
def test_kubectl_explains_the_fields(cluster: LocalCluster, field: str, words: str) -> None:
    assert words in " ".join(cluster.kubectl("explain", field).split())
