"""Posts, drafts, needs, facts and key items as the store writes them.

A post's row is bounded to 64 KiB (reliability.md C.2, `inbound_event`): what is longer is cut, and the SHA-256 of the whole is
kept beside it. Pictures of a draft are not here: they lie in a table of their own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import cast

from maskbot.adapters.store.value_json import dump_value, load_value
from maskbot.domain.broadcast import KeyItem
from maskbot.domain.post import Draft, Picture, Post
from maskbot.domain.request import Fact, Need

POST_BYTES_MAX = 64 * 1024
ROOM_FOR_TEXT = 24 * 1024
TEXT_KEPT = 2 * 1024
LINKS_KEPT = 16
LINK_CHARACTERS_KEPT = 512
NAME_CHARACTERS_KEPT = 256


@dataclass(frozen=True, slots=True)
class StoredPost:
    """The JSON text of a post, at most 64 KiB; `full_sha256` (hex) is set when the post was cut to fit."""

    text: str
    full_sha256: str | None


def dump_post(post: Post) -> StoredPost:
    """The post as stored. The text is cut first; links, media and names only when that is not enough."""
    text = dump_value(post, Post)
    if len(text) <= POST_BYTES_MAX:
        return StoredPost(text, None)
    full_sha256 = hashlib.sha256(text.encode()).hexdigest()
    room = POST_BYTES_MAX - len(dump_value(replace(post, text=""), Post))
    if room < ROOM_FOR_TEXT:
        return StoredPost(dump_value(_cut(post), Post), full_sha256)
    kept = min(room, len(post.text))
    while len(dump_value(post.text[:kept], str)) > room:
        kept = kept * 3 // 4
    return StoredPost(dump_value(replace(post, text=post.text[:kept]), Post), full_sha256)


def load_post(text: str) -> Post:
    """The post of a stored text.

    Raises:
        DamagedRow: this is no stored post.
    """
    return cast(Post, load_value(text, Post))


def blank_post(post: Post) -> Post:
    """The post without what its author said, showed and quoted: ids, author and time remain (deletion within 24 h)."""
    return replace(post, text="", request_text=None, spoiler_text="", links=(), quoted=None, media=(), mentions=())


def dump_draft(draft: Draft) -> str:
    """The draft without its pictures."""
    return dump_value(replace(draft, pictures=()), Draft)


def load_draft(text: str, *, pictures: tuple[Picture, ...]) -> Draft:
    """The draft with its pictures.

    Raises:
        DamagedRow: this is no stored draft.
    """
    return replace(cast(Draft, load_value(text, Draft)), pictures=pictures)


def dump_need(need: Need) -> str:
    """The need as text; equal needs give equal texts, so the text is a key."""
    return dump_value(need, Need)


def load_need(text: str) -> Need:
    """The need of a stored text. Raises DamagedRow like `load_post`."""
    return cast(Need, load_value(text, Need))


def dump_fact(fact: Fact) -> str:
    """The fact as text."""
    return dump_value(fact, Fact)


def load_fact(text: str) -> Fact:
    """The fact of a stored text. Raises DamagedRow like `load_post`."""
    return cast(Fact, load_value(text, Fact))


def dump_items(items: tuple[KeyItem, ...]) -> str:
    """Key items as text."""
    return dump_value(items, tuple[KeyItem, ...])


def load_items(text: str) -> tuple[KeyItem, ...]:
    """The key items of a stored text. Raises DamagedRow like `load_post`."""
    return cast(tuple[KeyItem, ...], load_value(text, tuple[KeyItem, ...]))


def _cut(post: Post) -> Post:
    """The post with every part bounded: 64 KiB hold it even when each character becomes a 12-character escape."""
    author = post.author
    return replace(
        post,
        post_id=post.post_id[:NAME_CHARACTERS_KEPT],
        root_id=post.root_id[:NAME_CHARACTERS_KEPT],
        author=replace(
            author,
            handle=author.handle[:NAME_CHARACTERS_KEPT],
            user_id=author.user_id[:NAME_CHARACTERS_KEPT],
            actor_uri=None if author.actor_uri is None else author.actor_uri[:LINK_CHARACTERS_KEPT],
        ),
        text=post.text[:TEXT_KEPT],
        spoiler_text=post.spoiler_text[:NAME_CHARACTERS_KEPT],
        links=tuple(link for link in post.links if len(link) <= LINK_CHARACTERS_KEPT and link.isascii())[:LINKS_KEPT],
        in_reply_to_id=None if post.in_reply_to_id is None else post.in_reply_to_id[:NAME_CHARACTERS_KEPT],
        conversation_id=None if post.conversation_id is None else post.conversation_id[:NAME_CHARACTERS_KEPT],
        quoted=None,
        media=(),
        mentions=(),
    )
