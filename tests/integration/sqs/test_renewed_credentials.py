"""Credentials that expire, are renewed or come late: taken up without a restart, from every source."""

from __future__ import annotations

import json
import secrets
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from controller.aws.queue import SqsQueue
from controller.domain.message import QueueError
from tests.integration.sqs_front import EXPIRED, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.integration.sqs_front import Front

OLD, NEW = "AKIAOLDOLDOLDOLDOLD", "AKIANEWNEWNEWNEWNEW"
CHECK = "GetQueueAttributes"
ROLE = "arn:aws:iam::123456789012:role/spotdrain"


def expired(key: str = "") -> Fault:
    """Refuse what is signed by a key, any if it is empty."""
    return Fault(EXPIRED.code, EXPIRED.status, CHECK, key=key)


@pytest.fixture
def credentials_file(
    front: Front, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str], None]:
    """Let the shared credentials file be the only source; write a key into it."""
    path = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    def write(key: str) -> None:
        part = path.with_suffix(".new")
        part.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key=testing\n")
        part.replace(path)

    return write


async def refused(queue: SqsQueue) -> str:
    """Have a call refused; returns the code."""
    with pytest.raises(QueueError) as raised:
        await queue.check()
    return raised.value.code


async def test_a_renewed_credentials_file_is_read_after_a_refusal(
    front: Front, credentials_file: Callable[[str], None]
) -> None:
    credentials_file(OLD)
    queue = SqsQueue(front.url)
    await queue.check()
    with front.with_fault(expired(OLD)):
        assert await refused(queue) == "ExpiredToken"
        assert await refused(queue) == "ExpiredToken"
        credentials_file(NEW)
        await queue.check()
    assert front.keys == [OLD, NEW]
    queue.close()


async def test_a_credentials_file_may_come_after_the_start(
    front: Front, credentials_file: Callable[[str], None]
) -> None:
    queue = SqsQueue(front.url)
    assert await refused(queue) == "NoCredentials"
    credentials_file(NEW)
    await queue.check()
    assert front.keys == [NEW]
    queue.close()


async def test_variables_that_tell_that_they_have_expired_get_a_sentence(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2026-01-02T03:04:05Z")
    queue = SqsQueue(front.url)
    with pytest.raises(QueueError, match=r"^AWS credentials are configured but cannot be fetched"):
        await queue.check()
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "no time")
    assert await refused(queue) == "NoCredentials"
    queue.close()


async def test_irsa_reads_its_token_file_each_time_it_takes_on_the_role(
    front: Front,
    sqs_server: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Such a file is a projected volume that kubelet renews; before the mount it is not there."""
    token = tmp_path / "token"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sqs_server)
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    queue = SqsQueue(front.url)
    assert await refused(queue) == "NoCredentials"
    token.write_text("first")
    await queue.check()
    with front.with_fault(expired(front.keys[0])):
        assert await refused(queue) == "ExpiredToken"
        token.write_text("second")
        await queue.check()
    assert len(set(front.keys)) == 2
    # botocore itself would log a stack trace at each call.
    assert caplog.messages == []
    queue.close()


class Agent:
    """What EKS Pod Identity runs on each node: it gives keys to who has the pod's token."""

    def __init__(self, lasts: timedelta) -> None:
        self.tokens: list[str] = []
        self.keys: list[str] = []
        self._lasts = lasts
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/credentials"

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer for the block."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        yield
        self._server.shutdown()
        thread.join()
        self._server.server_close()

    def give(self, token: str) -> Mapping[str, str]:
        """Make a key."""
        self.tokens.append(token)
        self.keys.append(f"ASIA{secrets.token_hex(8).upper()}")
        until = datetime.now(UTC) + self._lasts
        return {
            "AccessKeyId": self.keys[-1],
            "SecretAccessKey": "testing",
            "Token": "session",
            "Expiration": until.isoformat(),
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(agent.give(self.headers["Authorization"])).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


async def test_pod_identity_is_asked_again_with_the_token_of_the_moment(
    front: Front, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The agent is away at the start. Its keys last for less than the 15 minutes kept in reserve."""
    token, agent = tmp_path / "token", Agent(lasts=timedelta(minutes=14))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token))
    queue = SqsQueue(front.url)
    assert await refused(queue) == "NoCredentials"
    with agent.answering():
        token.write_text("first")
        await queue.check()
        token.write_text("second")
        await queue.check()
        with front.with_fault(Fault("InvalidClientTokenId", 403, CHECK, times=1)):
            token.write_text("third")
            assert await refused(queue) == "InvalidClientTokenId"
        await queue.check()
    assert list(dict.fromkeys(agent.tokens)) == ["first", "second", "third"]
    assert front.keys[-1] == agent.keys[-1]
    queue.close()
