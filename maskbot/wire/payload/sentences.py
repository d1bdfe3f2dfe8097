"""The words around a payload link. They mean nothing to readers; blanks stand on both sides of the link (mask-payload.md, 12).

The hashtag is the one other clients search for. Our own wording.
"""

from __future__ import annotations

from enum import StrEnum


class Sentence(StrEnum):
    """What the sealed post is about, as far as everyone may know. `{link}` is the carrier."""

    SEALED = "This post is sealed with #mask_io \U0001f510 Its readers open {link} with the Mask extension."
    PUBLIC = "There is more behind this post, packed with #mask_io \U0001f4e6 Open {link} with the Mask extension to read it."
    RED_PACKET = (
        "\U0001f9e7 A red packet from #mask_io is waiting. Open {link} with the Mask extension to claim a share."
    )
    FILE = "\U0001f4ce A file is attached by #mask_io here. Open {link} with the Mask extension to get it."


def sentence_around(link: str, *, sentence: Sentence) -> str:
    """The post's text: a sentence with the link in its middle."""
    return sentence.value.format(link=link)
