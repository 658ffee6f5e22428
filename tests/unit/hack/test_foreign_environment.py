"""What a user's shell says about AWS is meant for somewhere else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from hack.cluster.process import Process
from hack.sqs import sqs_client

if TYPE_CHECKING:
    from pathlib import Path

    from hack.cluster.process import Keeper

LOCAL = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend to be in the shell of somebody who works with AWS."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("SPOTDRAIN_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/1/live")


def test_the_client_asks_for_no_profile() -> None:
    client = sqs_client(LOCAL)

    assert client.meta.endpoint_url == "http://127.0.0.1:1"
    client.close()


def test_the_servers_get_only_what_is_said_to_them(tmp_path: Path) -> None:
    keeper = cast("Keeper", SimpleNamespace(directory=tmp_path))

    process = Process(keeper, "moto", ["moto"], lambda: True, {"AWS_REGION": "us-east-1"})

    told = {k: v for k, v in process._env.items() if k.startswith(("AWS_", "SPOTDRAIN_"))}
    assert told == {"AWS_REGION": "us-east-1"}
