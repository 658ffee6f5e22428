"""Values: what is refused, and what the others make of the chart. No API server is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from hack.errors import HackError
from tests.integration.chart.helm import CHART, NAME, QUEUE, RELEASE, only, rendered

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.chart.helm import Helm, Manifest

ARN = "arn:aws:sqs:us-east-1:123456789012:spotdrain"
ROLES = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
UNFENCE = [*ROLES, "ServiceAccount", "Job"]
EXAMPLE = "such as https://sqs.us-east-1.amazonaws.com/123456789012/spotdrain"


@pytest.mark.parametrize("monitor", ["serviceMonitor", "podMonitor"])
def test_helm_finds_nothing_to_complain_about(helm: Helm, monitor: str) -> None:
    """By default, and with all that has to be asked for."""
    more = ("prometheusRule", "dashboard", "networkPolicy", monitor)
    asked = [f"--set={name}.enabled=true" for name in more]
    for settings in ([], asked):
        assert "0 chart(s) failed" in helm("lint", "--strict", str(CHART), QUEUE, *settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            [],
            f"queueUrl is empty: set it to the URL of the SQS queue that gets the EC2 events, {EXAMPLE}",
        ),
        (
            [f"queueUrl={ARN}"],
            f'queueUrl is "{ARN}": write the URL of the queue (not its name or ARN), {EXAMPLE}',
        ),
        (
            [f"queueUrl={{https://a/b,{ARN}}}"],
            f'queueUrl is "{ARN}": write the URL of the queue (not its name or ARN), {EXAMPLE}',
        ),
        (["queueURL=https://a/b"], "at '': additional properties 'queueURL' not allowed"),
        (["crds.keep=true"], "at '/crds': additional properties 'keep' not allowed"),
        (["podMonitor.every=1m"], "at '/podMonitor': additional properties 'every' not allowed"),
        (["guard.allowedServiceAccounts={ops}"], "at '/guard/allowedServiceAccounts/0'"),
        (["queueUrl=https://a/b", "guard=null"], "at '': missing property 'guard'"),
        (["replicas=two"], "at '/replicas': got string, want integer"),
        (["podDisruptionBudget.maxUnavailable=half"], "at '/podDisruptionBudget/maxUnavailable'"),
        (
            ["queueUrl=https://a/b", "serviceAccount.create=false"],
            "set serviceAccount.name to an existing ServiceAccount, or serviceAccount.create to true",
        ),
        (
            ["queueUrl=https://a/b", "serviceMonitor.enabled=true", "metricsService.enabled=false"],
            "serviceMonitor.enabled needs the Service: set metricsService.enabled to true",
        ),
        (
            ["queueUrl=https://a/b", "serviceMonitor.enabled=true", "podMonitor.enabled=true"],
            "every metric would be read twice: take one of them",
        ),
        (
            [
                "queueUrl=https://a/b",
                "prometheusRule.enabled=true",
                "prometheusRule.disabled={SpotPoolCold}",
            ],
            'prometheusRule.disabled names "SpotPoolCold", and there is no such alert: write some of SpotQueueStalled,',
        ),
    ],
)
def test_bad_values_are_refused_in_a_sentence(helm: Helm, settings: list[str], words: str) -> None:
    with pytest.raises(HackError) as refused:
        helm("template", RELEASE, str(CHART), *(f"--set={setting}" for setting in settings))
    assert words in str(refused.value)


def test_a_list_of_queues_is_handed_on_with_commas(helm: Helm) -> None:
    given = "--set=queueUrl={https://a/b,https://c/d}"
    documents = list(yaml.safe_load_all(helm("template", RELEASE, str(CHART), given)))
    (container,) = only(documents, "Deployment")["spec"]["template"]["spec"]["containers"]
    env = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert env["SPOTDRAIN_QUEUE_URL"] == "https://a/b,https://c/d"


def test_each_boolean_leaves_out_or_adds_what_it_says(helm: Helm) -> None:
    def kinds(*settings: str) -> list[str]:
        return sorted(document["kind"] for document in rendered(helm, *settings))

    everything = kinds()
    assert everything.count("CustomResourceDefinition") == 2
    for setting, missing in {
        "crds.enabled=false": ["CustomResourceDefinition"] * 2,
        "rbac.create=false": [*ROLES, *UNFENCE],
        "unfenceOnUninstall=false": UNFENCE,
        "serviceAccount.create=false,serviceAccount.name=a": ["ServiceAccount"],
        "metricsService.enabled=false": ["Service"],
        "podDisruptionBudget.enabled=false": ["PodDisruptionBudget"],
        # One binds everybody else, one the controller.
        "guard.enabled=false": [
            *["ValidatingAdmissionPolicy"] * 2,
            *["ValidatingAdmissionPolicyBinding"] * 2,
        ],
    }.items():
        assert sorted(kinds(setting) + missing) == everything
    for setting, more in {
        "serviceMonitor.enabled=true": "ServiceMonitor",
        "podMonitor.enabled=true": "PodMonitor",
        "prometheusRule.enabled=true": "PrometheusRule",
        "dashboard.enabled=true": "ConfigMap",
        "networkPolicy.enabled=true": "NetworkPolicy",
    }.items():
        assert kinds(setting) == sorted([*everything, more])


def test_an_alert_can_be_left_out_and_a_rule_added(helm: Helm) -> None:
    rule = ["prometheusRule.enabled=true", "prometheusRule.labels.release=mine"]
    whole = only(rendered(helm, *rule), "PrometheusRule")
    own = ["prometheusRule.extraRules[0].record=a", "prometheusRule.extraRules[0].expr=vector(1)"]
    other = only(
        rendered(helm, *rule, *own, "prometheusRule.disabled={SpotPoolHot}"), "PrometheusRule"
    )
    (before,), (after,) = whole["spec"]["groups"], other["spec"]["groups"]
    kept = [found for found in before["rules"] if found["alert"] != "SpotPoolHot"]
    assert len(kept) == len(before["rules"]) - 1
    assert after["rules"] == [*kept, {"record": "a", "expr": "vector(1)"}]
    assert whole["metadata"]["labels"]["release"] == "mine"


def test_a_constraint_with_a_selector_of_its_own_is_left_as_it_is(helm: Helm) -> None:
    own = "topologySpreadConstraints[0]"
    given = {"maxSkew": 2, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"}
    settings = [f"{own}.{key}={value}" for key, value in given.items()]
    (found,) = spread(helm, *settings, f"{own}.labelSelector.matchLabels.a=b")
    assert found == {**given, "labelSelector": {"matchLabels": {"a": "b"}}}


def test_pods_spread_over_nodes_and_zones_by_their_own_labels(helm: Helm) -> None:
    found = spread(helm)
    assert [each["topologyKey"].rsplit("/")[-1] for each in found] == ["hostname", "zone"]
    labels = only(rendered(helm), "Deployment")["spec"]["selector"]
    assert [each["labelSelector"] for each in found] == [labels, labels]


def spread(helm: Helm, *settings: str) -> list[Manifest]:
    """Give the constraints of the rendered pods."""
    pod = only(rendered(helm, *settings), "Deployment")["spec"]["template"]["spec"]
    found: list[Manifest] = pod["topologySpreadConstraints"]
    return found


def test_extra_objects_are_filled_in(helm: Helm, tmp_path: Path) -> None:
    """As maps and as text, both with the chart's own names at hand."""
    name = '{{ include "spotdrain.fullname" . }}-extra'
    as_map = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    as_text = f"apiVersion: v1\nkind: Endpoints\nmetadata: {{name: {name}}}\n"
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"extraObjects": [as_map, as_text]}))
    documents = rendered(helm, files=[values])
    names = {only(documents, kind)["metadata"]["name"] for kind in ("Secret", "Endpoints")}
    assert names == {f"{NAME}-extra"}
