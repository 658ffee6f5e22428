"""Kubernetes quantities (`500m`, `4Gi`, `1e3`): read exactly, rounded up, written for people."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: dict[str, int] = {f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)}
_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30}))"
    r"(?:[eE](?P<exponent>[+-]?\d{1,2})|(?P<suffix>[KMGTPE]i|[numkMGTPE])?)"
)


def parse_quantity(text: object) -> Decimal | None:
    """Read a quantity; None where it is none.

    A number of JSON is one too. `1E` is an exa, `1E3` a thousand. Source:
    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        return None
    return _parsed(str(text))


@lru_cache(1000)
def _parsed(text: str) -> Decimal | None:
    """Read a quantity; pods ask for the same few amounts over and over."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    number = Decimal(match["number"])
    if match["exponent"]:
        return number.scaleb(int(match["exponent"]))
    suffix = match["suffix"] or ""
    if suffix in _BINARY:
        return number * _BINARY[suffix]
    return number.scaleb(_DECIMAL[suffix])


def milli(text: object) -> int:
    """Read thousandths, rounded up as the scheduler does (500m of a CPU are 500); 0 for no quantity."""
    return math.ceil((parse_quantity(text) or Decimal()) * 1000)


def whole(text: object) -> int:
    """Read whole units, rounded up (bytes, pods); 0 for no quantity."""
    return math.ceil(parse_quantity(text) or Decimal())


def format_milli(thousandths: int) -> str:
    """Write thousandths as a quantity: `2`, `1500m`."""
    return f"{thousandths // 1000}" if thousandths % 1000 == 0 else f"{thousandths}m"


def format_bytes(count: int) -> str:
    """Write bytes with the largest binary suffix that leaves a short number: `4Gi`, `1.5Gi`, `900Mi`."""
    for suffix, size in reversed(_BINARY.items()):
        if count >= size:
            return f"{count / size:.2f}".rstrip("0").rstrip(".") + suffix
    return str(count)
