"""The intake is held while our writes are forbidden, and by nothing else."""

from __future__ import annotations

import pytest

from controller.domain.cluster import ClusterError
from controller.engine.hold import Hold
from tests.builders import T0

REFUSED = ClusterError('User "spotdrain" cannot create resource', 403)
MISSING = ClusterError("not allowed to create nodeinterruptions", 0)


class Rights:
    """What the check finds, and a clock to turn."""

    def __init__(self) -> None:
        self.missing: ClusterError | None = None
        self.now = T0
        self.hold = Hold(self.check, lambda: self.now)

    async def check(self) -> None:
        """Look at the rights."""
        if self.missing is not None:
            raise self.missing


@pytest.mark.parametrize("code", [0, 404, 409, 429, 500])
async def test_nothing_but_a_refusal_holds(code: int) -> None:
    rights = Rights()
    rights.hold.failed(ClusterError("busy", code))
    assert not await rights.hold.stands()
    assert rights.hold.trouble is None


async def test_it_stands_until_the_rights_are_there_and_says_what_is_missing() -> None:
    rights = Rights()
    rights.missing = MISSING
    rights.hold.failed(REFUSED)
    assert rights.hold.trouble == str(REFUSED)
    for _ in range(100):
        rights.now += 10
        assert await rights.hold.stands()
    assert rights.hold.trouble == str(MISSING)

    rights.missing = None
    rights.now += 10
    assert not await rights.hold.stands()
    assert rights.hold.trouble is None


async def test_refusals_in_a_row_that_no_check_explains_hold_ever_longer() -> None:
    """A policy engine may forbid what RBAC allows; five receives then outlast a notice."""
    rights, held = Rights(), list[float]()
    for _ in range(5):
        rights.hold.failed(REFUSED)
        since = rights.now
        while await rights.hold.stands():
            rights.now += 0.5
        held.append(rights.now - since)
    assert held == [1, 5, 15, 30, 30]


async def test_a_write_that_is_allowed_ends_it_at_once() -> None:
    """What was refused was about one object, and holds up no other."""
    rights = Rights()
    for _ in range(3):
        rights.hold.failed(REFUSED)
    rights.hold.wrote()
    assert not await rights.hold.stands()
    rights.hold.failed(REFUSED)
    rights.now += 1
    assert not await rights.hold.stands()
