"""What PodDisruptionBudgets answer, each kind once, all on one node in its last 50 seconds.

Every pod has a grace of 5 s, so what no budget lets go is deleted 16 s before the end.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from controller.engine.lanes import MOST
from hack.pods import UNREADY
from tests.integration.cases import budgets
from tests.integration.cases.budgets import select
from tests.integration.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Request

LEFT = 50
STUCK = {"full", "twice", "bare", "left-over", "whole"}
"""The pods that no budget lets go before their last safe moment."""


@dataclass(frozen=True)
class Story:
    """What was seen of the drain: its status when all stuck pods had been asked, and its end."""

    stage: Stage
    other: Stage
    waiting: dict[str, dict[str, Any]]
    ended: dict[str, Any]
    requests: list[Request]

    def codes(self, pod: str, verb: str = "evict") -> list[int]:
        """List the answers to one kind of calls about a pod."""
        return [r.code for r in self.requests if r.pod == pod and r.verb == verb]

    def passage(self, pod: str) -> dict[str, Any]:
        """Find what became of a pod."""
        timeline = self.ended["status"]["timeline"]
        return next(p for p in timeline if p["pod"].endswith(f"/{pod}"))


@pytest.fixture(scope="module")
def story(cluster: LocalCluster, queue_url: str, controller: ControllerProcess) -> Iterator[Story]:
    """Drain the node once; the tests look at what happened to one kind of pod each."""
    names = [f"test-{secrets.token_hex(4)}" for _ in range(2)]
    for name in names:
        cluster.kubectl("create", "namespace", name)
    stage = Stage(cluster, names[0], queue_url)
    other = Stage(cluster, names[1], queue_url, instance_id=stage.instance_id)
    stage.add_node()
    stage.add_pods(
        stage.pod("free", grace=5, stop=3),
        *(stage.pod(name, grace=5, labels={"by": name}) for name in ("bare", "full", "twice")),
        stage.pod("first", grace=5, labels={"by": "pair"}),
        stage.pod(
            "left-over", grace=5, labels={"by": "pair"}, priority_class="system-node-critical"
        ),
    )
    other.add_pods(other.pod("whole", grace=5))
    budgets.make(stage, "full", minAvailable=1, selector=select(by="full"))
    budgets.make(stage, "one", minAvailable=0, selector=select(by="twice"))
    budgets.make(stage, "two", minAvailable=0, selector=select(by="twice"))
    budgets.make(stage, "bare", maxUnavailable=1, selector=select(by="bare"))
    budgets.make(stage, "pair", minAvailable=1, selector=select(by="pair"))
    budgets.make(other, "whole", minAvailable=1, selector={})
    yield _drained(stage, other)
    stage.remove()
    for name in names:
        cluster.kubectl("delete", "namespace", name, "--wait=false")


def _drained(stage: Stage, other: Stage) -> Story:
    stage.send_spot(age=120 - LEFT)

    def stuck(ni: Any) -> bool:
        waiting = ni.get("status", {}).get("waiting", [])
        return {w["pod"].split("/")[1] for w in waiting if w["state"] == "Blocked"} >= STUCK - {
            "left-over"
        }

    told = stage.wait(stuck)["status"]["waiting"]
    ended = stage.wait_phase("Drained", "Finished")
    requests = [*stage.requests(), *other.requests()]
    return Story(stage, other, {w["pod"].split("/")[1]: w for w in told}, ended, requests)


def test_t01_a_pod_without_a_budget_is_evicted_by_one_call_and_waited_for(story: Story) -> None:
    """Bare running pod, no budget: one 201; it counts as gone when its UID is, 3 s later."""
    assert story.codes("free") == [201]
    assert story.codes("free", "delete") == []
    passage = story.passage("free")
    assert passage["goneAt"] > passage["acceptedAt"]


def test_t02_a_budget_without_room_is_told_in_its_own_words_and_asked_once_a_second(
    story: Story,
) -> None:
    """Allowed 0: 429, `Blocked` with the server's cause; at most one call a second a budget."""
    told = story.waiting["full"]
    assert (told["state"], told["reason"]) == ("Blocked", "DisruptionBudget")
    assert "full needs 1 healthy pods and has 1 currently" in told["message"]
    tries = [r for r in story.requests if r.pod == "full" and r.verb == "evict"]
    assert {r.code for r in tries} == {429}
    assert 3 <= len(tries) <= tries[-1].at - tries[0].at + 2
    assert story.codes("full", "delete") == [200]


def test_t07_two_budgets_on_one_pod_are_both_named_and_it_is_deleted_in_time(story: Story) -> None:
    """Each would allow it, but the API server answers 500: so it is not even asked."""
    told = story.waiting["twice"]
    assert told["reason"] == "MultiplePodDisruptionBudgets"
    namespace = story.stage.namespace
    assert f"({namespace}/one, {namespace}/two)" in told["message"]
    assert story.codes("twice") == []
    assert story.codes("twice", "delete") == [200]


def test_t20_an_unready_pod_of_a_budget_with_always_allow_is_evicted_at_once(
    cluster: LocalCluster, story: Story, stage: Stage
) -> None:
    """AlwaysAllow, nobody healthy: 201 at once. With IfHealthyBudget it would be blocked."""
    stage.add_pods(
        stage.pod("allowed", grace=5, annotations={UNREADY: "true"}, labels={"by": "always"})
    )
    budgets.make(
        *(stage, "always"),
        minAvailable=1,
        unhealthyPodEvictionPolicy="AlwaysAllow",
        selector=select(by="always"),
    )
    stage.send_spot()
    stage.wait_phase("Drained")
    assert [(r.verb, r.code) for r in stage.requests()] == [("evict", 201)]


def test_t22_an_empty_selector_guards_the_whole_namespace_and_is_named(story: Story) -> None:
    """Selector {}: the status says which budget it is."""
    told = story.waiting["whole"]
    assert (told["state"], told["budget"]) == ("Blocked", f"{story.other.namespace}/whole")
    assert set(story.codes("whole")) == {429}
    assert story.codes("whole", "delete") == [200]


def test_t23_max_unavailable_on_a_bare_pod_never_has_room(story: Story) -> None:
    """Without a controller there is no number to count from: every eviction would be a 429.

    The budget's own status says so (it expects no pods), so the pod is not even asked.
    """
    told = story.waiting["bare"]
    assert (told["state"], told["budget"]) == ("Blocked", f"{story.stage.namespace}/bare")
    assert told["reason"] == "DisruptionBudgetCountsNoPods"
    assert story.codes("bare") == []
    assert story.codes("bare", "delete") == [200]


def test_what_is_left_of_a_pair_is_deleted_after_the_first_was_evicted(story: Story) -> None:
    """One may go, the other is system-critical and last: no second 201 from a budget for one."""
    assert story.codes("first").count(201) == 1
    assert 201 not in story.codes("left-over")
    assert story.codes("left-over", "delete") == [200]
    assert story.ended["status"]["pods"]["killed"] == 0


def test_t03_the_second_of_two_is_evicted_when_its_budget_has_room_again(
    controller: ControllerProcess, stage: Stage
) -> None:
    """Allowed 1, two pods: one 201, then 429 once a second until there is room; no deletion.

    How many refusals there are is a matter of when the disruption controller has seen the edit.
    """
    stage.add_pods(*(stage.pod(name, grace=5, labels={"by": "pair"}) for name in ("a", "b")))
    budgets.make(stage, "pair", minAvailable=1, selector=select(by="pair"))
    stage.send_spot()
    stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 1)
    budgets.edit(stage, "pair", minAvailable=0)
    stage.wait_phase("Drained")

    tries = stage.evictions()
    codes = [r.code for r in tries]
    assert codes.count(201) == 2
    assert set(codes[1:-1]) == {429}
    assert len(codes) <= tries[-1].at - tries[0].at + 3
    assert stage.deletions() == []


def test_t13_thirty_pods_of_one_budget_are_evicted_by_a_few_at_a_time(
    controller: ControllerProcess, stage: Stage
) -> None:
    """All at once they would meet on the budget's optimistic lock, and wait 500 ms a conflict."""
    names = [f"pod-{n}" for n in range(30)]
    stage.add_pods(*(stage.pod(name, grace=5, labels={"by": "all"}) for name in names))
    budgets.make(stage, "all", minAvailable=0, selector=select(by="all"))
    stage.send_spot()
    stage.wait_phase("Drained")

    assert [r.code for r in stage.evictions()] == [201] * 30
    spans = _spans(stage)
    assert max(sum(b <= began < e for b, e in spans) for began, _ in spans) <= MOST


def test_t24_a_budget_that_comes_goes_or_changes_is_used_by_the_next_decision(
    controller: ControllerProcess, stage: Stage
) -> None:
    """Three pods under budgets: one is deleted, one edited; the third gets its budget meanwhile."""
    protect = {"karpenter.sh/do-not-disrupt": "true"}
    stage.add_pods(
        stage.pod("freed", grace=5, labels={"by": "goes"}),
        stage.pod("eased", grace=5, labels={"by": "changes"}),
        stage.pod("late", grace=5, labels={"by": "comes"}, annotations=protect),
    )
    budgets.make(stage, "goes", minAvailable=1, selector=select(by="goes"))
    budgets.make(stage, "changes", minAvailable=1, selector=select(by="changes"))
    stage.send_spot(age=70)
    stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 2)
    budgets.make(stage, "comes", minAvailable=1, selector=select(by="comes"))
    stage.cluster.kubectl("delete", "pdb", "goes", f"--namespace={stage.namespace}")
    budgets.edit(stage, "changes", minAvailable=0)
    guarded = stage.wait(
        lambda ni: (
            [w.get("budget") for w in ni["status"]["waiting"]] == [f"{stage.namespace}/comes"]
        )
    )
    ended = stage.wait_phase("Drained", "Finished")

    assert guarded["status"]["pods"]["evicted"] == 2
    last = {r.pod: (r.verb, r.code) for r in stage.requests()}
    assert last == {"freed": ("evict", 201), "eased": ("evict", 201), "late": ("delete", 200)}
    assert ended["status"]["pods"]["forced"] == 1


def _spans(stage: Stage) -> list[tuple[str, str]]:
    """List from when to when the API server worked on each eviction."""
    return sorted(
        (entry["requestReceivedTimestamp"], entry["stageTimestamp"])
        for entry in stage.cluster.audit()
        if (entry.get("objectRef") or {}).get("namespace") == stage.namespace
        and entry["objectRef"].get("subresource") == "eviction"
    )
