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
    return ok({"data": user_json(user, fields=wanted.user_fields)})


def _bill(call: Call, user: User) -> None:
    call.world.ledger.charge_read(
        "user_read", resource=f"user:{user.id}", now_s=call.world.now_s(), prices=call.world.switches.prices_mills
    )


def _missing(call: Call, parameter: str, value: str) -> Response:
    return ok({"errors": [not_found_entry("user", parameter, value, generation=call.world.switches.field_names)]})
