"""An answer's words as a draft that fits the platform: visibility, content warning, length, cashtags, uniqueness.

Source: social-platforms.md 1.3, 4.1, 6.3, 7. Pure; the same answer to the same post gives the same draft.
"""

from __future__ import annotations

import re

from maskbot.domain.identity import Platform
from maskbot.domain.policy import AccountPolicy
from maskbot.domain.post import Draft, PostLimits, Visibility
from maskbot.domain.request import Answer, Request
from maskbot.wire.post_text import X_LIMITS, fits

MASTODON_LIMITS = PostLimits(max_length=500, url_weight=23, counts=Platform.MASTODON)
_CASHTAG = re.compile(r"\$(?=[A-Za-z])")
_ZERO_WIDTH_SPACE = "\u200b"


def draft_of(answer: Answer, *, request: Request, policy: AccountPolicy) -> Draft:
    """The reply to the asking post, never to its parent (X rule: only who summoned us is answered)."""
    post = request.post
    words = defused(answer.words or "")
    if post.platform is Platform.X:
        tail = f" · re …{post.root_id[-6:]}"
        text = one_cashtag(cut_to_length(words, limits=X_LIMITS, tail=tail))
        return Draft(
            text=text,
            visibility=Visibility.PUBLIC,
            in_reply_to_id=post.post_id,
            pictures=answer.pictures,
            cards=answer.cards,
        )
    visibility = post.visibility.narrowed_to(answer.widest).narrowed_to(policy.widest_reply)
    if request.is_private:
        visibility = Visibility.DIRECT
    return Draft(
        text=cut_to_length(f"@{post.author.handle} {words}", limits=MASTODON_LIMITS, tail=""),
        visibility=visibility,
        spoiler_text=post.spoiler_text,
        in_reply_to_id=post.post_id,
        pictures=answer.pictures,
        cards=answer.cards,
    )


def cut_to_length(words: str, *, limits: PostLimits, tail: str) -> str:
    """The words with the tail behind them; cut between words, with an ellipsis, where they would not fit."""
    if fits(words + tail, limits=limits):
        return words + tail
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(words[:middle].rstrip() + "…" + tail, limits=limits):
            low = middle
        else:
            high = middle - 1
    whole, space, _ = words[:low].rpartition(" ")
    return (whole if space and len(whole) > low // 2 else words[:low]).rstrip() + "…" + tail


def defused(words: str) -> str:
    """The words with every `@` kept from naming a third party."""
    return words.replace("@", "@" + _ZERO_WIDTH_SPACE)


def one_cashtag(text: str) -> str:
    """The text with at most one `$TICKER`; the others lose their `$`."""
    first = _CASHTAG.search(text)
    if first is None:
        return text
    return text[: first.end()] + _CASHTAG.sub("", text[first.end() :])
