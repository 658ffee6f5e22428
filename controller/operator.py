"""The Kopf shell: watches our own resources and hands what it sees to the engine.

Kopf runs in a thread with its own event loop, as one supervised loop of ours: it cancels every task
of its loop when it ends, and it ends on any watch error but 410. Drains must survive that
(docs/decisions/0004-kopf-in-a-thread.md). Only `on.event` handlers: they write nothing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import kopf

from controller.domain.cluster import ClusterError
from controller.domain.interruption_object import GROUP, VERSION
from controller.kube.connect import credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from pathlib import Path

    Seen = Callable[[str, Mapping[str, Any] | None], None]

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
STOP_SECONDS = 5.0


class Operator:
    """Kopf as one loop; `interruption` and `policy` are called in the caller's event loop.

    Each gets the name and the object, or None when the object was deleted. `check` raises
    ClusterError while the CRDs are missing: Kopf looks for them only once.
    """

    def __init__(
        self,
        kubeconfig: Path | None,
        check: Callable[[], Awaitable[None]],
        *,
        interruption: Seen,
        policy: Seen,
    ) -> None:
        self._kubeconfig, self._check = kubeconfig, check
        self._interruption, self._policy = interruption, policy

    async def run(self, beat: Callable[[], None]) -> None:
        """Run Kopf until it ends, which raises ClusterError, or we are cancelled."""
        await self._check()
        loop, stop = asyncio.get_running_loop(), threading.Event()
        registry = self._registry(loop, beat)
        outcome: Future[None] = Future()

        async def operate() -> None:
            # It leaves the failures of its other watches to the garbage collector.
            asyncio.get_running_loop().set_exception_handler(_abandoned)
            try:
                await kopf.operator(
                    registry=registry, standalone=True, clusterwide=True, stop_flag=stop
                )
            finally:
                # A thread of this loop's pool waits for the flag, and asyncio.run for the thread.
                stop.set()

        def thread() -> None:
            try:
                asyncio.run(operate())
                outcome.set_result(None)
            except BaseException as error:  # noqa: BLE001 - carried to the loop that waits for it
                outcome.set_exception(error)

        # A daemon thread: a Kopf that hangs on its way out must not keep the process alive.
        threading.Thread(target=thread, name="kopf", daemon=True).start()
        waiter = asyncio.wrap_future(outcome)
        try:
            await asyncio.shield(waiter)
        except Exception as error:
            # Kopf's exceptions are private; what ends it is an answer of the API server, or none.
            raise ClusterError(f"cannot watch the resources of {GROUP}: {_why(error)}") from error
        finally:
            stop.set()
            await asyncio.wait([waiter], timeout=STOP_SECONDS)

    def _registry(
        self, loop: asyncio.AbstractEventLoop, beat: Callable[[], None]
    ) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        @kopf.on.startup(registry=registry)
        async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
            settings.posting.enabled = False
            settings.scanning.disabled = True
            settings.networking.request_timeout = 15
            # After these few seconds it ends and is started anew, which also lists anew.
            settings.networking.error_backoffs = (1, 1, 2, 3)
            settings.networking.connect_timeout = 5
            settings.watching.connect_timeout = 5
            settings.persistence.diffbase_storage = NoEssence()
            beating.append(asyncio.create_task(_beat_on(beat)))

        @kopf.on.cleanup(registry=registry)
        async def quiet(**_: Any) -> None:
            # Kopf waits 5 s for a task that nobody cancelled.
            for task in beating:
                task.cancel()

        @kopf.on.login(registry=registry)
        async def login(**_: Any) -> kopf.ConnectionInfo:
            found = await credentials(self._kubeconfig)
            return kopf.ConnectionInfo(
                server=found.server,
                ca_path=found.ca_path,
                insecure=found.insecure,
                scheme="Bearer" if found.token else None,
                token=found.token,
                certificate_path=found.certificate_path,
                private_key_path=found.private_key_path,
            )

        @kopf.on.event(GROUP, VERSION, "nodeinterruptions", registry=registry)
        async def interruption(event: kopf.RawEvent, **_: Any) -> None:
            _hand_over(loop, self._interruption, event)

        @kopf.on.event(GROUP, VERSION, "spotpolicies", registry=registry)
        async def policy(event: kopf.RawEvent, **_: Any) -> None:
            _hand_over(loop, self._policy, event)

        beating: list[asyncio.Task[None]] = []
        return registry


class NoEssence(kopf.DiffBaseStorage):
    """Keeps nothing to compare objects with: handlers of raw events are told no differences.

    The essence that Kopf makes by default begins with a deep copy of the whole object, at every
    event, and a status with the history of thirty pods is no small one.
    """

    def build(
        self, *, body: kopf.Body, extra_fields: Iterable[kopf.FieldSpec] | None = None
    ) -> kopf.BodyEssence:
        """Make the essence of nothing."""
        del body, extra_fields
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        """Find none."""
        del body
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Write nothing."""


def _hand_over(loop: asyncio.AbstractEventLoop, seen: Seen, event: kopf.RawEvent) -> None:
    obj = event["object"]
    gone = event["type"] == "DELETED"
    loop.call_soon_threadsafe(seen, obj["metadata"]["name"], None if gone else obj)


def _abandoned(_: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    log.debug("Kopf: %s: %s", context.get("message"), context.get("exception"))


def _why(error: Exception) -> str:
    """Take the sentence out of an exception; Kopf's carry the whole answer behind it."""
    first = error.args[0] if error.args else None
    return (first if isinstance(first, str) else str(error)) or type(error).__name__


async def _beat_on(beat: Callable[[], None]) -> None:
    while True:
        beat()
        await asyncio.sleep(BEAT_SECONDS)
