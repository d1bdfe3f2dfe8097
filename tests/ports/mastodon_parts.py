"""A real server with the Mastodon API for tests, with a proxy in front that misbehaves on command."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from maskbot.adapters.mastodon import Connection, MastodonFeed, MastodonGraph, MastodonPublisher
from maskbot.sandbox.fault_proxy import FaultProxy
from maskbot.sandbox.mastodon import MastodonServer, SandboxAccount

BOT, ALICE, BOB = (
    SandboxAccount("maskbot", is_bot=True),
    SandboxAccount("alice", note="I sell <b>nothing</b>"),
    SandboxAccount("bob"),
)
_keys = itertools.count()


def fresh_key() -> str:
    """An idempotency key that no other test used."""
    return f"key-{next(_keys)}"


@dataclass(slots=True)
class Platform:
    """The server, the proxy before it, and people who use it directly."""

    server: MastodonServer
    proxy: FaultProxy

    def connection(
        self, account: SandboxAccount = BOT, *, timeout_s: float = 20.0, token: str | None = None
    ) -> Connection:
        """A connection through the proxy."""
        return Connection(self.proxy.base_url, token or account.token, timeout_s=timeout_s)

    def feed(self, account: SandboxAccount = BOT, *, watchdog_s: float = 30.0) -> MastodonFeed:
        return MastodonFeed(self.connection(account), watchdog_s=watchdog_s)

    def publisher(self, account: SandboxAccount = BOT, *, timeout_s: float = 20.0) -> MastodonPublisher:
        return MastodonPublisher(self.connection(account, timeout_s=timeout_s), pause=lambda _: None)

    def graph(self) -> MastodonGraph:
        return MastodonGraph(self.connection())

    def say(self, account: SandboxAccount, text: str, **fields: object) -> str:
        """Post as a person; the id of the post."""
        return str(self._call("POST", "/api/v1/statuses", account, {"status": text, **fields})["id"])

    def statuses(self, account: SandboxAccount) -> list[dict[str, object]]:
        """What a person has posted, newest first, as another person sees it."""
        user_id = self._call("GET", f"/api/v1/accounts/lookup?acct={account.username}", ALICE)["id"]
        found = self._call("GET", f"/api/v1/accounts/{user_id}/statuses", account)
        assert isinstance(found, list)
        return found

    def status(self, post_id: str) -> dict[str, object]:
        return dict(self._call("GET", f"/api/v1/statuses/{post_id}", BOT))

    def call(self, method: str, path: str, account: SandboxAccount, **fields: object) -> object:
        """Any other request of a person."""
        return self._call(method, path, account, fields)

    def _call(self, method: str, path: str, account: SandboxAccount, fields: dict[str, object] | None = None):  # type: ignore[no-untyped-def]  # any JSON
        answer = httpx.request(
            method,
            self.server.base_url + path,
            headers={"Authorization": f"Bearer {account.token}"},
            json=fields or None,
            trust_env=False,
            timeout=20,
        )
        answer.raise_for_status()
        return answer.json()


def running(server: MastodonServer) -> Iterator[Platform]:
    """The platform with a proxy of its own; faults end with it."""
    with FaultProxy(server.port) as proxy:
        yield Platform(server, proxy)
    server.clear_faults()
