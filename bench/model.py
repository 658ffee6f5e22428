"""Random nodes drained by the real planner against a clock that is only counted: no cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.report import Report
from controller.domain.policy import BudgetMode, DrainPolicy
from hack.progress import Progress
from tests.unit.drain.model import PODS, RESERVE, drain, figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.unit.drain.model import Figures

DEFAULT = DrainPolicy(reserve=RESERVE)
POLICIES: Mapping[str, DrainPolicy] = {
    "default": DEFAULT,
    "drain.order: None": replace(DEFAULT, ordered=False),
    "onInterruption: Always": replace(DEFAULT, budgets_on_interruption=BudgetMode.ALWAYS),
}


def measure(nodes: int) -> Report:
    """Drain `nodes` random nodes under each of a few policies."""
    with Progress("model") as progress:
        found = {name: figures(_drains(nodes, name, progress)) for name in POLICIES}
    return Report(
        "model",
        f"{nodes} random nodes of {PODS} pods, by policy; means of a node",
        [(name, _sentence(result)) for name, result in found.items()],
        {name: result._asdict() for name, result in found.items()},
    )


def _drains(nodes: int, name: str, progress: Progress) -> Iterator[Any]:
    for seed in range(nodes):
        progress.update(f"{name}, node {seed} of {nodes}")
        yield drain(seed, POLICIES[name])


def _sentence(result: Figures) -> str:
    return (
        f"never signalled {result.unsignalled:.2f}   cut short {result.truncated:.2f}   "
        f"budget overridden {result.overridden:.2f}   critical pods asked after {result.critical:.0f} s"
    )
