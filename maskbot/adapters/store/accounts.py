"""Hosting accounts and their feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, bindparam, select, update

from maskbot.adapters.store.errors import IllegalMove, NoSuchRow
from maskbot.adapters.store.tables import account, feed
from maskbot.domain.account import Account, Feed, FeedKind
from maskbot.domain.identity import Platform, Profile

ACCOUNT_STATES = ("active", "paused", "broken")

_ALL = select(account).order_by(account.c.id)
_LOAD = select(account).where(account.c.id.in_(bindparam("ids", expanding=True)))
_TOKEN = select(account.c.secret).where(account.c.id == bindparam("id"))
_FEEDS = select(feed).order_by(feed.c.id)
_FEEDS_OF = _FEEDS.where(feed.c.account_id == bindparam("account"))
_ADVANCE = update(feed).where(feed.c.id == bindparam("b_id")).values(cursor=bindparam("b_cursor"))
_SET_STATE = (
    update(account)
    .where(account.c.id == bindparam("b_id"))
    .values(state=bindparam("b_state"), reason=bindparam("b_reason"))
)


class SqlAccounts:
    """Implements `ports.store.Accounts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, ids: Sequence[str] | None = None) -> Mapping[str, Account]:
        """See `ports.store.Accounts.load`."""
        rows = self._connection.execute(_ALL) if ids is None else self._connection.execute(_LOAD, {"ids": list(ids)})
        return {row.id: account_of(row) for row in rows}

    def load_token(self, account_id: str) -> bytes:
        """See `ports.store.Accounts.load_token`. Raises NoSuchRow for an unknown account."""
        sealed = self._connection.execute(_TOKEN, {"id": account_id}).scalar_one_or_none()
        if sealed is None:
            raise NoSuchRow(f"no account {account_id}")
        return bytes(sealed)

    def feeds(self, account_id: str | None = None) -> tuple[Feed, ...]:
        """See `ports.store.Accounts.feeds`."""
        if account_id is None:
            rows = self._connection.execute(_FEEDS)
        else:
            rows = self._connection.execute(_FEEDS_OF, {"account": account_id})
        return tuple(
            Feed(
                id=row.id,
                account_id=row.account_id,
                tenant_id=row.tenant_id,
                kind=FeedKind(row.kind),
                target=row.target,
                cursor=row.cursor,
            )
            for row in rows
        )

    def advance(self, feed_id: str, *, cursor: str) -> None:
        """See `ports.store.Accounts.advance`."""
        self._connection.execute(_ADVANCE, {"b_id": feed_id, "b_cursor": cursor})

    def set_state(self, account_id: str, *, state: str, reason: str) -> None:
        """See `ports.store.Accounts.set_state`."""
        if state not in ACCOUNT_STATES:
            raise IllegalMove(f"expected a state of {ACCOUNT_STATES}, got {state}")
        moved = self._connection.execute(_SET_STATE, {"b_id": account_id, "b_state": state, "b_reason": reason})
        if moved.rowcount != 1:
            raise NoSuchRow(f"no account {account_id}")


def account_of(row: Row[tuple[object, ...]]) -> Account:
    """The account of a row of the table."""
    return Account(
        id=row.id,
        tenant_id=row.tenant_id,
        profile=Profile(
            platform=Platform(row.platform),
            instance=row.instance,
            user_id=row.user_id,
            handle=row.handle,
            actor_uri=row.actor_uri,
        ),
        api_base_url=row.api_base_url,
        state=row.state,
    )
