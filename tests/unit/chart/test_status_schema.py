"""NodeInterruption's status has exactly the fields that the code writes."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.budget import BudgetFacts
from controller.domain.interruption import Interruption, Phase
from controller.domain.notice import Kind, Notice
from controller.domain.pod import PodFacts
from controller.domain.selector import Selector
from controller.domain.verdict import Verdict
from controller.drain.coverage import Budgets
from controller.drain.history import Passage
from controller.drain.plan import Situation
from controller.drain.planner import plan
from controller.drain.progress import Progress
from controller.drain.report import status_of
from controller.drain.turns import Leave, Stand
from controller.drain.window import Window

NOTICE = Notice("a", Kind.SPOT_INTERRUPTION, "i-0123456789abcdef0", 1000.0, 1120.0)
RECORD = Interruption(NOTICE.instance_id, "node", "uid", (NOTICE,), started_at=1100.0)
POD = PodFacts("shop", "cart-0", "p1", "node")
TWICE = PodFacts("mail", "smtp-0", "p2", "node")
PASSAGE = Passage(
    POD.key,
    POD.uid,
    0,
    1002.0,
    1003.0,
    1004.0,
    forced=True,
    grace=30,
    reason="DisruptionBudget",
    owner="StatefulSet/cart",
    treated="Normal",
    budget="shop/cart",
    planned_at=1002.0,
    planned_call="Evict",
    overrode="DisruptionBudget: no room",
    truncated=True,
)


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """Write a status in which every optional field is filled."""
    guards = [("shop", "cart"), ("mail", "one"), ("mail", "other")]
    budgets = Budgets([BudgetFacts(*guard, selector=Selector()) for guard in guards])
    drain = plan(Situation((POD, TWICE), Window(1001.0, 1120.0), budgets), 1002.0)
    progress = Progress(
        RECORD,
        Phase.FINISHED,
        policy="batch",
        pool="m5.large/us-east-1a",
        passages={POD.uid: PASSAGE},
        plan=drain,
        fenced=Verdict("Fenced", "closed to new pods"),
        admitted=Leave(Stand.DRAINS, Verdict("Admitted", "its turn has come")),
        volumes=("vol-1",),
        outcome="Drained",
        finished_at=1010.0,
    )
    return status_of(progress, 1010.0)


@pytest.fixture(scope="module")
def schema(interruption_schema: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = interruption_schema["properties"]["status"]["properties"]
    return fields


def test_the_status_has_every_field_of_the_schema_and_no_other(
    written: dict[str, Any], schema: dict[str, Any]
) -> None:
    # What no drain writes: the one comes with an event of its own, the other with Auto Scaling.
    assert {*written, "terminatedAt", "completedHooks"} == set(schema)
    assert set(written["pods"]) == set(schema["pods"]["properties"])


@pytest.mark.parametrize("name", ["waiting", "timeline"])
def test_a_pods_entry_has_every_field_of_the_schema_and_no_other(
    written: dict[str, Any], schema: dict[str, Any], name: str
) -> None:
    assert set().union(*written[name]) == set(schema[name]["items"]["properties"])


def test_the_conditions_are_those_that_the_schema_speaks_of(
    written: dict[str, Any], schema: dict[str, Any]
) -> None:
    types = [condition["type"] for condition in written["conditions"]]
    assert types == [
        "Fenced",
        "LateNotice",
        "Admitted",
        "Drained",
        "VolumesDetached",
        "DeadlineMet",
    ]
    assert all(kind in schema["conditions"]["description"] for kind in types)
