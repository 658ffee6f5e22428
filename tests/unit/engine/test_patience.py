"""Which failed writes are repeated while their message is ours."""

from __future__ import annotations

import pytest

from controller.domain.cluster import ClusterError
from controller.engine import patience
from controller.engine.patience import patiently


class Write:
    """A write that fails with these codes, one after the other, and then works."""

    def __init__(self, *codes: int) -> None:
        self.codes, self.calls = list(codes), 0

    async def __call__(self) -> str:
        """Make the write once."""
        self.calls += 1
        if self.codes:
            raise ClusterError("no", self.codes.pop(0))
        return "done"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BACKOFF", (0.0,))


async def test_a_server_without_strength_is_asked_until_it_does_it() -> None:
    write = Write(0, 429, 500, 503)
    assert await patiently(write) == "done"
    assert write.calls == 5


@pytest.mark.parametrize("code", [401, 403, 404, 409, 422])
async def test_a_refusal_is_told_at_once(code: int) -> None:
    write = Write(code)
    with pytest.raises(ClusterError):
        await patiently(write)
    assert write.calls == 1


async def test_patience_ends_before_the_message_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "BACKOFF", (patience.PATIENCE_SECONDS + 1,))
    write = Write(500, 500)
    with pytest.raises(ClusterError):
        await patiently(write)
    assert write.calls == 1
