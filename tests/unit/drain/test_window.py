"""How much time there is, worked out by hand for a notice at T0 = 1000 s."""

from __future__ import annotations

import pytest

from controller.drain.window import need
from tests.builders import T0, pod, window


def test_the_window_ends_the_reserve_before_the_deadline() -> None:
    assert window().end == T0 + 112
    assert window(reserve=20.0).end == T0 + 100


@pytest.mark.parametrize(
    ("left", "reserve"), [(120, 8), (40, 8), (30, 6), (15, 3), (10, 2), (5, 2)]
)
def test_a_late_notice_keeps_a_fifth_of_what_is_left_in_reserve_and_at_least_two_seconds(
    left: float, reserve: float
) -> None:
    assert window(deadline=T0 + left).end == T0 + left - reserve


def test_a_voluntary_drain_without_a_deadline_has_no_end() -> None:
    endless = window(deadline=None)
    assert endless.end is None
    assert endless.final_kill is None
    assert endless.last_safe(pod(), 60.0) is None
    assert endless.grace_at(pod(grace=3600), T0 + 5000) is None


@pytest.mark.parametrize(
    ("grace", "claims", "cap", "seconds"),
    [
        (30, False, 60.0, 33.0),
        (30, True, 60.0, 45.0),
        (60, False, 60.0, 63.0),
        (300, False, 60.0, 63.0),
        (300, True, 60.0, 75.0),
        (300, False, 20.0, 23.0),
        (0, False, 60.0, 3.0),
    ],
)
def test_a_pod_needs_its_capped_grace_and_three_seconds_and_twelve_for_a_volume(
    grace: int,
    claims: bool,
    cap: float,
    seconds: float,
) -> None:
    asked = pod(grace=grace, has_volume_claims=claims)
    assert need(asked, cap) == seconds
    assert window().last_safe(asked, cap) == T0 + 112 - seconds


@pytest.mark.parametrize(
    ("own", "at", "sent"),
    [
        (30, 0.0, None),  # fits: the pod's own
        (112, 0.0, None),
        (113, 0.0, 112),
        (300, 2.0, 110),  # 110 s are left
        (300, 2.5, 109),  # only whole seconds can be sent
        (30, 82.0, None),
        (30, 83.0, 29),
        (30, 111.5, 1),
        (30, 112.0, 1),
        (30, 500.0, 1),  # too late for anything but a second
        (1, 500.0, None),
        (0, 0.0, None),
        (0, 500.0, None),  # its own grace of 0 is never made longer
    ],
)
def test_the_grace_is_the_pods_own_or_what_is_left_and_never_zero(
    own: int, at: float, sent: int | None
) -> None:
    assert window().grace_at(pod(grace=own), T0 + at) == sent


def test_graces_that_outlast_the_deadline_are_cut_six_seconds_before_it() -> None:
    assert window().final_kill == T0 + 114
