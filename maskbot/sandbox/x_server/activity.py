"""The Activity API's events and who listens to them (spec/social-platforms.md, 2.1).

An event keeps the old field names whatever generation is switched on, and every number in it has a `*_str` twin.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from maskbot.sandbox.x_server import posting
from maskbot.sandbox.x_server.model import DirectMessage, Post, Subscription
from maskbot.sandbox.x_server.render import full_post, user_json
from maskbot.sandbox.x_server.world import World

EVENT_TYPES = frozenset(
    {
        "post.create",
        "post.delete",
        "post.mention.create",
        "post.quote.create",
        "post.reply.create",
        "dm.received",
        "dm.sent",
    }
)


@dataclass(slots=True)
class Activity:
    """Open streams, one queue each."""

    queues: list[asyncio.Queue[bytes]] = field(default_factory=list)

    def posted(self, world: World, post: Post) -> None:
        """Tells everybody whom a new post concerns; protected authors are never delivered."""
        if world.users[post.author_id].is_protected or post.repost_of is not None:
            return
        payload = with_twins(full_post(world, post))
        includes = {"users": [user_json(world.users[post.author_id])]}
        quoted = world.posts.get(post.quote_of or "")
        parent = world.posts.get(post.reply_to or "")
        for subscription in world.subscriptions.values():
            user = world.users.get(subscription.user_id)
            if user is None:
                continue
            is_wanted = {
                "post.create": post.author_id == user.id,
                "post.mention.create": post.author_id != user.id and _names(world, post, subscription),
                "post.quote.create": quoted is not None and quoted.author_id == user.id,
                "post.reply.create": parent is not None and parent.author_id == user.id,
            }.get(subscription.event_type, False)
            if is_wanted:
                self._send(world, subscription, payload=payload, includes=includes)

    def deleted(self, world: World, post: Post) -> None:
        for subscription in world.subscriptions.values():
            if subscription.event_type == "post.delete" and subscription.user_id == post.author_id:
                self._send(world, subscription, payload={"id": post.id, "author_id": post.author_id}, includes={})

    def messaged(self, world: World, message: DirectMessage) -> None:
        concerned = {"dm.received": message.recipient_id, "dm.sent": message.sender_id}
        payload = {
            "id": message.id,
            "event_type": "MessageCreate",
            "text": message.text,
            "sender_id": message.sender_id,
            "dm_conversation_id": message.conversation_id,
        }
        for subscription in world.subscriptions.values():
            if concerned.get(subscription.event_type) == subscription.user_id:
                self._send(world, subscription, payload=payload, includes={})

    def _send(
        self, world: World, subscription: Subscription, *, payload: dict[str, Any], includes: dict[str, Any]
    ) -> None:
        event = {
            "event_uuid": world.next_id(),
            "filter": {"user_id": subscription.user_id},
            "event_type": subscription.event_type,
            "tag": subscription.tag,
            "payload": payload,
            "includes": includes,
        }
        line = (
            json.dumps({"data": {name: value for name, value in event.items() if value not in ("", {})}}).encode()
            + b"\r\n"
        )
        for queue in self.queues:
            world.ledger.charge("activity_event", prices=world.switches.prices_mills)
            queue.put_nowait(line)


def with_twins(value: Any) -> Any:
    """The value with a `name_str` beside every number called `name`."""
    if isinstance(value, dict):
        made: dict[str, Any] = {}
        for name, inner in value.items():
            made[name] = with_twins(inner)
            if isinstance(inner, int) and not isinstance(inner, bool):
                made[f"{name}_str"] = str(inner)
        return made
    if isinstance(value, list):
        return [with_twins(inner) for inner in value]
    return value


def _names(world: World, post: Post, subscription: Subscription) -> bool:
    """Whether the body names the user: carried mentions and quotes do not count here."""
    user = world.users[subscription.user_id]
    return posting.names_in_body(post, username=user.username)
