"""The leave of one voluntary drain, when it stops asking and asks again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from controller.domain.policy import RebalancePolicy
from controller.drain.plan import DrainPlan
from controller.drain.turns import HELD, Stand, Turn
from controller.engine.admission import Admission
from tests.builders import T0, interruption, node, rebalance_notice

if TYPE_CHECKING:
    from controller.engine.world import World

NO_WAIT = RebalancePolicy(wait_for_capacity=0.0)


class Turns:
    """Whose turn it is, as far as a drain is told; a test decides."""

    looks = 1

    def __init__(self) -> None:
        self.asking = False

    def enter(self, _name: str, _admission: Admission) -> None:
        """Note that it asks."""
        self.asking = True

    def leave(self, _name: str, _admission: Admission) -> None:
        """Note that it asks no more."""
        self.asking = False

    def stir(self) -> None:
        """Look when the test wants it."""


def test_a_turn_is_confirmed_anew_for_a_drain_that_has_stopped_asking() -> None:
    """A scheduled change came due and was put off: its place may be another node's by now."""
    turns, plan = Turns(), DrainPlan(())
    world = SimpleNamespace(turns=turns, clock=lambda: T0)
    admission = Admission(interruption(rebalance_notice()), cast("World", world), wake=lambda: None)
    admission.decide(Turn(Stand.HOLDS, HELD), look=1)
    assert not admission.told(stage=1)
    admission.decide(Turn(Stand.HOLDS, HELD, confirmed=True), look=2)

    admission.close()
    admission.ask(node(), plan, NO_WAIT, T0)
    assert (turns.asking, admission.leave.stand) == (True, Stand.HOLDS)

    admission.decide(Turn(Stand.HOLDS, HELD, confirmed=True), look=3)
    admission.ask(node(), plan, NO_WAIT, T0)
    assert (turns.asking, admission.leave.stand) == (False, Stand.DRAINS)
