"""What can go wrong between us and the API server."""

from __future__ import annotations


class ClusterError(Exception):
    """A call to the API server that failed.

    The text is a sentence for people. `code` is the HTTP status, 0 where no answer came.
    """

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code
