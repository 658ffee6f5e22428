"""The largest status that a drain can have to tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.history import attempted, foreseen, passage_of
from controller.drain.planner import plan
from controller.drain.progress import Progress
from controller.drain.report import status_of
from controller.drain.turns import Leave, Stand
from tests.builders import T0, budget, interruption, pod, situation

if TYPE_CHECKING:
    from controller.domain.interruption import Phase

PODS = 250
"""As many as the largest instance types run on EKS:
https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html"""


def full_status(phase: Phase, refusal: Verdict) -> dict[str, Any]:
    """Write the status of a node full of pods with the longest names, all refused and forced."""
    space = "n" * 63
    pods = [
        pod(
            f"{number:0253}",
            app="a",
            namespace=space,
            uid=f"{number:036}",
            priority=2_000_001_000,
            owner_kind="StatefulSet",
            owner_name="o" * 253,
        )
        for number in range(PODS)
    ]
    refused = Attempt(requested_at=T0, refused=refusal)
    forced = Attempt(accepted_at=T0 + 5, forced=True, grace=3, overrode=refusal)
    drain = plan(
        replace(
            situation(*pods, budgets=[budget("b" * 253, app="a", namespace=space)]),
            attempts={p.uid: refused for p in pods},
        ),
        T0,
    )
    passages = {
        e.pod.uid: attempted(attempted(foreseen(passage_of(e.pod), e), refused), forced)
        for e in drain.entries
    }
    progress = Progress(
        interruption(started_at=T0 + 70),
        phase,
        "p" * 253,
        "t" * 127,
        passages={uid: replace(p, gone_at=T0 + 9) for uid, p in passages.items()},
        plan=drain,
        fenced=Verdict("NotFenced", refusal.message),
        admitted=Leave(Stand.WAITS, Verdict("NodeBudget", refusal.message)),
        volumes=tuple(f"kubernetes.io/csi/ebs.csi.aws.com^vol-{n:0450}" for n in range(40)),
        outcome="DeadlineMissed" if phase.over else "",
        note=refusal.message,
        finished_at=T0 + 130,
    )
    return status_of(progress, T0 + 130)
