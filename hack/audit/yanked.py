"""Locked versions that their authors have taken back (PEP 592), by pip's own report."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from hack.audit.finding import Report

if TYPE_CHECKING:
    from pathlib import Path


def audit(lock: Path) -> Report:
    """Ask the index about every package of a locked list; pip fetches, and installs nothing."""
    command = [*(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed")]
    command += ["--no-deps", "--require-hashes", "--quiet", "--disable-pip-version-check"]
    command += ["--report=-", f"--requirement={lock}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return read(answer.stdout, answer.stderr)


def read(answer: str, words: str = "") -> Report:
    """Read pip's installation report; `words` is what it says when it has none."""
    asked = "versions that were taken back"
    try:
        packages = json.loads(answer)["install"]
    except ValueError:
        last = (words.strip().splitlines() or ["pip said nothing"])[-1]
        return Report(asked, unknown=(f"the index cannot be asked: {last[:200]}",))
    findings = tuple(
        f"{package['metadata']['name']} {package['metadata']['version']} was yanked from the index"
        for package in packages
        if package["is_yanked"]
    )
    return Report(f"{asked} ({len(packages)} answers)", findings)
