"""A drain for a recommendation waits until its pods fit elsewhere, but not for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.fleet import Fleet, admitted, waits_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster

pytestmark = pytest.mark.usefixtures("controller")


@pytest.fixture
def fleet(cluster: LocalCluster, namespace: str, queue_url: str) -> Iterator[Fleet]:
    made = Fleet(cluster, namespace, queue_url)
    yield made
    made.close()


def test_it_waits_for_a_node_that_has_room_and_begins_when_one_joins(fleet: Fleet) -> None:
    home, full = fleet.join(2, cpu="16")
    fleet.policy(waitForCapacity="10m")
    home.add_pods(fleet.pod("small", home, cpu="100m"), fleet.pod("large", home, cpu="10"))
    full.add_pods(fleet.pod("other", full, cpu="8"))

    home.send_rebalance()
    # At first it says that it looks, then what it did not find.
    told = home.wait(lambda ni: "looked at" in admitted(ni).get("message", ""))["status"]
    assert admitted({"status": told})["status"] == "Unknown"
    assert "none of the 1 nodes looked at has room for" in told["message"]
    assert f"{fleet.namespace}/large (cpu 10, memory 0)" in told["message"]
    assert told["phase"] == "Fenced"
    assert home.requests() == []

    fleet.join(1, cpu="16")
    done = home.wait_phase("Drained")
    assert "its pods fit on other nodes" in admitted(done)["message"]
    assert sorted(request.pod for request in home.evictions()) == ["large", "small"]


def test_after_the_wait_it_begins_all_the_same(fleet: Fleet) -> None:
    (home,) = fleet.join(1)
    fleet.policy(waitForCapacity="25s")
    home.add_pods(fleet.pod("web", home))

    home.send_rebalance()
    told = waits_for(home, "WaitingForCapacity")
    assert told["phase"] == "Fenced"
    done = home.wait_phase("Drained")
    assert "no room for all its pods was found elsewhere in time" in admitted(done)["message"]
