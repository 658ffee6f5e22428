"""Bursts: the moments read off the log, and their rows and figures."""

from __future__ import annotations

from collections import Counter

from bench.bare_burst import Took
from bench.burst import Floor, Run
from bench.burst_report import report
from bench.burst_table import read
from bench.ground import Target
from bench.interrupting import Burst, Times, times_of
from bench.populating import names
from bench.record import Record
from bench.trail import Call


def call(verb: str, resource: str, key: str, at: float, code: int = 200) -> Call:
    return Call("controller", "agent", verb, resource, key, code, at - 0.1, at)


def a_run(closed: float = 2.0, aws: Counter[str] | None = None) -> Run:
    ours = Burst(
        notice="SpotInterruption",
        times=Times(0.5, closed, 3.0, 9.0, 12.0),
        evicted=20,
        calls=Counter({"patch nodes": 4, "create pods/eviction": 20}),
        aws=Counter({"sqs:ReceiveMessage": 2}) if aws is None else aws,
        cpu=3.0,
        peak=90_000_000,
    )
    return Run(ours, Floor(Took(1.0, 0.4), Took(0.5, 0.25), Took(4.0, 1.25)))


def test_moments_count_from_the_first_message() -> None:
    log = [
        call("patch", "nodes", "a", 101.0),
        call("patch", "nodes", "b", 102.0),
        call("create", "pods/eviction", "n/p", 102.5, 429),
        call("create", "pods/eviction", "n/p", 103.0, 201),
        call("create", "pods/eviction", "n/q", 104.0, 201),
    ]

    assert times_of(log, {"n/p": 105.0, "n/q": 106.0}, 100.0) == Times(1.0, 2.0, 3.0, 4.0, 6.0)


def test_a_burst_without_pods_has_moments_too() -> None:
    assert times_of([call("patch", "nodes", "a", 101.0)], {}, 100.0) == Times(1.0, 1.0, 0, 0, 0)


def test_rows_have_the_ratios_to_each_floor_and_no_call_to_ec2() -> None:
    rows = dict(report(4, 5, [a_run()]).rows)

    assert rows["closing / floor with the queue"] == "2.0 x"
    assert rows["closing / floor without it"] == "4.0 x"
    assert rows["first to last eviction / floor"] == "1.5 x"
    assert rows["CPU / floor"] == "2.0 x"
    assert rows["pods evicted"] == "20 of 20"
    assert rows["Kubernetes calls"].split() == ["24", "6.00", "a", "node", "1.20", "a", "pod"]
    assert rows["EC2 calls"] == "0"


def test_a_call_to_ec2_is_told() -> None:
    aws = Counter({"ec2:DescribeInstances": 3, "sqs:ReceiveMessage": 1})

    assert dict(report(4, 5, [a_run(aws=aws)]).rows)["EC2 calls"] == "3"


def test_without_pods_nothing_is_told_by_the_pod() -> None:
    rows = dict(report(4, 0, [a_run()]).rows)

    assert rows["Kubernetes calls"].split() == ["24", "6.00", "a", "node"]


def test_of_several_runs_there_is_a_median_and_a_range() -> None:
    found = report(4, 5, [a_run(1.0), a_run(2.0), a_run(6.0)])

    assert dict(found.rows)["all nodes closed"] == "2.00 s (1.00 s to 6.00 s)"
    assert found.figures["all_closed"] == [1.0, 2.0, 6.0]


def test_the_published_table_finds_its_figures() -> None:
    found = report(4, 5, [a_run()])

    burst = read(Record("burst", {}, found.title, found.rows, found.figures, {}, 1.0))

    assert (burst.closed_floor, burst.evicted_floor, burst.evicting) == (1.0, 4.0, 6.0)


def test_the_pods_of_a_node_have_names_of_their_own() -> None:
    assert names(Target("a", "i-1"), 2) == ["a-0", "a-1"]
