"""`python -m bench`, up to where it would start a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.__main__ import main
from bench.command_line import jobs, parser


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    assert "python -m bench one --events 100" in capsys.readouterr().out


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5", ""])
def test_a_number_that_is_none_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["one", f"--events={number}"])

    assert "is not a number; give 1 or more" in capsys.readouterr().err


@pytest.mark.parametrize("order", [["--json", "f", "room"], ["room", "--json", "f"]])
def test_the_file_may_be_named_before_or_after_the_command(order: list[str]) -> None:
    assert parser().parse_args(order).json == Path("f")


def test_without_a_command_a_few_things_are_measured_with_small_numbers() -> None:
    found = {job.measurement.name: job.numbers for job in jobs(parser().parse_args([]))}

    assert found.keys() >= {"one", "burst", "room", "calls", "restart"}
    assert found["burst"] == {"nodes": 50, "pods": 5, "runs": 1}


def test_numbers_that_are_not_given_are_the_defaults() -> None:
    (job,) = jobs(parser().parse_args(["burst", "--nodes", "7"]))

    assert job.numbers == {"nodes": 7, "pods": 5, "runs": 3}


def test_hostile_nodes_are_measured_once_for_each_seed() -> None:
    assert [j.numbers["seed"] for j in jobs(parser().parse_args(["hostile"]))] == [1]
    twice = jobs(parser().parse_args(["hostile", "--seed", "7", "--seed", "8"]))
    assert [job.numbers["seed"] for job in twice] == [7, 8]


def test_the_model_needs_no_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    """Every row is one policy; under the default one no pod goes without its signal."""
    assert main(["model", "--nodes=2"]) == 0
    shown = capsys.readouterr().out
    assert "2 random nodes of 20 pods" in shown
    (default,) = [line for line in shown.splitlines() if line.startswith("  default")]
    assert "never signalled 0.00" in default
