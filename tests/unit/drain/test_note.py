"""Why nothing is done, yet or any more, in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.interruption import Phase
from controller.domain.policy import Action
from controller.domain.verdict import Verdict
from controller.drain.life import Stand
from controller.drain.note import Scene, note_of
from controller.drain.turns import ASKS
from tests.builders import T0, interruption, rebalance_notice, scheduled_notice

LEAD = 1800.0
AHEAD = interruption(scheduled_notice(T0 + 86_400)).seen(T0, LEAD, 7200)
REBOOT = "reboot of the instance is scheduled for 1970-01-02 00:16Z"


def note(**fields: Any) -> str:
    given: dict[str, Any] = {
        "record": interruption(),
        "stand": Stand(Phase.DRAINING),
        "action": Action.DRAIN,
        "lead": LEAD,
        "expiry": 7200.0,
        "rehearsed": False,
    }
    return note_of(Scene(**(given | fields)))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({}, "", id="the-pods-tell"),
        pytest.param(
            {"stand": Stand(Phase.CANCELLED, "Withdrawn")},
            "what was announced has been taken back; the node is open",
            id="taken-back",
        ),
        pytest.param(
            {"stand": Stand(Phase.CANCELLED, "Uncordoned")},
            "somebody else uncordoned the node; it is left to them, and pods stay",
            id="uncordoned",
        ),
        pytest.param(
            {
                "record": interruption(rebalance_notice(), scheduled_notice(T0 + 86_400)).seen(
                    T0, LEAD, 7200
                ),
                "stand": Stand(Phase.CANCELLED, "Uncordoned"),
            },
            "somebody else uncordoned the node; it is left to them, and pods stay until the "
            "reboot of the instance that is scheduled for 1970-01-02 00:16Z",
            id="uncordoned-before-a-change",
        ),
        pytest.param(
            {"rehearsed": True, "action": Action.OBSERVE},
            "dry run: the policy says Observe, nothing would be done",
            id="dry-run",
        ),
        pytest.param(
            {
                "record": interruption(rebalance_notice()),
                "stand": Stand(Phase.FENCED),
                "waits_for": ASKS,
            },
            "closed to new pods; waits to hear whose turn it is",
            id="waits-for-its-turn",
        ),
        pytest.param(
            {"stand": Stand(Phase.FENCED)},
            "closed to new pods; its pods are being looked at",
            id="pods-not-known-yet",
        ),
        pytest.param(
            {"stand": Stand(Phase.FENCED), "action": Action.CORDON},
            "",
            id="not-drained-by-the-policy",
        ),
        pytest.param(
            {
                "record": interruption(rebalance_notice()),
                "stand": Stand(Phase.FENCED),
                "action": Action.CORDON,
            },
            "closed to new pods; the policy does not drain it;"
            " opened again at 1970-01-01 02:16Z unless a notice follows",
            id="closed-for-a-recommendation",
        ),
        pytest.param(
            {"action": Action.OBSERVE}, "the policy says Observe: nothing is done", id="observe"
        ),
        pytest.param(
            {"record": AHEAD, "stand": Stand(Phase.PENDING)},
            f"{REBOOT}; the node is drained from 1970-01-01 23:46Z",
            id="days-ahead",
        ),
        pytest.param(
            {"record": AHEAD, "stand": Stand(Phase.PENDING), "rehearsed": True},
            f"{REBOOT}; the node would be drained from 1970-01-01 23:46Z",
            id="days-ahead-in-dry-run",
        ),
        pytest.param(
            {"record": AHEAD, "stand": Stand(Phase.PENDING), "action": Action.CORDON},
            f"{REBOOT}; the node is closed to new pods from 1970-01-01 23:46Z",
            id="days-ahead-cordon",
        ),
        pytest.param(
            {"record": AHEAD, "stand": Stand(Phase.PENDING), "action": Action.OBSERVE},
            f"{REBOOT}; the policy says Observe: nothing will be done",
            id="days-ahead-observe",
        ),
        pytest.param(
            {"record": AHEAD, "stand": Stand(Phase.FINISHED, "NodeRemoved")},
            f"{REBOOT}; the node went before that",
            id="days-ahead-and-gone",
        ),
    ],
)
def test_each_has_its_sentence(fields: dict[str, Any], words: str) -> None:
    assert note(**fields) == words


def test_what_it_waits_for_is_told_only_while_it_waits() -> None:
    assert note(waits_for=Verdict("NodeBudget", "the budget is spent")) == ""
