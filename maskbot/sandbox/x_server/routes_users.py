"""Endpoints about users and direct messages (spec/social-platforms.md, 2.1)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from maskbot.sandbox.x_server.calls import Call, ok
from maskbot.sandbox.x_server.model import DirectMessage, User
from maskbot.sandbox.x_server.problems import forbidden, invalid, not_found_entry
from maskbot.sandbox.x_server.render import stamp, user_json
from maskbot.sandbox.x_server.wanted import read_wanted


async def me(call: Call) -> Response:
    return _answer(call, call.user)


async def user_by_username(call: Call) -> Response:
    username = call.request.path_params["username"]
    user = call.world.user_named(username)
    return _answer(call, user) if user is not None else _missing(call, "username", username)


async def user_by_id(call: Call) -> Response:
    user_id = call.request.path_params["id"]
    user = call.world.users.get(user_id)
    return _answer(call, user) if user is not None else _missing(call, "id", user_id)


async def reposters(call: Call) -> Response:
    """Who reposted a post, the newest first; a protected account is shown to its followers only."""
    post_id = call.request.path_params["id"]
    original = call.world.posts.get(post_id)
    if original is None or original.is_deleted or not call.world.can_see(call.caller.user, original):
        return ok({"errors": [not_found_entry("tweet", "id", post_id, generation=call.world.switches.field_names)]})
    params = call.request.query_params
    wanted = read_wanted(params, names=call.world.switches.field_names)
    size, token = params.get("max_results", "100"), params.get("pagination_token", "r0")
    if not size.isdigit() or not 1 <= int(size) <= 100:
        raise invalid("max_results", size, "The `max_results` query parameter value is not between 1 and 100.")
    if not token.startswith("r") or not token[1:].isdigit():
        raise invalid("pagination_token", token, "The `pagination_token` is not valid.")
    users = [
        call.world.users[post.author_id]
        for post in call.world.live_posts()
        if post.repost_of == post_id and call.world.can_see(call.caller.user, post)
    ]
    start = int(token[1:])
    page = users[start : start + int(size)]
    for user in page:
        _bill(call, user)
    meta: dict[str, Any] = {"result_count": len(page)}
    if len(users) > start + len(page):
        meta["next_token"] = f"r{start + len(page)}"
    data = [user_json(user, fields=wanted.user_fields) for user in page]
    return ok(({"data": data} if data else {}) | {"meta": meta})


async def users_by_ids(call: Call) -> Response:
    wanted = read_wanted(call.request.query_params, names=call.world.switches.field_names)
    ids = [part for part in call.request.query_params.get("ids", "").split(",") if part]
    if not 1 <= len(ids) <= 100:
        raise invalid("ids", len(ids), "The `ids` query parameter must hold 1 to 100 ids.")
    found = [user for user in map(call.world.users.get, ids) if user is not None and not user.is_suspended]
    for user in found:
        _bill(call, user)
    known = {user.id for user in found}
    generation = call.world.switches.field_names
    missing = [
        not_found_entry("user", "ids", user_id, generation=generation) for user_id in ids if user_id not in known
    ]
    data = [user_json(user, fields=wanted.user_fields) for user in found]
    return ok(({"data": data} if data else {}) | ({"errors": missing} if missing else {}))


async def send_message(call: Call) -> Response:
    body = await call.json()
    partner_id = call.request.path_params["id"]
    words = body.get("text")
    if not isinstance(words, str) or not words:
        raise invalid("text", words, "A message needs a text.")
    sender = call.user
    has_written = any(m.sender_id == partner_id and m.recipient_id == sender.id for m in call.world.messages.values())
    if not has_written:
        raise forbidden("You do not have permission to DM one or more participants.")
    message = DirectMessage(call.world.next_id(), sender.id, partner_id, words, call.world.now_s())
    call.world.save(message)
    call.site.activity.messaged(call.world, message)
    return ok({"data": {"dm_conversation_id": message.conversation_id, "dm_event_id": message.id}}, status=201)


async def messages(call: Call) -> Response:
    return _messages(call, partner_id=None)


async def messages_with(call: Call) -> Response:
    return _messages(call, partner_id=call.request.path_params["id"])


def _messages(call: Call, *, partner_id: str | None) -> Response:
    own_id = call.user.id
    asked = set(call.request.query_params.get("dm_event.fields", "").split(","))
    data = []
    for message in reversed(call.world.messages.values()):
        ends = {message.sender_id, message.recipient_id}
        if own_id in ends and (partner_id is None or partner_id in ends):
            whole: dict[str, Any] = {
                "id": message.id,
                "event_type": "MessageCreate",
                "text": message.text,
                "sender_id": message.sender_id,
                "dm_conversation_id": message.conversation_id,
                "created_at": stamp(message.created_at_s),
            }
            shown = {"id", "event_type", "text"} | asked
            data.append({name: value for name, value in whole.items() if name in shown})
    size = min(100, int(call.request.query_params.get("max_results", "100")))
    page = data[:size]
    meta = {"result_count": len(page)}
    return ok({"data": page, "meta": meta} if page else {"meta": meta})


def _answer(call: Call, user: User) -> Response:
    wanted = read_wanted(call.request.query_params, names=call.world.switches.field_names)
    _bill(call, user)
    if user.is_suspended:
        return _missing(call, "id", user.id)
    shown = user_json(user, fields=wanted.user_fields)
    if "connection_status" in wanted.user_fields and call.caller.user is not None:
        shown["connection_status"] = _connections(call.caller.user, user)
    return ok({"data": shown})


def _connections(viewer: User, other: User) -> list[str]:
    """How the user stands to the one who asks; an application alone is told nothing."""
    shown = {
        "following": other.id in viewer.follows,
        "followed_by": viewer.id in other.follows,
        "blocking": other.id in viewer.blocks,
    }
    return [name for name, is_so in shown.items() if is_so]


def _bill(call: Call, user: User) -> None:
    call.world.ledger.charge_read(
        "user_read", resource=f"user:{user.id}", now_s=call.world.now_s(), prices=call.world.switches.prices_mills
    )


def _missing(call: Call, parameter: str, value: str) -> Response:
    return ok({"errors": [not_found_entry("user", parameter, value, generation=call.world.switches.field_names)]})
