"""Judges a drain by what the API server wrote down, against what docs/drain.md promises.

It shares no code with the planner: what both got wrong would not be seen.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.guests import Guest
    from bench.trail import Call

RESERVE, OVERHEAD, DETACH, CAP = 8.0, 3.0, 12.0, 60.0
STAGGER, LEAD = 5.0, 1.0
USER_BANDS, SYSTEM_CRITICAL = 4, 2_000_000_000
SKEW = 0.001
"""Seconds: the audit log's microseconds are cut off."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found; the lists name pods, and should be empty."""

    pods: int
    unsignalled: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    ordered_pairs: int = 0
    evicted: int = 0
    overridden: int = 0
    truncated: int = 0

    def figures(self) -> dict[str, Any]:
        """Give all as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Asked:
    """The calls about one pod: when the first came, and which one was accepted."""

    first: float | None = None
    accepted: Call | None = None

    @property
    def overridden(self) -> bool:
        """Whether it was deleted, past whatever held it back."""
        return self.accepted is not None and self.accepted.resource == "pods"


def judge(guests: Sequence[Guest], deadlines: Mapping[str, float], log: Sequence[Call]) -> Findings:
    """Judge all nodes; `deadlines` are by node, `log` has the controller's calls in their order."""
    asked = {guest.key: _asked(guest, log) for guest in guests}
    ended = [g for g in guests if asked[g.key].accepted is not None]
    cut = [g for g in ended if _sent(asked[g.key]) is not None]
    disordered, pairs = [], 0
    for node, deadline in deadlines.items():
        here = [guest for guest in guests if guest.node == node]
        wrong, possible = _disorder(here, asked, deadline, log)
        disordered += wrong
        pairs += possible
    return Findings(
        pods=len(guests),
        unsignalled=[
            g.key for g in guests if _signalled(asked[g.key]) > deadlines[g.node] - RESERVE
        ],
        early=[g.key for g in ended if _early(g, asked[g.key], deadlines[g.node])],
        disordered=disordered,
        cut=[g.key for g in cut if _fitted(g, asked[g.key], deadlines[g.node])],
        ordered_pairs=pairs,
        evicted=sum(not asked[g.key].overridden for g in ended),
        overridden=sum(asked[g.key].overridden for g in ended),
        truncated=len(cut),
    )


def last_safe(guest: Guest, deadline: float) -> float:
    """Compute when the pod has to be asked at the latest, by the table in docs/drain.md."""
    need = min(guest.grace, CAP) + OVERHEAD + (DETACH if guest.claims else 0.0)
    return deadline - RESERVE - need


def bands_of(guests: Iterable[Guest]) -> dict[int, int]:
    """Give each priority its band: at most four of user priorities, then the system-critical."""
    distinct = sorted({guest.priority for guest in guests})
    user = [p for p in distinct if p < SYSTEM_CRITICAL]
    bands = min(len(user), USER_BANDS)
    found = {p: place * bands // len(user) for place, p in enumerate(user)}
    return found | {p: bands for p in distinct if p >= SYSTEM_CRITICAL}


def _asked(guest: Guest, log: Iterable[Call]) -> Asked:
    about = [c for c in log if c.key == guest.key and c.verb in {"create", "delete"}]
    accepted = next((c for c in about if c.accepted), None)
    return Asked(about[0].arrived if about else None, accepted)


def _signalled(asked: Asked) -> float:
    return float("inf") if asked.accepted is None else asked.accepted.answered


def _sent(asked: Asked) -> int | None:
    return None if asked.accepted is None else asked.accepted.grace


def _early(guest: Guest, asked: Asked, deadline: float) -> bool:
    """Tell whether the pod was deleted while its budget still had time to open."""
    if not asked.overridden or asked.accepted is None:
        return False
    return asked.accepted.arrived < last_safe(guest, deadline) - SKEW


def _fitted(guest: Guest, asked: Asked, deadline: float) -> bool:
    """Tell whether the grace was cut although all of it was left; whole seconds are rounded down."""
    if asked.accepted is None:
        return False
    return asked.accepted.arrived + guest.grace + 1.0 < deadline - RESERVE


def _disorder(
    here: Sequence[Guest], asked: Mapping[str, Asked], deadline: float, log: Sequence[Call]
) -> tuple[list[str], int]:
    """Find pods that were asked before one of a lower band that could have been asked.

    Rule 2 of docs/drain.md lets a band start `STAGGER` seconds after the one before it, rule 3 at
    the last safe moment of any pod in it or above it; a budget that was in use or had refused holds
    nobody up. Returns them, and in how many pairs of bands none of this spoke.
    """
    began = _began(here, log)
    bands = bands_of(here)
    busy = _guards_in_use(here, log)
    wrong, pairs = [], 0
    for guest in here:
        at, band = asked[guest.key].first, bands[guest.priority]
        if at is None or guest.protected:
            continue
        safe = (_latest(g, deadline) for g in here if bands[g.priority] >= band)
        turn = min(began + band * STAGGER, *safe)
        if at >= turn - SKEW:
            continue
        lower = [g for g in here if bands[g.priority] < band and not g.protected]
        pairs += bool(lower)
        late = [g for g in lower if _open(g, at, busy) and _first(asked[g.key]) > at + SKEW]
        wrong += [guest.key] if late else []
    return wrong, pairs


def _latest(guest: Guest, deadline: float) -> float:
    return last_safe(guest, deadline) - (LEAD if guest.guards else 0.0)


def _first(asked: Asked) -> float:
    return float("inf") if asked.first is None else asked.first


def _began(here: Sequence[Guest], log: Iterable[Call]) -> float:
    """Tell when the node was closed: no band's five seconds count from before."""
    node = here[0].node
    patched = (c.arrived for c in log if (c.resource, c.key) == ("nodes", node))
    return min(patched, default=0.0)


def _guards_in_use(here: Sequence[Guest], log: Iterable[Call]) -> dict[str, float]:
    """Tell since when each budget has been asked about any of its pods."""
    guards = {guest.key: guest.guards for guest in here}
    found: dict[str, float] = {}
    for call in log:
        for guard in guards.get(call.key, ()):
            found.setdefault(guard, call.arrived)
    return found


def _open(guest: Guest, at: float, busy: Mapping[str, float]) -> bool:
    """Tell whether nothing but its turn kept the pod from being asked."""
    # Two budgets on one pod: no eviction can succeed, so none is tried.
    if len(guest.guards) > 1:
        return False
    return all(busy.get(guard, at) >= at for guard in guest.guards)
