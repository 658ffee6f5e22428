"""One of two replicas is killed in mid-drain: how soon the other one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.figures import spread
from bench.ground import NAMESPACE, guard, join, pod, settle, targets
from bench.pair import NAMES, Pair
from bench.post import Post
from bench.report import Report
from bench.watching import Watch, blocked
from controller.domain.ownership import owner_of
from controller.domain.times import parse_rfc3339
from hack.cluster import LocalCluster
from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.ground import Target
    from controller.domain.times import Instant


def measure(rounds: int) -> Report:
    """End the owner of a drain `rounds` times by kill -9, and as often by SIGTERM."""
    found = targets("takeover", 2 * rounds, 0)
    with LocalCluster() as cluster, Progress("taken over") as progress:
        progress.update(f"adding {len(found)} nodes")
        cluster.kubectl("create", "namespace", NAMESPACE)
        join(cluster, found)
        settle(cluster, [pod(t.node, t.node, {"app": t.node}) for t in found])
        for target in found:
            guard(cluster, target.node)
        watch, post = Watch(cluster), Post(cluster)
        with Pair(cluster, post) as pair:
            times = []
            for number, target in enumerate(found):
                progress.update(f"{number} of {len(found)} rounds")
                end = pair.kill if number < rounds else pair.stop
                times.append(_round(cluster, watch, post, pair, target, end))
    killed, stopped = spread(times[:rounds]), spread(times[rounds:])
    rows = [
        ("kill -9 to the other one's first status", killed.sentence()),
        ("SIGTERM to the other one's first status", stopped.sentence()),
    ]
    figures = {"kill_to_status": killed._asdict(), "sigterm_to_status": stopped._asdict()}
    return Report(
        "takeover", f"Taken over by the other replica, {rounds} rounds each", rows, figures
    )


def _round(  # noqa: PLR0917 - all that a round is made of
    cluster: LocalCluster,
    watch: Watch,
    post: Post,
    pair: Pair,
    target: Target,
    end: Callable[[str], Instant],
) -> float:
    post.send(target)
    watch.wait(lambda seen: blocked(seen.get(target.instance_id)) > 0)
    owner = owner_of(target.instance_id, NAMES)
    other = pair[next(name for name in NAMES if name != owner)]
    known = len(other.lines)
    since = end(owner)
    # The line follows its first status, and that its first look at the pods.
    line = other.wait_for_words(f"node {target.node} is Draining", since=known)
    cluster.kubectl("delete", "pdb", target.node, f"--namespace={NAMESPACE}")
    pair.start(owner)
    pair.wait_together(owner)
    return (parse_rfc3339(line["time"]) or since) - since
