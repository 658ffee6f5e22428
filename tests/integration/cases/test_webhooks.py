"""Admission webhooks that refuse evictions: real ones, asked by the real API server."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from controller.drain.answer import SLOW
from tests.integration.webhook import Refusal, Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

EVACUATION = 'Eviction triggered evacuation of VMI "shop/vm"'


@pytest.fixture
def webhook(stage: Stage) -> Iterator[Webhook]:
    """Register a webhook for the stage's namespace."""
    refusals = {
        "vm": Refusal(429, EVACUATION),
        "slow-vm": Refusal(429, EVACUATION),
        "friday": Refusal(403, "not on a Friday"),
        "bug": Refusal(500, "the guard has a bug"),
    }
    with Webhook(stage.cluster, stage.namespace, refusals, unreachable=("unasked",)) as made:
        yield made


def test_t08_a_virtual_machine_that_migrates_is_looked_on_not_asked_again_and_again(
    controller: ControllerProcess, stage: Stage, webhook: Webhook
) -> None:
    """KubeVirt's webhook answers 429 without a cause: the state is Migrating.

    It is asked again after 10 s, unless it has gone by itself before that, and is not forced.
    """
    stage.add_pods(stage.pod("vm", grace=5), stage.pod("other", grace=5))
    stage.send_spot()
    told = stage.wait(lambda ni: _waiting(ni, "vm").get("state") == "Migrating")
    stage.wait(lambda ni: ni["status"]["pods"]["gone"] == 1)
    # The end of the migration: KubeVirt's controller deletes the old pod.
    stage.cluster.kubectl("delete", "pod", "vm", f"--namespace={stage.namespace}")
    stage.wait_phase("Drained")

    assert EVACUATION in _waiting(told, "vm")["message"]
    assert all(gap >= SLOW for gap in pauses(stage, "vm"))
    assert stage.deletions() == []


def test_t09_a_webhooks_refusal_is_told_in_its_words_and_overridden_at_the_last_safe_moment(
    controller: ControllerProcess, stage: Stage, webhook: Webhook
) -> None:
    """Refusals of any status, a webhook that is away, and a migration that does not end in time."""
    names = ("friday", "bug", "unasked", "slow-vm")
    stage.add_pods(*(stage.pod(name, grace=5) for name in names))
    reasons = {
        "friday": "WebhookDenied",
        "bug": "WebhookDenied",
        "unasked": "WebhookFailed",
        "slow-vm": "Migrating",
    }
    pushed_back = refusals_held_against_the_server(controller)
    stage.send_spot(age=75)
    # A webhook that was slow to answer counts as away until the next try.
    told = stage.wait(lambda ni: all(_waiting(ni, n).get("reason") == reasons[n] for n in names))
    ended = stage.wait_phase("Drained", "Finished")

    found = {name: _waiting(told, name) for name in names}
    assert "not on a Friday" in found["friday"]["message"]
    assert "the guard has a bug" in found["bug"]["message"]
    assert "away.example.org" in found["unasked"]["message"]
    assert sorted(r.pod for r in stage.deletions()) == sorted(names)
    pods = ended["status"]["pods"]
    assert (pods["forced"], pods["killed"]) == (4, 0)
    # Every two seconds, and the machine that migrates every ten.
    assert all(gap >= 2 for gap in pauses(stage, "friday", 403))
    assert all(gap >= SLOW for gap in pauses(stage, "slow-vm"))
    # A webhook's error says nothing about the strength of the API server.
    assert refusals_held_against_the_server(controller) == pushed_back


def pauses(stage: Stage, pod: str, code: int = 429) -> list[float]:
    """List the seconds from each refusal with this code to the next eviction of the pod."""
    tries = [r for r in stage.evictions() if r.pod == pod]
    return [after.at - before.at for before, after in pairwise(tries) if before.code == code]


def refusals_held_against_the_server(controller: ControllerProcess) -> float:
    """Count the answers that slow all calls down; one that never came is no webhook's."""
    found = controller.metric("spotdrain_api_pushback_total")
    return found - controller.metric("spotdrain_api_pushback_total", code="none")


def _waiting(ni: Any, pod: str) -> dict[str, Any]:
    waiting = ni.get("status", {}).get("waiting", [])
    return next((w for w in waiting if w["pod"].endswith(f"/{pod}")), {})
