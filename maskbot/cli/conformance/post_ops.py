"""`post.parse`: posts as a platform sends them to the bot's decision (conformance.md, section 3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from maskbot.cli.conformance.fields import BadRequest, items, mapping, optional_mapping, text
from maskbot.cli.conformance.post_decision import Decision, decide, ignored
from maskbot.cli.conformance.post_sequence import Replies
from maskbot.domain.identity import Platform, Profile
from maskbot.wire.post_text import read_notification, read_status, read_x_post

_WITH_STATUS = frozenset({"mention", "status", "update", "quote", "quoted_update", "poll"})


def parse(request: dict[str, object]) -> dict[str, object]:
    """The decision on one post, or on a sequence of events."""
    own = _own(request)
    answered = frozenset(str(answer) for answer in items(optional_mapping(request, "state"), "answered"))
    given = mapping(request, "input")
    kind, body = text(given, "kind"), given.get("body")
    if kind == "sequence":
        if not isinstance(body, list):
            raise BadRequest("expected the body of a sequence as a list of steps")
        return {"result": _sequence(body, own=own, answered=answered)}
    decisions = list(_decisions(kind, body, own=own, answered=answered))
    return {"result": decisions[0].result if decisions else ignored("not_mentioned").result}


def _own(request: dict[str, object]) -> Profile:
    bot = mapping(request, "bot")
    platform = text(request, "platform")
    if platform == "x":
        return Profile(Platform.X, instance="x.com", user_id=text(bot, "id"), handle=text(bot, "username"))
    if platform != "mastodon":
        raise BadRequest("expected platform mastodon or x")
    url = text(bot, "url")
    host = url.split("://", 1)[-1].split("/", 1)[0].lower()
    return Profile(
        Platform.MASTODON,
        instance=host,
        user_id=text(bot, "id"),
        handle=f"{text(bot, 'username')}@{host}",
        actor_uri=url,
    )


def _sequence(steps: list[object], *, own: Profile, answered: frozenset[str]) -> dict[str, object]:
    replies = Replies(own=own)
    for step in steps:
        if not isinstance(step, dict):
            raise BadRequest("expected a step as an object")
        via, payload = text(step, "via"), step.get("payload")
        if via == "rest":
            replies.server_answered(step)
            continue
        if via not in ("stream", "poll"):
            raise BadRequest("expected via stream, poll or rest")
        if via == "stream" and step.get("event") == "delete":
            replies.deleted(str(payload).strip('"'))
            continue
        kind = "stream_event" if via == "stream" else "page"
        body = {"event": step.get("event"), "payload": payload} if via == "stream" else payload
        for decision in _decisions(kind, body, own=own, answered=answered | replies.versions_answered):
            replies.ask(decision)
    return replies.result()


def _decisions(kind: str, body: object, *, own: Profile, answered: frozenset[str]) -> Iterator[Decision]:
    if kind == "stream_event":
        event = _object(body)
        payload = event.get("payload")
        name = event.get("event")
        if name == "delete":
            return
        if isinstance(payload, str):
            payload = _decoded(payload)
        yield from _one(_object(payload), is_notification=name == "notification", own=own, answered=answered)
    elif kind == "notification":
        yield from _one(_object(body), is_notification=True, own=own, answered=answered)
    elif kind == "page" and isinstance(body, list):
        for notification in body:
            yield from _one(_object(notification), is_notification=True, own=own, answered=answered)
    elif kind in ("mentions_response", "page"):
        yield from _page(_object(body), own=own, answered=answered)
    else:
        raise BadRequest("expected the kind notification, mentions_response, stream_event or sequence")


def _page(page: dict[str, object], *, own: Profile, answered: frozenset[str]) -> Iterator[Decision]:
    data = page.get("data")
    for post in data if isinstance(data, list) else [data] if isinstance(data, dict) else []:
        yield _decide_x(_object(post), _object(page.get("includes") or {}), own=own, answered=answered)


def _one(
    entity: dict[str, object], *, is_notification: bool, own: Profile, answered: frozenset[str]
) -> Iterable[Decision]:
    if own.platform is Platform.X:
        if "data" in entity:
            return _page(entity, own=own, answered=answered)
        return (_decide_x(entity, {}, own=own, answered=answered),)
    if not is_notification:
        return (decide(read_status(entity, own=own), answered=answered),)
    if entity.get("type") == "reblog":
        return (ignored("repost"),)
    if entity.get("type") not in _WITH_STATUS or not entity.get("status"):
        return (ignored("not_mentioned"),)
    return (decide(read_notification(entity, own=own), answered=answered),)


def _decide_x(
    post: dict[str, object], includes: dict[str, object], *, own: Profile, answered: frozenset[str]
) -> Decision:
    versions = [
        str(version)
        for name in ("edit_history_tweet_ids", "edit_history_post_ids")
        for version in (items(post, name) if isinstance(post.get(name), list) else [])
    ]
    return decide(read_x_post(post, includes=includes, own=own), answered=answered, versions=versions)


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BadRequest("expected an object")
    return value


def _decoded(payload: str) -> object:
    try:
        found: object = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BadRequest("expected the payload as JSON") from error
    return found


OPS = {"post.parse": parse}
