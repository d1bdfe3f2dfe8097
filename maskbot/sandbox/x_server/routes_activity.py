"""Endpoints of the Activity API: subscriptions and the stream (spec/social-platforms.md, 2.1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from maskbot.sandbox.x_server.activity import EVENT_TYPES
from maskbot.sandbox.x_server.calls import Call, ok
from maskbot.sandbox.x_server.model import Subscription
from maskbot.sandbox.x_server.problems import Problem, forbidden, invalid
from maskbot.sandbox.x_server.render import stamp

MAX_SUBSCRIPTIONS = 1_500


async def subscribe(call: Call) -> Response:
    body = await call.json()
    event_type, user_id = body.get("event_type"), (body.get("filter") or {}).get("user_id")
    if event_type not in EVENT_TYPES:
        raise invalid("event_type", event_type, "event_type is not one of the allowed values.")
    if user_id not in call.world.users:
        raise invalid("filter.user_id", user_id, "filter.user_id is not a known user.")
    if call.caller.user is None or call.caller.user.id != user_id:
        raise forbidden("Private events need the token of the filtered user.")
    held = [
        made for made in call.world.subscriptions.values() if (made.event_type, made.user_id) == (event_type, user_id)
    ]
    if held:
        raise Problem(409, "Conflict", "A subscription with this event type and filter exists.")
    if len(call.world.subscriptions) >= MAX_SUBSCRIPTIONS:
        raise forbidden("Too many subscriptions.")
    made = Subscription(call.world.next_id(), event_type, user_id, str(body.get("tag", "")), call.world.now_s())
    call.world.save(made)
    return ok({"data": {"subscription": _json(made)}})


async def subscriptions(call: Call) -> Response:
    data = [_json(made) for made in call.world.subscriptions.values()]
    return ok({"data": data, "meta": {"result_count": len(data)}})


async def unsubscribe(call: Call) -> Response:
    deleted = call.world.forget_subscription(call.request.path_params["id"])
    return ok({"data": {"deleted": deleted}, "meta": {"total_subscriptions": len(call.world.subscriptions)}})


async def stream(call: Call) -> Response:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    call.site.activity.queues.append(queue)

    async def lines() -> AsyncIterator[bytes]:
        try:
            while True:
                try:
                    async with asyncio.timeout(call.world.switches.heartbeat_s):
                        line = await queue.get()
                except TimeoutError:
                    line = b"\r\n"
                if not line:
                    return
                yield line
        finally:
            if queue in call.site.activity.queues:
                call.site.activity.queues.remove(queue)

    return StreamingResponse(lines(), media_type="application/json")


def _json(made: Subscription) -> dict[str, Any]:
    value = {
        "subscription_id": made.id,
        "event_type": made.event_type,
        "filter": {"user_id": made.user_id},
        "created_at": stamp(made.created_at_s),
        "updated_at": stamp(made.created_at_s),
    }
    return value | ({"tag": made.tag} if made.tag else {})
