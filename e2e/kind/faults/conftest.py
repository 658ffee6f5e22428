"""What the tests of faults share: full nodes, and the table at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.kind.faults import replicas
from e2e.kind.faults.drains import Drains
from e2e.kind.faults.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.kind.faults.replicas import Replica
    from e2e.kind.scene import Scene

PATIENCE = 600
"""Seconds for one test with all that it sets up: a busy machine takes twice its time."""

TALLY = pytest.StashKey[Tally]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of this folder take longer than others."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Tally:
    """Give the table that all tests of faults fill."""
    return request.config.stash.setdefault(TALLY, Tally())


@pytest.fixture
def drains(scene: Scene) -> Iterator[Drains]:
    """Fill both doomed nodes with witnesses; what has taken their place ends with the test."""
    replicas.wait_ready(scene.ground.cluster)
    made = Drains(scene, (scene.node, scene.other))
    made.fill()
    yield made
    scene.kubectl("delete", "replicasets,pods", "--all", "--grace-period=1", "--timeout=120s")


@pytest.fixture
def mortals(drains: Drains) -> Iterator[tuple[Replica, ...]]:
    """Give the replicas to a test that kills some; new ones take their place behind it."""
    cluster = drains.scene.ground.cluster
    yield replicas.replicas_of(cluster)
    replicas.renew(cluster)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table as docs/reliability.md has it."""
    table = config.stash.get(TALLY, Tally()).table()
    if table:
        terminalreporter.section("faults")
        for line in table:
            terminalreporter.write_line(line)
