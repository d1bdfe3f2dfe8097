"""Records to answers: posts and users in the shape of the published API, in either generation of field names.

Inside, the old names (OpenAPI 2.165) are used; `Names` says what a request may ask for and renames what goes out (2.167).
Source: spec/social-platforms.md, 2.7, 6.2, 9.1 and the parameter lists of the two API descriptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from maskbot.sandbox.x_server import text
from maskbot.sandbox.x_server.model import Post, User
from maskbot.sandbox.x_server.world import World
from maskbot.wire.picture import PictureUnreadable, image_size

Json = dict[str, Any]

RENAMED = {
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
}
_DEFAULT_POST_FIELDS = frozenset({"id", "text", "edit_history_tweet_ids"})
_DEFAULT_USER_FIELDS = frozenset({"id", "name", "username"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asked for, in old names; `is_new` gives the answer in new names."""

    fields: frozenset[str]
    expansions: frozenset[str]
    user_fields: frozenset[str]
    media_fields: frozenset[str]
    is_new: bool


_NO_NAMES: frozenset[str] = frozenset()
NOTHING_MORE = Wanted(_NO_NAMES, _NO_NAMES, _NO_NAMES, _NO_NAMES, is_new=False)


def post_json(world: World, post: Post, *, wanted: Wanted) -> Json:
    """One post with the asked fields; names follow the generation."""
    whole = full_post(world, post)
    shown = _DEFAULT_POST_FIELDS | wanted.fields
    kept = {name: value for name, value in whole.items() if name in shown}
    return {RENAMED.get(name, name): value for name, value in kept.items()} if wanted.is_new else kept


def full_post(world: World, post: Post) -> Json:
    """One post with every field this server knows, in old names."""
    segments, tail = _segments(world, post)
    is_note = text.weigh(post.body) > text.MAX_WEIGHT and post.repost_of is None
    self_url = f"https://x.com/{world.users[post.author_id].username}/status/{post.id}"
    shown = _show(world, post, text.cut(segments, self_url=self_url) if is_note else segments + tail)
    body_end = shown.marks[len(segments)] if tail and not is_note else _code_points(shown.text, world)
    made: Json = {
        "id": post.id,
        "text": shown.text,
        "author_id": post.author_id,
        "created_at": stamp(post.created_at_s),
        "conversation_id": post.conversation_id,
        "edit_history_tweet_ids": list(post.history),
        "lang": "en",
        "display_text_range": [len(post.prefix), body_end],
        "reply_settings": "everyone",
        "possibly_sensitive": False,
        "public_metrics": _metrics(),
        "edit_controls": {
            "edits_remaining": 6 - len(post.history),
            "is_edit_eligible": post.reply_to is None,
            "editable_until": stamp(post.created_at_s + 3600),
        },
    }
    if shown.entities:
        made["entities"] = shown.entities
    if is_note:
        note = _show(world, post, segments)
        made["note_tweet"] = {"text": note.text} | ({"entities": note.entities} if note.entities else {})
    if post.media_ids:
        made["attachments"] = {"media_keys": [f"3_{media_id}" for media_id in post.media_ids]}
    if references := _references(post):
        made["referenced_tweets"] = references
    parent = world.posts.get(post.reply_to or "")
    if parent is not None:
        made["in_reply_to_user_id"] = parent.author_id
    return made


def user_json(user: User, *, fields: frozenset[str] = frozenset()) -> Json:
    """One user; links of the description are short, with the whole ones in `entities`."""
    described = text.show(
        text.split(user.description), link_seed=user.id, user_id_of=lambda _name: None, offsets_in_escaped=True
    )
    whole: Json = {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "description": described.text,
        "protected": user.is_protected,
        "verified": user.is_premium,
        "created_at": stamp(user.created_at_s),
    }
    if described.entities:
        whole["entities"] = {"description": described.entities}
    shown = _DEFAULT_USER_FIELDS | fields
    return {name: value for name, value in whole.items() if name in shown}


def media_json(world: World, media_id: str, *, fields: frozenset[str], origin: str) -> Json:
    media = world.media[media_id]
    whole: Json = {
        "media_key": f"3_{media_id}",
        "type": "photo",
        "url": f"{origin}/_sandbox/media/{media_id}",
    }
    with suppress(PictureUnreadable):
        whole["width"], whole["height"] = image_size(media.content)
    if media.alt_text:
        whole["alt_text"] = media.alt_text
    shown = {"media_key", "type"} | fields
    return {name: value for name, value in whole.items() if name in shown}


def includes_json(world: World, posts: Iterable[Post], *, wanted: Wanted, origin: str) -> Json:
    """The `includes` of a page: users, posts and media that the expansions name."""
    user_ids: dict[str, None] = {}
    post_ids: dict[str, None] = {}
    media_ids: dict[str, None] = {}
    for post in posts:
        parent = world.posts.get(post.reply_to or "")
        if "author_id" in wanted.expansions:
            user_ids[post.author_id] = None
        if "in_reply_to_user_id" in wanted.expansions and parent is not None:
            user_ids[parent.author_id] = None
        if "entities.mentions.username" in wanted.expansions:
            for name in text.mentioned(post.text):
                if (user_id := world.user_id_of(name)) is not None:
                    user_ids[user_id] = None
        if "referenced_tweets.id" in wanted.expansions:
            post_ids.update({entry["id"]: None for entry in _references(post)})
        if "attachments.media_keys" in wanted.expansions:
            media_ids.update(dict.fromkeys(post.media_ids))
    made: Json = {}
    if user_ids:
        made["users"] = [user_json(world.users[user_id], fields=wanted.user_fields) for user_id in user_ids]
    if shown := [world.posts[post_id] for post_id in post_ids if not world.posts[post_id].is_deleted]:
        made["posts" if wanted.is_new else "tweets"] = [post_json(world, post, wanted=wanted) for post in shown]
    if media_ids:
        fields = wanted.media_fields
        made["media"] = [media_json(world, media_id, fields=fields, origin=origin) for media_id in media_ids]
    return made


def stamp(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _segments(world: World, post: Post) -> tuple[list[text.Segment], list[text.Segment]]:
    """The segments of what was written, and of the links X hangs on for a quote and for media."""
    tail: list[text.Segment] = []
    quoted = world.posts.get(post.quote_of or "")
    author = world.users[post.author_id].username
    if quoted is not None:
        url = f"https://twitter.com/{world.users[quoted.author_id].username}/status/{quoted.id}"
        tail += [text.Segment("plain", " "), text.Segment("url", url, url)]
    for index, media_id in enumerate(post.media_ids[:1], start=1):
        url = f"https://x.com/{author}/status/{post.id}/photo/{index}"
        tail += [text.Segment("plain", " "), text.Segment("url", url, url, f"3_{media_id}")]
    segments = text.split(post.text)
    return segments, tail if segments else tail[1:]


def _show(world: World, post: Post, segments: list[text.Segment]) -> text.Shown:
    return text.show(
        segments,
        link_seed=post.id,
        user_id_of=world.user_id_of,
        offsets_in_escaped=world.switches.offsets_in_escaped_text,
    )


def _code_points(shown: str, world: World) -> int:
    if world.switches.offsets_in_escaped_text:
        return len(shown)
    return len(shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _references(post: Post) -> list[Json]:
    pairs = (("replied_to", post.reply_to), ("quoted", post.quote_of), ("retweeted", post.repost_of))
    return [{"type": kind, "id": post_id} for kind, post_id in pairs if post_id is not None]


def _metrics() -> Json:
    names = ("retweet_count", "reply_count", "like_count", "quote_count", "bookmark_count", "impression_count")
    return dict.fromkeys(names, 0)
