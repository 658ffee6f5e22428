"""The controller under demonstration: its real process, under the rights that the chart gives it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Self

from prometheus_client.parser import text_string_to_metric_families

from hack.cluster.install import CONTROLLER, NAMESPACE, REPOSITORY
from hack.cluster.ports import HOST
from hack.cluster.process import Keeper, Process
from hack.errors import HackError
from hack.progress import Progress

if TYPE_CHECKING:
    from prometheus_client.samples import Sample

    from hack.cluster import LocalCluster

ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{CONTROLLER}"
"""Who it is to the API server, and so in the audit log."""

STOP_SECONDS = 60.0
REQUEST_SECONDS = 60.0


class Controller(Process):
    """`python -m controller run` against a local cluster; use it as a context manager.

    Its log stays behind, in a directory of its own. It ends with this process, however that ends.
    """

    def __init__(self, cluster: LocalCluster) -> None:
        """Describe it; nothing is started yet but what watches over it."""
        argv = [sys.executable, "-m", "controller", "run"]
        argv += ["--queue-url", cluster.queue_url]
        kubeconfig = cluster.kubeconfig_for_service_account(NAMESPACE, CONTROLLER)
        argv += ["--kubeconfig", str(kubeconfig)]
        argv += ["--listen-address", HOST, "--health-port", "0", "--metrics-port", "0"]
        argv += ["--log-format", "json", "--log-level", "info"]
        argv += ["--namespace", NAMESPACE, "--identity", CONTROLLER]
        environment = {**cluster.aws_environment, "PYTHONPATH": str(REPOSITORY)}
        super().__init__(Keeper(keep=True), "controller", argv, self._is_up, environment)
        self._ports: dict[str, int] = {}
        self.pid = 0

    def __enter__(self) -> Self:
        """Start it and wait till /readyz answers 200; raises HackError with its last words."""
        try:
            with Progress("controller") as progress:
                progress.update("waiting for /readyz")
                self.start()
        except BaseException:
            self._keeper.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End it as Kubernetes would: SIGTERM, and SIGKILL when that does not help."""
        with Progress("controller") as progress:
            progress.update("stopping")
            try:
                handle = os.pidfd_open(self.pid)
                os.kill(self.pid, signal.SIGTERM)
                select.select([handle], [], [], STOP_SECONDS)
                os.close(handle)
            except ProcessLookupError:  # It has ended by itself.
                pass
            finally:
                self._keeper.close()

    def launch(self) -> None:
        """Start it, without waiting, and remember its process id."""
        request = {"name": self.name, "argv": self._argv, "env": self._env, "log": str(self.log)}
        self.pid = self._keeper.ask("start", **request)["pid"]

    def require_alive(self) -> None:
        """Raise HackError with its last words when it has ended."""
        status = self._keeper.ask("poll", name=self.name)["status"]
        if status is not None:
            raise HackError(self._words(f"ended with status {status}"))

    def samples(self) -> list[Sample]:
        """Read /metrics."""
        text = self._get("metrics_port", "/metrics")
        return [s for family in text_string_to_metric_families(text) for s in family.samples]

    def peak_memory(self) -> int:
        """Return the most memory that it ever held, in bytes: VmHWM, see proc_pid_status(5)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        return int(found[1]) * 1024 if found else 0

    def _is_up(self) -> bool:
        self._ports = self._ports or announced_ports(self.log.read_text(errors="replace"))
        return bool(self._ports) and self._get("health_port", "/readyz").startswith("ok")

    def _get(self, port: str, path: str) -> str:
        url = f"http://{HOST}:{self._ports[port]}{path}"
        with urllib.request.urlopen(url, timeout=REQUEST_SECONDS) as answer:
            return str(answer.read().decode())


def announced_ports(log: str) -> dict[str, int]:
    """Find the line that tells the free ports which the system chose; empty before it is there."""
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:  # A line that is half written, or that another part printed.
            continue
        if isinstance(entry, dict) and "health_port" in entry:
            return {name: entry[name] for name in ("health_port", "metrics_port")}
    return {}
