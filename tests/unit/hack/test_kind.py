"""What a kind cluster is told to look like, and what its steps say; the cluster itself is e2e."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hack.errors import HackError
from hack.kind import debian
from hack.kind.__main__ import parser
from hack.kind.config import kind_config
from hack.kind.control_plane import CONTROL_PLANE_IMAGES
from hack.kind.layout import Layout, standard
from hack.kind.network import address, bridge
from hack.kind.steps import FIRST_TIME, Steps, left
from hack.shell import run

if TYPE_CHECKING:
    from pathlib import Path


def test_the_workers_are_in_two_zones_and_of_two_types() -> None:
    assert {worker.zone for worker in standard().workers} == {"us-east-1a", "us-east-1b"}
    assert {worker.instance_type for worker in standard().workers} == {"m6i.large", "c6i.large"}
    assert [worker.spot for worker in standard().workers] == [True, True, False]


def test_a_worker_passes_for_its_instance() -> None:
    node = kind_config(standard(), own_image=True)["nodes"][1]

    assert node["labels"]["eks.amazonaws.com/capacityType"] == "SPOT"
    (patch,) = json.loads(node["kubeadmConfigPatchesJSON6902"][0]["patch"])
    assert patch["value"] == "aws:///us-east-1a/i-0a000000000000001"


def test_kinds_own_image_is_left_to_its_own_network() -> None:
    assert kind_config(standard(), own_image=False)["networking"] == {"disableDefaultCNI": False}
    assert kind_config(standard(), own_image=True)["networking"] == {"disableDefaultCNI": True}


def test_the_audit_policy_is_the_local_clusters() -> None:
    """The own image holds it; kind's own image sees it on this machine's disk."""
    (mount,) = kind_config(Layout("alone"), own_image=False)["nodes"][0]["extraMounts"]

    assert mount["hostPath"].endswith("hack/cluster/config/audit-policy.yaml")
    assert "extraMounts" not in kind_config(Layout("alone"), own_image=True)["nodes"][0]


def test_every_image_of_the_control_plane_has_a_version() -> None:
    assert all(not image.name.endswith(":") and ":" in image.name for image in CONTROL_PLANE_IMAGES)


def test_a_nodes_pods_get_their_addresses_from_its_own_range() -> None:
    plugin, _ = bridge("10.244.1.0/24")["plugins"]

    assert plugin["ipam"]["ranges"] == [[{"subnet": "10.244.1.0/24"}]]


def test_a_node_is_reached_by_its_internal_address() -> None:
    addresses = [
        {"type": "Hostname", "address": "spotdrain-worker"},
        {"type": "InternalIP", "address": "172.18.0.2"},
    ]

    assert address({"status": {"addresses": addresses}}) == "172.18.0.2"


def test_what_is_left_is_what_is_not_done() -> None:
    assert left({"cluster": 60, "network": 20}, {"cluster"}) == 20


def test_a_step_says_what_it_took_the_last_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = tmp_path / "steps.json"
    memory.write_text(json.dumps({"cluster": 31.0}))
    steps = Steps(("cluster", "network"), memory)

    with steps.step("cluster"):
        pass

    said = capsys.readouterr().err
    assert (
        f"cluster (1 of 2): takes about 31 s, what follows about {FIRST_TIME['network']} s" in said
    )
    assert json.loads(memory.read_text())["cluster"] < 31


@pytest.mark.parametrize("content", ["", "no JSON", '{"cluster": "long"}'])
def test_a_broken_memory_is_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    memory = tmp_path / "steps.json"
    memory.write_text(content)

    with Steps(("cluster",), memory).step("cluster"):
        pass

    assert f"takes about {elapsed_minutes()}" in capsys.readouterr().err


def elapsed_minutes() -> str:
    minutes, seconds = divmod(FIRST_TIME["cluster"], 60)
    return f"{minutes:.0f} min {seconds:02.0f} s"


def test_a_step_that_fails_is_not_remembered(tmp_path: Path) -> None:
    memory = tmp_path / "steps.json"

    with pytest.raises(HackError, match="no"), Steps(("cluster",), memory).step("cluster"):
        raise HackError("no")

    assert not memory.exists()


def test_a_command_that_fails_is_told_with_its_words() -> None:
    with pytest.raises(HackError, match=r"`sh` could not start it:\n  not today"):
        run(["sh", "-c", "echo not today >&2; exit 3"], aim="start it")


def test_a_command_that_is_missing_is_named() -> None:
    with pytest.raises(HackError, match=r"`no-such-command` is not installed.*needed to start it"):
        run(["no-such-command"], aim="start it")


def test_without_root_nothing_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPOTDRAIN_CACHE", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(HackError, match="needs root"):
        debian.root_file_system("bookworm")


def test_the_help_has_examples() -> None:
    assert "python -m hack.kind down --all" in parser().format_help()
