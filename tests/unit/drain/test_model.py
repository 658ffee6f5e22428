"""Five hundred random nodes: whatever the budgets, every pod is told to stop in time.

`python -m bench model` drains two thousand, under several policies.
"""

from __future__ import annotations

import pytest

from controller.domain.policy import BudgetMode, DrainPolicy
from tests.unit.drain.model import RESERVE, drain, figures

NODES = 250
"""Of each part: parts run beside each other."""


@pytest.mark.parametrize("part", range(2))
def test_no_pod_is_left_without_its_signal(part: int) -> None:
    policy = DrainPolicy(reserve=RESERVE)
    tallies = [drain(seed, policy) for seed in range(part * NODES, (part + 1) * NODES)]
    assert [tally.unsignalled for tally in tallies] == [0] * NODES
    # The nodes are no easy ones: on an average node some budget never gets room.
    assert figures(tallies).overridden > 1


def test_budgets_that_are_always_respected_cost_pods_their_signal() -> None:
    """What the last safe moment is for: without it some pods die with the node, unasked."""
    policy = DrainPolicy(reserve=RESERVE, budgets_on_interruption=BudgetMode.ALWAYS)
    found = figures(drain(seed, policy) for seed in range(30))
    assert found.unsignalled > 1
    assert found.overridden == 0


def test_order_costs_critical_pods_no_signal_and_gains_them_time() -> None:
    ordered, at_once = (
        figures(drain(seed, DrainPolicy(reserve=RESERVE, ordered=order)) for seed in range(30))
        for order in (True, False)
    )
    assert ordered.critical > at_once.critical + 20
