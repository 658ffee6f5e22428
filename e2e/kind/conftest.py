"""One kind cluster for all tests, made before the first one, with the product installed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from e2e.kind.ground import prepare
from e2e.kind.scene import open_scene
from e2e.kind.telling import tell
from e2e.kind.turn import turn_in
from hack.kind import KindCluster

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from e2e.kind.ground import Ground
    from e2e.kind.scene import Scene

GROUND: pytest.StashKey[Ground] = pytest.StashKey()
STACK: pytest.StashKey[ExitStack] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever writes tests skip the minutes that images take."""
    say = "e2e/kind: build and install nothing, use what an earlier run has left in the cluster"
    parser.addoption("--installed", action="store_true", help=say)
    say = (
        "e2e/kind/faults: how often replicas are killed with SIGKILL, 0 for drains without a fault"
    )
    parser.addoption("--kills", type=int, default=4, help=say)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make the cluster before the first test: it may take many minutes, so it is shown."""
    names = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if "ground" not in names or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    stack = session.config.stash[STACK] = ExitStack()
    with capture.global_and_fixture_disabled():
        cluster = stack.enter_context(KindCluster.attach_or_start())
        stack.enter_context(turn_in(cluster))
        session.config.stash[GROUND] = prepare(cluster, installed=session.config.option.installed)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the cluster if it was made here."""
    config.stash.get(STACK, ExitStack()).close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put beside a failure what the controller said and how the cluster stands."""
    report = yield
    ground = item.config.stash.get(GROUND, None)
    if report.failed and ground is not None:
        report.sections.extend(tell(ground.cluster))
    return report


@pytest.fixture(scope="session")
def ground(request: pytest.FixtureRequest) -> Ground:
    """Give what all tests stand on."""
    return request.config.stash[GROUND]


@pytest.fixture
def scene(ground: Ground) -> Iterator[Scene]:
    """Give a test a namespace of its own on the shared nodes."""
    with open_scene(ground) as opened:
        yield opened
