"""What a policy in dry run says that it would do."""

from __future__ import annotations

from controller.domain.policy import Action
from controller.drain.planner import plan
from controller.drain.rehearsal import rehearsal
from tests.builders import PROTECT, T0, budget, pod, situation


def test_the_plan_is_told_with_its_times() -> None:
    drain = plan(
        situation(
            pod("batch", priority=-10),
            pod("web"),
            pod("job", annotations=PROTECT),
            pod("agent", owner_kind="DaemonSet"),
            budgets=[budget("web")],
        ),
        T0,
    )
    assert rehearsal(Action.DRAIN, drain) == (
        "dry run: would close the node and ask 3 pods to leave, the first at 00:16:40Z, the last at"
        " 00:17:59Z; 1 at 00:17:59Z at the latest, whatever their budgets say"
    )


def test_without_budgets_in_the_way_nothing_is_said_of_them() -> None:
    said = rehearsal(Action.DRAIN, plan(situation(pod()), T0))
    assert said.endswith("ask 1 pods to leave, the first at 00:16:40Z, the last at 00:16:40Z")


def test_an_empty_node_has_nobody_to_ask() -> None:
    said = rehearsal(Action.DRAIN, plan(situation(), T0))
    assert said == "dry run: would close the node; it has no pod to ask"


def test_other_actions_are_told_without_a_plan() -> None:
    assert rehearsal(Action.CORDON, None) == "dry run: would close the node"
    assert rehearsal(Action.TAINT, None) == "dry run: would taint the node"
    assert rehearsal(Action.OBSERVE, None).endswith(
        "the policy says Observe, nothing would be done"
    )
