"""What is in an image is read from its metadata and written as CycloneDX."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from hack.image.bill import written
from hack.image.contents import Contents, Package, from_texts
from hack.image.wheels import platforms

SITE = "opt/spotdrain/lib/python3.13/site-packages"
FILES = {
    f"{SITE}/PyYAML-6.0.3.dist-info/METADATA": (
        "Metadata-Version: 2.2\nName: PyYAML\nVersion: 6.0.3\nLicense: MIT\n  and more\n\nText"
    ),
    f"{SITE}/aiohttp-3.14.5.dist-info/METADATA": (
        "Name: aiohttp\nVersion: 3.14.5\nLicense-Expression: Apache-2.0 AND MIT\n"
    ),
    "var/lib/dpkg/status.d/libssl3t64": (
        "Package: libssl3t64\nSource: openssl (3.5)\nArchitecture: amd64\nVersion: 3.5.7-1\n"
    ),
    "opt/spotdrain/pyvenv.cfg": "home = /usr/bin\nversion = 3.13.5\n",
    "etc/os-release": 'ID=debian\nVERSION_ID="13"\n',
}
FOUND = Contents(
    packages=(
        Package("deb", "libssl3t64", "3.5.7-1", "", "amd64", "openssl"),
        Package("pypi", "aiohttp", "3.14.5", "Apache-2.0 AND MIT"),
        Package("pypi", "pyyaml", "6.0.3", "MIT"),
    ),
    python="3.13.5",
    debian="13",
)


def test_packages_are_read_from_the_metadata() -> None:
    assert from_texts((PurePosixPath(path), text) for path, text in FILES.items()) == FOUND


def test_the_bill_names_every_package_python_and_what_depends_on_them() -> None:
    bill = json.loads(written(FOUND, "0.1.0"))

    assert bill["specVersion"] == "1.6"
    assert bill["metadata"]["component"]["name"] == "spotdrain"
    assert {part["purl"] for part in bill["components"]} == {
        "pkg:deb/debian/libssl3t64@3.5.7-1?arch=amd64&distro=debian-13&upstream=openssl",
        "pkg:generic/python@3.13.5",
        "pkg:pypi/aiohttp@3.14.5",
        "pkg:pypi/pyyaml@6.0.3",
    }
    root = bill["metadata"]["component"]["bom-ref"]
    [tree] = [entry for entry in bill["dependencies"] if entry["ref"] == root]
    assert len(tree["dependsOn"]) == len(bill["components"])


def test_wheels_are_asked_for_by_the_machine_of_the_daemon() -> None:
    assert "manylinux2014_aarch64" in platforms("arm64")
    assert "manylinux_2_28_x86_64" in platforms("amd64")
