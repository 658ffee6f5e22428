"""NodeInterruption on a real API server: what it takes, what it never lets go, what `get` shows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from controller.domain.budget import BudgetFacts
from controller.domain.interruption import DEFAULT_TTL, Interruption, Phase
from controller.domain.interruption_object import API_VERSION, interruption_from, manifest
from controller.domain.notice import Kind, Notice
from controller.domain.pod import PodFacts
from controller.domain.selector import Selector
from controller.domain.verdict import Verdict
from controller.drain.coverage import Budgets
from controller.drain.history import Passage, passage_of
from controller.drain.plan import Situation
from controller.drain.planner import plan
from controller.drain.progress import Progress
from controller.drain.report import status_of
from controller.drain.timeline import passages_from
from controller.drain.window import Window
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster

REFUSED = Path(__file__).resolve().parents[1] / "fixtures" / "crds" / "refused-interruptions.yaml"
TRY_OUT = ("create", "--dry-run=server", "--output=json", "--filename=-")
INSTANCE = "i-0123456789abcdef0"
NOTICE = Notice("5f0e", Kind.REBALANCE, INSTANCE, 1767323045.0, source="eventbridge")
POD = PodFacts("shop", "cart-0", "p1", "node", priority=1000, grace=30)
GONE = Passage("shop/web-0", "p0", 0, 1767323046.5, 1767323047.25, 1767323050.0, grace=30)


def status() -> dict[str, Any]:
    """Write what the code writes when one of two pods is gone and a budget blocks the other."""
    notice = replace(NOTICE, kind=Kind.SPOT_INTERRUPTION, deadline=NOTICE.time + 120)
    record = Interruption(INSTANCE, "node", "uid", (notice,), started_at=NOTICE.time)
    budgets = Budgets([BudgetFacts("shop", "cart", selector=Selector())])
    window = Window(NOTICE.time, notice.deadline)
    blocked = Situation((POD,), window, budgets, blocked_lanes=frozenset({"shop/cart"}))
    progress = Progress(
        record,
        Phase.DRAINING,
        policy="batch",
        pool="m5.large/us-east-1a",
        passages={GONE.uid: GONE, POD.uid: passage_of(POD)},
        plan=plan(blocked, NOTICE.time + 5),
        fenced=Verdict("Fenced", "closed to new pods"),
    )
    return status_of(progress, NOTICE.time + 5)


def interruption(name: str, spec: dict[str, Any]) -> str:
    about = {"apiVersion": API_VERSION, "kind": "NodeInterruption", "metadata": {"name": name}}
    return json.dumps({**about, "spec": spec})


@pytest.fixture
def stored(cluster: LocalCluster) -> Iterator[str]:
    """Create an interruption as the controller does, and remove it afterwards."""
    text = json.dumps(manifest(NOTICE, "ip-10-0-1-17.ec2.internal", "5b1f"))
    yield cluster.kubectl("create", "--filename=-", "--output=name", input=text).strip()
    cluster.kubectl("delete", "nodeinterruption", INSTANCE)


def patch(cluster: LocalCluster, name: str, body: dict[str, Any], *options: str) -> None:
    cluster.kubectl("patch", name, "--type=merge", f"--patch={json.dumps(body)}", *options)


def notices(cluster: LocalCluster, name: str) -> list[dict[str, Any]]:
    stored = json.loads(cluster.kubectl("get", name, "--output=json"))
    found: list[dict[str, Any]] = stored["spec"]["notices"]
    return found


def test_what_the_controller_writes_is_read_back_unchanged(
    cluster: LocalCluster, stored: str
) -> None:
    read = interruption_from(json.loads(cluster.kubectl("get", stored, "--output=json")))
    assert (read.name, read.ttl, read.notices) == (INSTANCE, DEFAULT_TTL, (NOTICE,))


def test_a_hand_written_one_needs_an_instance_and_a_notice_only(cluster: LocalCluster) -> None:
    notice = {"id": "drill", "kind": "SpotInterruption", "time": "2026-01-02T03:04:05.250Z"}
    text = interruption(INSTANCE, {"instanceID": INSTANCE, "notices": [notice]})
    accepted = json.loads(cluster.kubectl(*TRY_OUT, input=text))
    assert accepted["spec"]["ttlSecondsAfterFinished"] == DEFAULT_TTL
    assert accepted["spec"]["notices"] == [{**notice, "source": "manual"}]


@pytest.mark.parametrize(
    "case", yaml.safe_load(REFUSED.read_text()), ids=lambda case: case["words"][:60]
)
def test_a_bad_interruption_is_refused_with_what_to_change(
    cluster: LocalCluster, case: dict[str, Any]
) -> None:
    with pytest.raises(HackError) as refused:
        cluster.kubectl(*TRY_OUT, input=interruption(case["name"], case["spec"]))
    assert case["words"] in str(refused.value)


def test_notices_are_added_and_never_removed(cluster: LocalCluster, stored: str) -> None:
    first = notices(cluster, stored)
    second = {"id": "77ab", "kind": "SpotInterruption", "time": "2026-01-02T03:05:05Z"}
    patch(cluster, stored, {"spec": {"notices": [*first, second]}})
    with pytest.raises(HackError) as refused:
        patch(cluster, stored, {"spec": {"notices": [second]}})
    assert (
        "spec.notices: Invalid value: notices record what was announced, so they are added and"
        " never removed; keep every earlier entry"
    ) in str(refused.value)
    assert [notice["id"] for notice in notices(cluster, stored)] == ["5f0e", "77ab"]


def test_the_instance_never_changes(cluster: LocalCluster, stored: str) -> None:
    with pytest.raises(HackError) as refused:
        patch(cluster, stored, {"spec": {"instanceID": "i-0123456789abcdef1"}})
    assert (
        "the instance of a NodeInterruption does not change; create another NodeInterruption for"
        " another instance"
    ) in str(refused.value)


def test_fifty_notices_are_within_the_cost_limit_of_the_rules(
    cluster: LocalCluster, stored: str
) -> None:
    first = notices(cluster, stored)
    entry = {"kind": "Rebalance", "time": "2026-01-02T03:05:05Z"}
    full = [*first, *({"id": f"{n:0256}", **entry} for n in range(49))]
    patch(cluster, stored, {"spec": {"notices": full}})
    patch(cluster, stored, {"spec": {"notices": full[::-1]}})
    assert len(notices(cluster, stored)) == 50


def test_an_unknown_phase_is_refused(cluster: LocalCluster, stored: str) -> None:
    with pytest.raises(HackError, match=r'status\.phase: Unsupported value: "Dreaming"'):
        patch(cluster, stored, {"status": {"phase": "Dreaming"}}, "--subresource=status")


@pytest.fixture
def told(cluster: LocalCluster, stored: str) -> dict[str, Any]:
    """Write the status to the API server, and return it."""
    written = status()
    patch(cluster, stored, {"status": written}, "--subresource=status")
    return written


def test_the_status_that_the_code_writes_is_kept_as_it_is(
    cluster: LocalCluster, stored: str, told: dict[str, Any]
) -> None:
    kept = json.loads(cluster.kubectl("get", stored, "--output=json"))["status"]
    assert kept == {key: value for key, value in told.items() if value is not None}
    assert passages_from(kept["timeline"]) == {GONE.uid: GONE, POD.uid: passage_of(POD)}


def test_get_tells_what_is_going_on(cluster: LocalCluster, told: dict[str, Any]) -> None:
    rows = cluster.kubectl("get", "ni", INSTANCE).splitlines()
    shown = dict(zip(*(re.split(r"\s{2,}", row) for row in rows), strict=True))
    assert shown.pop("AGE")
    assert list(shown.items()) == [
        ("NAME", INSTANCE),
        ("NODE", "ip-10-0-1-17.ec2.internal"),
        ("KIND", "SpotInterruption"),
        ("PHASE", "Draining"),
        ("DEADLINE", "2026-01-02T03:06:05Z"),
        ("PODS", "1/2 gone"),
        ("BLOCKED", "1"),
        ("POLICY", "batch"),
        ("MESSAGE", told["message"]),
    ]


def test_wide_get_adds_pool_instance_and_outcome(
    cluster: LocalCluster, stored: str, told: dict[str, Any]
) -> None:
    patch(cluster, stored, {"status": {"outcome": "Drained"}}, "--subresource=status")
    rows = cluster.kubectl("get", "ni", INSTANCE, "--output=wide").splitlines()
    head, row = (re.split(r"\s{2,}", text)[-3:] for text in rows)
    assert head == ["POOL", "INSTANCE", "OUTCOME"]
    assert row == ["m5.large/us-east-1a", INSTANCE, "Drained"]


def test_both_kinds_are_listed_by_category(cluster: LocalCluster, stored: str) -> None:
    assert stored in cluster.kubectl("get", "spotdrain", "--output=name").split()
