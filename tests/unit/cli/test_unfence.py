"""`unfence` opens what was asked for, says what it undid, and goes on after a failure."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

import pytest

from controller.cli import unfence
from controller.cli.main import main
from controller.domain.cluster import ClusterError
from controller.domain.node import NodeFacts
from controller.drain.fence import ANNOTATION, EXCLUDE_LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence

TAINT = {"key": "spotdrain.io/interruption", "effect": "NoSchedule"}
OURS = {"unschedulable": True, "taint": TAINT, "labels": {EXCLUDE_LABEL: "true"}}


def closed(name: str, fence: dict[str, Any] | None = None) -> NodeFacts:
    return NodeFacts(
        name,
        f"uid-{name}",
        "i-0123456789abcdef0",
        unschedulable=True,
        raw_taints=({**TAINT, "value": "i"},),
        labels={EXCLUDE_LABEL: "true"},
        annotations={ANNOTATION: json.dumps(OURS if fence is None else fence)},
    )


class _Cluster:
    """Nodes, and which of them were opened."""

    def __init__(self, *nodes: NodeFacts, stuck: str = "") -> None:
        self._nodes, self._stuck = nodes, stuck
        self.opened: list[str] = []

    async def read_all(self) -> Sequence[NodeFacts]:
        return self._nodes

    async def open(self, node: NodeFacts) -> bool:
        if node.name == self._stuck:
            raise ClusterError("the API server does not answer in time")
        self.opened.append(node.name)
        return True

    async def run(self, *argv: str) -> int:
        parser = argparse.ArgumentParser()
        unfence.add_arguments(parser)
        return await unfence.run(parser.parse_args(argv), nodes=self, fences=self)


async def test_all_opens_every_node_with_a_fence(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = _Cluster(closed("b"), NodeFacts("c", "u", "i"), closed("a"))
    assert await cluster.run("--all") == 0
    assert cluster.opened == ["a", "b"]
    said = capsys.readouterr().out
    deeds = (
        "uncordon, remove the taint spotdrain.io/interruption:NoSchedule,"
        f" remove the label {EXCLUDE_LABEL}"
    )
    assert f"a is open: {deeds}\n" in said
    assert said.endswith("Opened 2 of 2 nodes that spotdrain had closed.\n")


async def test_a_dry_run_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = _Cluster(closed("a"))
    assert await cluster.run("--all", "--dry-run") == 0
    assert cluster.opened == []
    assert "a is closed by spotdrain: uncordon, remove" in capsys.readouterr().out
    assert await _Cluster().run("--all", "--dry-run") == 0
    assert capsys.readouterr().out == "No node is closed by spotdrain.\n"


async def test_named_nodes_alone_are_opened(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = _Cluster(closed("a"), closed("b"), NodeFacts("c", "u", "i"))
    assert await cluster.run("b", "c", "b") == 0
    assert cluster.opened == ["b"]
    assert "c was not closed by spotdrain" in capsys.readouterr().out


async def test_a_fence_that_others_have_undone_leaves_its_annotation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster = _Cluster(closed("a", fence={}))
    assert await cluster.run("--all") == 0
    assert cluster.opened == ["a"]
    assert "a is open: nothing but the annotation is left" in capsys.readouterr().out


async def test_a_node_that_is_not_there_is_refused_before_anything_is_opened() -> None:
    cluster = _Cluster(closed("a"))
    with pytest.raises(ClusterError, match="there is no node z in this cluster"):
        await cluster.run("a", "z")
    assert cluster.opened == []


async def test_the_others_are_opened_when_one_cannot_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster = _Cluster(closed("a"), closed("b"), stuck="a")
    assert await cluster.run("--all") == 1
    assert cluster.opened == ["b"]
    printed = capsys.readouterr()
    assert printed.err == "a cannot be opened: the API server does not answer in time\n"
    assert printed.out.endswith("Opened 1 of 2 nodes that spotdrain had closed.\n")


@pytest.mark.parametrize("argv", [[], ["a", "--all"]])
def test_either_nodes_or_all_are_asked_for(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["unfence", *argv]) == 2
    assert "name the nodes to open, or write --all" in capsys.readouterr().err


def test_how_long_to_wait_is_a_number_of_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["unfence", "--all", "--wait", "1m"])
    assert "'1m' is no number of seconds from 0 to 3600" in capsys.readouterr().err


def test_without_a_namespace_nobody_knows_whether_spotdrain_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPOTDRAIN_NAMESPACE", raising=False)
    assert main(["unfence", "--all"]) == 2
    assert "no namespace: name it with --namespace" in capsys.readouterr().err
