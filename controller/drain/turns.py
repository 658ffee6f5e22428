"""Which voluntary drains may begin: the budget of a policy, its schedules, and the line.

Every replica works this out of the same records. A drain first takes a place and writes that down;
it begins once a look at all records, taken after that was written, shows that the places suffice.
Of two replicas that take the last place at the same moment at least the later one sees both, so
that more drains than the budget allows never begin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from controller.domain.interruption import Phase
from controller.domain.schedule import is_open, opens_at
from controller.domain.times import format_clock, format_rfc3339, parse_rfc3339
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.policy import Policy, RebalancePolicy
    from controller.domain.times import Instant

CONDITION = "Admitted"
"""The condition of a NodeInterruption that says how a voluntary drain stands: `False` while it
waits, `Unknown` while it has a place in the budget and has not begun, then `True`."""

DAY = 86_400.0
MOST_NAMED = 3


class Stand(StrEnum):
    """How far a drain has come; `Holds` has a place in the budget and has not begun."""

    WAITS = "Waits"
    HOLDS = "Holds"
    DRAINS = "Drains"


@dataclass(frozen=True, slots=True)
class Claim:
    """One node that drains, or wants to; `since` is when its first notice was sent.

    `name` is the interruption's and decides between equals, `node` is for the sentence.
    """

    name: str
    node: str
    zone: str
    since: Instant
    stand: Stand = Stand.WAITS


class Turn(NamedTuple):
    """What is to become of a drain that has not begun.

    `confirmed`: all places that are held fit the budget, so this one may begin. `again` is when the
    clock alone changes the answer.
    """

    stand: Stand
    verdict: Verdict
    confirmed: bool = False
    again: Instant | None = None


ASKS = Verdict("AwaitingTurn", "waits to hear whose turn it is")
HELD = Verdict("HasItsTurn", "its turn has come; looks for room for its pods on other nodes")
PASSING = frozenset({ASKS, HELD})
"""What holds for a moment only: no Event tells it."""

_WRITTEN = {"True": Stand.DRAINS, "Unknown": Stand.HOLDS}


def stand_from(record: Interruption) -> tuple[Stand, Instant | None]:
    """Read how far a drain has come, and since when, out of its condition."""
    found: Mapping[str, Any] = next((c for c in record.conditions if c["type"] == CONDITION), {})
    # The conditions of an earlier end say nothing about what a new notice begins.
    if record.phase.over or not found:
        return Stand.WAITS, None
    since = parse_rfc3339(found.get("lastTransitionTime"))
    return _WRITTEN.get(found.get("status", ""), Stand.WAITS), since


def claim_of(record: Interruption, node: NodeFacts, policy: Policy) -> Claim | None:
    """Tell what an interruption that is not over claims of its policy's budget; None for nothing.

    A node with an interruption notice counts until its end, as a disrupted node does for Karpenter.
    One that drains for a recommendation counts until its pods are gone.
    """
    if record.over or not record.standing:
        return None
    since = min(notice.time for notice in record.standing)
    claim = Claim(record.name, node.name, node.zone, since, Stand.DRAINS)
    if not record.kind.voluntary:
        return claim
    if not policy.drains(record.kind):
        return None
    stand, _ = stand_from(record)
    if stand is Stand.DRAINS and record.phase is Phase.DRAINED:
        return None
    return replace(claim, stand=stand)


class Leave(NamedTuple):
    """How a voluntary drain stands, as its status tells it.

    `stage` counts the changes of the stand: what was written of an earlier stage is out of date.
    """

    stand: Stand
    verdict: Verdict
    stage: int = 0


def turns(
    claims: Iterable[Claim], zones: Mapping[str, int], policy: RebalancePolicy, now: Instant
) -> dict[str, Turn]:
    """Decide about every drain of a policy that has not begun, by its name.

    `claims` are all nodes of the policy that drain or want to, `zones` counts its nodes by zone.
    """
    line = sorted(claims, key=lambda claim: (claim.since, claim.name))
    undecided = [claim for claim in line if claim.stand is not Stand.DRAINS]
    # Outside the schedules nothing begins; a place that was taken before is given back.
    if not is_open(policy.schedules, now):
        opens = opens_at(policy.schedules, now)
        return {
            claim.name: Turn(Stand.WAITS, _shut(opens, now), again=opens) for claim in undecided
        }
    places = _Places(line, zones, policy)
    kept = [c for c in line if c.stand is Stand.HOLDS and places.take(c)]
    # Too many took a place at the same moment: the last of them give theirs back, and until that
    # is written nobody begins.
    fits = len(kept) == sum(c.stand is Stand.HOLDS for c in line)
    found = {c.name: Turn(Stand.HOLDS, HELD, confirmed=fits) for c in kept}
    refused = 0
    for claim in undecided:
        if claim.name in found:
            continue
        # Who has just given a place back has seen that there is none.
        if claim.stand is Stand.WAITS and places.take(claim):
            found[claim.name] = Turn(Stand.HOLDS, HELD)
        else:
            refused += 1
            found[claim.name] = Turn(Stand.WAITS, places.refusal(claim, refused))
    return found


class _Places:
    """The places of one policy: taken in the order of the line, by zone."""

    def __init__(
        self, line: Sequence[Claim], zones: Mapping[str, int], policy: RebalancePolicy
    ) -> None:
        self._policy, self._zones = policy, zones
        self._taken = [claim for claim in line if claim.stand is Stand.DRAINS]

    def take(self, claim: Claim) -> bool:
        """Take a place if there is one."""
        if self._full() or self._zone_full(claim.zone):
            return False
        self._taken.append(claim)
        return True

    def refusal(self, claim: Claim, place: int) -> Verdict:
        """Say why there is no place for the drain that is `place`th of those without one."""
        line = f"{claim.node} is {_ordinal(place)} in line"
        if self._full():
            of = f"{sum(self._zones.values())} nodes of this policy"
            return Verdict("NodeBudget", f"{_count(self._taken, self._most, of)}; {line}")
        here = [taken for taken in self._taken if taken.zone == claim.zone]
        of = f"{self._zones.get(claim.zone, 0)} nodes of this policy in {claim.zone}"
        return Verdict("ZoneBudget", f"{_count(here, self._zone_most(claim.zone), of)}; {line}")

    @property
    def _most(self) -> int | None:
        amount = self._policy.nodes
        return None if amount is None else amount.of(sum(self._zones.values()))

    def _zone_most(self, zone: str) -> int | None:
        amount = self._policy.per_zone
        return None if amount is None else amount.of(self._zones.get(zone, 0))

    def _full(self) -> bool:
        return self._most is not None and len(self._taken) >= self._most

    def _zone_full(self, zone: str) -> bool:
        most = self._zone_most(zone)
        return most is not None and sum(c.zone == zone for c in self._taken) >= most


def _count(taken: Sequence[Claim], most: int | None, of: str) -> str:
    if most == 0:
        return f"the budget lets none of the {of} drain"
    names = ", ".join(claim.node for claim in taken[:MOST_NAMED])
    more = ", ..." if len(taken) > MOST_NAMED else ""
    do = "does" if len(taken) == 1 else "do"
    return f"at most {most} of the {of} may drain at once, and {len(taken)} {do} ({names}{more})"


def _ordinal(number: int) -> str:
    special = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if number % 100 in {11, 12, 13} else special.get(number % 10, "th")
    return f"{number}{ending}"


def _shut(opens: Instant, now: Instant) -> Verdict:
    """Say when drains may begin; the date only where the time of day would mislead."""
    when = format_clock(opens) if opens - now < DAY else format_rfc3339(opens)
    return Verdict("OutsideSchedule", f"outside the policy's schedules until {when}")
