"""The locked packages as wheels, fetched by this machine's pip as it is set up here.

A build in a container knows neither the mirror nor the proxy nor the certificates that pip is told
of here. What is fetched is what the lock's hashes name, by whichever way.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
LOCK = REPOSITORY / "requirements" / "run.txt"
WHEELS = LOCK.with_name("wheels")
"""The Dockerfile takes them from there, and fetches by itself where there are none.

The folder that it is in has to be there in a fresh clone: BuildKit asks for that, the old builder not.
"""

PYTHON = "3.13"
"""What the Dockerfile's base has."""

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Docker's names of machines, and those in the names of wheels."""

GLIBC = ("2_17", "2_24", "2_28", "2_34")
ABIS = ("cp313", "abi3", "none")
LAST_LINES = 5
FETCHES = 3


def fetch(machine: str) -> Path:
    """Fetch the wheels for Docker's `machine`, unless they are there; return their folder."""
    if machine not in MACHINES:
        raise HackError(f"The image is built for amd64 and arm64; this Docker runs on {machine}.")
    stamp = WHEELS / ".of"
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == f"{lock} {machine}":
        return WHEELS
    shutil.rmtree(WHEELS, ignore_errors=True)
    command = [*(sys.executable, "-m", "pip", "download", "--disable-pip-version-check")]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--quiet"]
    command += [f"--python-version={PYTHON}", "--implementation=cp"]
    command += [f"--abi={abi}" for abi in ABIS]
    command += [f"--platform={name}" for name in platforms(machine)]
    command += [f"--dest={WHEELS}", f"--requirement={LOCK}"]
    answer = fetched(command)
    if answer.returncode != 0:
        words = "\n  ".join(answer.stderr.strip().splitlines()[-LAST_LINES:])
        raise HackError(f"pip could not fetch the packages of {LOCK}: {words}")
    stamp.write_text(f"{lock} {machine}")
    return WHEELS


def fetched(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Have pip fetch; an older one does not ask again when a download breaks off half way."""
    for _ in range(FETCHES):
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            break
    return answer


def platforms(machine: str) -> list[str]:
    """List the platforms of which wheels run on a Debian of this machine, by pip's names."""
    name = MACHINES[machine]
    return ["any", f"manylinux2014_{name}", *(f"manylinux_{version}_{name}" for version in GLIBC)]
