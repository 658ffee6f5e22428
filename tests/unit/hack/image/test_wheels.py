"""What pip could not fetch is asked for again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hack.image.wheels import FETCHES, fetched

if TYPE_CHECKING:
    from pathlib import Path

FAILS_UNTIL = """
import pathlib, sys
log = pathlib.Path(sys.argv[1])
log.write_text((log.read_text() if log.exists() else "") + "x")
sys.exit(len(log.read_text()) < int(sys.argv[2]))
"""


def test_a_download_that_breaks_off_is_asked_for_again_until_it_came(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert fetched([sys.executable, "-c", FAILS_UNTIL, str(log), "2"]).returncode == 0
    assert log.read_text() == "xx"


def test_what_cannot_be_fetched_is_given_up(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert fetched([sys.executable, "-c", FAILS_UNTIL, str(log), "99"]).returncode == 1
    assert log.read_text() == "x" * FETCHES
