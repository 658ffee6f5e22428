"""The real controller, `python -m controller run`, as a process beside a LocalCluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from prometheus_client.parser import text_string_to_metric_families

from hack.cluster.install import CONTROLLER, NAMESPACE
from tests.integration.disclosure import given_to

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from prometheus_client.samples import Sample

    from hack.cluster import LocalCluster

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds until something that has to happen counts as never happening."""

LAST_LINES = 30
SCRAPE_SECONDS = 0.1
Line = dict[str, Any]


class Answer(NamedTuple):
    """What an HTTP GET brought."""

    code: int
    text: str


class ControllerProcess:
    """A controller under its ServiceAccount, on free ports of the loopback address.

    A context manager: it starts the process, which is killed at the latest at the end of the block.
    `lines` is what it logged so far, one dict a line; a line that is no JSON, such as one of a stack
    trace or of a failure before the log is set up, is in `words`.

    Whatever it says, in its log and over HTTP, must hold none of the secrets that it was given: a
    block that would end well fails otherwise.
    """

    def __init__(
        self,
        cluster: LocalCluster,
        *arguments: str,
        kubeconfig: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Describe it; nothing is started yet.

        `arguments` are further flags, which win over those given here. A second one at the same time
        needs an `--identity` of its own; one by the same name stands for the same pod, restarted.
        `environment` is added to that of the cluster; the tests' own AWS_* and SPOTDRAIN_* variables are not passed on.
        """
        kubeconfig = kubeconfig or cluster.kubeconfig_for_service_account(NAMESPACE, CONTROLLER)
        self._argv = [
            *(sys.executable, "-m", "controller", "run"),
            *("--kubeconfig", str(kubeconfig)),
            *("--listen-address", "127.0.0.1", "--metrics-port", "0", "--health-port", "0"),
            *("--namespace", NAMESPACE, "--identity", "controller"),
            *("--log-format", "json", *arguments),
        ]
        self._environment = {
            **_own(),
            "SPOTDRAIN_QUEUE_URL": cluster.queue_url,
            **cluster.aws_environment,
            **(environment or {}),
        }
        # Those of the cluster too where a file of the test's own takes their place.
        self._given = given_to(kubeconfig, {**cluster.aws_environment, **_set(environment)})
        self._news = threading.Condition()
        self._ended = False
        self.lines: list[Line] = []
        self.words: list[str] = []

    def __enter__(self) -> Self:
        """Start it, without waiting for anything."""
        self._process = subprocess.Popen(
            self._argv,
            cwd=REPOSITORY,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name="controller-log")
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Kill it if it still runs; AssertionError if it has told a secret."""
        self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        if kind is None:
            self._keeps_secrets(self.tail(len(self.lines) + len(self.words)))

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def wait_for(self, wanted: Callable[[Line], bool], *, since: int = 0) -> Line:
        """Return the first line of the log that is wanted, as soon as it is there.

        `since` passes over the first lines: `since=len(controller.lines)` waits for news. Raises
        AssertionError with the last lines when it never comes, or the process ends without it.
        """
        deadline, seen = time.monotonic() + PATIENCE, since
        while True:
            with self._news:
                while len(self.lines) <= seen:
                    left = deadline - time.monotonic()
                    if self._ended or left <= 0:
                        why = "it ended" if self._ended else "it never came"
                        raise AssertionError(f"A line was awaited and {why}:\n{self.tail()}")
                    self._news.wait(left)
                line = self.lines[seen]
            seen += 1
            if wanted(line):
                return line

    def wait_for_words(self, *words: str, since: int = 0) -> Line:
        """Return the first line whose message has all these words in it; see `wait_for`."""
        return self.wait_for(lambda line: all(w in line["message"] for w in words), since=since)

    def wait_ready(self) -> None:
        """Wait until it takes messages."""
        self.wait_for_words("ready: watching")

    def wait_ended(self) -> int:
        """Wait for its end and return the exit code; the log is then complete."""
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def terminate(self) -> int:
        """Send SIGTERM, as kubelet does, and return the exit code."""
        self._process.terminate()
        return self.wait_ended()

    def kill(self) -> None:
        """Send SIGKILL and wait until it is gone."""
        self._process.kill()
        self.wait_ended()

    def get(self, path: str) -> Answer:
        """GET /healthz or /readyz, whatever the answer; OSError once the process is gone."""
        answer = _get(self._port("health_port"), path)
        self._keeps_secrets(answer.text)
        return answer

    def metrics(self) -> list[Sample]:
        """Read every sample of /metrics."""
        text = _get(self._port("metrics_port"), "/metrics").text
        self._keeps_secrets(text)
        families = text_string_to_metric_families(text)
        return [sample for family in families for sample in family.samples]

    def metric(self, name: str, **labels: str) -> float:
        """Sum the samples of this full name that have these labels, 0 without any."""
        return sum(
            sample.value
            for sample in self.metrics()
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def wait_metric(self, at_least: float, name: str, **labels: str) -> None:
        """Wait until the sum of `metric` is so high; it is scraped, for nothing tells that it moved.

        What is counted after a status was written moves a moment after a test has seen the status.
        """
        deadline = time.monotonic() + PATIENCE
        while (found := self.metric(name, **labels)) < at_least:
            late = f"{name}{labels} is {found} and not {at_least}:\n{self.tail()}"
            assert time.monotonic() < deadline, late
            time.sleep(SCRAPE_SECONDS)

    def tail(self, count: int = LAST_LINES) -> str:
        """Show the last lines as text, for a failed test."""
        return "\n".join([*self.words, *(json.dumps(line) for line in self.lines)][-count:])

    def _port(self, name: str) -> int:
        return int(self.wait_for(lambda line: name in line)[name])

    def _keeps_secrets(self, text: str) -> None:
        told = self._given.found(text)
        assert not told, f"The controller tells what it must not: {told}"

    def _read(self) -> None:
        for text in self._process.stdout or ():
            with self._news:
                try:
                    self.lines.append(json.loads(text))
                except ValueError:
                    self.words.append(text.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


def messages(lines: Sequence[Line], level: str = "") -> list[str]:
    """List the messages of some lines, all of them or those of one level."""
    return [line["message"] for line in lines if level in {"", line["level"]}]


def _own() -> dict[str, str]:
    """Pass on the environment of the tests without what tells spotdrain or boto3 anything."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SPOTDRAIN_"))}
    nowhere = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    return {**ours, **nowhere, "AWS_EC2_METADATA_DISABLED": "true"}


def _set(environment: Mapping[str, str] | None) -> dict[str, str]:
    """Leave out what is set to nothing."""
    return {name: value for name, value in (environment or {}).items() if value}


def _get(port: int, path: str) -> Answer:
    url = f"http://127.0.0.1:{port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
            return Answer(reply.status, reply.read().decode())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.read().decode())
