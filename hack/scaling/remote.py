"""A server that runs elsewhere, used as if it ran in this process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from hack.scaling.actions import Waiting
from hack.scaling.control import PATH
from hack.scaling.server import PATIENCE, Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hack.scaling.faults import Fault


class RemoteScaling:
    """A `ScalingServer` by its address, `http://HOST:PORT`; raises OSError while it is away."""

    def __init__(self, endpoint: str) -> None:
        """Say where it is; nothing is asked yet."""
        self._endpoint = endpoint

    @property
    def calls(self) -> Sequence[Call]:
        """Every call so far, in the order of arrival, failed ones too."""
        return self.wait_for_calls(0)

    def hold(self, instance_id: str, **more: Any) -> Waiting:
        """Begin to terminate an instance; see `Actions.hold`."""
        return Waiting(**self._ask("hold", instance_id=instance_id, **more))

    def read(self, token: str) -> Waiting:
        """Return how an action stands now."""
        return Waiting(**self._ask("read", token=token))

    def fail_next(self, *faults: Fault) -> None:
        """Let the next calls fail, each in its way."""
        self._ask("fail-next", faults=[fault.name for fault in faults])

    def wait_for_calls(self, count: int) -> Sequence[Call]:
        """Return the calls as soon as there are that many; OSError if they never come."""
        return tuple(Call(**call) for call in self._ask("calls", count=count))

    def _ask(self, command: str, **arguments: Any) -> Any:
        body = json.dumps(arguments).encode()
        request = Request(f"{self._endpoint}{PATH}{command}", body)  # noqa: S310 - http, from a test
        with urlopen(request, timeout=PATIENCE + 5) as answer:  # noqa: S310 - the same
            return json.load(answer)
