"""Which replicas are alive, judged by our own clock alone."""

from __future__ import annotations

RENEW_SECONDS, LAPSE_SECONDS = 2.0, 6.0

HEARD_SECONDS = 3.0
"""One that lives is heard at least so often. It is less than our own Lease counts for us (5 s): when
the API server falls silent, we know that nobody is heard before we would give up our share."""

PAUSE_SECONDS = 2.0
"""Who did not look for so long was paused, or its machine was."""

FORGET_SECONDS = 60.0
"""After so long the Lease of one that never came back is deleted."""


class Attendance:
    """When each replica was last seen to renew its Lease.

    The times written in Leases are never compared, so that clocks may differ. All times here are of
    one monotonic clock, in seconds, and come in as values.
    """

    def __init__(self, own: str) -> None:
        self._own = own
        self._seen: dict[str, float] = {}
        self._looked = self._resumed = float("-inf")

    def seen(self, member: str, now: float) -> None:
        """Note that a member has renewed."""
        if member == self._own and now - self._seen.get(member, now) > LAPSE_SECONDS:
            # We were cut off, or the watch was: what the others did meanwhile we cannot know.
            self._seen = dict.fromkeys(self._seen, now)
        self._seen[member] = now

    def left(self, member: str) -> None:
        """Note that a member has taken its Lease away: it is gone at once."""
        self._seen.pop(member, None)

    def others(self) -> frozenset[str]:
        """List all that have a Lease beside us, alive or not."""
        return frozenset(self._seen.keys() - {self._own})

    def alive(self, now: float) -> frozenset[str]:
        """List the others whose Lease has not lapsed."""
        return frozenset(m for m in self.others() if self._silence(m, now) <= LAPSE_SECONDS)

    def heard(self, now: float) -> bool:
        """Tell whether another renews at present; to be asked every second at least.

        After a longer gap we were paused ourselves: what the others did meanwhile is yet to be
        read, so for a moment they count as heard.
        """
        if now - self._looked > PAUSE_SECONDS:
            self._resumed = now
        self._looked = now
        latest = max((self._seen[m] for m in self.others()), default=float("-inf"))
        return bool(self.others()) and now - max(latest, self._resumed) <= HEARD_SECONDS

    def forgotten(self, now: float) -> frozenset[str]:
        """List the others that have been silent for so long that their Lease may be deleted."""
        return frozenset(m for m in self.others() if self._silence(m, now) > FORGET_SECONDS)

    def _silence(self, member: str, now: float) -> float:
        """Tell for how long a member has been silent while we would have heard it.

        Our own renewals come through the same watch. While they do not, it is the watch that is
        silent, and nobody is judged.
        """
        own = self._seen.get(self._own, float("-inf"))
        return min(now, own + RENEW_SECONDS) - self._seen[member]
