"""A status is bounded in bytes: what is left out first, and what stays."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.interruption import Phase
from controller.domain.verdict import Verdict
from controller.drain.bounding import MAX_BYTES, bounded, size_of
from tests.worst_case import full_status


def status(**sizes: int) -> dict[str, Any]:
    return {
        "message": "m",
        "waiting": [{"pod": f"p{n}", "message": "w" * sizes.get("words", 10)} for n in range(10)],
        "timeline": [
            {"pod": f"p{n}", "uid": f"u{n}", "owner": "o" * sizes.get("owner", 10)}
            for n in range(20)
        ],
    }


def test_a_small_status_is_left_as_it_is() -> None:
    assert bounded(status()) == status()


def test_sentences_of_waiting_pods_go_first() -> None:
    given = status(words=5000)
    found = bounded(given, 10_000)
    assert [len(pod["message"]) for pod in found["waiting"]] == [200] * 10
    assert found["timeline"] == given["timeline"]


def test_then_what_the_timeline_can_do_without() -> None:
    found = bounded(status(owner=1000), 3000)
    assert len(found["waiting"]) == 10
    assert found["timeline"] == [{"pod": f"p{n}", "uid": f"u{n}"} for n in range(20)]


def test_then_most_of_the_waiting_pods() -> None:
    found = bounded(status(words=200, owner=1000), 2000)
    assert len(found["waiting"]) == 2
    assert len(found["timeline"]) == 20


def test_at_last_the_end_of_the_timeline() -> None:
    found = bounded(status(), 300)
    assert size_of(found) <= 300
    pods = [entry["pod"] for entry in found["timeline"]]
    assert 0 < len(pods) < 20
    assert pods == [f"p{n}" for n in range(len(pods))]


def test_bytes_are_counted_not_characters() -> None:
    assert size_of("äöü") == len('"äöü"'.encode())


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FINISHED])
def test_a_full_node_with_the_longest_names_and_sentences_stays_in_bounds(phase: Phase) -> None:
    """And every one of its 250 pods is still told, for a process that starts in mid-drain."""
    found = full_status(phase, Verdict("Refused", "é" * 5000))
    assert size_of(found) <= MAX_BYTES
    assert len(found["timeline"]) == 250
