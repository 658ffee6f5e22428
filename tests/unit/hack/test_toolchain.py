"""What is said when this machine cannot build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hack.binaries.toolchain import check_room, go_environment, go_version
from hack.errors import HackError

if TYPE_CHECKING:
    from pathlib import Path

EXBIBYTE = 1024**6


def test_a_missing_go_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(HackError, match="Go is not installed"):
        go_version()


def test_a_full_disk_is_said_with_what_to_do(tmp_path: Path) -> None:
    """The folder need not exist yet: the disk that it will lie on counts."""
    with pytest.raises(HackError, match=r"GiB are free for .*SPOTDRAIN_CACHE"):
        check_room(tmp_path / "not" / "made" / "yet", needed=EXBIBYTE)


def test_room_enough_is_no_error(tmp_path: Path) -> None:
    check_room(tmp_path, needed=1)


def test_no_toolchain_is_fetched_and_no_module_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOTOOLCHAIN", "auto")
    monkeypatch.setenv("GOFLAGS", "-mod=mod")

    environment = go_environment()

    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["GOFLAGS"] == "-mod=readonly"
