"""What can go wrong with a picture that should carry, or come to carry, a payload.

Source: spec `conformance.md` 2 (kinds) and `mask-payload.md` 13.
"""

from __future__ import annotations

from maskbot.domain.errors import Malformed, Refused


class PictureUnreadable(Malformed):
    """The bytes are no PNG or JPEG file that can be decoded within our limits."""

    kind = "PictureException.Unreadable"


class PictureWrongSize(Refused):
    """The cover does not have the size of the preset. `expected` and `found` are (width, height) in pixels."""

    kind = "PictureException.WrongSize"

    def __init__(self, *, expected: tuple[int, int], found: tuple[int, int]) -> None:
        super().__init__(
            f"the cover must be {expected[0]}x{expected[1]} pixels, it is {found[0]}x{found[1]}; resize or crop it first"
        )
        self.expected = expected
        self.found = found


class PictureTooLong(Refused):
    """The data do not fit into the picture. `capacity` and `needed` count symbols after percent-encoding."""

    kind = "PictureException.TooLong"

    def __init__(self, *, capacity: int, needed: int) -> None:
        super().__init__(f"the picture holds {capacity} symbols, the data need {needed}; send a shorter message")
        self.capacity = capacity
        self.needed = needed


class PictureTextUnsupported(Refused):
    """The text has a character the picture alphabet cannot hold: `#`, or half of a surrogate pair."""

    kind = "PayloadException.EncodeFailed"


class NoPayloadInPicture(Malformed):
    """No preset has this size, nothing is embedded, or the password is not the author's: deliberately one answer."""

    kind = "DecryptErrorReasons.NoPayloadFound"

    def __init__(self, message: str = "the picture carries no payload we can read") -> None:
        super().__init__(message)
