"""Hosted personas (public half), their links to people and feeds, and join counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.errors import AlreadyThere
from maskbot.adapters.store.tables_outbox import persona, persona_join, persona_link, persona_watch
from maskbot.domain.identity import Persona, PersonId, PublicKey

_ADD = upsert(persona).on_conflict_do_nothing().returning(persona.c.id)
_SAME_KEY = select(persona.c.id).where(
    persona.c.tenant_id == bindparam("tenant"), persona.c.public_key == bindparam("public_key")
)
_OF_TENANT = select(persona).where(persona.c.tenant_id == bindparam("tenant")).order_by(persona.c.id)
_LOAD = _OF_TENANT.where(persona.c.id.in_(bindparam("ids", expanding=True)))
_LINKED = _OF_TENANT.where(
    or_(
        persona.c.owner == bindparam("person"),
        persona.c.id.in_(select(persona_link.c.persona_id).where(persona_link.c.person == bindparam("person"))),
    )
)
_WATCHING = (
    select(persona)
    .join(persona_watch, persona_watch.c.persona_id == persona.c.id)
    .where(persona_watch.c.feed_id == bindparam("feed"))
    .order_by(persona.c.id)
)
_ERASE = delete(persona).where(persona.c.id == bindparam("b_id"))
_LINK = upsert(persona_link).on_conflict_do_nothing(index_elements=["persona_id", "person"])
_WATCH = upsert(persona_watch).on_conflict_do_nothing(index_elements=["persona_id", "feed_id"])
_NOTE_JOIN = upsert(persona_join).on_conflict_do_nothing(index_elements=["account_id", "persona_id"])
_COUNT_JOINS = (
    select(func.count())
    .select_from(persona_join)
    .where(persona_join.c.account_id == bindparam("account"), persona_join.c.created_at_ms >= bindparam("since"))
)


class SqlPersonas:
    """Implements `ports.store.Personas`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, persona: Persona, *, now_ms: int) -> None:
        """See `ports.store.Personas.add`."""
        added = self._connection.execute(
            _ADD,
            {
                "id": persona.id,
                "tenant_id": persona.tenant_id,
                "name": persona.name,
                "public_key": persona.public_key,
                "owner": persona.owner,
                "created_at_ms": now_ms,
            },
        )
        if added.first() is not None:
            return
        wanted = {"tenant": persona.tenant_id, "public_key": persona.public_key}
        if self._connection.execute(_SAME_KEY, wanted).scalar_one_or_none() != persona.id:
            raise AlreadyThere("this tenant has a persona with this key or id already")

    def load(self, *, tenant_id: str, ids: Sequence[str] | None = None) -> tuple[Persona, ...]:
        """See `ports.store.Personas.load`."""
        if ids is None:
            return _personas_of(self._connection.execute(_OF_TENANT, {"tenant": tenant_id}))
        return _personas_of(self._connection.execute(_LOAD, {"tenant": tenant_id, "ids": list(ids)}))

    def linked_to(self, *, tenant_id: str, person: PersonId) -> tuple[Persona, ...]:
        """See `ports.store.Personas.linked_to`."""
        return _personas_of(self._connection.execute(_LINKED, {"tenant": tenant_id, "person": person}))

    def watching(self, feed_id: str) -> tuple[Persona, ...]:
        """See `ports.store.Personas.watching`."""
        return _personas_of(self._connection.execute(_WATCHING, {"feed": feed_id}))

    def erase(self, persona_id: str) -> None:
        """See `ports.store.Personas.erase`. Erasing what is gone succeeds; the vault's key is erased by the caller."""
        self._connection.execute(_ERASE, {"b_id": persona_id})


class SqlPersonaLinks:
    """Implements `ports.store.PersonaLinks`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def link(self, persona_id: str, *, person: PersonId) -> None:
        """See `ports.store.PersonaLinks.link`."""
        self._connection.execute(_LINK, {"persona_id": persona_id, "person": person})

    def watch(self, persona_id: str, *, feed_id: str) -> None:
        """See `ports.store.PersonaLinks.watch`."""
        self._connection.execute(_WATCH, {"persona_id": persona_id, "feed_id": feed_id})

    def count_joins(self, *, account_id: str, since_ms: int) -> int:
        """See `ports.store.PersonaLinks.count_joins`. Those who left since are counted too."""
        return self._connection.execute(_COUNT_JOINS, {"account": account_id, "since": since_ms}).scalar_one()

    def note_join(self, *, account_id: str, persona_id: str, now_ms: int) -> None:
        """See `ports.store.PersonaLinks.note_join`."""
        self._connection.execute(
            _NOTE_JOIN, {"account_id": account_id, "persona_id": persona_id, "created_at_ms": now_ms}
        )


def _personas_of(rows: Iterable[Row[tuple[object, ...]]]) -> tuple[Persona, ...]:
    return tuple(
        Persona(
            id=row.id,
            tenant_id=row.tenant_id,
            name=row.name,
            public_key=PublicKey(bytes(row.public_key)),
            owner=None if row.owner is None else PersonId(row.owner),
        )
        for row in rows
    )
