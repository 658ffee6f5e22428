"""The golden events, made to be about an instance of the test's and sent now."""

from __future__ import annotations

import json
import re
import time
import uuid
from pathlib import Path
from typing import Any

from controller.domain.times import format_rfc3339

GOLDEN = Path(__file__).resolve().parent / "fixtures" / "events"
GOLDEN_INSTANCE = re.compile(r"\bi-[0-9a-f]{8,17}\b")


def golden_event(name: str, instance_id: str, *, age: float = 0.0, **detail: Any) -> dict[str, Any]:
    """Return the event of a file of tests/fixtures/events, about an instance, `age` seconds old.

    `detail` replaces fields of its detail. It gets an id of its own: the files share ids, and a
    queue is shared by tests.
    """
    text = GOLDEN_INSTANCE.sub(instance_id, (GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    event: dict[str, Any] = json.loads(text)
    event |= {"id": str(uuid.uuid4()), "time": format_rfc3339(time.time() - age)}
    event["detail"] |= detail
    return event
