"""Facts fetched for mentions that wait for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.post_json import dump_fact, dump_need, load_fact, load_need
from maskbot.adapters.store.tables import fact
from maskbot.domain.request import Fact, Need

_MISSING = upsert(fact).on_conflict_do_nothing(index_elements=["mention_id", "need"])
_SAVE = upsert(fact)
_SAVE = _SAVE.on_conflict_do_update(index_elements=["mention_id", "need"], set_={"fact": _SAVE.excluded.fact})
_NEEDS = (
    select(fact.c.need).where(fact.c.mention_id == bindparam("mention"), fact.c.fact.is_(None)).order_by(fact.c.need)
)
_LOAD = select(fact).where(fact.c.mention_id.in_(bindparam("ids", expanding=True)), fact.c.fact.is_not(None))


class SqlFacts:
    """Implements `ports.store.FactStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def missing(self, mention_id: str, needs: Sequence[Need]) -> None:
        """See `ports.store.FactStore.missing`. A fact that is there already stays."""
        if needs:
            self._connection.execute(
                _MISSING, [{"mention_id": mention_id, "need": dump_need(need), "fact": None} for need in needs]
            )

    def load_needs(self, mention_id: str) -> tuple[Need, ...]:
        """See `ports.store.FactStore.load_needs`."""
        return tuple(load_need(text) for text in self._connection.execute(_NEEDS, {"mention": mention_id}).scalars())

    def save(self, mention_id: str, *, facts: Mapping[Need, Fact]) -> None:
        """See `ports.store.FactStore.save`."""
        if facts:
            self._connection.execute(
                _SAVE,
                [
                    {"mention_id": mention_id, "need": dump_need(need), "fact": dump_fact(found)}
                    for need, found in facts.items()
                ],
            )

    def load(self, mention_ids: Sequence[str]) -> Mapping[str, Mapping[Need, Fact]]:
        """See `ports.store.FactStore.load`. Every asked id has an entry."""
        found: dict[str, dict[Need, Fact]] = {mention_id: {} for mention_id in mention_ids}
        if found:
            for row in self._connection.execute(_LOAD, {"ids": list(found)}):
                found[row.mention_id][load_need(row.need)] = load_fact(row.fact)
        return found
