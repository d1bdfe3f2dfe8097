"""A collected post as a request: the command, and whether a Mask payload came with it."""

from __future__ import annotations

from dataclasses import replace

from maskbot.domain.post import ParentFact, ParentNeed, Post, Quoted, Visibility
from maskbot.domain.request import Facts, Request
from maskbot.wire.payload import find_payloads
from maskbot.wire.picture import attached_pictures
from maskbot.wire.post_text import read_request


def request_of(post: Post, *, bot_handle: str) -> Request:
    """What the post asks. A payload in the quoted post, or in an attached picture, counts only with the command `decrypt`."""
    payloads = find_payloads(post.text, urls=post.links)
    text = post.text if post.request_text is None else post.request_text
    words = read_request(text)
    if not payloads and post.quoted is not None and words.verb in {"decrypt", "read"}:
        payloads = find_payloads(post.quoted.text, urls=post.quoted.links)
    may_be_picture = words.verb in {"decrypt", "read"} and bool(attached_pictures(post.media, takes_unsized=True))
    return Request(
        verb=words.verb,
        args=words.args,
        text=text,
        post=post,
        bot_handle=bot_handle,
        has_payload=bool(payloads) or may_be_picture,
        is_private=post.visibility is Visibility.DIRECT,
    )


def with_parent(request: Request, facts: Facts) -> Request:
    """The request with the post it answers to in the place of a quoted one, where an applet asked for that and it was read."""
    post = request.post
    fact = None if post.in_reply_to_id is None else facts.get(ParentNeed(post.in_reply_to_id))
    if not isinstance(fact, ParentFact) or post.quoted is not None:
        return request
    return replace(request, post=replace(post, quoted=Quoted(fact.carrier, ())))


def inner_request(outer: Request, *, text: str) -> Request | None:
    """The request inside an end-to-end encrypted post, None if it holds no command. Its answer must stay private."""
    words = read_request(text)
    if words.verb is None:
        return None
    return Request(
        verb=words.verb,
        args=words.args,
        text=text,
        post=outer.post,
        bot_handle=outer.bot_handle,
        has_payload=False,
        is_private=True,
    )
