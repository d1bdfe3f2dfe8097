"""What may be wrong with a post as a platform hands it over (social-platforms.md, section 6)."""

from __future__ import annotations

from maskbot.domain.errors import Malformed


class PostMalformed(Malformed):
    """The platform's JSON lacks what a post must have, or a field has the wrong type."""

    kind = "PostMalformed"


class PostTooLarge(Malformed):
    """The text of one post is longer than `LARGEST_TEXT_BYTES`; it is not read at all."""

    kind = "PostTooLarge"
