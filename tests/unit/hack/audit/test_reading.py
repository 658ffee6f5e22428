"""What the sources of an audit answer, and what is made of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hack.audit import advisories, debian, yanked
from hack.audit.__main__ import tell
from hack.audit.finding import Report

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = {"name": "yarl", "version": "1.25.1", "vulns": []}
BAD = {
    "name": "requests",
    "version": "2.19.0",
    "vulns": [
        {
            "id": "PYSEC-2018-28",
            "fix_versions": ["2.20.0"],
            "aliases": ["CVE-2018-18074"],
            "description": "...",
        }
    ],
}
SKIPPED = {"name": "kopf", "skip_reason": "Dependency not found on PyPI"}
UPGRADES = """\
Inst libssl3t64 [3.5.1-1] (3.5.1-1+deb13u1 Debian-Security:13/stable-security [amd64])
Inst libc6 [2.41-12] (2.41-12+deb13u4 Debian:13.7/stable [amd64])
Inst bash [5.2-1] (5.2-1+deb13u1 Debian-Security:13/stable-security [amd64])
Conf libssl3t64 (3.5.1-1+deb13u1 Debian-Security:13/stable-security [amd64])
"""


def test_an_advisory_is_told_with_its_names_and_what_mends_it() -> None:
    report = advisories.read(json.dumps({"dependencies": [GOOD, BAD]}))

    assert report.findings == ("requests 2.19.0: PYSEC-2018-28, CVE-2018-18074; mended by 2.20.0",)
    assert report.unknown == ()


def test_a_package_without_an_answer_is_not_called_clean() -> None:
    report = advisories.read(json.dumps({"dependencies": [GOOD, SKIPPED]}))

    assert report.asked.endswith("(1 answers)")
    assert report.findings == ()
    assert report.unknown[0].startswith("1 of 2 packages could not be asked about")


@pytest.mark.parametrize("read", [advisories.read, yanked.read], ids=["advisories", "yanked"])
def test_a_service_that_is_away_is_told_in_its_own_words(
    read: Callable[[str, str], Report],
) -> None:
    report = read("", "a warning\nConnectionError: no route\n")

    assert report.findings == ()
    assert report.unknown[0].endswith("ConnectionError: no route")


def test_a_version_that_was_taken_back_is_found() -> None:
    entries = [
        {"metadata": {"name": "requests", "version": "2.32.0"}, "is_yanked": True},
        {"metadata": {"name": "yarl", "version": "1.25.1"}, "is_yanked": False},
    ]

    report = yanked.read(json.dumps({"install": entries}))

    assert report.findings == ("requests 2.32.0 was yanked from the index",)


def test_of_debians_upgrades_those_count_that_are_for_security_and_in_the_image() -> None:
    report = debian.read(UPGRADES, {"libssl3t64", "libc6"})

    [found] = report.findings
    assert found.startswith(
        "libssl3t64 3.5.1-1: 3.5.1-1+deb13u1 is in Debian-Security:13/stable-security; "
    )


def test_what_is_found_fails_and_what_is_not_known_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unknown = Report("advisories", unknown=("nobody answers",))

    assert tell([unknown], complete=False) == 0
    assert "not known: nobody answers" in capsys.readouterr().out
    assert tell([unknown], complete=True) == 1
    assert tell([Report("x", findings=("y is bad",))], complete=False) == 1
    assert tell([Report("x")], complete=True) == 0
