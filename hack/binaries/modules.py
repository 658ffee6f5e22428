"""Files that lie in a Go module: fetched and checked by go, built by nobody."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from hack.binaries.catalogue import MODULES
from hack.binaries.toolchain import go_environment
from hack.errors import HackError
from hack.progress import Progress


def module_folder(pin: str, module: str) -> Path:
    """Return where the files of a module are that `hack/components/PIN/go.mod` requires.

    They are fetched if they are not there yet; go holds them against the pin's go.sum. Raises
    HackError with go's words when that fails.
    """
    with Progress(f"fetching {module}") as progress:
        progress.update("a few seconds, once")
        answer = subprocess.run(
            ["go", "mod", "download", "-json", module],
            cwd=MODULES / pin,
            env=go_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    # Of a module that cannot be fetched go tells in the same JSON, of any other trouble in words.
    said = json.loads(answer.stdout) if answer.stdout else {}
    if answer.returncode != 0 or "Dir" not in said:
        why = said.get("Error") or answer.stderr.strip()
        raise HackError(f"go could not fetch {module} (hack/components/{pin}): {why}")
    return Path(said["Dir"])
