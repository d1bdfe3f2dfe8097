"""Opened posts of hosted personas, sealed at rest, and the webhooks that announce them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.errors import NoSuchRow
from maskbot.adapters.store.nullable import bytes_or_none
from maskbot.adapters.store.tables_outbox import inbox, persona
from maskbot.domain.inbox import InboxItem

_ADD = upsert(inbox).on_conflict_do_nothing(index_elements=["persona_id", "platform", "post_id"]).returning(inbox.c.id)
_OF_TENANT = (
    select(inbox)
    .where(inbox.c.tenant_id == bindparam("tenant"))
    .order_by(inbox.c.received_at_ms.desc(), inbox.c.id.desc())
    .limit(bindparam("b_limit"))
)
_OF_PERSONA = _OF_TENANT.where(inbox.c.persona_id == bindparam("persona"))
_OF_IDS = _OF_TENANT.where(inbox.c.id.in_(bindparam("ids", expanding=True)))
_OF_PERSONA_AND_IDS = _OF_PERSONA.where(inbox.c.id.in_(bindparam("ids", expanding=True)))
_OTHER_OF_IV = (
    select(inbox.c.id)
    .where(
        inbox.c.persona_id == bindparam("persona"),
        inbox.c.post_iv == bindparam("iv"),
        inbox.c.payload_hash != bindparam("hash"),
    )
    .limit(1)
)
_WEBHOOK = select(persona.c.webhook_url, persona.c.webhook_secret).where(persona.c.id == bindparam("id"))
_SET_WEBHOOK = (
    update(persona)
    .where(persona.c.id == bindparam("b_id"))
    .values(webhook_url=bindparam("b_url"), webhook_secret=bindparam("b_secret"))
)


class SqlInbox:
    """Implements `ports.store.Inbox`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, item: InboxItem, *, sealed: bytes) -> bool:
        """See `ports.store.Inbox.add`."""
        added = self._connection.execute(
            _ADD,
            {
                "id": item.id,
                "tenant_id": item.tenant_id,
                "persona_id": item.persona_id,
                "platform": item.platform,
                "post_id": item.post_id,
                "author": item.author,
                "claimed_author": item.claimed_author,
                "sealed": sealed,
                "flags": " ".join(item.flags),
                "received_at_ms": item.received_at_ms,
                "post_iv": item.post_iv,
                "payload_hash": item.payload_hash,
            },
        )
        return added.first() is not None

    def load(
        self, *, tenant_id: str, persona_id: str | None = None, limit: int = 50, ids: Sequence[str] | None = None
    ) -> tuple[tuple[InboxItem, bytes], ...]:
        """See `ports.store.Inbox.load`."""
        values: dict[str, object] = {"tenant": tenant_id, "b_limit": limit}
        if persona_id is not None:
            values["persona"] = persona_id
        if ids is not None:
            values |= {"ids": list(ids), "b_limit": max(limit, len(ids))}
        statement = {
            (False, False): _OF_TENANT,
            (True, False): _OF_PERSONA,
            (False, True): _OF_IDS,
            (True, True): _OF_PERSONA_AND_IDS,
        }[persona_id is not None, ids is not None]
        return tuple((_item_of(row), bytes(row.sealed)) for row in self._connection.execute(statement, values))

    def is_iv_reused(self, persona_id: str, *, post_iv: bytes, payload_hash: bytes) -> bool:
        """See `ports.store.Inbox.is_iv_reused`."""
        values = {"persona": persona_id, "iv": post_iv, "hash": payload_hash}
        return self._connection.execute(_OTHER_OF_IV, values).first() is not None

    def webhook(self, persona_id: str) -> tuple[str, bytes] | None:
        """See `ports.store.Inbox.webhook`."""
        row = self._connection.execute(_WEBHOOK, {"id": persona_id}).one_or_none()
        if row is None or row.webhook_url is None or row.webhook_secret is None:
            return None
        return row.webhook_url, bytes(row.webhook_secret)

    def set_webhook(self, persona_id: str, *, url: str | None, sealed_secret: bytes | None) -> None:
        """See `ports.store.Inbox.set_webhook`."""
        if (url is None) != (sealed_secret is None):
            raise ValueError("a webhook has an address and a secret, or neither")
        done = self._connection.execute(_SET_WEBHOOK, {"b_id": persona_id, "b_url": url, "b_secret": sealed_secret})
        if done.rowcount != 1:
            raise NoSuchRow(f"no persona {persona_id}")


def _item_of(row: Row[tuple[object, ...]]) -> InboxItem:
    return InboxItem(
        id=row.id,
        tenant_id=row.tenant_id,
        persona_id=row.persona_id,
        platform=row.platform,
        post_id=row.post_id,
        author=row.author,
        claimed_author=row.claimed_author,
        text="",
        meta_json=None,
        received_at_ms=row.received_at_ms,
        flags=tuple(row.flags.split()),
        post_iv=bytes_or_none(row.post_iv),
        payload_hash=bytes_or_none(row.payload_hash),
    )
