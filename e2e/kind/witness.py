"""What a pod's own log on its node says: when it was asked to stop, and when it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hack.kind import KindCluster

FOLDER = "/var/log/spotdrain-witness"
"""On the nodes; each namespace has its folder there."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: epoch seconds of the node's clock, and what happened."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Life:
    """The life of one container by its own log; None is what did not happen."""

    lines: tuple[Line, ...]

    def first(self, what: str) -> float | None:
        """Tell when something happened first."""
        return next((line.at for line in self.lines if line.what == what), None)

    @property
    def term(self) -> float:
        """When SIGTERM came; AssertionError if it never did."""
        found = self.first("term")
        assert found is not None, f"no SIGTERM came: {self.lines[-3:]}"
        return found

    @property
    def end(self) -> float:
        """When it ended by itself; AssertionError if it was killed, or still runs."""
        found = self.first("end")
        assert found is not None, f"it did not end by itself: {self.lines[-3:]}"
        return found

    @property
    def last(self) -> float:
        """When it was last seen alive: at most one beat and a little before SIGKILL."""
        return self.lines[-1].at

    def times(self, what: str) -> int:
        """Count how often something happened."""
        return sum(line.what == what for line in self.lines)


def read_lines(text: str) -> tuple[Line, ...]:
    """Read a log: `SECONDS WORDS` in each line; each was written at once, so none is cut off."""
    parted = (line.split(" ", 1) for line in text.splitlines())
    return tuple(Line(float(at), what) for at, what in parted)


def read_life(cluster: KindCluster, node: str, namespace: str, pod: str) -> Life:
    """Read the log of a pod that runs, or ran, on a node."""
    text = cluster.docker("exec", node, "cat", f"{FOLDER}/{namespace}/{pod}.log")
    return Life(read_lines(text))
