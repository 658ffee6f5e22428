"""A notice as it is written into a NodeInterruption, and read back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.notice import Kind, LifecycleHook, Notice
from controller.domain.notice_entry import clamp_deadline, notice_from, notice_to, with_timeout
from tests.builders import INSTANCE, T0, hook_notice, rebalance_notice, spot_notice

WRITTEN: dict[str, Any] = {
    "id": "spot-1000.0",
    "kind": "SpotInterruption",
    "time": "1970-01-01T00:16:40Z",
    "source": "eventbridge",
    "deadline": "1970-01-01T00:18:40Z",
    "instanceAction": "terminate",
}


@pytest.mark.parametrize(
    ("deadline", "received", "bounded"),
    [
        (None, T0, None),
        (T0 + 120, T0, T0 + 120),
        (T0 + 120, T0 + 40, T0 + 120),
        (T0 + 150, T0, T0 + 120),
        (T0 + 1, T0, T0 + 1),
        (T0 - 60, T0, T0 + 10),
    ],
)
def test_a_deadline_is_bounded_by_the_moment_of_receipt(
    deadline: float | None, received: float, bounded: float | None
) -> None:
    notice = spot_notice(deadline=deadline, action="stop", source="asg")
    assert clamp_deadline(notice, received) == replace(notice, deadline=bounded)


def test_a_notice_is_written_and_read_back() -> None:
    notice = spot_notice(action="terminate")
    assert notice_to(notice) == WRITTEN
    assert notice_from(WRITTEN, INSTANCE) == notice


def test_what_a_notice_lacks_is_left_out() -> None:
    assert notice_to(rebalance_notice(id="r", source="manual")) == {
        "id": "r",
        "kind": "Rebalance",
        "time": "1970-01-01T00:16:40Z",
        "source": "manual",
    }


def test_a_deadline_left_out_by_hand_is_two_minutes_after_the_notice() -> None:
    entry = {"id": "drill", "kind": "SpotInterruption", "time": "1970-01-01T00:16:40Z"}
    read = notice_from(entry, INSTANCE)
    assert read == spot_notice(id="drill", source="")
    entry["kind"] = "Rebalance"
    assert notice_from(entry, INSTANCE) == rebalance_notice(id="drill", source="")


@pytest.mark.parametrize("change", [{"kind": "Earthquake"}, {"kind": None}, {"time": "tomorrow"}])
def test_a_notice_of_another_version_is_left_out(change: dict[str, Any]) -> None:
    assert notice_from(WRITTEN | change, INSTANCE) is None


@pytest.mark.parametrize("kind", list(Kind))
def test_only_a_notice_of_two_minutes_is_bounded_to_two_minutes(kind: Kind) -> None:
    weeks = Notice("n", kind, INSTANCE, T0, T0 + 1_209_600)
    bounded = kind in {Kind.SPOT_INTERRUPTION, Kind.CAPACITY_RESERVATION}
    assert clamp_deadline(weeks, T0).deadline == (T0 + 120 if bounded else weeks.deadline)


_NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
_HOOKS = st.builds(
    LifecycleHook,
    group=_NAMES,
    name=_NAMES,
    token=st.just("") | _NAMES,
    origin=st.sampled_from(["", "AutoScalingGroup"]),
    destination=st.sampled_from(["", "EC2", "WarmPool"]),
)
_MOMENTS = st.integers(0, 253_402_300_799).map(float)


@given(
    st.builds(
        Notice,
        id=_NAMES,
        kind=st.sampled_from(Kind),
        instance_id=st.just(INSTANCE),
        time=_MOMENTS,
        deadline=_MOMENTS,
        action=st.just("") | _NAMES,
        source=_NAMES,
        subject=st.just("") | _NAMES,
        withdrawn=st.booleans(),
        hook=st.none() | _HOOKS,
    )
)
def test_whatever_a_notice_says_survives_being_written_down(notice: Notice) -> None:
    assert notice_from(notice_to(notice), INSTANCE) == notice


def test_a_hook_is_written_with_what_the_group_told() -> None:
    hook = LifecycleHook("asg", "drain", "t" * 36, "AutoScalingGroup", "EC2")
    entry = notice_to(Notice("h", Kind.LIFECYCLE_TERMINATION, INSTANCE, T0, hook=hook))
    assert entry["lifecycleHook"] == {
        "group": "asg",
        "hook": "drain",
        "token": "t" * 36,
        "origin": "AutoScalingGroup",
        "destination": "EC2",
    }


def test_a_hook_written_by_hand_without_its_name_is_none() -> None:
    entry = {"id": "h", "kind": "LifecycleTermination", "time": "1970-01-01T00:16:40Z"}
    for hook in ({"group": "asg"}, {"hook": "drain"}, None):
        read = notice_from({**entry, "lifecycleHook": hook}, INSTANCE)
        assert read is not None
        assert read.hook is None


def test_kinds_know_whether_they_may_wait_and_their_metric_label() -> None:
    assert [kind for kind in Kind if kind.voluntary] == [Kind.REBALANCE]
    assert [kind.label for kind in Kind] == [
        "spot_interruption",
        "capacity_reservation",
        "state_change",
        "lifecycle_termination",
        "scheduled_change",
        "rebalance",
    ]


def test_a_lifecycle_termination_has_the_policys_time_from_when_it_was_sent() -> None:
    sent = hook_notice(T0, deadline=None)
    assert with_timeout(sent, 600.0).deadline == T0 + 600
    assert with_timeout(hook_notice(T0), 600.0).deadline == T0 + 900
    assert with_timeout(rebalance_notice(), 600.0).deadline is None
    assert with_timeout(spot_notice(T0), 600.0).deadline == T0 + 120
