"""What a start and an idle hour are told as."""

from __future__ import annotations

from collections import Counter

import pytest

from bench import idle, report, start
from bench.idle import Idle
from bench.start import Start
from bench.usage import Usage, kilobytes
from hack.errors import HackError

SIZE = {"nodes": 5000, "pods": 150_000, "open": 1000}


def test_a_start_that_was_cut_off_says_how_many_were_told() -> None:
    quiet = Start(2.0, Usage(1.5, 120_000_000), Usage(1.5, 120_000_000), Counter(["list nodes"]))
    busy = Start(
        ready=3.0,
        at_ready=Usage(2.0, 130_000_000),
        at_end=Usage(9.0, 200_000_000),
        calls=Counter(["list pods"] * 4),
        first_eviction=4.5,
        evicted=70,
        told=600,
    )

    told = start._report(SIZE, [quiet], busy)

    assert told.figures["start_to_all_told"] is None
    assert "not within 90 s" in report.table(told)
    assert dict(told.rows)["interruptions with a status by the end"] == "600"
    assert dict(told.rows)["evictions accepted by the end"] == "70"


def test_more_interruptions_than_nodes_are_refused() -> None:
    with pytest.raises(HackError, match="5 nodes cannot have 6 interruptions; give more --nodes"):
        start.measure(nodes=5, pods=1, opened=6, rounds=1)


def test_an_idle_hour_is_extrapolated() -> None:
    seen = Idle(300.0, 1.5, 100_000_000, 110_000_000, 300, {"patch leases": 150}, {"Receive": 45})

    told = idle._report(300, seen).figures

    assert told["cpu_an_hour"] == 18.0
    assert told["share_of_a_core"] == 0.005
    assert told["kubernetes_an_hour"] == {"patch leases": 1800.0}
    assert told["sqs_an_hour"] == {"Receive": 540.0}


def test_fields_of_a_process_are_in_bytes() -> None:
    assert kilobytes("VmHWM:\t 9 kB\nVmRSS:\t  2048 kB\n", "VmRSS") == 2048 * 1024
    assert kilobytes("VmHWM:\t 9 kB\n", "VmRSS") == 0
