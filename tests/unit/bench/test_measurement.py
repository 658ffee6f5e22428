"""Declared measurements, and what the suite makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import suite
from bench.measurement import Measurement, Parameter, Size
from bench.registry import MEASUREMENTS
from bench.report import Report
from hack.errors import HackError

if TYPE_CHECKING:
    from pathlib import Path


def _measure(nodes: int, pods: int, runs: int) -> Report:
    if nodes > 100:
        raise HackError("too many")
    return Report("m", f"{nodes} by {pods}, {runs} times", [], {"nodes": nodes})


MEASUREMENT = Measurement(
    "m",
    "about it",
    _measure,
    {
        "nodes": Parameter(50, "how many nodes"),
        "pods": Parameter(5, "how many pods"),
        "runs": Parameter(3, "how often", repeats=True),
    },
    suite=[Size(1), Size(2.4, {"nodes": 101}), Size(3, {"pods": 2})],
)


def test_the_file_is_named_after_measurement_and_size() -> None:
    names = [job.file_name for job in MEASUREMENT.jobs()]

    assert names == ["m-50x5.json", "m-101x5.json", "m-50x2.json"]
    assert Measurement("n", "", _measure, {}).job({}).file_name == "n.json"


def test_the_numbers_reach_the_function_in_their_order() -> None:
    assert MEASUREMENT.job({"runs": 1, "nodes": 7}).measure().title == "7 by 5, 1 times"


def test_a_job_says_how_it_would_be_asked_for() -> None:
    assert MEASUREMENT.job({}).words == "m --nodes 50 --pods 5 --runs 3"


def test_a_misspelt_number_is_refused() -> None:
    with pytest.raises(KeyError, match="node"):
        MEASUREMENT.job({"node": 1})


def test_every_measurement_of_the_suite_has_a_file_of_its_own() -> None:
    names = [job.file_name for job in suite.jobs()]

    assert len(set(names)) == len(names)
    assert len({m.name for m in MEASUREMENTS}) == len(MEASUREMENTS)


def test_a_failure_does_not_end_the_suite_and_is_missing_afterwards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = MEASUREMENT.jobs()

    failed = suite.run(jobs, tmp_path)

    assert failed == ["m --nodes 101 --pods 5 --runs 3: too many"]
    assert [job.numbers["nodes"] for job in suite.missing(jobs, tmp_path)] == [101]
    shown = capsys.readouterr()
    assert "50 by 5, 3 times" in shown.out
    assert "2 of 3: m --nodes 101 --pods 5 --runs 3; 5 minutes left, about" in shown.err
