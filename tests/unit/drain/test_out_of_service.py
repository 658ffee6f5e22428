"""The out-of-service taint: only for a machine that EC2 calls off and Kubernetes calls silent."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.node import Taint
from controller.domain.notice import Kind
from controller.domain.policy import Action, DrainPolicy, Mode, OutOfService, Policy
from controller.drain.out_of_service import TAINT, Step, out_of_service_patch, step_of
from tests.builders import T0, interruption, node

GPU = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
ASKED = Policy(drain=DrainPolicy(out_of_service=OutOfService.AFTER_INSTANCE_TERMINATED))
TAINTED = (Taint(TAINT["key"], TAINT["effect"], TAINT["value"]),)
ENDED = T0 + 121


def step(
    policy: Policy = ASKED, *, ended: float | None = ENDED, after: float = 1.0, **fields: Any
) -> Step:
    record = interruption(terminated_at=ended)
    return step_of(node(**({"ready": False} | fields)), record, policy, ENDED + after)


def test_t65_a_silent_node_is_tainted_once_ec2_has_ended_its_instance() -> None:
    assert step() is Step.TAINT
    assert step(after=599) is Step.TAINT


def test_t65_a_node_that_reports_is_never_tainted_but_waited_for() -> None:
    assert step(ready=True) is Step.WAIT
    assert step(ready=True, after=599) is Step.WAIT
    assert step(ready=True, after=600) is Step.LEAVE
    assert out_of_service_patch(node(ready=True)) is None


def test_t65_a_silent_node_whose_instance_ec2_has_not_ended_is_left() -> None:
    assert step(ended=None) is Step.LEAVE


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(Policy(), id="not-asked-for"),
        pytest.param(Policy(drain=ASKED.drain, mode=Mode.DRY_RUN), id="dry-run"),
        pytest.param(
            Policy(drain=ASKED.drain, actions={Kind.SPOT_INTERRUPTION: Action.OBSERVE}),
            id="nothing-is-done-to-nodes",
        ),
    ],
)
def test_t65_nothing_is_done_that_the_policy_does_not_ask_for(policy: Policy) -> None:
    assert step(policy) is Step.LEAVE


def test_t65_a_taint_that_is_there_is_left() -> None:
    assert step(taints=TAINTED) is Step.LEAVE
    assert out_of_service_patch(node(ready=False, taints=TAINTED)) is None


def test_t65_the_taints_of_others_stay() -> None:
    patch = out_of_service_patch(node(ready=False, raw_taints=(GPU,)))
    assert patch == {"spec": {"taints": [GPU, TAINT]}}
