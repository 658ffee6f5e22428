"""Which cluster the demo chooses, and what it says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hack.cluster import LocalCluster
from hack.demo.ground import choose
from hack.errors import HackError
from hack.kind.played import PlayedCluster, kwok_manifests

if TYPE_CHECKING:
    from pathlib import Path


def only(monkeypatch: pytest.MonkeyPatch, folder: Path, **commands: str) -> None:
    """Leave nothing on the PATH but these commands, each a line of shell."""
    for name, line in commands.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_go_builds_the_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    only(monkeypatch, tmp_path, go="exit 0", docker="exit 0")

    cluster, reason = choose("auto")

    assert type(cluster) is LocalCluster
    assert "(Go is here)" in reason


def test_without_go_kind_stands_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    only(monkeypatch, tmp_path, docker="echo something")

    cluster, reason = choose("auto")

    assert type(cluster) is PlayedCluster
    assert "Go is not here, Docker and a registry are" in reason


@pytest.mark.parametrize(
    "docker", ["exit 1", 'case "$1" in pull) exit 1;; esac'], ids=["no daemon", "no registry"]
)
def test_with_neither_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, docker: str
) -> None:
    only(monkeypatch, tmp_path, docker=docker)

    with pytest.raises(HackError, match=r"needs Go.*or Docker and an image registry.*Install Go"):
        choose("auto")


def test_without_docker_it_says_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    only(monkeypatch, tmp_path)

    with pytest.raises(HackError, match="this machine has neither"):
        choose("auto")


def test_one_may_ask_for_a_ground(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    only(monkeypatch, tmp_path)

    assert choose("kind")[1].endswith("as asked for.")


def test_kwok_reaches_the_api_server_on_its_own_node() -> None:
    """There is no kube-proxy, which would lead the Service's address to it."""
    (pod,) = (item for item in kwok_manifests("kwok", "node-0") if item["kind"] == "Pod")

    assert pod["spec"]["hostNetwork"]
    assert {"name": "KUBERNETES_SERVICE_HOST", "value": "127.0.0.1"} in pod["spec"]["containers"][
        0
    ]["env"]
