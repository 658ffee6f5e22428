"""Security releases of Debian for the packages in an image, by apt in the image's base."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hack.audit.finding import Report
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Collection

    from hack.docker import Docker

SCRIPT = """\
set -e
. /etc/os-release
grep -rqs -- -security /etc/apt/sources.list /etc/apt/sources.list.d ||
  sed -E "s|/debian/? .*|/debian-security $VERSION_CODENAME-security main|" \
    /etc/apt/sources.list > /etc/apt/sources.list.d/security.list
apt-get update --quiet=2 --error-on=any
apt-get upgrade --simulate --quiet=2
"""
_NEWER = re.compile(
    r"^Inst (?P<name>\S+) \[(?P<old>[^]]+)\] \((?P<new>\S+) (?P<origin>.+) \[", re.MULTILINE
)
ASKED = "security releases of Debian"


def audit(docker: Docker, base: str, names: Collection[str]) -> Report:
    """Ask apt in a container of `base` about the packages of these names."""
    try:
        answer = docker("run", "--rm", "--user=0", "--entrypoint=sh", base, "-c", SCRIPT)
    except HackError as error:
        return Report(ASKED, unknown=(f"Debian's package lists cannot be read: {error}",))
    return read(answer, names)


def read(answer: str, names: Collection[str]) -> Report:
    """Read what apt would upgrade; what is not in the image does not count."""
    findings = tuple(
        f"{found['name']} {found['old']}: {found['new']} is in {found['origin']};"
        " `make image UPGRADE=yes`, or a newer base"
        for found in _NEWER.finditer(answer)
        if found["name"] in names and "security" in found["origin"].lower()
    )
    return Report(f"{ASKED} ({len(names)} packages)", findings)
