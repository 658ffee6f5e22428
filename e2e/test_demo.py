"""The demo, as a person without a terminal runs it: the real controller in a cluster of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def demo() -> subprocess.CompletedProcess[str]:
    """Run it once, with a minute of notice instead of two."""
    return subprocess.run(
        [sys.executable, "-m", "hack.demo", "--no-wait", "--window", "60"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def claims(demo: subprocess.CompletedProcess[str]) -> str:
    """Return the summary."""
    _, _, summary = demo.stdout.partition("What happened, by the API server's audit log:\n")
    return summary


def test_it_keeps_its_promises(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "\x1b" not in demo.stdout


def test_it_says_what_it_sends(demo: subprocess.CompletedProcess[str]) -> None:
    sent = re.findall(r"^  EC2 (Spot|Instance)", demo.stdout, re.MULTILINE)
    assert sent.count("Spot") == 7
    assert sent.count("Instance") == 1


def test_it_tells_each_change_of_a_node_once(demo: subprocess.CompletedProcess[str]) -> None:
    told = re.findall(r"^\d\d:\d\d:\d\dZ  (ip-\S+) +(\w+)", demo.stdout, re.MULTILINE)
    nodes = {node for node, _ in told}
    assert len(nodes) == 6
    for node in nodes:
        phases = {phase for name, phase in told if name == node}
        assert phases == {"Fenced"} or {"Draining", "Finished"} <= phases
    assert sum(phase == "Finished" for _, phase in told) == 5
    seconds = re.findall(r"^(\d\d:\d\d:\d\dZ  ip-.*)$", demo.stdout, re.MULTILINE)
    assert len(seconds) == len(set(seconds)) < 60


@pytest.mark.parametrize(
    "claim",
    [
        r"✓ order +.*: always the lower one first\.",
        r"✓ deadlines +5 of 5 nodes were empty in time; their outcomes: 5 Drained\.",
        r"✓ signals +(\d+) of \1 pods were told to stop; 0 were never signalled\.",
        r"✓ cordon +6 of 6 nodes cordoned; .* median \d+ ms",
        r"shop/cart +1 overridden after \d+ s, at the last safe moment",
        r"shop/search +2 moved, the last after \d+ s",
        r"shop/frontend +10 moved",
        r"batch/training-\w+ +ran on for \d+ s, told to stop \d+ s before the deadline",
        r"controller +The controller held \d+ MiB at most",
        # One was sent; moto may hand a message to two receivers at once.
        r'spotdrain_events_ignored_total\{kind="spot_interruption",reason="duplicate"\} [1-9]',
    ],
)
def test_the_summary_tells(claims: str, claim: str) -> None:
    assert re.search(claim, claims), claims


def test_the_controllers_log_outlives_it(demo: subprocess.CompletedProcess[str]) -> None:
    found = re.search(r"^The controller's log stays: (.+)$", demo.stdout, re.MULTILINE)
    assert found
    log = Path(found[1])
    assert "serves /healthz" in log.read_text()
    log.unlink()
    log.parent.rmdir()
