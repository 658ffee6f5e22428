"""What the faults have cost, counted for the table of docs/reliability.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HEAD = (
    "Fault",
    "Injected",
    "Drains",
    "Pods",
    "Without SIGTERM",
    "Evicted twice",
    "Interruptions lost",
    "Longest interruption of work",
)


@dataclass
class Account:
    """What became of some drains.

    `pods` are those that ran on the nodes; `longest` is the longest time in seconds from a notice,
    or from an eviction that was accepted, to the next of the same node.
    """

    drains: int = 0
    pods: int = 0
    unsignalled: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    longest: float = 0.0

    @property
    def harm(self) -> list[str]:
        """All that must not be."""
        return [*self.unsignalled, *self.twice, *self.lost]

    def add(self, other: Account) -> None:
        """Put another account to this one."""
        self.drains += other.drains
        self.pods += other.pods
        self.unsignalled += other.unsignalled
        self.twice += other.twice
        self.lost += other.lost
        self.longest = max(self.longest, other.longest)


class Tally:
    """Accounts by fault, in the order in which the faults came."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._accounts: dict[str, Account] = {}
        self._times: dict[str, int] = {}

    def add(self, fault: str, times: int, account: Account) -> None:
        """Put down that a fault was injected so often, and what became of the drains."""
        self._times[fault] = self._times.get(fault, 0) + times
        self._accounts.setdefault(fault, Account()).add(account)

    def table(self) -> list[str]:
        """Return the lines of the Markdown table, none where nothing was counted."""
        rows = [self._row(fault, account) for fault, account in self._accounts.items()]
        return [_line(HEAD), _line(["---"] * len(HEAD)), *rows] if rows else []

    def _row(self, fault: str, account: Account) -> str:
        lists = (account.unsignalled, account.twice, account.lost)
        counts = (self._times[fault], account.drains, account.pods, *map(len, lists))
        return _line([fault, *map(str, counts), f"{account.longest:.1f} s"])


def gaps(begun: float, calls: Iterable[float]) -> list[float]:
    """Return the seconds between the beginning and the first call, and from each to the next."""
    moments = [begun, *sorted(call for call in calls if call > begun)]
    return [later - earlier for earlier, later in pairwise(moments)]


def repeated(calls: Mapping[str, Sequence[float]]) -> list[str]:
    """List what was asked more than once with success."""
    return sorted(name for name, moments in calls.items() if len(moments) > 1)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
