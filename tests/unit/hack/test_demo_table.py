"""The picture: rendered by rich, read as text."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from hack.demo.table import Frame, bar, picture
from hack.demo.views import Hold, NodeView, PodView

SENT = 1_000.0
PRIORITIES = (-10, 0, 1_000, 10_000, 2_000_000_000)


def pods(node: str, total: int, gone: int, stopping: int) -> tuple[PodView, ...]:
    """Return pods that were asked in their order; those that are gone come first."""
    asked = gone + stopping
    return tuple(
        PodView(
            f"shop/search-{node}-{number}",
            node,
            PRIORITIES[number * len(PRIORITIES) // total],
            asked=SENT + number if number < asked else None,
            accepted=SENT + number if number < asked else None,
            gone=SENT + 20 if number < gone else None,
            forced=number == asked - 1,
        )
        for number in range(total)
    )


def frame(width: int, height: int, now: float = SENT + 10) -> Frame:
    views = [
        NodeView(
            f"ip-10-0-0-{number}.ec2.internal",
            f"i-{number}",
            "m5.4xlarge/us-east-1a",
            "SpotInterruption",
            "Draining",
            deadline=SENT + 75,
            holds=(Hold("shop/cart-1", "Blocked", "shop/cart", SENT + 40),),
            pods=pods(str(number), 10, 4, 2),
        )
        for number in range(5)
    ]
    fenced = NodeView(
        "ip-10-0-9-9.ec2.internal",
        "i-9",
        "r5.4xlarge/us-east-1b",
        "Rebalance",
        "Fenced",
        message="closed to new pods",
    )
    return Frame([*views, fenced], now, SENT, SENT + 75, width, height)


def drawn(shown: Frame) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=shown.width, height=shown.height).print(picture(shown))
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_a_wide_picture_tells_everything_about_a_node() -> None:
    lines = drawn(frame(160, 45))
    (row,) = [line for line in lines if "ip-10-0-0-3 " in line]
    for word in (
        "m5.4xlarge/us-east-1a",
        "SpotInterruption",
        "Draining",
        "65 s",
        "█████▓▓▓░░░░░░ 4/10",
        "budget shop/cart holds cart-1 (30 s at most)",
    ):
        assert word in row
    (fenced,) = [line for line in lines if "ip-10-0-9-9" in line]
    assert "closed to new pods" in fenced
    assert "EC2 takes the pool in 65 s" in lines[0]


def test_priorities_are_listed_from_the_lowest_with_their_first_request() -> None:
    lines = drawn(frame(160, 45))
    rows = [
        line.split() for line in lines if line.split() and line.split()[0].lstrip("-").isdigit()
    ]
    assert [int(row[0]) for row in rows] == sorted(PRIORITIES)
    assert [" ".join(row[-2:])[-5:].split()[-1] for row in rows] == [
        "10/10",
        "10/10",
        "0/10",
        "0/10",
        "0/10",
    ]
    assert "+0.00 s" in " ".join(rows[0])
    assert "not yet" in " ".join(rows[3])


def test_the_latest_evictions_come_first_and_a_forced_one_is_marked() -> None:
    lines = drawn(frame(160, 45))
    below = lines[lines.index("latest evictions") + 1 :]
    assert below[0].startswith("  +5.00 s  shop/search-")
    assert below[0].endswith("past its budget, at its last safe moment")
    assert not below[5].endswith("last safe moment")


@pytest.mark.parametrize("size", [(160, 45), (120, 30), (100, 24), (80, 24)])
def test_a_picture_fits_its_terminal(size: tuple[int, int]) -> None:
    lines = drawn(frame(*size))
    assert len(lines) < size[1]
    assert all(len(line) <= size[0] for line in lines)
    assert sum("Draining" in line for line in lines) == 5


def test_after_the_deadline_no_seconds_are_left() -> None:
    lines = drawn(frame(160, 45, now=SENT + 80))
    assert "EC2 has taken the pool" in lines[0]
    assert sum(" 0 s " in line for line in lines) == 5


def test_a_bar_is_always_as_long_as_it_should_be() -> None:
    for total in range(1, 30):
        for gone in range(total + 1):
            text = bar(pods("n", total, gone, total - gone), 14).plain
            assert len(text) == 14 + len(f" {gone}/{total}")
    assert bar((), 14).plain == ""
