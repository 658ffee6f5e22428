"""What the demo reads out of a NodeInterruption, and the plain lines it prints."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.times import parse_rfc3339
from hack.demo.screen import PlainScreen, is_live
from hack.demo.views import NodeView, holding, view_of

NODE = "ip-172-25-22-94.ec2.internal"


def at(clock: str) -> float:
    instant = parse_rfc3339(f"2026-01-02T{clock}Z")
    assert instant is not None
    return instant


def interruption(**status: Any) -> dict[str, Any]:
    spec = {"instanceID": "i-0123456789abcdef0", "nodeName": NODE}
    return {"metadata": {"name": "i-0123456789abcdef0"}, "spec": spec, "status": status}


def waiting(pod: str, state: str, **more: str) -> dict[str, Any]:
    return {"pod": pod, "state": state, **more}


DRAINING = interruption(
    phase="Draining",
    pool="m5.4xlarge/us-east-1a",
    kind="SpotInterruption",
    deadline="2026-01-02T03:05:00Z",
    message="2 of 3 pods left",
    waiting=[
        waiting("shop/cart-0", "Blocked", budget="shop/cart", lastSafe="2026-01-02T03:04:30Z"),
        waiting("batch/training-x", "Protected", lastSafe="2026-01-02T03:04:20Z"),
        waiting("kube-system/coredns-x", "Waiting", lastSafe="2026-01-02T03:04:40Z"),
        waiting("shop/search-x", "Stopping"),
    ],
    timeline=[
        {
            "pod": "shop/search-x",
            "uid": "1",
            "priority": 1000,
            "requestedAt": "2026-01-02T03:04:00.5Z",
            "acceptedAt": "2026-01-02T03:04:01Z",
        },
        {"pod": "shop/gone", "uid": "2", "goneAt": "2026-01-02T03:04:09Z", "forced": True},
    ],
)


def test_an_interruption_without_a_status_is_pending() -> None:
    fresh = interruption()
    del fresh["status"]
    view = view_of(fresh)
    assert (view.phase, view.message, view.deadline, view.pods) == ("Pending", "", None, ())
    assert view.short_name == "ip-172-25-22-94"
    assert not view.over


def test_the_timeline_tells_who_was_asked_and_who_is_gone() -> None:
    view = view_of(DRAINING)
    search, gone = view.pods
    assert (search.asked, search.accepted) == (at("03:04:00.5"), at("03:04:01"))
    assert search.stopping
    assert gone.forced
    assert not gone.stopping
    assert view.gone == 1


def test_what_holds_a_node_is_told_with_the_seconds_left_or_by_the_clock() -> None:
    view = view_of(DRAINING)
    assert holding(view, at("03:04:10")) == (
        "budget shop/cart holds cart-0 (20 s at most), 1 do-not-disrupt (10 s at most),"
        " 1 waiting for lower priorities, 1 stopping"
    )
    assert "cart-0 (till 03:04:30Z at most)" in holding(view)


def test_seconds_never_run_below_zero() -> None:
    assert "cart-0 (0 s at most)" in holding(view_of(DRAINING), at("03:04:59"))


def test_pods_of_one_budget_are_counted_and_the_first_moment_is_told() -> None:
    moments = ("2026-01-02T03:04:50Z", "2026-01-02T03:04:30Z")
    both = [waiting(f"a/b-{m}", "Blocked", budget="a/b", lastSafe=m) for m in moments]
    view = view_of(interruption(phase="Draining", waiting=both))
    assert holding(view) == "budget a/b holds 2 pods (till 03:04:30Z at most)"


@pytest.mark.parametrize("phase", ["Fenced", "Drained", "Finished"])
def test_where_nothing_waits_the_controllers_own_sentence_is_shown(phase: str) -> None:
    view = view_of(interruption(phase=phase, message="all 3 pods are gone"))
    assert holding(view, 0) == "all 3 pods are gone"
    assert view.over == (phase == "Finished")


def test_a_log_gets_a_line_for_a_change_and_none_for_a_second_or_a_count() -> None:
    screen = PlainScreen()
    draining = view_of(DRAINING)
    fewer = view_of(
        {**DRAINING, "status": {**DRAINING["status"], "waiting": DRAINING["status"]["waiting"][:3]}}
    )
    drained = view_of(interruption(phase="Drained", message="all 2 pods are gone"))

    (line,) = screen.changes([draining], at("03:04:10"))
    assert line.startswith("03:04:10Z  ip-172-25-22-94     Draining  1/2 gone  budget shop/cart")
    assert list(screen.changes([draining], at("03:04:11"))) == []
    assert list(screen.changes([fewer], at("03:04:12"))) == []
    (line,) = screen.changes([drained], at("03:04:13"))
    assert line == "03:04:13Z  ip-172-25-22-94     Drained   all 2 pods are gone"


def test_a_log_is_silent_before_the_controller_has_said_anything() -> None:
    assert list(PlainScreen().changes([NodeView(NODE, "i-0")], 0)) == []


@pytest.mark.parametrize(
    ("terminal", "environment", "live"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_a_picture_is_drawn_only_in_a_terminal_that_wants_one(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, terminal: bool, live: bool
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_live() is live
