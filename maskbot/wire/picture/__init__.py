"""Payloads in pictures (steganography): read every preset of the extension since 2019, write the ones of today.

>>> from maskbot.wire.picture import read_picture, write_picture
>>> hidden = write_picture(b"payload", preset=PRESET_2023, cover=None, random_bytes=lambda n: bytes(n))
>>> read_picture(hidden, password="")
b'payload'

Public face; the other modules of this room are private. `read_picture` refuses hostile files by name before decoding them:
anything that is not the exact size of a preset is answered from its header alone.

Reading and writing load numpy and Pillow (17 MB), which happens on their first use: whoever only asks which attachments may carry
a payload (`attached_pictures`) does without.

Source: spec `mask-payload.md` 13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maskbot.wire.picture.attached import MAX_PICTURES, attached_pictures
from maskbot.wire.picture.errors import (
    NoPayloadInPicture,
    PictureTextUnsupported,
    PictureTooLong,
    PictureUnreadable,
    PictureWrongSize,
)
from maskbot.wire.picture.preset import (
    MAX_FILE_BYTES,
    PRESET_2022,
    PRESET_2023,
    PRESET_2023_FIREFLY,
    PRESETS,
    Content,
    Preset,
    preset_of_size,
    writable_preset,
)

if TYPE_CHECKING:
    from maskbot.wire.picture.image_file import image_size
    from maskbot.wire.picture.payload_picture import read_picture, write_picture

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PICTURES",
    "PRESETS",
    "PRESET_2022",
    "PRESET_2023",
    "PRESET_2023_FIREFLY",
    "Content",
    "NoPayloadInPicture",
    "PictureTextUnsupported",
    "PictureTooLong",
    "PictureUnreadable",
    "PictureWrongSize",
    "Preset",
    "attached_pictures",
    "image_size",
    "preset_of_size",
    "read_picture",
    "writable_preset",
    "write_picture",
]


def __getattr__(name: str) -> object:
    """The names whose modules need numpy and Pillow, loaded when they are first used."""
    if name == "image_size":
        from maskbot.wire.picture.image_file import image_size

        return image_size
    if name in ("read_picture", "write_picture"):
        from maskbot.wire.picture import payload_picture

        return getattr(payload_picture, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
