"""The demo's controller process: started, asked, and seen when it ends."""

from __future__ import annotations

import os
import select
import signal
from typing import TYPE_CHECKING

import pytest

from hack.demo.controller import Controller
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster


@pytest.fixture
def controller(cluster: LocalCluster) -> Iterator[Controller]:
    """Start it against the shared cluster; its log is taken away afterwards."""
    with Controller(cluster) as started:
        yield started
    started.log.unlink()
    started.log.parent.rmdir()


def test_it_tells_its_metrics_and_its_memory(controller: Controller) -> None:
    controller.require_alive()
    assert "spotdrain_build_info" in {sample.name for sample in controller.samples()}
    assert controller.peak_memory() > 1024 * 1024


def test_its_end_is_noticed_and_told_with_its_last_words(controller: Controller) -> None:
    handle = os.pidfd_open(controller.pid)
    os.kill(controller.pid, signal.SIGKILL)
    assert select.select([handle], [], [], 60)[0]
    os.close(handle)
    last = controller.log.read_text().splitlines()[-1]
    with pytest.raises(HackError, match="controller ended with status -9") as told:
        controller.require_alive()
    assert last in str(told.value)
