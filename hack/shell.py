"""Runs the commands that a cluster is made with, and turns their failures into sentences."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAST_LINES = 12


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    aim: str,
    environment: Mapping[str, str] | None = None,
    input: bytes | None = None,  # noqa: A002 - as in subprocess
) -> str:
    """Run a command and return what it prints on standard output.

    `aim` says what it is for: "start the cluster". Raises HackError with its last lines when it
    fails, and with its name when it is not there.
    """
    words = [os.fspath(word) for word in command]
    try:
        answer = subprocess.run(
            words,
            env={**os.environ, **(environment or {})},
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise HackError(
            f"`{words[0]}` is not installed, or not on the PATH; it is needed to {aim}."
        ) from error
    if answer.returncode != 0:
        raise HackError(f"`{words[0]}` could not {aim}:\n  {_last(answer.stderr, answer.stdout)}")
    return answer.stdout.decode(errors="replace")


def _last(*outputs: bytes) -> str:
    """Return the last lines of the first output that has any."""
    text = next((t for o in outputs if (t := o.decode(errors="replace").strip())), "no output")
    return "\n  ".join(text.splitlines()[-LAST_LINES:])
