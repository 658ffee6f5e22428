"""Budgets that never have room by themselves: their pods are not asked about until that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hack.pods import UNREADY
from tests.integration.cases import budgets

if TYPE_CHECKING:
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage


def test_t21_t23_t24_a_budget_without_hope_is_not_asked_until_it_has_some(
    stage: Stage, controller: ControllerProcess
) -> None:
    """One counts no pods and is edited; one has no pod ready, and then its pod is."""
    stage.add_pods(
        stage.pod("uncounted", labels={"by": "uncounted"}),
        stage.pod("unready", labels={"by": "unready"}, annotations={UNREADY: "true"}),
    )
    select = {name: {"matchLabels": {"by": name}} for name in ("uncounted", "unready")}
    budgets.make(stage, "uncounted", maxUnavailable=1, selector=select["uncounted"])
    budgets.make(stage, "unready", minAvailable=0, selector=select["unready"])

    stage.send_spot()
    reasons = {
        "uncounted": "DisruptionBudgetCountsNoPods",
        "unready": "DisruptionBudgetHoldsUnready",
    }
    stage.wait(lambda ni: _reasons(ni) == reasons)
    assert stage.evictions() == []

    namespace = f"--namespace={stage.namespace}"
    stage.cluster.kubectl("annotate", "pod/unready", namespace, f"{UNREADY}-")
    stage.wait(lambda ni: ni["status"]["pods"]["gone"] == 1)
    # Nothing happens any more; only the budget itself can tell.
    budgets.edit(stage, "uncounted", maxUnavailable=None, minAvailable=0)
    stage.wait_phase("Drained")

    assert {r.pod for r in stage.evictions() if r.code == 201} == {"uncounted", "unready"}
    assert stage.deletions() == []


def _reasons(ni: Any) -> dict[str, str]:
    waiting = ni.get("status", {}).get("waiting", [])
    return {w["pod"].split("/")[1]: w["reason"] for w in waiting}
