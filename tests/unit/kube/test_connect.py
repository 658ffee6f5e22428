"""Kopf gets the bare token, wherever the client's own loader found it and however it wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from kubernetes.aio.config import incluster_config

from controller.kube.connect import credentials

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "a.service-account.token"


async def test_in_a_pod_it_is_that_of_the_service_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, authority = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text(TOKEN)
    authority.write_text("a certificate")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(authority))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")

    found = await credentials(None)

    assert (found.server, found.token) == ("https://10.96.0.1:443", TOKEN)
    assert found.ca_path == str(authority)


@pytest.mark.parametrize("token", [TOKEN, None])
async def test_of_a_kubeconfig_it_is_the_users_if_it_has_any(
    tmp_path: Path, token: str | None
) -> None:
    file = tmp_path / "kubeconfig"
    user = {"token": token} if token else {}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443"}}],
        "users": [{"name": "u", "user": user}],
    }
    file.write_text(yaml.safe_dump(content))

    assert (await credentials(file)).token == token
