"""What can go wrong between us and the API server."""

from __future__ import annotations

NOT_FOUND, CONFLICT = 404, 409
"""What a write is answered whose object is gone, or is no longer the one that was read."""


class ClusterError(Exception):
    """A call to the API server that failed.

    The text is a sentence for people. `code` is the HTTP status, 0 where no answer came.
    """

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code
