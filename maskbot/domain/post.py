"""Posts as values: what a platform showed us, and what we mean to publish.

Source: social-platforms.md, sections 4 to 8. Platform JSON is read in `wire/post_text`; nothing here knows its shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.card import CardFacts
from maskbot.domain.identity import Platform, Profile


class Visibility(StrEnum):
    """Who can see a post, widest first; the values are Mastodon's words. Posts on X are PUBLIC."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "private"
    DIRECT = "direct"

    def narrowed_to(self, other: Visibility) -> Visibility:
        """The narrower of the two."""
        order = list(Visibility)
        return self if order.index(self) >= order.index(other) else other


@dataclass(frozen=True, slots=True)
class MediaLink:
    """A picture or other attachment of a collected post; not downloaded yet. `width` and `height` are pixels, None when unsaid."""

    url: str
    content_type: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """The post that a post quotes: its plain text and whole links."""

    text: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """A published post, as plain text.

    `post_id` is the platform's id of this version, `root_id` the id that all edits share (X: first of the edit chain; Mastodon:
    the status id). `text` has our own mention removed and entities decoded; `links` are whole URLs in order of appearance.
    `request_text` is the part of the text that addresses us (behind our mention, or before it), None when nobody looked for it.
    `created_at_ms` is Unix time in milliseconds; so is `author_born_ms`, when the account was made (None: not shown). `mentions`
    are the handles of others named in the post.
    """

    platform: Platform
    post_id: str
    root_id: str
    author: Profile
    text: str
    links: tuple[str, ...]
    visibility: Visibility
    spoiler_text: str
    created_at_ms: int
    in_reply_to_id: str | None = None
    conversation_id: str | None = None
    quoted: Quoted | None = None
    media: tuple[MediaLink, ...] = ()
    mentions: tuple[str, ...] = ()
    is_repost: bool = False
    is_addressed: bool = False
    is_own: bool = False
    author_refuses_bots: bool = False
    request_text: str | None = None
    author_born_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ParentNeed:
    """What the public post with this platform id carries: the one that the asker's post answers to. Once it is known, it stands in
    the place of a quoted post, and the applet is asked again."""

    post_id: str


@dataclass(frozen=True, slots=True)
class ParentFact:
    """The link or text of the post that carries a Mask payload; "" when nothing in it does."""

    carrier: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to publish: PNG bytes and the alt text that says what it shows (1 to 1,500 characters)."""

    png: bytes
    alt_text: str

    def __post_init__(self) -> None:
        if not 0 < len(self.alt_text) <= 1500:
            raise ValueError("a picture has alt text of 1 to 1,500 characters")


@dataclass(frozen=True, slots=True)
class Draft:
    """A post ready to publish. `visibility` and `spoiler_text` do not exist on X and are ignored there. `cards` become pictures
    just before it is published, and are left out if they cannot be drawn."""

    text: str
    visibility: Visibility
    spoiler_text: str = ""
    in_reply_to_id: str | None = None
    pictures: tuple[Picture, ...] = ()
    cards: tuple[CardFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class PostLimits:
    """How long a post may be on one account's platform. `counts` says the unit; a URL counts `url_weight` whatever its length."""

    max_length: int
    url_weight: int
    counts: Platform
