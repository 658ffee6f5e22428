"""What grows with a cluster, as lines through points."""

from __future__ import annotations

import pytest

from bench.growth import SIZES, Grown, shares
from bench.growth_report import BY_NODES, fleet, lines, report
from bench.slope import line_of
from bench.waiting import Waiting

PARAMETERS = {"nodes": 10_000, "pods_a_node": 5, "open": 1000, "rounds": 3}


def grown(nodes: int) -> Grown:
    """Describe a controller that has 100 MB and 10 kB for each node."""
    peak = 100_000_000 + 10_000 * nodes
    return Grown(nodes, 2.0, 1.0 + nodes / 5000, peak, 20 + nodes // 250, 0.5, peak, 200)


def waiting(number: int) -> Waiting:
    return Waiting(
        number, number / 50, number, number / 1000, number / 10, 100_000_000, 120_000_000
    )


def test_a_line_is_told_by_the_thousand() -> None:
    line = line_of([1000, 2000, 4000], [30.0, 50.0, 90.0])

    assert line.at_zero == pytest.approx(10.0)
    assert line.a_thousand == pytest.approx(20.0)
    assert line.at(500) == pytest.approx(20.0)


def test_sizes_are_shares_of_the_largest() -> None:
    assert shares(10_000, SIZES) == [500, 1000, 2000, 5000, 10_000]
    assert shares(3, SIZES) == [1, 2, 3]


def test_the_slopes_of_every_figure_are_reported() -> None:
    sizes, numbers = [500, 1000, 10_000], [10, 1000]

    told = report(PARAMETERS, [grown(n) for n in sizes], [waiting(n) for n in numbers])

    assert told.figures["per_1000_nodes"]["start_peak"] == pytest.approx(10_000_000)
    assert told.figures["per_1000_nodes"]["start_calls"] == pytest.approx(4)
    assert told.figures["per_1000_nodes"]["burst_cpu"] == pytest.approx(0)
    assert told.figures["per_1000_open"]["calls_a_second"] == pytest.approx(100)
    assert [point["nodes"] for point in told.figures["by_nodes"]] == sizes
    assert "each 1,000 nodes add 10 MB" in dict(told.rows)["start: peak memory"]


def test_one_size_has_no_slope() -> None:
    told = report(PARAMETERS, [grown(500)], [waiting(10)])

    assert told.figures["per_1000_nodes"] == {}
    assert dict(told.rows)["by these figures"] == "-"


def test_many_clusters_cost_what_the_lines_say() -> None:
    said = fleet(lines([grown(500), grown(10_000)], "nodes", BY_NODES))

    assert "20 controllers with 150 MB each at their peak, 3.0 GB in all" in said
    assert "40 s of CPU and 800 calls" in said
