"""Mastodon notifications and statuses to posts.

Source: social-platforms.md 4.1, 6.1 and 10.3; entities of Mastodon 4.3 to 4.5. Ids are opaque texts.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from maskbot.domain.identity import Platform, Profile
from maskbot.domain.post import MediaLink, Post, Quoted, Visibility
from maskbot.wire.post_text.errors import PostMalformed
from maskbot.wire.post_text.html import read_html
from maskbot.wire.post_text.read_post import Naming, ReadPost
from maskbot.wire.post_text.request_words import around_mention
from maskbot.wire.post_text.rich_text import RichText
from maskbot.wire.post_text.shape import (
    Json,
    flag_in,
    id_in,
    object_in,
    objects_in,
    optional_id_in,
    pixels_in,
    text_in,
    time_ms_in,
)

_NO_BOT = re.compile(r"#nobots?(?![a-z0-9_])", re.IGNORECASE)
_CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}


def read_notification(notification: Json, *, own: Profile) -> ReadPost:
    """Read one notification of type `mention` (or another that carries a status).

    Raises: PostMalformed, PostTooLarge.
    """
    if not object_in(notification, "status"):
        raise PostMalformed("expected a notification that carries a status")
    read = read_status(object_in(notification, "status"), own=own)
    return ReadPost(read.post, read.naming, notification_id=id_in(notification, "id"))


def read_status(status: Json, *, own: Profile) -> ReadPost:
    """Read one status as our account `own` sees it. Raises: PostMalformed, PostTooLarge."""
    post_id = id_in(status, "id")
    author = read_account(object_in(status, "account"), own=own)
    mentions = list(objects_in(status, "mentions"))
    own_mentions = [mention for mention in mentions if optional_id_in(mention, "id") == own.user_id]
    body = read_html(
        text_in(status, "content"),
        mention_urls={text_in(mention, "url") for mention in mentions} - {""},
        emoji_codes=[text_in(emoji, "shortcode") for emoji in objects_in(status, "emojis")],
        own_urls=({text_in(mention, "url") for mention in own_mentions} | {own.actor_uri or ""}) - {""},
    )
    body = _without_own_handle(body, own=own) if own_mentions else body
    post = Post(
        platform=Platform.MASTODON,
        post_id=post_id,
        root_id=post_id,
        author=author,
        text=body.text,
        links=body.links,
        visibility=read_visibility(text_in(status, "visibility")),
        spoiler_text=text_in(status, "spoiler_text"),
        created_at_ms=status_time_ms(status),
        in_reply_to_id=optional_id_in(status, "in_reply_to_id"),
        conversation_id=optional_id_in(object_in(status, "pleroma"), "conversation_id"),
        quoted=_quoted(status),
        media=tuple(media for attachment in objects_in(status, "media_attachments") for media in _media(attachment)),
        mentions=tuple(_handle(mention, own=own) for mention in mentions if mention not in own_mentions),
        is_repost=bool(object_in(status, "reblog")),
        is_addressed=bool(own_mentions),
        is_own=author.user_id == own.user_id,
        author_refuses_bots=_NO_BOT.search(read_html(text_in(object_in(status, "account"), "note")).text) is not None,
        request_text=around_mention(body),
        author_born_ms=_born_ms(object_in(status, "account")),
    )
    return ReadPost(post, Naming.BODY if own_mentions else Naming.NOWHERE)


def read_account(account: Json, *, own: Profile) -> Profile:
    """Read the author of a status, as the instance of `own` names it.

    A server that leaves out `uri` (the actor id) is taken by its `url`. Raises: PostMalformed.
    """
    actor_uri = text_in(account, "uri") or text_in(account, "url")
    if urlsplit_host(actor_uri) is None:
        raise PostMalformed("expected an account with the URI of its actor")
    return Profile(
        platform=Platform.MASTODON,
        instance=own.instance,
        user_id=id_in(account, "id"),
        handle=_handle(account, own=own),
        actor_uri=actor_uri,
        is_bot=flag_in(account, "bot"),
    )


def _born_ms(account: Json) -> int | None:
    """When the account was made, None where the server does not say it in a form we know (nothing else depends on it)."""
    try:
        return time_ms_in(account, "created_at")
    except PostMalformed:
        return None


def status_time_ms(status: Json) -> int:
    """When a status was published, in Unix milliseconds; 0 when it does not say. Raises: PostMalformed."""
    return time_ms_in(status, "created_at") or 0


def read_visibility(word: str) -> Visibility:
    """Mastodon's word for it; a word we do not know counts as the narrowest."""
    try:
        return Visibility(word)
    except ValueError:
        return Visibility.DIRECT


def urlsplit_host(url: str) -> str | None:
    """The host of an absolute web URL in lower case, with its port, or None."""
    try:
        parts = urlsplit(url)
        return parts.netloc.lower() if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def _handle(account: Json, *, own: Profile) -> str:
    handle = text_in(account, "acct") or text_in(account, "username")
    if not 0 < len(handle) <= 400:
        raise PostMalformed("expected an account with a handle of 1 to 400 characters")
    return handle if "@" in handle else f"{handle}@{own.handle.partition('@')[2] or own.instance}"


def _without_own_handle(body: RichText, *, own: Profile) -> RichText:
    """Servers that render a mention as plain text leave our handle in it."""
    name, _, domain = own.handle.partition("@")
    domains = "|".join(re.escape(host) for host in {domain or own.instance, own.instance})
    handle = re.compile(
        rf"(?<![\w@/.])@{re.escape(name)}(?:@(?:{domains})(?![\w:-]|\.\w)|(?![\w@-]))", re.IGNORECASE | re.ASCII
    )
    if body.own_mentions or not (found := handle.search(body.text)):
        return body
    text = body.text[: found.start()] + body.text[found.end() :]
    stripped = text.strip()
    at = found.start() - (len(text) - len(text.lstrip()))
    return RichText(stripped, body.links, (min(max(at, 0), len(stripped)),))


def _quoted(status: Json) -> Quoted | None:
    quoted = object_in(object_in(status, "quote"), "quoted_status") or object_in(object_in(status, "pleroma"), "quote")
    if not quoted:
        return None
    body = read_html(text_in(quoted, "content"))
    return Quoted(body.text, body.links)


def _media(attachment: Json) -> list[MediaLink]:
    url = text_in(attachment, "url") or text_in(attachment, "remote_url")
    if urlsplit_host(url) is None:
        return []
    suffix = "." + urlsplit(url).path.rpartition(".")[2].lower()
    general = {"image": "image/*", "gifv": "video/mp4", "video": "video/*", "audio": "audio/*"}
    content_type = _CONTENT_TYPES.get(suffix, general.get(text_in(attachment, "type"), "application/octet-stream"))
    original = object_in(object_in(attachment, "meta"), "original")
    return [MediaLink(url, content_type, pixels_in(original, "width"), pixels_in(original, "height"))]
