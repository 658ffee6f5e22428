"""Which calls one step of a plan makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.verdict import Verdict
from controller.drain.answer import Answer, Outcome
from controller.drain.plan import Call, Step
from controller.engine.asking import make_call
from tests.builders import T0, pod

if TYPE_CHECKING:
    from controller.domain.pod import PodFacts

DONE = Answer(Outcome.ACCEPTED, 200, Verdict("Accepted", "accepted"))


class Calls:
    """Stands for the API server's pods: notes what is asked of it, and says yes."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.said = ""

    async def evict(self, asked: PodFacts, grace: int | None) -> Answer:
        """Take an eviction."""
        self.made.append("evict")
        return DONE

    async def delete(self, asked: PodFacts, grace: int | None) -> Answer:
        """Take a deletion."""
        self.made.append("delete")
        return DONE

    async def mark_disrupted(self, asked: PodFacts, message: str, now: float) -> None:
        """Take a mark."""
        self.made.append("mark")
        self.said = message


@pytest.mark.parametrize(
    ("owner", "calls"),
    [
        ("Job", ["mark", "delete"]),
        ("Workflow", ["mark", "delete"]),
        ("", ["mark", "delete"]),
        ("ReplicaSet", ["delete"]),
        ("StatefulSet", ["delete"]),
    ],
)
async def test_only_those_who_may_read_the_mark_get_it(owner: str, calls: list[str]) -> None:
    pods: Any = Calls()
    await make_call(pods, Step(pod(owner_kind=owner), Call.DELETE, T0), T0)
    assert pods.made == calls


async def test_the_mark_says_what_really_stood_in_the_way() -> None:
    pods: Any = Calls()
    webhook = Verdict("WebhookDenied", "denied by policy.example.com")
    await make_call(pods, Step(pod(owner_kind="Job"), Call.DELETE, T0, overrides=webhook), T0)
    assert "denied by policy.example.com" in pods.said
    assert "PodDisruptionBudget" not in pods.said
