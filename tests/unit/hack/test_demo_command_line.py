"""`python -m hack.demo`: its options, and its errors."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from hack.demo import __main__ as command
from hack.demo.controller import announced_ports
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def no_window_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a variable of whoever runs the tests out of them."""
    monkeypatch.delenv(command.WINDOW_VARIABLE, raising=False)


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """Put the signal handlers back that the command replaces."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_window_comes_from_the_option_then_the_environment_then_a_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert command.parser().parse_args([]).window == 75
    monkeypatch.setenv(command.WINDOW_VARIABLE, "50")
    assert command.parser().parse_args([]).window == 50
    assert command.parser().parse_args(["--window", "40"]).window == 40


@pytest.mark.parametrize("window", ["29", "121", "soon", "nan", ""])
def test_a_window_that_no_notice_leaves_is_refused(
    window: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.parser().parse_args(["--window", window])
    assert "is no number of seconds from 30 to 120." in capsys.readouterr().err


def test_the_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.parser().parse_args(["--help"])
    assert "python -m hack.demo --window 40 --no-wait" in capsys.readouterr().out


@pytest.mark.parametrize(("kept", "status"), [(True, 0), (False, 1)])
def test_a_broken_promise_is_the_exit_status(
    status: int, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    monkeypatch.setattr(command, "demonstrate", lambda *_: kept)
    assert command.main(["--no-wait"]) == status


def test_an_error_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> bool:
        raise HackError("Go is missing; install it.")

    monkeypatch.setattr(command, "demonstrate", fail)
    assert command.main(["--no-wait"]) == 1
    assert capsys.readouterr().err == "error: Go is missing; install it.\n"


def test_the_controllers_ports_are_read_from_its_log() -> None:
    log = 'not JSON\n{"message": "hello"}\n{"health_port": 1, "metrics_port": 2, "m": 3}\n{"heal'
    assert announced_ports(log) == {"health_port": 1, "metrics_port": 2}
    assert announced_ports("[]\n") == {}
