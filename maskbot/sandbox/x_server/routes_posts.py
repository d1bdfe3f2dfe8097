"""Endpoints that read and write posts (spec/social-platforms.md, 2.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice, takewhile
from typing import Any

from starlette.responses import Response

from maskbot.sandbox.x_server import posting
from maskbot.sandbox.x_server.calls import Call, ok
from maskbot.sandbox.x_server.model import Post
from maskbot.sandbox.x_server.problems import forbidden, invalid, not_found_entry
from maskbot.sandbox.x_server.render import NOTHING_MORE, Wanted, includes_json, post_json
from maskbot.sandbox.x_server.wanted import read_wanted

MENTION_REACH = 800
_BODY = frozenset(
    """
    card_uri community_id direct_message_deep_link edit_options for_super_followers_only geo made_with_ai media
    nullcast paid_partnership poll quote_tweet_id reply reply_settings share_with_followers text
    """.split()  # noqa: SIM905 - a list of 16 names in quotes is harder to read
)


async def mentions(call: Call) -> Response:
    user_id = call.request.path_params["id"]
    named = call.world.users.get(user_id)
    if named is None:
        return ok({"errors": [not_found_entry("user", "id", user_id, generation=call.world.switches.field_names)]})
    wanted_name = named.username.lower()

    def is_mention(post: Post) -> bool:
        return wanted_name in posting.all_mentioned(post)

    reach = islice((post for post in call.world.live_posts() if is_mention(post)), MENTION_REACH)
    is_owned = call.caller.user is not None and call.world.app.owner_id == user_id == call.caller.user.id
    return _page(call, reach, least=5, bill="owned_read" if is_owned else "post_read")


async def user_posts(call: Call) -> Response:
    user_id = call.request.path_params["id"]
    return _page(call, _by(call, lambda post: post.author_id == user_id), least=5)


async def home(call: Call) -> Response:
    user = call.user
    if call.request.path_params["id"] != user.id:
        raise forbidden("The `id` must be the authenticating user's.")
    shown = {user.id, *user.follows}
    return _page(call, _by(call, lambda post: post.author_id in shown), least=1)


async def list_posts(call: Call) -> Response:
    made = call.world.lists.get(call.request.path_params["id"])
    if made is None:
        entry = not_found_entry(
            "list", "id", call.request.path_params["id"], generation=call.world.switches.field_names
        )
        return ok({"errors": [entry]})
    return _page(call, _by(call, lambda post: post.author_id in made.members), least=1)


async def one_post(call: Call) -> Response:
    wanted = read_wanted(call.request.query_params, names=call.world.switches.field_names)
    post_id = call.request.path_params["id"]
    found, missing = _look_up(call, [post_id])
    if missing:
        return ok({"errors": missing})
    return ok({"data": post_json(call.world, found[0], wanted=wanted)} | _includes(call, found, wanted=wanted))


async def several_posts(call: Call) -> Response:
    wanted = read_wanted(call.request.query_params, names=call.world.switches.field_names)
    ids = [part for part in call.request.query_params.get("ids", "").split(",") if part]
    if not 1 <= len(ids) <= 100:
        raise invalid("ids", len(ids), "The `ids` query parameter must hold 1 to 100 ids.")
    found, missing = _look_up(call, ids)
    body: dict[str, Any] = {}
    if found:
        body["data"] = [post_json(call.world, post, wanted=wanted) for post in found]
        body |= _includes(call, found, wanted=wanted)
    return ok(body | ({"errors": missing} if missing else {}))


async def create_post(call: Call) -> Response:
    body = await call.json()
    for name in body:
        if name not in _BODY:
            raise invalid(name, body[name], f"Unknown field [{name}] in the request body.")
    reply, media, edit = body.get("reply") or {}, body.get("media") or {}, body.get("edit_options") or {}
    media_ids = tuple(str(media_id) for media_id in media.get("media_ids", ()))
    if media and not 1 <= len(media_ids) <= 4:
        raise invalid("media.media_ids", len(media_ids), "1 to 4 media ids are allowed.")
    order = posting.Order(
        author=call.user,
        body=str(body.get("text", "")),
        reply_to=reply.get("in_reply_to_tweet_id"),
        quote_of=body.get("quote_tweet_id"),
        edit_of=edit.get("previous_post_id"),
        media_ids=media_ids,
        is_by_api=True,
    )
    post = posting.publish(call.world, order)
    call.site.activity.posted(call.world, post)
    shown = post_json(call.world, post, wanted=NOTHING_MORE)
    return ok({"data": {"id": post.id, "text": shown["text"], "edit_history_tweet_ids": post.history}}, status=201)


async def delete_post(call: Call) -> Response:
    post = call.world.posts.get(call.request.path_params["id"])
    if post is not None and post.author_id != call.user.id:
        raise forbidden("You are not authorized to delete this Tweet.")
    if post is not None and not post.is_deleted:
        posting.delete(call.world, post)
        call.site.activity.deleted(call.world, post)
    return ok({"data": {"deleted": post is not None}})


def _by(call: Call, is_shown: Callable[[Post], bool]) -> Iterable[Post]:
    return (post for post in call.world.live_posts() if is_shown(post))


def _page(call: Call, posts: Iterable[Post], *, least: int, bill: str = "post_read") -> Response:
    """One page of a timeline, newest first, with `meta`; a token holds the id below which the next page starts."""
    params = call.request.query_params
    wanted = read_wanted(params, names=call.world.switches.field_names)
    size = _whole(params.get("max_results", "100" if least == 1 else "10"), "max_results")
    if not least <= size <= 100:
        raise invalid("max_results", size, f"The `max_results` query parameter value is not between {least} and 100.")
    since, until = (
        _whole(params.get("since_id", "0"), "since_id"),
        _whole(params.get("until_id", str(10**19)), "until_id"),
    )
    if token := params.get("pagination_token"):
        if not token.startswith("p") or not token[1:].isalnum():
            raise invalid("pagination_token", token, "The `pagination_token` is not valid.")
        until = min(until, int(token[1:], 36))
    start_s, end_s = _instant(params.get("start_time"), 0.0), _instant(params.get("end_time"), 1e12)
    newer = takewhile(lambda post: int(post.id) > since, posts)
    matching = (
        post
        for post in newer
        if int(post.id) < until and start_s <= post.created_at_s < end_s and call.world.can_see(call.caller.user, post)
    )
    shown = list(islice(matching, size + 1))
    page, has_more = shown[:size], len(shown) > size
    meta: dict[str, Any] = {"result_count": len(page)}
    if page and call.world.switches.meta_newest_id:
        meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
    if has_more:
        meta["next_token"] = "p" + _base36(int(page[-1].id))
    _bill(call, page, thing=bill)
    if not page:
        return ok({"meta": meta})
    data = [post_json(call.world, post, wanted=wanted) for post in page]
    return ok({"data": data, "meta": meta} | _includes(call, page, wanted=wanted))


def _includes(call: Call, posts: list[Post], *, wanted: Wanted) -> dict[str, Any]:
    made = includes_json(call.world, posts, wanted=wanted, origin=call.origin)
    if call.world.switches.bills_included_users:
        for user in made.get("users", ()):
            call.world.ledger.charge_read(
                "user_read",
                resource=f"user:{user['id']}",
                now_s=call.world.now_s(),
                prices=call.world.switches.prices_mills,
            )
    return {"includes": made} if made else {}


def _look_up(call: Call, ids: list[str]) -> tuple[list[Post], list[dict[str, Any]]]:
    found, missing = [], []
    for post_id in ids:
        post = call.world.posts.get(post_id)
        if post is not None and call.world.can_see(call.caller.user, post):
            found.append(post)
        else:
            missing.append(not_found_entry("tweet", "id", post_id, generation=call.world.switches.field_names))
    _bill(call, found, thing="post_read")
    return found, missing


def _bill(call: Call, posts: Iterable[Post], *, thing: str) -> None:
    for post in posts:
        call.world.ledger.charge_read(
            thing, resource=f"post:{post.id}", now_s=call.world.now_s(), prices=call.world.switches.prices_mills
        )


def _whole(value: str, parameter: str) -> int:
    if not value.isdigit() or len(value) > 20:
        raise invalid(parameter, value, f"The `{parameter}` query parameter value [{value[:40]}] is not valid.")
    return int(value)


def _instant(value: str | None, default: float) -> float:
    if value is None:
        return default
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise invalid("start_time", value, "A time must be an RFC 3339 timestamp.") from None


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits
