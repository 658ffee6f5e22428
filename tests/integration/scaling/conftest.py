"""An Auto Scaling of the tests' own, and the client under test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from controller.aws.autoscaling import AutoScaling
from hack.scaling import ScalingServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "testing-secret"
SESSION_TOKEN = "testing-session-token"


@pytest.fixture
def server() -> Iterator[ScalingServer]:
    with ScalingServer() as started:
        yield started


@pytest.fixture
def _environment(server: ScalingServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        **server.environment,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": SESSION_TOKEN,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.fixture
def scaling(_environment: None) -> Iterator[AutoScaling]:
    client = AutoScaling("us-east-1")
    yield client
    client.close()
