"""The audit log is read while the API server writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hack.cluster.audit import read

if TYPE_CHECKING:
    from pathlib import Path


def test_only_whole_entries_are_read(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text('{"verb": "create"}\n{"verb": "patch"}\n{"verb": "del')

    assert [entry["verb"] for entry in read(log)] == ["create", "patch"]


def test_a_log_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert list(read(tmp_path / "audit.log")) == []
