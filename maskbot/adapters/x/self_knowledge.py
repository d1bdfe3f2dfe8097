"""Who this account is. Asked once: `GET /2/users/me` allows 75 calls in 15 minutes and costs a user read."""

from __future__ import annotations

from threading import Lock

from maskbot.adapters.x.client import XClient
from maskbot.adapters.x.errors import XDown
from maskbot.domain.identity import Platform, Profile

INSTANCE = "x.com"


class SelfKnowledge:
    """The account's own profile, kept for the life of the process."""

    def __init__(self, client: XClient) -> None:
        self._client = client
        self._profile: Profile | None = None
        self._lock = Lock()

    def profile(self) -> Profile:
        """Raises Misconfigured when the token is refused, Unavailable when X does not say."""
        with self._lock:
            if self._profile is None:
                self._profile = profile_of(self._client.get("/2/users/me").get("data"))
            return self._profile


def profile_of(user: object) -> Profile:
    """A user object as a profile. Raises XDown when it is none."""
    if isinstance(user, dict):
        user_id, handle = user.get("id"), user.get("username")
        if isinstance(user_id, str) and isinstance(handle, str) and user_id.isdecimal() and 0 < len(handle) <= 50:
            return Profile(platform=Platform.X, instance=INSTANCE, user_id=user_id[:20], handle=handle)
    raise XDown("X did not say which user this is")
