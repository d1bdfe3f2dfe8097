"""X posts to posts of ours; both generations of field names are read everywhere.

Source: social-platforms.md 2.6, 2.7 and 6.2; OpenAPI 2.165 and 2.167.
"""

from __future__ import annotations

import re

from maskbot.domain.identity import Platform, Profile
from maskbot.domain.post import MediaLink, Post, Quoted, Visibility
from maskbot.wire.post_text.errors import PostMalformed
from maskbot.wire.post_text.read_post import Naming, ReadPost
from maskbot.wire.post_text.request_words import around_mention
from maskbot.wire.post_text.shape import (
    Json,
    id_in,
    object_in,
    objects_in,
    optional_id_in,
    pixels_in,
    text_in,
    time_ms_in,
)
from maskbot.wire.post_text.x_entities import XText, read_x_text

_NO_BOT = re.compile(r"#nobots?(?![a-z0-9_])", re.IGNORECASE)
_SNOWFLAKE_EPOCH_MS = 1288834974657
_FIRST_SNOWFLAKE_USER = 10**15
_LAST_PLAIN_USER_MS = 1451606400000  # ids below were given in order until the end of 2015
_CONTENT_TYPES = {"photo": "image/jpeg", "animated_gif": "video/mp4", "video": "video/mp4"}
_MOST_MENTIONS = 100


def read_x_post(post: Json, *, includes: Json, own: Profile) -> ReadPost:
    """Read one post of an answer of the API v2, or of an activity event. Raises: PostMalformed, PostTooLarge."""
    post_id = id_in(post, "id")
    referenced = {text_in(item, "type"): optional_id_in(item, "id") for item in _references(post)}
    content = _content(post, own=own, body_start=_body_start(post))
    in_body = bool(content.body.own_mentions)
    is_repost = "retweeted" in referenced or "reposted" in referenced
    author_id = id_in(post, "author_id")
    user = _user(author_id, includes)
    read = Post(
        platform=Platform.X,
        post_id=post_id,
        root_id=_root_id(post) or post_id,
        author=Profile(
            platform=Platform.X,
            instance="x.com",
            user_id=author_id,
            handle=text_in(user, "username") or text_in(post, "username") or author_id,
        ),
        text=content.body.text,
        links=content.body.links,
        visibility=Visibility.PUBLIC,
        spoiler_text="",
        created_at_ms=time_ms_in(post, "created_at") or _time_of(post_id),
        in_reply_to_id=referenced.get("replied_to"),
        conversation_id=optional_id_in(post, "conversation_id"),
        quoted=_quoted(referenced.get("quoted"), includes, own=own),
        media=_media(post, includes),
        mentions=content.mentions[:_MOST_MENTIONS],
        is_repost=is_repost,
        is_addressed=in_body and not is_repost,
        is_own=author_id == own.user_id,
        author_refuses_bots=_NO_BOT.search(text_in(user, "description")) is not None,
        request_text=around_mention(content.body),
        author_born_ms=_born_ms(author_id),
    )
    naming = Naming.BODY if in_body else Naming.CARRIED if content.is_own_carried else Naming.NOWHERE
    return ReadPost(read, naming)


def read_x_page(page: Json, *, own: Profile) -> tuple[ReadPost, ...]:
    """Read the posts of one answer of `GET /2/users/:id/mentions` or the like, in the order given (newest first).

    Raises: PostMalformed, PostTooLarge.
    """
    data = page.get("data")
    if data is None:
        return ()
    if not isinstance(data, list | tuple):
        raise PostMalformed("expected a list of posts in 'data'")
    return tuple(read_x_post(post, includes=object_in(page, "includes"), own=own) for post in objects_in(page, "data"))


def _content(post: Json, *, own: Profile, body_start: int) -> XText:
    """The whole text: the note of a long post with its own entities, else the text."""
    note = object_in(post, "note_tweet", "note_post")
    source = note if text_in(note, "text") else post
    return read_x_text(
        text_in(source, "text"),
        object_in(source, "entities"),
        body_start=body_start,
        own_id=own.user_id,
        own_handle=own.handle,
    )


def _body_start(post: Json) -> int:
    shown = post.get("display_text_range")
    if isinstance(shown, list | tuple) and shown and isinstance(shown[0], int):
        return max(0, shown[0])
    return 0


def _references(post: Json) -> list[Json]:
    return list(objects_in(post, "referenced_tweets", "referenced_posts"))


def _root_id(post: Json) -> str | None:
    for name in ("edit_history_tweet_ids", "edit_history_post_ids"):
        ids = post.get(name)
        if isinstance(ids, list | tuple) and ids:
            return optional_id_in({"id": ids[0]}, "id")
    return None


def _user(user_id: str, includes: Json) -> Json:
    return next((user for user in objects_in(includes, "users") if optional_id_in(user, "id") == user_id), {})


def _quoted(post_id: str | None, includes: Json, *, own: Profile) -> Quoted | None:
    for post in objects_in(includes, "tweets", "posts"):
        if post_id is not None and optional_id_in(post, "id") == post_id:
            body = _content(post, own=own, body_start=0).body
            return Quoted(body.text, body.links)
    return None


def _media(post: Json, includes: Json) -> tuple[MediaLink, ...]:
    keys = object_in(post, "attachments").get("media_keys")
    wanted = keys if isinstance(keys, list | tuple) else ()
    return tuple(
        MediaLink(
            text_in(media, "url"),
            _CONTENT_TYPES.get(text_in(media, "type"), "application/octet-stream"),
            pixels_in(media, "width"),
            pixels_in(media, "height"),
        )
        for media in objects_in(includes, "media")
        if media.get("media_key") in wanted and text_in(media, "url")
    )


def _time_of(post_id: str) -> int:
    """The time in the id itself, when `created_at` was not asked for."""
    if post_id.isascii() and post_id.isdecimal() and len(post_id) <= 20:
        return (int(post_id) >> 22) + _SNOWFLAKE_EPOCH_MS
    raise PostMalformed("expected a post with a numeric id")


def _born_ms(user_id: str) -> int | None:
    """When the account was made, by its id alone: exact since 2016, "by the end of 2015" for the short ids before."""
    if not (user_id.isascii() and user_id.isdecimal() and len(user_id) <= 20):
        return None
    number = int(user_id)
    return (number >> 22) + _SNOWFLAKE_EPOCH_MS if number >= _FIRST_SNOWFLAKE_USER else _LAST_PLAIN_USER_MS
