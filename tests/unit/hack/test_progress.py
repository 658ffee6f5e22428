"""One line that says how far a long step is."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from hack.errors import HackError
from hack.progress import Progress, elapsed_text, fit


@pytest.fixture(autouse=True)
def _no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long this machine takes."""
    monkeypatch.setattr("hack.progress.time", SimpleNamespace(monotonic=lambda: 1000.0))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_log_gets_plain_lines_and_few_of_them() -> None:
    log = io.StringIO()
    with Progress("building", log) as progress:
        for number in range(1000):
            progress.update(f"{number} packages")

    assert log.getvalue().splitlines() == ["building: 0 packages (0 s)", "building: done (0 s)"]


def test_a_terminal_gets_one_line_that_is_rewritten() -> None:
    terminal = Terminal()
    with Progress("building", terminal) as progress:
        progress.update("counting")

    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().startswith("\r\x1b[Kbuilding: counting (0 s)")


def test_a_failure_keeps_the_state_it_happened_in() -> None:
    log = io.StringIO()

    def start() -> None:
        with Progress("starting", log) as progress:
            progress.update("waiting for etcd")
            raise HackError("broken")

    with pytest.raises(HackError, match="broken"):
        start()

    assert log.getvalue().splitlines()[-1] == "starting: stopped while waiting for etcd (0 s)"


def test_nothing_is_written_when_there_was_nothing_to_do() -> None:
    log = io.StringIO()
    with Progress("building", log):
        pass

    assert log.getvalue() == ""


def test_durations_are_written_the_way_people_say_them() -> None:
    assert elapsed_text(4.9) == "4 s"
    assert elapsed_text(125) == "2 min 05 s"


def test_a_line_never_wraps() -> None:
    assert fit("short", 80) == "short"
    assert len(fit("x" * 200, 80)) < 80
