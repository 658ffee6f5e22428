"""A Spot notice that lies behind hundreds of recommendations: how long until its node is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bench.account import await_log, of_account
from bench.figures import duration, spread
from bench.floor import NODES
from bench.ground import join, targets
from bench.post import Post
from bench.report import Report
from bench.trail import cordons
from bench.watching import Watch
from hack.cluster import LocalCluster
from hack.errors import HackError
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from bench.watching import Objects


PATIENCE = 600.0


class Round(NamedTuple):
    """Seconds from the sending of the Spot notice to its node closed, and to all of them."""

    spot: float
    everything: float


def measure(before: int, rounds: int) -> Report:
    """Send `before` recommendations, then a Spot notice; every round has a cluster of its own."""
    found = [_round(before, f"round {number + 1} of {rounds}") for number in range(rounds)]
    spot, everything = (spread(list(values)) for values in zip(*found, strict=True))
    rows = [
        ("Spot notice sent to its node closed", spot.sentence()),
        ("  in each round", "   ".join(duration(one.spot) for one in found)),
        ("all nodes closed", everything.sentence()),
    ]
    figures = {"spot": spot._asdict(), "all": everything._asdict(), "before": before}
    title = f"A Spot notice behind {before} recommendations, {rounds} rounds"
    return Report("behind", title, rows, figures)


def _round(before: int, title: str) -> Round:
    others, (spot,) = targets("behind", before, 0), targets("spot", 1, before)
    with LocalCluster() as cluster, Progress(title) as progress:
        progress.update(f"adding {before + 1} nodes")
        join(cluster, [*others, spot])
        post, nodes = Post(cluster), Watch(cluster, NODES)
        with ControllerProcess(cluster, "--queue-url", post.url) as controller:
            controller.wait_ready()
            progress.update(f"{before} recommendations and a Spot notice are out")
            post.recommend_all(others)
            sent = post.send(spot)
            # Watched and not read out of the audit log: to read it again and again takes a core.
            if nodes.wait_for(lambda seen: _closed(seen) > before, PATIENCE) is None:
                raise HackError("Not all nodes were closed within ten minutes.")
        log = await_log(cluster, lambda log: len(cordons(of_account(log))) > before)
    closed = cordons(of_account(log))
    return Round(closed[spot.node] - sent, max(closed.values()) - sent)


def _closed(seen: Objects) -> int:
    return sum(bool(node["spec"].get("unschedulable")) for node in seen.values())
