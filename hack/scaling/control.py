"""What a test asks of a server that runs elsewhere; `hack.scaling.remote` is the asking side."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hack.scaling.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hack.scaling.server import ScalingServer

PATH = "/control/"


def control(server: ScalingServer, command: str, arguments: Mapping[str, Any]) -> Any:
    """Carry a command out; the answer can be written as JSON. KeyError for an unknown command."""
    match command:
        case "hold":
            return asdict(server.actions.hold(**arguments))
        case "read":
            return asdict(server.actions.read(**arguments))
        case "fail-next":
            return server.fail_next(*(Fault[name] for name in arguments["faults"]))
        case "calls":
            return [asdict(call) for call in server.wait_for_calls(**arguments)]
        case _:
            raise KeyError(command)
