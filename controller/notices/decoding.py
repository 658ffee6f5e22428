"""From text to a JSON object, and from untrusted values to words that are safe in a log."""

from __future__ import annotations

import hashlib
import json
from typing import NoReturn

from controller.domain.notice import Malformed

MAX_BYTES = 256 * 1024
"""Larger than any event that AWS sends, and the limit of an SNS message.

https://docs.aws.amazon.com/general/latest/gr/sns.html#limits_sns
"""

JsonObject = dict[str, object]


def decode(text: str) -> JsonObject | Malformed:
    """Read one JSON object; every other text gives a sentence that says why it is none.

    Refused besides what is not JSON: more than `MAX_BYTES` of UTF-8, `NaN` and `Infinity`, nesting
    beyond Python's stack. Of a key that is written twice the last one counts, as in most readers.
    """
    # Counted in characters first: no text is encoded only to learn that it is far too long.
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Malformed(f"The message is larger than {MAX_BYTES // 1024} KiB; no AWS event is.")
    try:
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        return Malformed("The message is JSON nested too deeply to be an AWS event.")
    except ValueError:  # not JSON, or an integer of more digits than Python agrees to read
        return Malformed("The message is not JSON, so it cannot be an AWS event.")
    if not isinstance(value, dict):
        return Malformed("The message is JSON but not an object, so it cannot be an AWS event.")
    return value


def text_of(obj: JsonObject, key: str) -> str:
    """Take a text out of an object; empty where it is missing or something else."""
    value = obj.get(key)
    return value if isinstance(value, str) else ""


def object_of(obj: JsonObject, key: str) -> JsonObject:
    """Take an object out of an object; empty where it is missing or something else."""
    value = obj.get(key)
    return value if isinstance(value, dict) else {}


def digest(*texts: str) -> str:
    """Hash texts, whatever characters they have: 32 hexadecimal digits, the first half of SHA-256."""
    # As JSON, so that two texts are never taken for two others with the cut elsewhere.
    packed = json.dumps(texts) if len(texts) > 1 else texts[0]
    return hashlib.sha256(packed.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def quoted(value: object) -> str:
    """Write a foreign value for a sentence: one line of ASCII, quotes around at most 60 characters.

    Whoever may send to the queue chooses these texts, so no line break, no terminal escape and no
    bulk of theirs reaches a log.
    """
    if value is None:
        return "nothing"
    if not isinstance(value, str):
        return f"a JSON {_JSON_NAMES.get(type(value), 'value')}"
    shown = ascii(value[: _SHOWN + 1])[1:-1]
    return f"'{shown}'" if len(shown) <= _SHOWN else f"'{shown[:_SHOWN]}...'"


_SHOWN = 60
_JSON_NAMES: dict[type, str] = {
    bool: "boolean",
    dict: "object",
    float: "number",
    int: "number",
    list: "array",
}


def _refuse(constant: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which Python reads although they are no JSON."""
    raise ValueError(constant)
