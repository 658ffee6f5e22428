"""Kubeconfig files: who one is to the API server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hack.cluster.pki import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from hack.cluster.pki import KeyPair


def with_certificate(server: str, authority: Path, pair: KeyPair) -> dict[str, Any]:
    """Return the kubeconfig of a user that has a client certificate; `server` is a URL."""
    user = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
    return _kubeconfig(server, authority, user)


def with_token(server: str, authority: Path, token: str) -> dict[str, Any]:
    """Return the kubeconfig of a user that has a bearer token."""
    return _kubeconfig(server, authority, {"token": token})


def write(path: Path, kubeconfig: dict[str, Any]) -> Path:
    """Write a kubeconfig with mode 0600 and return its path; JSON is YAML too."""
    write_private(path, json.dumps(kubeconfig, indent=2).encode())
    return path


def _kubeconfig(server: str, authority: Path, user: dict[str, str]) -> dict[str, Any]:
    name = "spotdrain-local"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority": str(authority)}}
        ],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
