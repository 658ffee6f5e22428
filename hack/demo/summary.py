"""What the demo showed, in sentences: from the audit log, the statuses and the metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from prometheus_client.samples import Sample

    from controller.domain.times import Instant
    from hack.demo.views import NodeView
    from hack.demo.witness import Passage

MIB = 1024 * 1024
NOTABLE_WAIT = 1.0
"""Seconds; a pod that had to wait longer for its budget is told of."""


VITAL = frozenset({"deadlines", "signals"})
"""The promises on which the exit status depends."""

METRICS = frozenset(
    {
        "spotdrain_events_received_total",
        "spotdrain_events_ignored_total",
        "spotdrain_interruptions_total",
        "spotdrain_eviction_requests_total",
        "spotdrain_pdb_overrides_total",
        "spotdrain_status_writes_total",
    }
)


class Finding(NamedTuple):
    """One promise: whether it was kept (None where there is nothing to keep), and the facts."""

    title: str
    kept: bool | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known when it is over.

    `passages` are the pods of the interrupted nodes by the audit log, `views` the controller's own
    account, `sent` and `cordoned` the moments by node, `deadline` when the nodes went,
    `peak_memory` bytes.
    """

    passages: Sequence[Passage]
    views: Sequence[NodeView]
    sent: Mapping[str, Instant]
    cordoned: Mapping[str, Instant]
    deadline: Instant
    peak_memory: int
    samples: Sequence[Sample]

    @property
    def start(self) -> Instant:
        """When the first notice was sent."""
        return min(self.sent.values())


def findings(evidence: Evidence) -> list[Finding]:
    """Return everything that is worth saying, the promises first."""
    return [
        order(evidence.passages),
        budgets(evidence),
        protected(evidence),
        deadlines(evidence),
        signals(evidence.passages),
        cordon(evidence),
        costs(evidence),
    ]


def failed(found: Iterable[Finding]) -> bool:
    """Tell whether a deadline was missed, or a pod not told to stop."""
    return any(finding.kept is False for finding in found if finding.title in VITAL)


def order(passages: Sequence[Passage]) -> Finding:
    """Tell whether each node's pods were asked to leave in ascending priority.

    Pods that ask not to be disrupted are left out: they are held back on purpose. So are those of a
    budget, which are asked one at a time over all nodes: nobody waits for one that stands in line.
    """
    lines, kept = [], True
    for node in sorted({passage.subject.node for passage in passages}):
        free = (p for p in passages if not p.subject.protected and not p.subject.budget)
        mine = [p for p in free if p.subject.node == node]
        asked = sorted((p.asked, p.subject.priority) for p in mine if p.asked is not None)
        priorities = [priority for _, priority in asked]
        ascending = all(lower <= higher for lower, higher in pairwise(priorities))
        kept = kept and ascending
        counts = Counter(priorities).items() if ascending else _runs(priorities)
        told = ", ".join(f"{priority} ({count})" for priority, count in counts)
        lines.append(f"{node.partition('.')[0]:<18} {told}{'' if ascending else '  NOT ascending'}")
    verdict = "always the lower one first" if kept else "NOT always the lower one first"
    head = f"Priorities of pods without a budget, in the order in which they were asked: {verdict}."
    return Finding("order", kept, (head, *lines))


def budgets(evidence: Evidence) -> Finding:
    """Tell who waited for a PodDisruptionBudget, how long, and how that ended."""
    names = sorted({p.subject.budget for p in evidence.passages if p.subject.budget})
    return Finding(
        "budgets", None, tuple(f"{name:<19} {_budget(name, evidence)}" for name in names)
    )


def _budget(name: str, evidence: Evidence) -> str:
    """Tell of one budget; waits count from the first request: pods are asked one by one."""
    mine = [p for p in evidence.passages if p.subject.budget == name]
    first = min((p.asked for p in mine if p.asked is not None), default=evidence.start)
    moved = [p.accepted - first for p in mine if p.accepted and not p.overridden]
    forced = [p.accepted for p in mine if p.accepted and p.overridden]
    parts = []
    if moved:
        last = f", the last after {max(moved):.0f} s" if max(moved) > NOTABLE_WAIT else ""
        parts.append(f"{len(moved)} moved{last}")
    if forced:
        parts.append(
            f"{len(forced)} overridden after {min(forced) - first:.0f} s, at the last safe moment"
            f" ({evidence.deadline - min(forced):.0f} s before the deadline)"
        )
    return "; ".join(parts) or "nobody left"


def protected(evidence: Evidence) -> Finding:
    """Tell how long the pods ran on that ask not to be disrupted."""
    lines = tuple(
        f"{p.subject.key:<24} ran on for {p.accepted - evidence.start:.0f} s,"
        f" told to stop {evidence.deadline - p.accepted:.0f} s before the deadline"
        for p in evidence.passages
        if p.subject.protected and p.accepted is not None
    )
    return Finding("do-not-disrupt", None, lines)


def deadlines(evidence: Evidence) -> Finding:
    """Tell whether every node was empty in time, by the audit log and by the controller."""
    late = [p for p in evidence.passages if p.gone is None or p.gone > evidence.deadline]
    gone = [p.gone for p in evidence.passages if p.gone is not None]
    outcomes = {view.node: view.outcome or view.phase for view in evidence.views}
    nodes = {p.subject.node for p in evidence.passages}
    said = Counter(outcomes.get(node, "not noticed") for node in nodes)
    empty = len(nodes - {p.subject.node for p in late})
    words = ", ".join(f"{count} {outcome}" for outcome, count in said.items())
    lines = [f"{empty} of {len(nodes)} nodes were empty in time; their outcomes: {words}."]
    if gone:
        left = evidence.deadline - max(gone)
        lines.append(f"The last of {len(gone)} pods was gone {left:.0f} s before the deadline.")
    lines += [f"{p.subject.key} was still there at the deadline." for p in late]
    return Finding("deadlines", not late and set(said) == {"Drained"}, tuple(lines))


def signals(passages: Sequence[Passage]) -> Finding:
    """Tell whether a pod was left that nobody asked to stop."""
    never = [p.subject.key for p in passages if p.accepted is None]
    told = len(passages) - len(never)
    line = f"{told} of {len(passages)} pods were told to stop; {len(never)} were never signalled."
    return Finding("signals", not never, (line, *never))


def cordon(evidence: Evidence) -> Finding:
    """Tell how long it took from SendMessage till the API server had closed the node."""
    sent, cordoned = evidence.sent, evidence.cordoned
    delays = [1000 * (cordoned[node] - at) for node, at in sent.items() if node in cordoned]
    if not delays:
        return Finding("cordon", False, ("No node was cordoned.",))
    line = (
        f"{len(delays)} of {len(sent)} nodes cordoned; from SendMessage to the API server's answer:"
        f" median {median(delays):.0f} ms, slowest {max(delays):.0f} ms."
    )
    return Finding("cordon", len(delays) == len(sent), (line,))


def costs(evidence: Evidence) -> Finding:
    """Tell what the controller took, and what it counted itself."""
    lines = [f"The controller held {evidence.peak_memory / MIB:.0f} MiB at most (VmHWM)."]
    lines += [
        f"{sample.name}{_labels(sample.labels)} {sample.value:g}"
        for sample in evidence.samples
        if sample.name in METRICS
    ]
    return Finding("controller", None, tuple(lines))


def _labels(labels: Mapping[str, str]) -> str:
    told = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _runs(priorities: Sequence[int]) -> list[tuple[int, int]]:
    """Count equal neighbours: an order that is not ascending is told as it was."""
    return [(priority, len(list(same))) for priority, same in groupby(priorities)]
