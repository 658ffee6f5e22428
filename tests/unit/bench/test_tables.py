"""Tables and plots from records."""

from __future__ import annotations

from typing import Any

import pytest

from bench.growth_report import BY_NODES, BY_OPEN
from bench.picture import Style
from bench.pictures import picture_of
from bench.publish import filled
from bench.record import Record
from bench.tables import table_of
from hack.errors import HackError

MACHINE = {
    "date": "2026-11-21T22:00:00Z",
    "load": 0.5,
    "cores": 2,
    "architecture": "x86_64",
    "python": "3.11.7",
    "kubernetes": "v1.36.3",
}


def _record(measurement: str, figures: dict[str, Any], rows: Any = (), **numbers: int) -> Record:
    return Record(measurement, numbers, measurement, rows, figures, MACHINE, 61.4)


def _burst(nodes: int, pods: int, **figures: Any) -> Record:
    whole = {
        "nodes": nodes,
        "pods_a_node": pods,
        "all_closed": [0.5, 3.0, 2.0],
        "bare_closed": [1.0],
        "first_evicted": [3.0],
        "all_evicted": [9.0],
        "bare_evicted": [5.0],
        "all_gone": [12.0],
        "cpu": [1.5],
        "peak_bytes": [90e6, 95e6],
        "calls": [{"patch nodes": nodes, "create pods/eviction": nodes * pods}],
    }
    return _record("burst", whole | figures, nodes=nodes, pods=pods)


def _rows(table: str) -> list[list[str]]:
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in table.splitlines()]


def test_a_burst_has_a_column_for_each_size_by_size() -> None:
    rows = _rows(table_of("burst", [_burst(1000, 30), _burst(300, 5)]))

    assert rows[0][-2:] == ["300 nodes x 5 pods", "1000 nodes x 30 pods"]
    assert rows[2:6] == [
        ["**all nodes closed**", "2.00 s", "2.00 s"],
        ["aim", "< 2.00 s", "< 4.00 s"],
        ["floor", "1.00 s", "1.00 s"],
        ["ours / floor", "2.0 x", "2.0 x"],
    ]
    assert ["**first to last eviction**", "6.00 s", "6.00 s"] in rows
    assert ["**calls a node**", "6.0", "31.0"] in rows
    assert ["aim: 4 a node and 1.1 a pod", "9.5", "37.0"] in rows
    assert ["**controller's peak memory**", "95 MB", "95 MB"] in rows


def test_rows_of_the_same_words_stay_apart() -> None:
    first = _record("room", {}, [["took", "1 s"], ["  calls", "a|b"], ["  calls", "4"]], rounds=1)
    second = _record("room", {}, [["took", "2 s"], ["  calls", "5"]], rounds=2)

    assert _rows(table_of("room", [first, second]))[2:] == [
        ["took", "1 s", "2 s"],
        ["calls", "a\\|b", "5"],
        ["calls", "4", ""],
    ]


def test_what_was_not_measured_says_so() -> None:
    assert table_of("burst", []) == "*Not measured yet.*"
    assert picture_of("burst", []) is None


def test_every_run_tells_its_machine() -> None:
    assert _rows(table_of("runs", [_burst(50, 5)]))[2] == [
        "`burst --nodes 50 --pods 5`",
        "2026-11-21T22:00:00Z",
        "0.5",
        "2 x86_64",
        "3.11.7, v1.36.3",
        "61 s",
    ]


def test_a_record_that_lacks_a_figure_is_refused_with_a_sentence() -> None:
    with pytest.raises(HackError, match=r"burst .* lack a figure .*python -m bench burst --record"):
        filled("<!-- table: burst -->\n<!-- end -->\n", [_record("burst", {})], lambda _: "")


def test_bursts_are_drawn_beside_floor_and_aim() -> None:
    picture = picture_of("burst", [_burst(300, 5), _burst(70, 5)])

    assert picture is not None
    closing, evicting = picture.panels
    assert [(s.name, list(s.xs), list(s.ys)) for s in closing.series] == [
        ("ours", [70, 300], [2.0, 2.0]),
        ("floor", [70, 300], [1.0, 1.0]),
        ("aim", [300], [2.0]),
    ]
    assert [list(s.xs) for s in evicting.series] == [[350, 1500], [350, 1500]]


def test_single_notices_are_drawn_by_their_share() -> None:
    figures = {"closed_seconds": [0.01, 0.02], "floor_seconds": [0.005, 0.02]}

    picture = picture_of("one", [_record("one", figures)])

    assert picture is not None
    (panel,) = picture.panels
    assert panel.style is Style.STEPS
    assert (list(panel.series[0].xs), list(panel.series[0].ys)) == ([10, 20], [0.5, 1.0])


def test_lanes_have_a_row_for_each_way_and_a_panel_for_each_number_of_budgets() -> None:
    way = {
        "seconds": 2.0,
        "requests": 60,
        "refused": {},
        "held_up": 1,
        "deleted": 0,
        "server_cpu": 1.0,
    }
    free = way | {"seconds": 4.0, "refused": {"409": 3}}
    figures = {"pods": 60, "controller": way, "lanes": way, "free": free}
    records = [_record("lanes", figures | {"budgets": n}, pods=60, budgets=n) for n in (10, 1)]

    table = table_of("lanes", records)
    picture = picture_of("lanes", records)

    assert (
        "| 60 pods, 1 budget | the controller: one to four at a time for each budget | 2.00 s |"
        in table
    )
    assert "again when refused | 4.00 s | 60 | 3 x 409 | 1 | 0 | 1.00 s |" in table
    assert picture is not None
    assert [panel.title for panel in picture.panels] == ["One budget", "10 budgets"]


def test_growth_is_drawn_by_nodes_and_by_open_interruptions() -> None:
    by_nodes = dict.fromkeys(
        ["start_peak", "burst_peak", "start_cpu", "burst_cpu", "start_calls", "burst_calls"], 2e6
    )
    by_open = dict.fromkeys(["resident", "peak", "share_of_a_core", "calls_a_second"], 0.5)
    figures = {
        "by_nodes": [by_nodes | {"nodes": n} for n in (500, 1000)],
        "by_open": [by_open | {"open": 10}],
    }

    picture = picture_of("growth", [_record("growth", figures)])

    assert picture is not None
    memory, _, _, share, *_ = picture.panels
    assert [(s.name, list(s.xs), list(s.ys)) for s in memory.series] == [
        ("start", [500, 1000], [2.0, 2.0]),
        ("burst", [500, 1000], [2.0, 2.0]),
    ]
    assert [(list(s.xs), list(s.ys)) for s in share.series] == [([10], [50.0])]


def test_growth_has_a_table_by_nodes_and_one_by_open_interruptions() -> None:
    figures = {
        "by_nodes": [dict.fromkeys(BY_NODES, 1.5e6) | {"nodes": n} for n in (500, 10_000)],
        "by_open": [dict.fromkeys(BY_OPEN, 0.25) | {"open": 10}],
        "per_1000_nodes": dict.fromkeys(BY_NODES, 3e6),
        "per_1000_open": {},
    }
    rows = [["nodes", "500"], ["by these figures", "100,000 nodes cost 1 GB"]]

    nodes, opened, fleet = table_of("growth", [_record("growth", figures, rows)]).split("\n\n")

    assert "|  | 500 nodes | 10,000 nodes | 1,000 nodes more |" in nodes
    assert "| start: peak memory | 2 MB | 2 MB | 3 MB |" in nodes
    assert "| CPU, of a core | 25.0% |  |" in opened
    assert fleet == "By these figures 100,000 nodes cost 1 GB."
