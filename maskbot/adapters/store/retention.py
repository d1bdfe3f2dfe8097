"""What is kept of posts that are done with, and for how long.

Texts first: a post that was answered or ignored is blanked (ids, author and times remain), so that nothing we stored outlives its
deletion on the platform by more than a day even where nobody tells us of it (social-platforms.md 2.8, 8). Rows much later: while
the row is there, the post cannot be answered again. The inbox is not touched: it is its owner's.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, delete, exists, func, select, update

from maskbot.adapters.store.post_json import blank_post, dump_post, load_post
from maskbot.adapters.store.tables import fact, job, mention
from maskbot.adapters.store.tables_outbox import delivery
from maskbot.adapters.store.work import SqlStore

AT_ONCE = 500
"""Rows in one transaction, so that nobody waits long for the write lock."""

ERASED = "erased"
"""What stands in place of the digest once the text is gone."""

_ENDED = ("answered", "ignored", "rejected")
_DELIVERED = ("sent", "deleted", "failed", "cancelled")
_OPEN_REPLY = exists(
    select(delivery.c.id).where(delivery.c.mention_id == mention.c.id, delivery.c.state.not_in(_DELIVERED))
)
_TEXTS = (
    select(mention.c.id, mention.c.post)
    .where(
        mention.c.state.in_(_ENDED),
        mention.c.received_at_ms < bindparam("before"),
        mention.c.settled_at_ms < bindparam("before"),
        func.coalesce(mention.c.full_sha256, "") != ERASED,
        ~_OPEN_REPLY,
    )
    .limit(AT_ONCE)
)
_BLANK = update(mention).where(mention.c.id == bindparam("b_id")).values(post=bindparam("b_post"), full_sha256=ERASED)
_OLD_MENTIONS = (
    select(mention.c.id)
    .where(
        mention.c.state.in_(_ENDED),
        mention.c.received_at_ms < bindparam("before"),
        mention.c.settled_at_ms < bindparam("before"),
        ~_OPEN_REPLY,
        ~exists(select(job.c.id).where(job.c.target_id == mention.c.id)),
    )
    .limit(AT_ONCE)
)
_OLD_DELIVERIES = (
    select(delivery.c.id)
    .where(
        delivery.c.state.in_(_DELIVERED),
        delivery.c.created_at_ms < bindparam("before"),
        delivery.c.updated_at_ms < bindparam("before"),
        delivery.c.broadcast_id.is_(None),
        ~exists(select(job.c.id).where(job.c.target_id == delivery.c.id)),
    )
    .limit(AT_ONCE)
)
_ids: BindParameter[str] = bindparam("ids", expanding=True)


@dataclass(frozen=True, slots=True)
class Erased:
    """How many posts lost their text, and how many rows went."""

    texts: int
    rows: int

    @property
    def is_all(self) -> bool:
        """Whether nothing is left that should go."""
        return self.texts < AT_ONCE and self.rows < AT_ONCE


def erase_old(store: SqlStore, *, texts_before_ms: int, rows_before_ms: int) -> Erased:
    """Erase one portion of what is older than the two times. Repeat until `is_all`. Broadcasts and their posts stay."""
    return Erased(_blank_texts(store, texts_before_ms), _delete_rows(store, rows_before_ms))


def _blank_texts(store: SqlStore, before_ms: int) -> int:
    with store.snapshot() as connection:
        found = connection.execute(_TEXTS, {"before": before_ms}).all()
    if not found:
        return 0
    blanks = [{"b_id": row.id, "b_post": dump_post(blank_post(load_post(row.post))).text} for row in found]
    with store.transaction() as connection:
        connection.execute(_BLANK, blanks)
        connection.execute(delete(fact).where(fact.c.mention_id.in_(_ids)), {"ids": [row.id for row in found]})
    return len(found)


def _delete_rows(store: SqlStore, before_ms: int) -> int:
    with store.snapshot() as connection:
        deliveries = list(connection.execute(_OLD_DELIVERIES, {"before": before_ms}).scalars())
        mentions = list(connection.execute(_OLD_MENTIONS, {"before": before_ms}).scalars())
    if deliveries or mentions:
        with store.transaction() as connection:
            connection.execute(delete(delivery).where(delivery.c.id.in_(_ids)), {"ids": deliveries})
            connection.execute(delete(mention).where(mention.c.id.in_(_ids)), {"ids": mentions})
    return max(len(deliveries), len(mentions))
