"""Platform clients of hosting accounts, made once a process. Each is safe to share: the Mastodon connection keeps one SDK client
for each thread, the X client keeps no state between calls.

An account's token lies sealed in the store: JSON of `{"access_token"}` on Mastodon, and on X of the fields of `XKeys`. A new token
is noticed within a second.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Lock

from maskbot.domain.errors import Misconfigured, Refused
from maskbot.domain.identity import Platform
from maskbot.flows.act.deliver_post import DELIVER
from maskbot.ports.inside import Place, SecretBox
from maskbot.ports.outside import MentionFeed, Publisher, SocialGraph
from maskbot.ports.store import Store
from maskbot.settings import Settings

LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class ClientSet:
    """The three ports of one account. `prepare` sets what the account needs on its platform (bot flag, open to strangers)."""

    feed: MentionFeed
    publisher: Publisher
    graph: SocialGraph
    prepare: Callable[[], None]
    close: Callable[[], None]


@dataclass(slots=True)
class _Known:
    sealed: bytes
    api_base_url: str
    looked_s: float
    clients: ClientSet


class Clients:
    """Makes and keeps the clients of accounts."""

    def __init__(self, *, settings: Settings, store: Store, secrets: SecretBox) -> None:
        self._settings = settings
        self._store = store
        self._secrets = secrets
        self._known: dict[str, _Known] = {}
        self._lock = Lock()

    def of(self, account_id: str) -> ClientSet:
        """The clients of this account. Raises Refused for an unknown account, Misconfigured for a token that cannot be read."""
        entry = self._known.get(account_id)
        now_s = time.monotonic()
        if entry is not None and now_s - entry.looked_s < LOOK_AGAIN_S:
            return entry.clients
        with self._store.read() as work:
            account = work.accounts.load([account_id]).get(account_id)
            if account is None:
                raise Refused(f"no account {account_id}; `maskbot account list` shows them", kind="NoSuchAccount")
            sealed = work.accounts.load_token(account_id)
        with self._lock:
            entry = self._known.get(account_id)
            if entry is not None and (entry.sealed, entry.api_base_url) == (sealed, account.api_base_url):
                entry.looked_s = now_s
                return entry.clients
            place = Place("account", account.id, account.tenant_id, "token")
            token = read_token(self._secrets.reveal([(place, sealed)])[0])
            clients = connect(
                account.profile.platform,
                token,
                base_url=account.api_base_url,
                settings=self._settings,
                on_spent=partial(self._hold_back, account_id),
            )
            self._known[account_id] = _Known(sealed, account.api_base_url, now_s, clients)
            return clients

    def _hold_back(self, account_id: str, until_ms: int) -> None:
        """The platform's window is used up: no worker of the service calls before it opens again (reliability.md R24)."""
        with self._store.write() as work:
            work.throttles.block(account_id=account_id, action=DELIVER, until_ms=until_ms)

    def close(self) -> None:
        """Close every client."""
        with self._lock:
            for entry in self._known.values():
                entry.clients.close()
            self._known.clear()


def read_token(sealed_json: bytes) -> Mapping[str, str]:
    """The fields of a revealed token. Raises Misconfigured if it is no JSON object of texts."""
    try:
        token = json.loads(sealed_json)
    except ValueError:
        token = None
    if not isinstance(token, dict) or not all(isinstance(value, str) for value in token.values()):
        raise Misconfigured("an account's token is a JSON object of texts; add the account again with a whole one")
    return token


def connect(
    platform: Platform,
    token: Mapping[str, str],
    *,
    base_url: str,
    settings: Settings,
    on_spent: Callable[[int], None] = lambda _until_ms: None,
) -> ClientSet:
    """Clients for this token; makes no call yet. Raises Misconfigured for a token with missing or unknown fields."""
    if platform is Platform.X:
        return _connect_x(token, base_url, settings, on_spent)
    return _connect_mastodon(token, base_url, settings)


def _connect_x(
    token: Mapping[str, str], base_url: str, settings: Settings, on_spent: Callable[[int], None]
) -> ClientSet:
    from maskbot.adapters.x import RateBudget, XKeys
    from maskbot.adapters.x import connect as connect_x
    from maskbot.adapters.x.names import FieldNames

    try:
        keys = XKeys(**token)
    except TypeError:
        fields = ", ".join(XKeys.__dataclass_fields__)
        raise Misconfigured(f"the keys of an X account have the fields {fields}; add the account again") from None

    def on_budget(budget: RateBudget) -> None:
        if budget.call == "POST /2/tweets" and budget.remaining <= 0:
            on_spent(budget.resets_at_s * 1000)

    names = FieldNames(settings.x_field_names)
    parts = connect_x(keys, base_url=base_url, field_names=names, on_budget=on_budget)
    return ClientSet(parts.feed, parts.publisher, parts.graph, prepare=_nothing, close=parts.close)


def _connect_mastodon(token: Mapping[str, str], base_url: str, settings: Settings) -> ClientSet:
    from maskbot.adapters.mastodon import Connection, MastodonFeed, MastodonGraph, MastodonPublisher, OwnAccount

    if set(token) != {"access_token"}:
        raise Misconfigured("the token of a Mastodon account has the field access_token; add the account again")
    bundle = str(settings.ca_bundle) if settings.ca_bundle is not None else None
    connection = Connection(base_url, token["access_token"], ca_bundle=bundle)
    return ClientSet(
        MastodonFeed(connection),
        MastodonPublisher(connection),
        MastodonGraph(connection),
        prepare=OwnAccount(connection).prepare,
        close=_nothing,
    )


def _nothing() -> None:
    """X has no bot flag in its API, and Mastodon's clients close with their threads."""
