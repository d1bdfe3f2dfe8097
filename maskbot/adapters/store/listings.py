"""Lists for operators: rows as plain dictionaries, ready for a table or JSON. No post text, no token, no key but public ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, case, func, select

from maskbot.adapters.store.tables import account, feed, job, mention, spend, switch, tenant, throttle
from maskbot.adapters.store.tables_outbox import (
    broadcast,
    broadcast_account,
    broadcast_recipient,
    contact,
    delivery,
    key_publication,
    persona,
)
from maskbot.adapters.store.work import SqlStore

DictRow = dict[str, Any]  # one row for people to read: a text, a number, a truth or nothing per column


class Listings:
    """Everything an operator may look at."""

    def __init__(self, store: SqlStore) -> None:
        self._shown = store

    def tenants(self) -> list[DictRow]:
        """Tenants by name."""
        return self._rows(select(tenant).order_by(tenant.c.name))

    def accounts(self) -> list[DictRow]:
        """Hosting accounts, without their tokens."""
        shown = [column for column in account.c if column.name != "secret"]
        return self._rows(
            select(*shown, tenant.c.name.label("tenant"))
            .join(tenant, tenant.c.id == account.c.tenant_id)
            .order_by(account.c.id)
        )

    def feeds(self) -> list[DictRow]:
        """Watched feeds with their cursors."""
        return self._rows(
            select(feed, account.c.handle).join(account, account.c.id == feed.c.account_id).order_by(feed.c.id)
        )

    def personas(self, *, tenant_id: str | None = None) -> list[DictRow]:
        """Hosted personas; `public_key` in hex."""
        statement = select(
            persona.c.id,
            persona.c.tenant_id,
            persona.c.name,
            persona.c.owner,
            persona.c.public_key,
            persona.c.webhook_url,
            persona.c.created_at_ms,
        )
        if tenant_id is not None:
            statement = statement.where(persona.c.tenant_id == tenant_id)
        return self._rows(statement.order_by(persona.c.id))

    def contacts(self, *, tenant_id: str | None = None) -> list[DictRow]:
        """Known public keys of people (hex), and whether they changed."""
        statement = select(contact)
        if tenant_id is not None:
            statement = statement.where(contact.c.tenant_id == tenant_id)
        return self._rows(statement.order_by(contact.c.tenant_id, contact.c.author))

    def mentions(self, *, state: str | None = None, limit: int = 50) -> list[DictRow]:
        """Collected posts, newest first, without their text."""
        hidden = {"post", "full_sha256", "scope"}
        statement = select(*[column for column in mention.c if column.name not in hidden])
        if state is not None:
            statement = statement.where(mention.c.state == state)
        return self._rows(statement.order_by(mention.c.received_at_ms.desc(), mention.c.id.desc()).limit(limit))

    def deliveries(self, *, state: str | None = None, limit: int = 50) -> list[DictRow]:
        """The outbox, newest first, without the drafts."""
        statement = select(*[column for column in delivery.c if column.name not in {"draft", "key"}])
        if state is not None:
            statement = statement.where(delivery.c.state == state)
        return self._rows(statement.order_by(delivery.c.created_at_ms.desc(), delivery.c.id.desc()).limit(limit))

    def broadcasts(self, *, limit: int = 50) -> list[DictRow]:
        """Broadcasts, latest slot first; `relays` and `accounts` are lists with the progress of each."""
        shown = [
            broadcast.c[name] for name in ("id", "tenant_id", "persona_id", "title", "state", "slot_at_ms", "is_public")
        ]
        rows = self._rows(select(*shown).order_by(broadcast.c.slot_at_ms.desc(), broadcast.c.id).limit(limit))
        ids = [row["id"] for row in rows]
        by_relay = self._rows(
            select(
                key_publication.c.broadcast_id,
                key_publication.c.relay,
                func.sum(case((key_publication.c.is_done, 1), else_=0)).label("done"),
                func.count().label("batches"),
            )
            .where(key_publication.c.broadcast_id.in_(ids))
            .group_by(key_publication.c.broadcast_id, key_publication.c.relay)
            .order_by(key_publication.c.relay)
        )
        by_account = self._rows(
            select(broadcast_account.c.broadcast_id, account.c.handle, delivery.c.state, delivery.c.remote_id)
            .join(account, account.c.id == broadcast_account.c.account_id)
            .outerjoin(
                delivery,
                (delivery.c.broadcast_id == broadcast_account.c.broadcast_id)
                & (delivery.c.account_id == broadcast_account.c.account_id),
            )
            .where(broadcast_account.c.broadcast_id.in_(ids))
            .order_by(broadcast_account.c.ordinal)
        )
        recipients = self._rows(
            select(broadcast_recipient.c.broadcast_id, func.count().label("recipients"))
            .where(broadcast_recipient.c.broadcast_id.in_(ids))
            .group_by(broadcast_recipient.c.broadcast_id)
        )
        counts = {row["broadcast_id"]: row["recipients"] for row in recipients}
        for row in rows:
            row["recipients"] = counts.get(row["id"], 0)
            row["relays"] = _of(by_relay, row["id"])
            row["accounts"] = _of(by_account, row["id"])
        return rows

    def jobs(self, *, state: str = "parked", limit: int = 50) -> list[DictRow]:
        """Jobs in a state, longest due first; parked ones need a person."""
        return self._rows(select(job).where(job.c.state == state).order_by(job.c.due_at_ms, job.c.id).limit(limit))

    def switches(self) -> list[DictRow]:
        """Every switch ever flipped, with who and why."""
        return self._rows(select(switch).order_by(switch.c.scope))

    def throttles(self, *, now_ms: int) -> list[DictRow]:
        """Platform windows that are closed now."""
        return self._rows(select(throttle).where(throttle.c.until_ms > now_ms).order_by(throttle.c.until_ms))

    def spending(self, *, limit: int = 50) -> list[DictRow]:
        """What calls to X cost, by account, day and action, newest day first."""
        return self._rows(select(spend).order_by(spend.c.day.desc(), spend.c.account_id, spend.c.action).limit(limit))

    def _rows(self, statement: Select[Any]) -> list[DictRow]:
        with self._shown.snapshot() as connection:
            return [_plain(row) for row in connection.execute(statement)]


def _plain(row: Row[Any]) -> DictRow:
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in row._mapping.items()}


def _of(rows: Iterable[DictRow], broadcast_id: str) -> list[DictRow]:
    return [
        {name: value for name, value in row.items() if name != "broadcast_id"}
        for row in rows
        if row["broadcast_id"] == broadcast_id
    ]
