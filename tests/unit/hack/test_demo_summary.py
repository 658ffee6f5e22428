"""The summary claims only what the evidence holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.samples import Sample

from hack.demo.summary import Evidence, budgets, failed, findings, order
from hack.demo.views import NodeView
from hack.demo.witness import Passage, Subject

if TYPE_CHECKING:
    from hack.demo.summary import Finding

SENT, DEADLINE = 1_000.0, 1_075.0


def passage(priority: int = 0, asked: float | None = SENT + 1, **more: Any) -> Passage:
    """Return a pod of node-a that was evicted when it was asked and gone two seconds later."""
    subject = Subject(
        uid=more.pop("uid", "uid"),
        key=more.pop("key", "shop/cart-0"),
        node=more.pop("node", "node-a"),
        priority=priority,
        protected=more.pop("protected", False),
        budget=more.pop("budget", ""),
    )
    accepted = more.pop("accepted", asked)
    gone = more.pop("gone", None if accepted is None else accepted + 2)
    return Passage(subject, asked, accepted, gone=gone, **more)


def evidence(*passages: Passage, outcome: str = "Drained", **more: Any) -> Evidence:
    view = NodeView("node-a", "i-a", phase="Finished", outcome=outcome, deadline=DEADLINE)
    known: dict[str, Any] = {
        "passages": passages,
        "views": [view],
        "sent": {"node-a": SENT},
        "cordoned": {"node-a": SENT + 0.05},
        "deadline": DEADLINE,
        "peak_memory": 90 * 1024 * 1024,
        "samples": [],
    }
    return Evidence(**{**known, **more})


def found(title: str, shown: Evidence) -> Finding:
    (finding,) = [finding for finding in findings(shown) if finding.title == title]
    return finding


def test_an_ascending_order_is_told_with_how_many_pods_there_were() -> None:
    told = order([passage(1000, SENT + 3), passage(-10, SENT + 1), passage(-10, SENT + 2)])
    assert told.kept
    assert told.lines[1].split(maxsplit=1) == ["node-a", "-10 (2), 1000 (1)"]


def test_a_higher_priority_that_was_asked_first_is_not_hidden() -> None:
    told = order([passage(1000, SENT + 1), passage(-10, SENT + 2), passage(1000, SENT + 3)])
    assert told.kept is False
    assert "NOT always the lower one first" in told.lines[0]
    assert told.lines[1].endswith("1000 (1), -10 (1), 1000 (1)  NOT ascending")


def test_each_node_has_an_order_of_its_own() -> None:
    pods = [passage(5, SENT + 1, node="node-a"), passage(1, SENT + 2, node="node-b")]
    assert order(pods).kept


def test_a_pod_that_stands_in_line_at_its_budget_is_waited_for_by_nobody() -> None:
    in_line = passage(-10, SENT + 9, budget="shop/cart")
    assert order([passage(1000, SENT + 1), in_line]).kept


def test_a_do_not_disrupt_pod_is_late_on_purpose() -> None:
    late = passage(-10, SENT + 44, protected=True, key="batch/training-x")
    told = evidence(passage(1000, SENT + 1), late)
    assert order(told.passages).kept
    (line,) = found("do-not-disrupt", told).lines
    assert line.split(maxsplit=1) == [
        "batch/training-x",
        "ran on for 44 s, told to stop 31 s before the deadline",
    ]


@pytest.mark.parametrize(
    ("pods", "said"),
    [
        ([(1, 1, False), (1.5, 1.5, False)], "2 moved"),
        ([(1, 1, False), (1, 12, False)], "2 moved, the last after 11 s"),
        (
            [(2, 54, True)],
            "1 overridden after 52 s, at the last safe moment (21 s before the deadline)",
        ),
        (
            [(1, 1, False), (2, 55, True)],
            "1 moved; 1 overridden after 54 s, at the last safe moment (20 s before the deadline)",
        ),
        ([(1, None, False)], "nobody left"),
    ],
)
def test_a_budget_is_told_by_who_moved_and_who_was_overridden(
    pods: list[tuple[float, float | None, bool]], said: str
) -> None:
    guarded = [
        passage(
            0,
            SENT + asked,
            accepted=None if accepted is None else SENT + accepted,
            overridden=overridden,
            budget="shop/cart",
        )
        for asked, accepted, overridden in pods
    ]
    (line,) = budgets(evidence(*guarded)).lines
    assert line.split(maxsplit=1) == ["shop/cart", said]


def test_everything_kept_fails_nothing() -> None:
    told = evidence(passage(), passage())
    assert not failed(findings(told))
    assert found("signals", told).lines == (
        "2 of 2 pods were told to stop; 0 were never signalled.",
    )
    assert found("deadlines", told).lines == (
        "1 of 1 nodes were empty in time; their outcomes: 1 Drained.",
        "The last of 2 pods was gone 72 s before the deadline.",
    )


@pytest.mark.parametrize(
    ("broken", "title"),
    [
        (evidence(passage(gone=DEADLINE + 1)), "deadlines"),
        (evidence(passage(gone=None)), "deadlines"),
        (evidence(passage(), outcome="DeadlineMissed"), "deadlines"),
        (evidence(passage(), views=[]), "deadlines"),
        (evidence(passage(), passage(asked=None, key="shop/forgotten")), "signals"),
        (evidence(passage(accepted=None, key="shop/forgotten")), "signals"),
    ],
)
def test_a_missed_deadline_and_a_pod_without_a_signal_fail(broken: Evidence, title: str) -> None:
    told = found(title, broken)
    assert told.kept is False
    assert failed(findings(broken))
    if title == "signals":
        assert "shop/forgotten" in told.lines


def test_an_order_that_was_not_kept_is_told_and_fails_nothing() -> None:
    """A window that is too short for order costs order, never a signal."""
    told = findings(evidence(passage(5, SENT + 1), passage(1, SENT + 2)))
    assert told[0].kept is False
    assert not failed(told)


def test_the_cordon_is_measured_from_the_sending() -> None:
    assert "median 50 ms, slowest 50 ms" in found("cordon", evidence(passage())).lines[0]
    forgotten = evidence(passage(), sent={"node-a": SENT, "node-b": SENT})
    assert found("cordon", forgotten).kept is False
    assert found("cordon", evidence(passage(), cordoned={})).lines == ("No node was cordoned.",)


def test_memory_and_chosen_metrics_are_told() -> None:
    samples = [
        Sample("spotdrain_pdb_overrides_total", {}, 1.0),
        Sample("spotdrain_eviction_requests_total", {"code": "429"}, 12.0),
        Sample("python_info", {}, 1.0),
    ]
    assert found("controller", evidence(passage(), samples=samples)).lines == (
        "The controller held 90 MiB at most (VmHWM).",
        "spotdrain_pdb_overrides_total 1",
        'spotdrain_eviction_requests_total{code="429"} 12',
    )
