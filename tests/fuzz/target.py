"""One input of the fuzzer: any bytes, read as the body of a message."""

from __future__ import annotations

from controller.notices import read
from tests.fuzz.law import check

RECEIVED = 1_767_323_048.0
"""The moment of receipt, three seconds after the golden events."""


def one_input(body: bytes) -> None:
    """Read one body and check the answer; raises whatever is wrong.

    SQS hands out text; bytes that are no UTF-8 stand for the lone surrogates that JSON can write.
    """
    check(read(body.decode("utf-8", "surrogateescape"), RECEIVED), RECEIVED)
