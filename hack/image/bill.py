"""The bill of materials of an image, in CycloneDX 1.6 as JSON.

https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

if TYPE_CHECKING:
    from hack.image.contents import Contents, Package


def written(found: Contents, version: str) -> str:
    """Write the bill of an image with these contents; `version` is spotdrain's."""
    root = Component(name="spotdrain", version=version, type=ComponentType.CONTAINER)
    bom = Bom()
    bom.metadata.component = root
    parts = [_part(package, found.debian) for package in found.packages]
    parts.append(_interpreter(found.python))
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(root, parts)
    return JsonV1Dot6(bom).output_as_string(indent=1)


def _part(package: Package, debian: str) -> Component:
    licences = [LicenseFactory().make_from_string(package.licence)] if package.licence else []
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        licenses=licences,
        purl=_url(package, debian),
    )


def _url(package: Package, debian: str) -> PackageURL:
    if package.kind == "pypi":
        return PackageURL("pypi", None, package.name, package.version)
    # By its source package Debian tells of what is wrong with it.
    qualifiers = {
        "arch": package.architecture,
        "distro": f"debian-{debian}",
        "upstream": package.source,
    }
    return PackageURL("deb", "debian", package.name, package.version, qualifiers)


def _interpreter(version: str) -> Component:
    """Name Python itself: in some bases it is of no package."""
    return Component(
        name="python",
        version=version,
        type=ComponentType.APPLICATION,
        purl=PackageURL("generic", None, "python", version),
        cpe=f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
    )
