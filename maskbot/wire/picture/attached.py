"""Which attachments of a post may be payload pictures, told without downloading any: format and size decide.

Source: spec `mask-payload.md` 13.1 (the size selects the preset); any other size carries nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from maskbot.domain.post import MediaLink
from maskbot.wire.picture.preset import preset_of_size

MAX_PICTURES: Final = 4
"""At most so many attachments of one post are looked at; neither platform shows more."""

_FORMATS: Final = frozenset({"image/png", "image/jpeg", "image/*"})


def attached_pictures(media: Iterable[MediaLink], *, takes_unsized: bool) -> tuple[MediaLink, ...]:
    """The attachments that are PNG or JPEG by name and have the size of a preset, at most four, each URL once, in order.

    `takes_unsized` says whether one whose platform tells no size counts too: for a person who asks to open it, not for a timeline.
    """
    found: dict[str, MediaLink] = {}
    for link in media:
        if link.content_type in _FORMATS and _fits(link, takes_unsized=takes_unsized):
            found.setdefault(link.url, link)
    return tuple(found.values())[:MAX_PICTURES]


def _fits(link: MediaLink, *, takes_unsized: bool) -> bool:
    if link.width is None or link.height is None:
        return takes_unsized
    return preset_of_size((link.width, link.height)) is not None
