"""Platform clients of hosting accounts, one set for each thread: Mastodon.py's are not safe to share (social-platforms.md 5).

An account's token lies sealed in the store: JSON of `{"access_token"}` on Mastodon, and on X of the fields of `XKeys`. A new token
is noticed within ten seconds.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from maskbot.domain.account import Account
from maskbot.domain.errors import Misconfigured, Refused
from maskbot.domain.identity import Platform
from maskbot.ports.inside import Place, SecretBox
from maskbot.ports.outside import MentionFeed, Publisher, SocialGraph
from maskbot.ports.store import Store
from maskbot.settings import Settings

LOOK_AGAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class ClientSet:
    """The three ports of one account."""

    feed: MentionFeed
    publisher: Publisher
    graph: SocialGraph
    close: Callable[[], None]


@dataclass(slots=True)
class _Known:
    sealed: bytes
    api_base_url: str
    looked_s: float
    clients: ClientSet


class Clients:
    """Makes and keeps the clients of accounts, by thread."""

    def __init__(self, *, settings: Settings, store: Store, secrets: SecretBox) -> None:
        self._settings = settings
        self._store = store
        self._secrets = secrets
        self._local = threading.local()

    def of(self, account_id: str) -> ClientSet:
        """The clients of this account in this thread. Raises Refused for an unknown account, Misconfigured for a bad token."""
        known: dict[str, _Known] = self._local.__dict__.setdefault("known", {})
        entry = known.get(account_id)
        now_s = time.monotonic()
        if entry is not None and now_s - entry.looked_s < LOOK_AGAIN_S:
            return entry.clients
        with self._store.read() as work:
            account = work.accounts.load([account_id]).get(account_id)
            if account is None:
                known.pop(account_id, None)
                raise Refused(f"no account {account_id}; `maskbot account list` shows them", kind="NoSuchAccount")
            sealed = work.accounts.load_token(account_id)
        if entry is not None and (entry.sealed, entry.api_base_url) == (sealed, account.api_base_url):
            entry.looked_s = now_s
            return entry.clients
        if entry is not None:
            entry.clients.close()
        place = Place("account", account.id, account.tenant_id, "token")
        token = read_token(self._secrets.reveal([(place, sealed)])[0])
        known[account_id] = _Known(sealed, account.api_base_url, now_s, connect(account, token, self._settings))
        return known[account_id].clients


def read_token(sealed_json: bytes) -> Mapping[str, str]:
    """The fields of a revealed token. Raises Misconfigured if it is no JSON object of texts."""
    try:
        token = json.loads(sealed_json)
    except ValueError:
        token = None
    if not isinstance(token, dict) or not all(isinstance(value, str) for value in token.values()):
        raise Misconfigured("the account's token is not readable: add the account again")
    return token


def connect(account: Account, token: Mapping[str, str], settings: Settings) -> ClientSet:
    """Clients for this account and token; makes no call yet."""
    if account.profile.platform is Platform.X:
        return _connect_x(account, token, settings)
    return _connect_mastodon(account, token)


def _connect_x(account: Account, token: Mapping[str, str], settings: Settings) -> ClientSet:
    from maskbot.adapters.x import XKeys
    from maskbot.adapters.x import connect as connect_x
    from maskbot.adapters.x.names import FieldNames

    parts = connect_x(XKeys(**token), base_url=account.api_base_url, field_names=FieldNames(settings.x_field_names))
    return ClientSet(feed=parts.feed, publisher=parts.publisher, graph=parts.graph, close=parts.close)


def _connect_mastodon(account: Account, token: Mapping[str, str]) -> ClientSet:
    from maskbot.adapters.mastodon import connect as connect_mastodon

    parts = connect_mastodon(access_token=token["access_token"], base_url=account.api_base_url)
    return ClientSet(feed=parts.feed, publisher=parts.publisher, graph=parts.graph, close=parts.close)
