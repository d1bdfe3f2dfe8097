"""Known public keys of people: trust on first use, changes flagged, the operator's word above all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, case, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.tables_outbox import contact, recipient_bucket
from maskbot.domain.identity import PublicKey
from maskbot.ports.store import Contact

_FIND = select(contact).where(contact.c.tenant_id == bindparam("tenant"), contact.c.author == bindparam("author"))

_KEYS_AT_ONCE = 1_000
_BUCKETS = select(recipient_bucket).where(recipient_bucket.c.public_key.in_(bindparam("keys", expanding=True)))
_KEEP_BUCKETS = upsert(recipient_bucket).on_conflict_do_nothing(index_elements=["public_key"])
_LEARN = upsert(contact)
_new = _LEARN.excluded
_by_operator = _new.source == "operator"
_is_pinned = and_(contact.c.source == "operator", _new.source != "operator")
_LEARN = _LEARN.on_conflict_do_update(
    index_elements=["tenant_id", "author"],
    set_={
        "public_key": case((_is_pinned, contact.c.public_key), else_=_new.public_key),
        "source": case((_is_pinned, contact.c.source), else_=_new.source),
        "is_changed": case(
            (_by_operator, False), else_=or_(contact.c.is_changed, contact.c.public_key != _new.public_key)
        ),
        "updated_at_ms": _new.updated_at_ms,
    },
)


class SqlContacts:
    """Implements `ports.store.Contacts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def learn(self, contact: Contact, *, now_ms: int) -> Contact:
        """See `ports.store.Contacts.learn`. A key the operator set is never replaced by one that was only seen (it is flagged);
        a key the operator sets is taken as it is, and clears the flag."""
        self._connection.execute(
            _LEARN,
            {
                "tenant_id": contact.tenant_id,
                "author": contact.author,
                "public_key": contact.public_key,
                "source": contact.source,
                "is_changed": False,
                "created_at_ms": now_ms,
                "updated_at_ms": now_ms,
            },
        )
        stored = self.find(tenant_id=contact.tenant_id, author=contact.author)
        if stored is None:
            raise LookupError("the contact that was just recorded is gone")
        return stored

    def buckets(self, public_keys: Sequence[PublicKey]) -> Mapping[PublicKey, str]:
        """See `ports.store.Contacts.buckets`."""
        wanted = list(dict.fromkeys(public_keys))
        found: dict[PublicKey, str] = {}
        for start in range(0, len(wanted), _KEYS_AT_ONCE):
            rows = self._connection.execute(_BUCKETS, {"keys": wanted[start : start + _KEYS_AT_ONCE]})
            found |= {PublicKey(bytes(row.public_key)): row.bucket for row in rows}
        return found

    def keep_buckets(self, buckets: Mapping[PublicKey, str]) -> None:
        """See `ports.store.Contacts.keep_buckets`."""
        if buckets:
            rows = [{"public_key": key, "bucket": buckets[key]} for key in sorted(buckets)]  # one order: no deadlocks
            self._connection.execute(_KEEP_BUCKETS, rows)

    def find(self, *, tenant_id: str, author: str) -> Contact | None:
        """See `ports.store.Contacts.find`."""
        row = self._connection.execute(_FIND, {"tenant": tenant_id, "author": author}).one_or_none()
        if row is None:
            return None
        return Contact(
            tenant_id=row.tenant_id,
            author=row.author,
            public_key=PublicKey(bytes(row.public_key)),
            source=row.source,
            is_changed=row.is_changed,
        )
