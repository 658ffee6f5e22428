"""The chart with the real Helm on real API servers: what is refused, what is installed, what stays."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hack.binaries import HELM, build_all
from hack.cluster import LocalCluster
from hack.errors import HackError
from hack.nodes import node_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

CHART = Path(__file__).resolve().parents[2] / "chart"
QUEUE = "--set=queueUrl=https://sqs.us-east-1.amazonaws.com/123456789012/spotdrain"
RELEASE, NAMESPACE = "drainer", "drains"
NAME = f"{RELEASE}-spotdrain"
SERVICE = "kubernetes.io/service-name"
CRDS = ["nodeinterruptions.spotdrain.io", "spotpolicies.spotdrain.io"]
ARN = "arn:aws:sqs:us-east-1:123456789012:spotdrain"
EXAMPLE = "such as https://sqs.us-east-1.amazonaws.com/123456789012/spotdrain"

CHOICES = [
    [],
    ["crds.enabled=false"],
    ["rbac.create=false"],
    ["serviceAccount.create=false", "serviceAccount.name=default"],
    ["metricsService.enabled=false"],
    [
        "replicas=0",
        "logLevel=debug",
        "region=eu-west-1",
        f"image.digest=sha256:{'0' * 64}",
        "imagePullSecrets[0].name=registry",
        "fullnameOverride=other",
        r"serviceAccount.annotations.eks\.amazonaws\.com/role-arn=arn:aws:iam::1:role/r",
        r"metricsService.annotations.prometheus\.io/port=yes",
        "extraEnv[0].name=A,extraEnv[0].value=b",
        "podLabels.team=batch",
        "podAnnotations.note=hi",
        r"nodeSelector.kubernetes\.io/os=linux",
        "priorityClassName=",
    ],
]


class Helm:
    """Helm, with nothing of this user's own configuration."""

    def __init__(self, home: Path, kubeconfig: Path | None = None) -> None:
        self._command = build_all((HELM,))[HELM.name]
        folders = {f"HELM_{kind}_HOME": str(home) for kind in ("CACHE", "CONFIG", "DATA")}
        self._environment = {"PATH": os.defpath, "HOME": str(home), **folders}
        if kubeconfig is not None:
            self._environment["KUBECONFIG"] = str(kubeconfig)

    def __call__(self, *arguments: str) -> str:
        """Run Helm and return what it prints; raises HackError with its own words."""
        command = [str(self._command), *arguments, f"--namespace={NAMESPACE}"]
        answer = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False
        )
        if answer.returncode != 0:
            raise HackError(answer.stdout + answer.stderr)
        return answer.stdout


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm without any cluster, for what needs none."""
    return Helm(tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def bare(cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Start a cluster beside the shared one that has nodes, and nothing of spotdrain's."""
    with LocalCluster(crds=tmp_path_factory.mktemp("no-crds")) as started:
        spot = node_manifest("spot", "i-00000000000000001", "us-east-1a", "m5.large")
        on_demand = node_manifest(
            "on-demand", "i-00000000000000002", "us-east-1a", "m5.large", capacity_type="ON_DEMAND"
        )
        started.add_nodes([spot, on_demand])
        yield started


@pytest.fixture(scope="module")
def installer(bare: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(tmp_path_factory.mktemp("helm"), bare.admin_kubeconfig)


@pytest.fixture(scope="module")
def package(installer: Helm, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Pack the chart as it would be published."""
    folder = tmp_path_factory.mktemp("package")
    installer("package", str(CHART), f"--destination={folder}")
    (packed,) = folder.iterdir()
    return str(packed)


@pytest.fixture(scope="module")
def notes(installer: Helm, package: str) -> str:
    """Install the chart, wait till its pod is ready, and return what Helm then says."""
    return installer("install", RELEASE, package, QUEUE, "--create-namespace", "--wait")


def rendered(helm: Helm, *settings: str) -> list[dict[str, Any]]:
    options = [f"--set={setting}" for setting in settings]
    return list(yaml.safe_load_all(helm("template", RELEASE, str(CHART), QUEUE, *options)))


def test_helm_finds_nothing_to_complain_about(helm: Helm) -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(CHART), QUEUE)


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
        (["replicas=two"], "at '/replicas': got string, want integer"),
        (
            ["queueUrl=https://a/b", "serviceAccount.create=false"],
            "set serviceAccount.name to an existing ServiceAccount, or serviceAccount.create to true",
        ),
    ],
)
def test_bad_values_are_refused_in_a_sentence(helm: Helm, settings: list[str], words: str) -> None:
    with pytest.raises(HackError) as refused:
        helm("template", RELEASE, str(CHART), *(f"--set={setting}" for setting in settings))
    assert words in str(refused.value)


@pytest.mark.parametrize("settings", CHOICES, ids=lambda settings: settings[0] if settings else "-")
def test_the_api_server_accepts_every_choice(
    cluster: LocalCluster, helm: Helm, settings: list[str]
) -> None:
    """Server-side apply refuses unknown fields, and the namespace has to be there."""
    documents = rendered(helm, *settings, "nameOverride=trial")
    for document in documents:
        if "namespace" in document["metadata"]:
            document["metadata"]["namespace"] = "default"
    answer = cluster.kubectl(
        "apply",
        "--server-side",
        "--dry-run=server",
        "--filename=-",
        input=yaml.safe_dump_all(documents),
    )
    assert len(answer.splitlines()) == len(documents)


def test_a_list_of_queues_is_handed_on_with_commas(helm: Helm) -> None:
    given = "--set=queueUrl={https://a/b,https://c/d}"
    documents = yaml.safe_load_all(helm("template", RELEASE, str(CHART), given))
    (deployment,) = (found for found in documents if found["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    env = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert env["SPOTDRAIN_QUEUE_URL"] == "https://a/b,https://c/d"


def test_each_boolean_leaves_out_what_it_says(helm: Helm) -> None:
    def kinds(*settings: str) -> list[str]:
        return sorted(document["kind"] for document in rendered(helm, *settings))

    everything = kinds()
    assert everything.count("CustomResourceDefinition") == 2
    for setting, missing in {
        "crds.enabled=false": ["CustomResourceDefinition"] * 2,
        "rbac.create=false": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        "serviceAccount.create=false,serviceAccount.name=a": ["ServiceAccount"],
        "metricsService.enabled=false": ["Service"],
    }.items():
        assert sorted(kinds(setting) + missing) == everything


def test_the_pod_meets_the_restricted_pod_security_standard(
    cluster: LocalCluster, helm: Helm, namespace: str
) -> None:
    enforce = "pod-security.kubernetes.io/enforce"
    cluster.kubectl("label", "namespace", namespace, f"{enforce}=restricted")
    documents = rendered(helm)
    template = next(d["spec"]["template"] for d in documents if d["kind"] == "Deployment")
    metadata = {**template["metadata"], "name": "trial", "namespace": namespace}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    cluster.kubectl("create", "serviceaccount", NAME, f"--namespace={namespace}")
    cluster.kubectl("create", "--dry-run=server", "--filename=-", input=yaml.safe_dump_all([pod]))
    del template["spec"]["containers"][0]["securityContext"]["capabilities"]
    with pytest.raises(HackError, match='violates PodSecurity "restricted:latest"'):
        cluster.kubectl(
            "create", "--dry-run=server", "--filename=-", input=yaml.safe_dump_all([pod])
        )


def test_helm_installs_it_and_says_what_comes_next(notes: str) -> None:
    assert f"kubectl rollout status deployment/{NAME} --namespace {NAMESPACE}" in notes
    assert "kubectl get nodeinterruptions --watch" in notes


def test_the_controller_stays_off_spot_nodes(bare: LocalCluster, notes: str) -> None:
    where = "--output=jsonpath={.items[*].spec.nodeName}"
    assert bare.kubectl("get", "pods", f"--namespace={NAMESPACE}", where) == "on-demand on-demand"


def test_metrics_are_served_by_the_pod(bare: LocalCluster, notes: str) -> None:
    slices = ("endpointslices", f"--namespace={NAMESPACE}", f"--selector={SERVICE}={NAME}")
    ready = "--for=jsonpath={.endpoints[0].conditions.ready}=true"
    bare.kubectl("wait", *slices, ready, "--timeout=60s")
    where = "--output=jsonpath={.items[*].endpoints[*].targetRef.kind}:{.items[*].ports[*].port}"
    assert bare.kubectl("get", *slices, where) == "Pod Pod:9090"


def allowed(bare: LocalCluster, verb: str, resource: str, group: str = "") -> bool:
    """Ask the API server whether the chart's ServiceAccount may do something everywhere."""
    name, _, subresource = resource.partition("/")
    deed = {"verb": verb, "group": group, "resource": name, "subresource": subresource}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": f"system:serviceaccount:{NAMESPACE}:{NAME}",
            "resourceAttributes": deed,
        },
    }
    answer = "--output=jsonpath={.status.allowed}"
    text = yaml.safe_dump(review)
    return bare.kubectl("create", "--filename=-", answer, input=text) == "true"


def test_the_account_may_do_what_the_rules_list(bare: LocalCluster, notes: str) -> None:
    rules = yaml.safe_load((CHART / "files" / "clusterrole.yaml").read_text())
    deeds = [
        (verb, resource, group)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    assert [deed for deed in deeds if not allowed(bare, *deed)] == []


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("get", "secrets"),
        ("list", "configmaps"),
        ("create", "pods"),
        ("patch", "pods"),
        ("create", "pods/exec"),
        ("update", "nodes"),
        ("delete", "nodes"),
        ("patch", "nodes/status"),
    ],
)
def test_the_account_may_not_do_more(
    bare: LocalCluster, notes: str, verb: str, resource: str
) -> None:
    assert not allowed(bare, verb, resource)


def test_policies_outlive_the_chart(
    bare: LocalCluster, installer: Helm, package: str, notes: str
) -> None:
    """Uninstalling leaves CRDs and policies; installing anew takes them over as they are."""
    policy = {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "SpotPolicy",
        "metadata": {"name": "a"},
    }
    bare.kubectl(
        "create", "--filename=-", input=yaml.safe_dump_all([{**policy, "spec": {"weight": 7}}])
    )
    installer("uninstall", RELEASE, "--wait")
    names = "--output=jsonpath={.items[*].metadata.name}"
    assert bare.kubectl("get", "crds", names).split() == CRDS
    assert bare.kubectl("get", "deployments", f"--namespace={NAMESPACE}", names) == ""
    installer("install", RELEASE, package, QUEUE, "--wait")
    assert bare.kubectl("get", "spp", "a", "--output=jsonpath={.spec.weight}") == "7"
