"""Figures on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import record
from bench.measurement import Measurement, Parameter
from bench.report import Report
from hack.errors import HackError

if TYPE_CHECKING:
    from pathlib import Path


def _measure(nodes: int) -> Report:
    return Report("m", "A title", [("took", "1 s")], {"took": [1.0], "nodes": nodes})


JOB = Measurement("m", "about it", _measure, {"nodes": Parameter(50, "how many")}).job({})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    report, made = record.measure(JOB)
    record.write(tmp_path / "new", JOB, made)

    (found,) = record.read_all(tmp_path / "new")

    assert report.figures == found.figures == {"took": [1.0], "nodes": 50}
    assert found.parameters == {"nodes": 50}
    assert found.rows == [["took", "1 s"]]
    assert found.machine["cores"] >= 1


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"measurement": "m", "more": 1}'])
def test_a_broken_record_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "burst-50x5.json").write_text(text)

    with pytest.raises(HackError, match=r"burst-50x5\.json is no record of a measurement .*Remove"):
        record.read_all(tmp_path)
