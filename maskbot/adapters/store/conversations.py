"""Which conversation a post belongs to, where its platform does not say (Mastodon's API has no conversation id).

A post that answers a post of ours belongs to the conversation of the mention we answered; any other begins one of its own. This is
what the limit of answers per conversation counts by (reliability.md E4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, select

from maskbot.adapters.store.post_json import load_post
from maskbot.adapters.store.tables import mention
from maskbot.adapters.store.tables_outbox import delivery
from maskbot.domain.mention import NewMention

_ANSWERED = (
    select(delivery.c.account_id, delivery.c.remote_id, mention.c.post)
    .join(mention, mention.c.id == delivery.c.mention_id)
    .where(
        delivery.c.account_id.in_(bindparam("accounts", expanding=True)),
        delivery.c.remote_id.in_(bindparam("parents", expanding=True)),
    )
)


def with_conversations(mentions: Sequence[NewMention], *, connection: Connection) -> list[NewMention]:
    """The mentions, each post with a conversation id."""
    nameless = [new for new in mentions if new.post.conversation_id is None]
    parents = sorted({new.post.in_reply_to_id for new in nameless if new.post.in_reply_to_id is not None})
    known: dict[tuple[str, str], str] = {}
    if parents:
        values = {"accounts": sorted({new.account_id for new in nameless}), "parents": parents}
        for row in connection.execute(_ANSWERED, values):
            asked = load_post(row.post)
            known[(row.account_id, row.remote_id)] = asked.conversation_id or asked.root_id
    return [
        new
        if new.post.conversation_id is not None
        else replace(
            new,
            post=replace(
                new.post,
                conversation_id=known.get((new.account_id, new.post.in_reply_to_id or ""), new.post.root_id),
            ),
        )
        for new in mentions
    ]
