"""Looking people up (port `SocialGraph`). Source: social-platforms.md 4.1; reliability.md E11 (bounded, plain text only)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from maskbot.adapters.mastodon.boosters import look_for_booster
from maskbot.adapters.mastodon.client import Connection
from maskbot.adapters.mastodon.errors import Call, MastodonRefused, entity, translated
from maskbot.adapters.mastodon.own_account import OwnAccount
from maskbot.domain.errors import Malformed
from maskbot.ports.outside import ProfileText, Standing
from maskbot.wire.post_text import read_account, read_html

_HANDLE = re.compile(r"[A-Za-z0-9_.-]{1,100}(?:@[A-Za-z0-9.:-]{1,255})?")
_LARGEST_BIO_CHARACTERS = 4000
_MOST_FIELDS = 8
_LARGEST_FIELD_CHARACTERS = 500
_LARGEST_SOURCE_CHARACTERS = 65_536


class MastodonGraph:
    """Profiles as one account's server knows them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._own = OwnAccount(connection)

    def fetch_profile(self, handle: str) -> ProfileText | None:
        """The profile with this handle, None if there is none. A remote one the server does not know yet is asked for.

        Raises: MastodonUnavailable, MastodonRefused, MastodonTokenRefused.
        """
        own = self._own.profile()
        name, _, domain = handle.partition("@")
        if not _HANDLE.fullmatch(handle):
            return None
        is_remote = bool(domain) and domain.lower() != own.handle.partition("@")[2]
        wanted = handle if is_remote else name
        account = self._known(wanted)
        if account is None and is_remote:
            account = self._resolved(wanted)
        if account is None:
            return None
        try:
            return ProfileText(read_account(account, own=own), _plain(account.get("note")), _fields(account))
        except Malformed:
            return None

    def is_followed_by(self, user_id: str) -> Standing:
        """Raises: MastodonUnavailable, MastodonRefused, MastodonTokenRefused."""
        client = self._connection.client
        with translated(client, Call.READ, what="look at who follows"):
            found = [entity(each) for each in client.account_relationships(user_id)]
        named = [each.get("followed_by") for each in found if str(each["id"]) == user_id]
        return Standing(named[0] if named and isinstance(named[0], bool) else None)

    def has_boosted(self, post_id: str, *, user_id: str) -> Standing:
        """Raises: MastodonUnavailable, MastodonRefused, MastodonTokenRefused."""
        return look_for_booster(self._connection, post_id, user_id=user_id)

    def _known(self, handle: str) -> Mapping[str, object] | None:
        client = self._connection.client
        try:
            with translated(client, Call.READ, what="look a profile up"):
                return entity(client.account_lookup(handle))
        except MastodonRefused as error:
            if error.status in (400, 404, 410):
                return None
            raise

    def _resolved(self, handle: str) -> Mapping[str, object] | None:
        client = self._connection.client
        with translated(client, Call.READ, what="ask for a remote profile"):
            found = [entity(account) for account in client.account_search(handle, limit=5, resolve=True)]
            named = [account for account in found if str(account.get("acct", "")).lower() == handle.lower()]
        return named[0] if named else None


def _plain(source: object) -> str:
    if not isinstance(source, str):
        return ""
    return read_html(source[:_LARGEST_SOURCE_CHARACTERS]).text[:_LARGEST_BIO_CHARACTERS]


def _fields(account: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    fields = account.get("fields")
    return tuple(
        (_plain(field.get("name"))[:_LARGEST_FIELD_CHARACTERS], _plain(field.get("value"))[:_LARGEST_FIELD_CHARACTERS])
        for field in (fields[:_MOST_FIELDS] if isinstance(fields, list) else [])
        if isinstance(field, Mapping)
    )
