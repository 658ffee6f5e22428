"""Builds with the real Go toolchain, of a module small enough to take a moment."""

from __future__ import annotations

import fcntl
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from hack.binaries import build
from hack.binaries.build import build_all, cache_folder
from hack.binaries.catalogue import Part
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = 'package main\n\nfunc main() { println("built") }\n'


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Part:
    """Return a command of a module of its own, and a cache of its own to build it into."""
    monkeypatch.setenv("SPOTDRAIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("hack.binaries.build.check_room", lambda folder: None)
    monkeypatch.setattr(build, "FETCH_PAUSE", 0.0)
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.org/thing\n\ngo 1.21\n")
    (folder / "go.sum").write_text("")
    (folder / "main.go").write_text(PROGRAM)
    return Part("thing", str(folder), "example.org/thing")


def run(path: Path) -> str:
    return subprocess.run([path], capture_output=True, text=True, check=True).stderr


def test_a_part_is_built_once(part: Part, capsys: pytest.CaptureFixture[str]) -> None:
    path = build_all([part])["thing"]
    assert run(path) == "built\n"
    assert "building thing (1 of 1): done" in capsys.readouterr().err

    built = path.stat()
    assert build_all([part])["thing"].stat().st_ino == built.st_ino
    assert capsys.readouterr().err == ""
    assert [entry.name for entry in path.parent.iterdir()] == ["thing"]


def test_the_commands_of_one_module_are_built_by_one_call(
    part: Part, capsys: pytest.CaptureFixture[str]
) -> None:
    second = part.folder / "cmd" / "other"
    second.mkdir(parents=True)
    (second / "main.go").write_text(PROGRAM)

    built = build_all([part, Part("other", part.module, "example.org/thing/cmd/other")])

    assert {name: run(path) for name, path in built.items()} == {
        "thing": "built\n",
        "other": "built\n",
    }
    assert "building thing and 1 more (1 of 1): done" in capsys.readouterr().err


def test_the_second_of_two_waits_and_says_so(
    part: Part, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is held here; the builder says that it waits, then builds once it is free."""
    waits = threading.Event()
    flock = fcntl.flock

    def noted(handle: int, operation: int) -> None:
        if operation == fcntl.LOCK_EX:
            waits.set()
        flock(handle, operation)

    monkeypatch.setattr("hack.lock.fcntl.flock", noted)
    cache_folder().mkdir(parents=True)
    builder = threading.Thread(target=build_all, args=([part],))
    with (cache_folder() / ".lock").open("w") as held:
        flock(held, fcntl.LOCK_EX)
        builder.start()
        waits.wait()
        assert "waiting for another process" in capsys.readouterr().err
    builder.join()

    assert "building thing (1 of 1): done" in capsys.readouterr().err


def test_what_go_says_is_shown_when_it_fails(part: Part) -> None:
    (part.folder / "main.go").write_text("package main\n\nfunc main() { undefined() }\n")

    with pytest.raises(HackError, match=r"(?s)go could not build it.*undefined"):
        build_all([part])
    assert not list(cache_folder().rglob("unfinished-*"))


def test_a_module_that_cannot_be_fetched_is_named(
    part: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    mod = part.folder / "go.mod"
    mod.write_text(mod.read_text() + "\nrequire example.org/absent v1.0.0\n")
    main = 'package main\n\nimport _ "example.org/absent"\n\nfunc main() {}\n'
    (part.folder / "main.go").write_text(main)

    with pytest.raises(HackError, match=r"(?s)could not be fetched.*example\.org/absent"):
        build_all([part])


def test_modules_that_could_not_be_fetched_are_asked_for_again(
    part: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Go itself asks once: one connection that breaks off would end a build of many minutes."""
    run_go, asked = build._go, list[str]()

    def fails_twice(part: Part, aim: str, command: list[str]) -> Iterator[str]:
        asked.append(command[1])
        if len(asked) < build.FETCHES:
            raise HackError("connection reset by peer")
        return run_go(part, aim, command)

    monkeypatch.setattr(build, "_go", fails_twice)

    assert run(build_all([part])["thing"]) == "built\n"
    assert asked == ["list", "list", "list", "build"]


def test_a_go_that_is_too_old_is_said(part: Part) -> None:
    (part.folder / "go.mod").write_text("module example.org/thing\n\ngo 9.1.0\n")

    with pytest.raises(HackError, match=r"Go 9\.1\.0 or newer is needed to build thing"):
        build_all([part])
