"""What is printed and what is written."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

from bench.machine import facts, sentence
from bench.report import Report, table, write

if TYPE_CHECKING:
    from pathlib import Path

REPORT = Report("one", "A title", [("short", "1 s"), ("a longer one", "2 s")], {"took": [1.0]})


def test_the_figures_stand_in_one_column() -> None:
    assert table(REPORT).splitlines() == [
        "A title",
        "  short         1 s",
        "  a longer one  2 s",
    ]


def test_the_file_has_the_machine_and_every_measurement(tmp_path: Path) -> None:
    path = tmp_path / "out.json"

    write(path, {"cores": 2}, [REPORT])

    assert json.loads(path.read_text()) == {"machine": {"cores": 2}, "one": {"took": [1.0]}}


def test_the_machine_is_described_and_not_named() -> None:
    found = facts()

    assert found["cores"] >= 1
    assert found["libraries"]["kopf"]
    assert socket.gethostname() not in json.dumps(found)
    assert found["python"] in sentence(found)
