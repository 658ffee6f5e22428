"""The API server of a kind cluster, as the administrator of its kubeconfig."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import yaml

from hack.cluster.api import Api
from hack.cluster.pki import KeyPair, write_private

if TYPE_CHECKING:
    from pathlib import Path


def api_of(kubeconfig: Path, folder: Path) -> Api:
    """Read where it is and who asks from a kubeconfig; certificates and key go to `folder`."""
    content = yaml.safe_load(kubeconfig.read_text())
    cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    files = {
        "ca.crt": cluster["certificate-authority-data"],
        "admin.crt": user["client-certificate-data"],
        "admin.key": user["client-key-data"],
    }
    for name, data in files.items():
        write_private(folder / name, base64.b64decode(data))
    port = urlsplit(cluster["server"]).port
    if port is None:
        raise ValueError(cluster["server"])
    return Api(port, folder / "ca.crt", KeyPair(folder / "admin.crt", folder / "admin.key"))
