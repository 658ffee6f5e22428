"""One notice at a time: from SendMessage to the closed node."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.account import await_log, of_account
from bench.figures import ratio, spread
from bench.ground import join, targets
from bench.post import Post
from bench.reactor import Reactor
from bench.report import Report
from bench.trail import cordons
from bench.watching import Watch, phase
from hack.cluster import LocalCluster
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.ground import Target
    from bench.trail import Call
    from bench.watching import Objects
    from controller.domain.times import Instant

BARE = 1_000_000
"""Where the instance numbers of the floor's nodes begin."""


def measure(events: int) -> Report:
    """Send notices for `events` nodes, each when the drain before it is done with its node."""
    with LocalCluster() as cluster, Progress("one event at a time") as progress:
        progress.update(f"adding {2 * events} nodes")
        found, spare = targets("one", events, 0), targets("bare", events, BARE)
        join(cluster, [*found, *spare])
        sent = _ours(cluster, found, progress)
        sent_bare = _floor(cluster, spare, progress)
        log = await_log(cluster, lambda log: len(cordons(of_account(log))) == 2 * events)
    log = of_account(log)
    closed, asked = cordons(log), _asked(log)
    return _report(
        [closed[node] - at for node, at in sent.items()],
        [asked[node] - at for node, at in sent.items()],
        [closed[node] - at for node, at in sent_bare.items()],
    )


def _ours(cluster: LocalCluster, found: Sequence[Target], progress: Progress) -> dict[str, Instant]:
    post, watch, sent = Post(cluster), Watch(cluster), {}
    with ControllerProcess(cluster, "--queue-url", post.url) as controller:
        controller.wait_ready()
        for number, target in enumerate(found):
            progress.update(f"{number} of {len(found)} events")
            sent[target.node] = post.send(target)
            watch.wait(partial(_drained, target.instance_id))
    return sent


def _floor(
    cluster: LocalCluster, spare: Sequence[Target], progress: Progress
) -> dict[str, Instant]:
    post, sent = Post(cluster), {}
    progress.update("the same by a bare loop")
    with Reactor(cluster, post) as reactor:
        for target in spare:
            sent[target.node] = post.send(target)
            reactor.wait_closed([target])
    return sent


def _drained(instance_id: str, seen: Objects) -> bool:
    return phase(seen.get(instance_id)) == "Drained"


def _asked(log: Iterable[Call]) -> dict[str, Instant]:
    """Return when the first PATCH of each node arrived."""
    found: dict[str, Instant] = {}
    for call in log:
        if (call.verb, call.resource) == ("patch", "nodes"):
            found.setdefault(call.key, call.arrived)
    return found


def _report(ours: Sequence[float], arrivals: Sequence[float], floor: Sequence[float]) -> Report:
    whole, asked, bare = spread(ours), spread(arrivals), spread(floor)
    return Report(
        "one",
        f"One event at a time, {whole.number} events, no pods",
        [
            ("SendMessage to node closed", whole.sentence()),
            ("  of it until the PATCH arrived", asked.sentence()),
            ("floor: a bare loop that receives and patches", bare.sentence()),
            ("median / floor's median", ratio(whole.median, bare.median)),
        ],
        {
            "send_to_closed": whole._asdict(),
            "send_to_patch_arrived": asked._asdict(),
            "floor": bare._asdict(),
            "closed_seconds": _in_order(ours),
            "floor_seconds": _in_order(floor),
        },
    )


def _in_order(values: Iterable[float]) -> list[float]:
    """Sort durations, to a tenth of a millisecond: enough for a picture of how they lie."""
    return [round(value, 4) for value in sorted(values)]
