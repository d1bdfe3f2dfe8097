"""One Mastodon.py client a thread, always constructed the same way.

Source: social-platforms.md 5: the version is pinned because a failing version check recurses and floods the server; the rate
limit is thrown because waiting sleeps in the caller. The SDK's clients keep mutable state and are not shared between threads.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from mastodon import Mastodon

from maskbot.adapters.mastodon.bounded_http import bounded_session

REQUEST_TIMEOUT_S = 20.0
USER_AGENT = "maskbot"


def open_client(
    base_url: str, *, token: str | None, ca_bundle: str | None = None, timeout_s: float = REQUEST_TIMEOUT_S
) -> Mastodon:
    """A client of the SDK; makes no request. `timeout_s` bounds connecting, each read, and (doubled) the whole answer."""
    client = Mastodon(
        access_token=token,
        api_base_url=base_url,
        mastodon_version="4.3.0",
        version_check_mode="none",
        ratelimit_method="throw",
        request_timeout=timeout_s,
        user_agent=USER_AGENT,
        session=bounded_session(deadline_s=2 * timeout_s, ca_bundle=ca_bundle),
    )
    # 2.3.3 takes the version for granted and yet goes on with 1.0.0, by which `media_post` chooses the old, synchronous upload
    client.mastodon_major, client.mastodon_minor, client.mastodon_patch = 4, 3, 0
    return client


@dataclass(frozen=True, slots=True)
class Connection:
    """Where an account's API is and how it proves itself; hands each thread its own client."""

    base_url: str
    token: str = field(repr=False)
    ca_bundle: str | None = None
    timeout_s: float = REQUEST_TIMEOUT_S
    _local: threading.local = field(default_factory=threading.local, repr=False, compare=False)

    @property
    def host(self) -> str:
        """The host (with its port, if it names one) in lower case."""
        return self.base_url.split("://", 1)[-1].split("/", 1)[0].lower()

    @property
    def client(self) -> Mastodon:
        """The calling thread's client."""
        found: Mastodon | None = getattr(self._local, "client", None)
        if found is None:
            found = open_client(self.base_url, token=self.token, ca_bundle=self.ca_bundle, timeout_s=self.timeout_s)
            self._local.client = found
        return found
