"""Known vulnerabilities of the locked packages, by pip-audit and PyPI's advisories.

https://github.com/pypa/advisory-database
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from hack.audit.finding import Report

if TYPE_CHECKING:
    from pathlib import Path


def audit(lock: Path) -> Report:
    """Ask about every package of a locked list."""
    command = [*(sys.executable, "-m", "pip_audit", f"--requirement={lock}", "--format=json")]
    # The list has hashes and all that is installed: nothing has to be resolved or installed.
    command += ["--require-hashes", "--disable-pip", "--progress-spinner=off"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return read(answer.stdout, answer.stderr)


def read(answer: str, words: str = "") -> Report:
    """Read pip-audit's JSON; `words` is what it says when it has none."""
    asked = "advisories about the locked packages"
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except ValueError:
        last = (words.strip().splitlines() or ["pip-audit said nothing"])[-1]
        return Report(asked, unknown=(f"the advisories cannot be asked for: {last[:200]}",))
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    findings = tuple(
        f"{package['name']} {package['version']}: {_sentence(found)}"
        for package in packages
        for found in package.get("vulns", ())
    )
    sentence = (
        f"{len(skipped)} of {len(packages)} packages could not be asked about: this index has no"
        " advisories for their versions"
    )
    unknown = (sentence,) if skipped else ()
    return Report(f"{asked} ({len(packages) - len(skipped)} answers)", findings, unknown)


def _sentence(found: dict[str, Any]) -> str:
    names = ", ".join(dict.fromkeys([found["id"], *found.get("aliases", ())]))
    mended = ", ".join(found.get("fix_versions", ())) or "no version yet"
    return f"{names}; mended by {mended}"
