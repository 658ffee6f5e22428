"""Replicas that are killed again and again while a wave of notices is handled: what is lost."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from bench.account import await_log, ours
from bench.ground import NAMESPACE, join, pod, settle, targets
from bench.pair import NAMES, Pair
from bench.post import Post
from bench.report import Report
from bench.trail import evictions, removals
from bench.watching import Watch, phase
from controller.drain.life import TOO_LATE
from hack.cluster import LocalCluster
from hack.cluster.install import KWOK_USER
from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.ground import Target
    from bench.trail import Call
    from bench.watching import Objects
    from controller.domain.times import Instant

PODS = 3
STEP_SECONDS = 4.0
"""The longest time that a group of notices is under way when a replica is killed."""

CONFLICT = 409
EVICTION = "pods/eviction"
DONE = {"Drained", "Finished"}


class Double(NamedTuple):
    """A pod whose eviction was accepted twice: between which moments."""

    first: Instant
    second: Instant

    def spans(self, moments: Sequence[Instant]) -> bool:
        """Tell whether one of some moments lies between the two."""
        return any(self.first <= at <= self.second for at in moments)


def measure(nodes: int, kills: int, seed: int) -> Report:
    """Interrupt `nodes` nodes in as many groups as there are `kills`, one kill in each group."""
    found = targets("storm", nodes, 0)
    names = [f"{t.node}-{n}" for t in found for n in range(PODS)]
    with LocalCluster() as cluster, Progress(f"{kills} kills") as progress:
        progress.update(f"adding {nodes} nodes with {PODS} pods each")
        cluster.kubectl("create", "namespace", NAMESPACE)
        join(cluster, found)
        settle(cluster, [pod(f"{t.node}-{n}", t.node) for t in found for n in range(PODS)])
        watch = Watch(cluster)
        post = Post(cluster)
        with Pair(cluster, post) as pair:
            killed = _storm(pair, post, found, Random(seed), kills, progress)  # noqa: S311 - no secret
            progress.update("the last drains")
            watch.wait(lambda seen: len(_done(seen)) == nodes)
            moved, ends = pair.changes(), watch.objects()
        whole = await_log(cluster, lambda log: _closed(ours(log)) >= {t.node for t in found})
    log = ours(whole)
    signalled = evictions(log).keys() | removals(log).keys()
    # The caller died before its answer: the API server says 504, and may have done it all the same.
    # Then kubelet, that is KWOK, has stopped the pod and removed it.
    stopped = removals(call for call in whole if call.user == KWOK_USER)
    unanswered = ({c.key for c in log if c.resource == EVICTION} & stopped.keys()) - signalled
    signalled |= unanswered
    doubles = _doubles(log)
    across = [double for double in doubles if double.spans(killed)]
    handed = [d for d in doubles if not d.spans(killed) and d.spans(moved)]
    unsignalled = [n for n in names if f"{NAMESPACE}/{n}" not in signalled]
    rows = [
        ("interruptions lost", str(nodes - len(_done(ends)))),
        ("interruptions that ended with pods left", str(len(_late(ends)))),
        ("pods without a signal", f"{len(unsignalled)} of {len(names)}"),
        ("pods whose signal was asked for by a call that lost its caller", str(len(unanswered))),
        ("pods whose eviction was accepted twice", str(len(doubles))),
        ("  of them with a kill between the two", str(len(across))),
        ("  of the rest while a replica came or went", str(len(handed))),
        ("conflicting writes of a status", str(sum(_is_conflict(call) for call in log))),
    ]
    figures = {
        "nodes": nodes,
        "kills": kills,
        "seed": seed,
        "pods": len(names),
        "lost": nodes - len(_done(ends)),
        "late": len(_late(ends)),
        "unsignalled": len(unsignalled),
        "answer_lost": len(unanswered),
        "evicted_twice": len(doubles),
        "evicted_twice_across_a_kill": len(across),
        "evicted_twice_handed_over": len(handed),
        "between_seconds": [double.second - double.first for double in doubles],
    }
    title = f"{kills} random kill -9 of two replicas during {nodes} notices (seed {seed})"
    return Report("storm", title, rows, figures)


def _storm(  # noqa: PLR0917 - all that a wave is made of
    pair: Pair, post: Post, found: Sequence[Target], random: Random, kills: int, progress: Progress
) -> list[Instant]:
    """Send the notices group by group; while each is handled a replica dies, and comes back.

    The next one dies only then: with both of them away nothing is measured but how long they start.
    """
    killed = []
    for number in range(kills):
        progress.update(f"{number} of {kills} kills")
        if group := found[number::kills]:
            post.send_all(group)
        time.sleep(random.uniform(0, STEP_SECONDS))
        victim = random.choice(NAMES)
        killed.append(pair.kill(victim))
        pair.start(victim)
        pair.wait_together(victim)
    return killed


def _done(seen: Objects) -> list[str]:
    return [name for name, found in seen.items() if phase(found) in DONE]


def _closed(log: Sequence[Call]) -> set[str]:
    """Name the nodes that somebody asked to close; the caller may have died before its answer."""
    return {call.key for call in log if (call.verb, call.resource) == ("patch", "nodes")}


def _late(seen: Objects) -> list[str]:
    return [name for name, found in seen.items() if found["status"].get("outcome") in TOO_LATE]


def _doubles(log: Sequence[Call]) -> list[Double]:
    """Find the pods with two accepted evictions; a pod's name is its own here."""
    first: dict[str, Instant] = {}
    found = []
    for call in log:
        if call.resource != EVICTION or not call.accepted:
            continue
        if call.key in first:
            found.append(Double(first[call.key], call.answered))
        else:
            first[call.key] = call.arrived
    return found


def _is_conflict(call: Call) -> bool:
    return call.resource == "nodeinterruptions/status" and call.code == CONFLICT
