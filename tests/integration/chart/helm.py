"""The real Helm, and what it makes of the chart."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hack.binaries import HELM, build_all
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Sequence

CHART = Path(__file__).resolve().parents[3] / "chart"
QUEUE = "--set=queueUrl=https://sqs.us-east-1.amazonaws.com/123456789012/spotdrain"
RELEASE, NAMESPACE = "drainer", "drains"
NAME = f"{RELEASE}-spotdrain"
Manifest = dict[str, Any]


class Helm:
    """Helm, with nothing of this user's own configuration."""

    def __init__(self, home: Path, kubeconfig: Path | None = None) -> None:
        self._command = build_all((HELM,))[HELM.name]
        folders = {f"HELM_{kind}_HOME": str(home) for kind in ("CACHE", "CONFIG", "DATA")}
        self.environment = {"PATH": os.defpath, "HOME": str(home), **folders}
        if kubeconfig is not None:
            self.environment["KUBECONFIG"] = str(kubeconfig)

    def command(self, *arguments: str) -> list[str]:
        """Give the command line of Helm in the tests' namespace."""
        return [str(self._command), *arguments, f"--namespace={NAMESPACE}"]

    def __call__(self, *arguments: str) -> str:
        """Run Helm and return what it prints; raises HackError with its own words."""
        answer = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            raise HackError(answer.stdout + answer.stderr)
        return answer.stdout


def rendered(helm: Helm, *settings: str, files: Sequence[Path] = ()) -> list[Manifest]:
    """Render the chart with these `--set` settings and files of values."""
    options = [*(f"--set={setting}" for setting in settings), *(f"--values={f}" for f in files)]
    text = helm("template", RELEASE, str(CHART), QUEUE, *options)
    return [document for document in yaml.safe_load_all(text) if document]


def only(documents: Sequence[Manifest], kind: str) -> Manifest:
    """Return the one object of a kind."""
    (found,) = (document for document in documents if document["kind"] == kind)
    return found
