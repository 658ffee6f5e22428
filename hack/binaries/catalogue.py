"""Which commands are built, out of which Go module, with which flags."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from hack.errors import HackError

MODULES = Path(__file__).resolve().parent.parent / "components"


def required_version(go_mod: str, module: str) -> str:
    """Return the version of a module that a go.mod's text requires: `v1.36.3`."""
    match = re.search(rf"^\s+{re.escape(module)} (v\S+)", go_mod, re.MULTILINE)
    if match is None:
        raise HackError(f"The go.mod does not require {module}; see hack/components.")
    return match.group(1)


KUBERNETES_VERSION = required_version(
    (MODULES / "cluster" / "go.mod").read_text(), "k8s.io/kubernetes"
)


@dataclass(frozen=True)
class Part:
    """One command: its name, the folder of its module in `hack/components`, its Go package.

    `tags` are Go's build tags, with commas.
    """

    name: str
    module: str
    package: str
    ldflags: str = "-s -w"
    tags: str = ""

    @property
    def folder(self) -> Path:
        """Where the go.mod lies."""
        return MODULES / self.module

    @property
    def output(self) -> str:
        """What `go build` calls the command: the package's last element that is no version."""
        return next(e for e in reversed(self.package.split("/")) if not re.fullmatch(r"v\d+", e))

    def flags(self) -> list[str]:
        """Return the flags of `go build`.

        `-trimpath` keeps the machine's paths out, so that the same inputs give the same bytes.
        `-mod=readonly` refuses to change go.mod or go.sum.
        """
        flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", self.ldflags]
        return [*flags, "-tags", self.tags] if self.tags else flags


def _kubernetes_ldflags(version: str) -> str:
    """Return the linker flags that hack/lib/version.sh of Kubernetes would have set.

    Without them the commands call themselves v0.0.0, and clients that compare versions refuse.
    """
    major, minor = version.removeprefix("v").split(".")[:2]
    facts = {
        "gitVersion": version,
        "gitMajor": major,
        "gitMinor": minor,
        "gitCommit": "unknown",  # The Go module carries no commit, and nothing here needs it.
        "gitTreeState": "clean",
    }
    variables = (f"-X k8s.io/component-base/version.{key}={value}" for key, value in facts.items())
    return " ".join(["-s -w", *variables])


def _cluster(name: str, package: str) -> Part:
    """Describe a part of the cluster's module; all have the same flags, so one call builds them."""
    return Part(name, "cluster", package, _kubernetes_ldflags(KUBERNETES_VERSION))


def _kubernetes(name: str) -> Part:
    return _cluster(name, f"k8s.io/kubernetes/cmd/{name}")


CLUSTER_PARTS = (
    _cluster("etcd", "go.etcd.io/etcd/server/v3"),
    _cluster("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    _kubernetes("kubectl"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-apiserver"),
)
HELM = Part("helm", "helm", "helm.sh/helm/v4/cmd/helm")
PROMTOOL = Part(
    "promtool",
    "prometheus",
    "github.com/prometheus/prometheus/cmd/promtool",
    # Service discovery for every cloud is most of Prometheus; checking rules needs none of it.
    tags="remove_all_sd",
)
CHART_PARTS = (HELM, PROMTOOL)
"""What the chart is tested with."""
KIND = Part("kind", "kind", "sigs.k8s.io/kind")


def _containerd(name: str) -> Part:
    """Describe a part of containerd, without the snapshotters that kind's own image leaves out."""
    package = f"github.com/containerd/containerd/v2/cmd/{name}"
    return Part(name, "containerd", package, tags="no_btrfs,no_zfs,no_devmapper,no_aufs")


NODE_PARTS = (
    *(part for part in CLUSTER_PARTS if part.name != "kwok"),
    _kubernetes("kubelet"),
    _kubernetes("kubeadm"),
    _kubernetes("kube-proxy"),
    _cluster("coredns", "spotdrain.io/hack/components/cluster/coredns"),
    _cluster("pause", "spotdrain.io/hack/components/cluster/pause"),
    _containerd("containerd"),
    _containerd("containerd-shim-runc-v2"),
    _containerd("ctr"),
)
"""What a node image for kind is made of where no registry has one."""

ALL_PARTS = tuple(dict.fromkeys((*CLUSTER_PARTS, *NODE_PARTS, *CHART_PARTS, KIND)))


def part_named(name: str) -> Part:
    """Return the part of that name, or raise a sentence that lists the names."""
    parts = {part.name: part for part in ALL_PARTS}
    if name not in parts:
        known = ", ".join(sorted(parts))
        raise HackError(f"There is no part called {name!r}. The parts are: {known}.")
    return parts[name]


def cache_key(part: Part, go_version: str) -> str:
    """Return the name of the folder for what these inputs build: the same inputs, the same name.

    `go_version` is the whole line of `go version`, so it tells platforms apart too.
    """
    digest = hashlib.sha256()
    sources = sorted(part.folder.rglob("*.go"))
    for path in (part.folder / "go.mod", part.folder / "go.sum", *sources):
        digest.update(path.read_bytes())
    digest.update("\0".join([go_version, part.package, *part.flags()]).encode())
    return f"{part.name}-{digest.hexdigest()[:16]}"


def required_go(go_mod: str) -> tuple[int, ...]:
    """Return the Go version that a go.mod's text asks for, as numbers: (1, 26, 0)."""
    match = re.search(r"^go (\d+(?:\.\d+)*)", go_mod, re.MULTILINE)
    return version_numbers(match.group(1)) if match else ()


def version_numbers(text: str) -> tuple[int, ...]:
    """Return the first dotted number in a text: `go version go1.26.8 linux/amd64` -> (1, 26, 8)."""
    match = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(number) for number in match.group().split(".")) if match else ()
