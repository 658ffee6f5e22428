"""How far the drain of one interruption has come: what its status, its Events and its metrics tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.interruption import Interruption, Phase
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict
    from controller.drain.coexistence import Stance
    from controller.drain.history import Passage
    from controller.drain.plan import DrainPlan, Entry
    from controller.drain.turns import Leave


@dataclass(frozen=True, slots=True)
class Progress:
    """What a status is written from.

    `passages` are all pods ever seen on the node, by UID; `plan` is None before pods are known.
    `note` replaces the sentence where something other than pods is to be told. `admitted` is whether
    a voluntary drain may begin or what it waits for, None where nobody asks.
    `volumes` are those left on the node, None while that is not known. `stance` is what is left to
    Karpenter.
    """

    record: Interruption
    phase: Phase
    policy: str
    pool: str
    passages: Mapping[str, Passage] = field(default_factory=dict)
    plan: DrainPlan | None = None
    fenced: Verdict | None = None
    admitted: Leave | None = None
    stance: Stance | None = None
    volumes: tuple[str, ...] | None = None
    outcome: str = ""
    note: str = ""
    finished_at: Instant | None = None
    node_there: bool = True

    @property
    def left(self) -> list[Entry]:
        """The pods that the drain is not over without, the first to go first."""
        return [entry for entry in self.plan.entries if entry.left] if self.plan else []
