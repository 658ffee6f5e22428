"""The API server's audit log, read while it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hack.cluster.audit import Tail, read

if TYPE_CHECKING:
    from pathlib import Path


def test_each_entry_is_read_once_and_only_when_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    tail = Tail(log)
    assert list(tail.news()) == []
    log.write_text('{"n": 1}\n{"n": "é"}\n{"n"', encoding="utf-8")
    assert list(tail.news()) == [{"n": 1}, {"n": "é"}]
    assert list(tail.news()) == []
    with log.open("a", encoding="utf-8") as more:
        more.write(": 3}\n")
    assert list(tail.news()) == [{"n": 3}]
    assert list(read(log)) == [{"n": 1}, {"n": "é"}, {"n": 3}]


def test_a_tail_from_now_on_passes_over_what_was_there(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text('{"n": 1}\n', encoding="utf-8")
    tail = Tail(log, from_now=True)
    with log.open("a", encoding="utf-8") as more:
        more.write('{"n": 2}\n')
    assert list(tail.news()) == [{"n": 2}]
