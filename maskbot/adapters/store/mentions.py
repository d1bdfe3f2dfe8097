"""Collected posts (reliability.md C.2 `inbound_event`, C.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, Update, bindparam, delete, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.conversations import with_conversations
from maskbot.adapters.store.errors import IllegalMove
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.post_json import blank_post, dump_post, load_post
from maskbot.adapters.store.tables import fact, mention
from maskbot.adapters.store.tables_outbox import delivery, inbox
from maskbot.domain.mention import Mention, NewMention, Outcome
from maskbot.domain.states import MENTION

_RECORD = upsert(mention).on_conflict_do_nothing(index_elements=["account_id", "root_id", "scope"])
_RECORDED = select(mention.c.id).where(mention.c.id.in_(bindparam("ids", expanding=True)))
_LOAD = select(mention).where(mention.c.id.in_(bindparam("ids", expanding=True)))


def _settle_to(after: str) -> Update:
    # spelled out, since `IN` with its list cannot run for many mentions in one statement
    befores = [before for before in MENTION.moves if MENTION.allows(before, after)]
    return (
        update(mention)
        .where(mention.c.id == bindparam("b_id"), or_(false(), *(mention.c.state == before for before in befores)))
        .values(
            state=after,
            reason=bindparam("b_reason"),
            verb=func.coalesce(bindparam("b_verb", type_=mention.c.verb.type), mention.c.verb),
            settled_at_ms=bindparam("b_now"),
        )
    )


_SETTLE = {after: _settle_to(after) for after in MENTION.moves}
_MARK_OPENED = update(mention).where(mention.c.id == bindparam("b_id")).values(opened_inbox_id=bindparam("b_inbox"))
_OF_ROOT = select(mention).where(
    mention.c.account_id == bindparam("account"),
    or_(mention.c.root_id == bindparam("root"), mention.c.post_id == bindparam("root")),
)
_EXPIRE_REPLIES = (
    update(delivery)
    .where(delivery.c.mention_id == bindparam("b_id"), delivery.c.state.in_(("queued", "sending", "unknown")))
    .values(expires_at_ms=0)
)
_BLANK = (
    update(mention)
    .where(mention.c.id == bindparam("b_id"))
    .values(
        post=bindparam("b_post"),
        full_sha256=None,
        opened_inbox_id=None,
        state=bindparam("b_state"),
        reason=bindparam("b_reason"),
    )
)


class SqlMentions:
    """Implements `ports.store.Mentions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, mentions: Sequence[NewMention], *, now_ms: int) -> tuple[str, ...]:
        """See `ports.store.Mentions.record`. A watched post is unique by its feed too, so that a post which both addresses the
        bot and appears in a watched feed is answered and opened, whichever is seen first."""
        if not mentions:
            return ()
        rows = [_row_of(new, now_ms=now_ms) for new in with_conversations(mentions, connection=self._connection)]
        # one order for all, so that two watchers with the same posts do not wait for each other in a ring
        self._connection.execute(_RECORD, sorted(rows, key=lambda row: (str(row["account_id"]), str(row["root_id"]))))
        ids = [str(row["id"]) for row in rows]
        recorded = set(self._connection.execute(_RECORDED, {"ids": ids}).scalars())
        return tuple(one for one in ids if one in recorded)

    def load(self, ids: Sequence[str]) -> Mapping[str, Mention]:
        """See `ports.store.Mentions.load`."""
        if not ids:
            return {}
        return {row.id: _mention_of(row) for row in self._connection.execute(_LOAD, {"ids": list(ids)})}

    def settle(self, outcomes: Sequence[Outcome], *, now_ms: int) -> None:
        """See `ports.store.Mentions.settle`."""
        by_state: dict[str, list[dict[str, object]]] = {}
        for outcome in outcomes:
            if outcome.state not in _SETTLE:
                raise IllegalMove(f"a mention has no state {outcome.state}")
            by_state.setdefault(outcome.state, []).append(
                {"b_id": outcome.mention_id, "b_reason": outcome.reason, "b_verb": outcome.verb, "b_now": now_ms}
            )
        for after, values in by_state.items():
            settled = self._connection.execute(_SETTLE[after], values)
            if settled.rowcount != len(values):
                raise IllegalMove(f"{len(values) - settled.rowcount} of {len(values)} mentions cannot become {after}")

    def forget(self, *, account_id: str, root_id: str) -> None:
        """See `ports.store.Mentions.forget`. What was not answered yet is ignored, for the reason `deleted`; a reply that is not
        out yet expires, so that it is not sent (again)."""
        rows = self._connection.execute(_OF_ROOT, {"account": account_id, "root": root_id}).all()
        for row in rows:
            is_open = MENTION.allows(row.state, "ignored")
            blank = dump_post(blank_post(load_post(row.post))).text
            self._connection.execute(
                _BLANK,
                {
                    "b_id": row.id,
                    "b_post": blank,
                    "b_state": "ignored" if is_open else row.state,
                    "b_reason": "deleted" if is_open else row.reason,
                },
            )
            self._connection.execute(_EXPIRE_REPLIES, {"b_id": row.id})
            self._connection.execute(delete(fact).where(fact.c.mention_id == row.id))
            self._connection.execute(
                delete(inbox).where(inbox.c.post_id == row.post_id, inbox.c.tenant_id == row.tenant_id)
            )
            if row.opened_inbox_id is not None:
                self._connection.execute(delete(inbox).where(inbox.c.id == row.opened_inbox_id))

    def mark_opened(self, mention_id: str, *, inbox_id: str) -> None:
        """See `ports.store.Mentions.mark_opened`."""
        self._connection.execute(_MARK_OPENED, {"b_id": mention_id, "b_inbox": inbox_id})


def _row_of(new: NewMention, *, now_ms: int) -> dict[str, object]:
    stored = dump_post(new.post)
    return {
        "id": new_id(),
        "account_id": new.account_id,
        "tenant_id": new.tenant_id,
        "feed_id": new.feed_id,
        "root_id": new.post.root_id,
        "scope": new.feed_id if new.is_watched else "",
        "post_id": new.post.post_id,
        "person": new.post.author.person,
        "post": stored.text,
        "full_sha256": stored.full_sha256,
        "state": MENTION.first,
        "reason": None,
        "verb": None,
        "is_watched": new.is_watched,
        "via": new.via,
        "received_at_ms": now_ms,
        "settled_at_ms": None,
        "opened_inbox_id": None,
    }


def _mention_of(row: Row[tuple[object, ...]]) -> Mention:
    return Mention(
        id=row.id,
        account_id=row.account_id,
        tenant_id=row.tenant_id,
        feed_id=row.feed_id,
        post=load_post(row.post),
        state=row.state,
        reason=row.reason,
        is_watched=row.is_watched,
        received_at_ms=row.received_at_ms,
        opened_inbox_id=row.opened_inbox_id,
    )
