"""The attached pictures of a collected post: which are still to be fetched, and what the fetched ones carry.

Source: mask-payload.md 13.4 (bytes are a payload; text is network-encoded, 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maskbot.domain.mention import Mention
from maskbot.domain.post import MediaLink
from maskbot.domain.request import Fact, Need, PictureFact, PictureNeed
from maskbot.wire.payload import decode_carriers, find_payloads
from maskbot.wire.picture import attached_pictures

_TEXT_NETWORK = "twitter.com"


@dataclass(frozen=True, slots=True)
class PictureState:
    """`unread` pictures in order of appearance, and the first payload that a fetched one carries."""

    unread: tuple[MediaLink, ...]
    payload: str | bytes | None


def picture_state(mention: Mention, *, facts: Mapping[Need, Fact]) -> PictureState:
    """What is known of the pictures of this post. One without a known size counts only where a person asked."""
    unread, payload = [], None
    for link in attached_pictures(mention.post.media, takes_unsized=not mention.is_watched):
        fact = facts.get(PictureNeed(link.url))
        if not isinstance(fact, PictureFact):
            unread.append(link)
        elif payload is None:
            payload = _payload(fact)
    return PictureState(tuple(unread), payload)


def _payload(fact: PictureFact) -> str | bytes | None:
    if fact.text is None:
        return fact.data
    found = find_payloads(fact.text) or decode_carriers(fact.text, network=_TEXT_NETWORK)
    return found[0] if found else None
