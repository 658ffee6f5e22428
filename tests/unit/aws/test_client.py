"""The client is made for the queue's own region, whatever the environment says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.aws.client import connect
from controller.aws.queue_url import parse_queue_url
from controller.domain.message import QueueError

if TYPE_CHECKING:
    from pathlib import Path

AWS = parse_queue_url("https://sqs.eu-west-1.amazonaws.com/123456789012/spotdrain")
LOCAL = parse_queue_url("http://127.0.0.1:5000/123456789012/spotdrain")


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SQS",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def test_the_urls_region_counts_before_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    client = connect(AWS, connections=2)
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.endpoint_url == "https://sqs.eu-west-1.amazonaws.com"
    client.close()


def test_a_url_without_a_region_takes_aws_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    client = connect(LOCAL, connections=2)
    assert client.meta.region_name == "us-east-1"
    assert client.meta.endpoint_url == "http://127.0.0.1:5000"
    client.close()


def test_boto3s_own_region_is_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    client = connect(LOCAL, connections=2)
    assert client.meta.region_name == "us-west-2"
    client.close()


def test_no_region_at_all_is_said() -> None:
    with pytest.raises(QueueError, match=r"names no AWS region: set AWS_REGION") as raised:
        connect(LOCAL, connections=2)
    assert raised.value.code == "NoRegion"


def test_a_profile_that_does_not_exist_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    with pytest.raises(QueueError, match=r"\(ProfileNotFound\): check AWS_\* settings\.$"):
        connect(AWS, connections=2)


def test_one_call_is_one_try() -> None:
    """The engine's own back-off knows the deadline; a retry inside boto3 does not."""
    client = connect(AWS, connections=2)
    assert client.meta.config.retries["total_max_attempts"] == 1  # type: ignore[attr-defined]
    assert client.meta.config.read_timeout > 20  # type: ignore[attr-defined]
    client.close()
