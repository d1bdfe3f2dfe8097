"""Payloads in pictures (steganography): read every preset of the extension since 2019, write the ones of today.

>>> hidden = write_picture(b"payload", preset=PRESET_2023, cover=None, random_bytes=lambda n: bytes(n))
>>> read_picture(hidden, password="")
b'payload'

Public face; the other modules of this room are private. `read_picture` refuses hostile files by name before decoding them:
anything that is not the exact size of a preset is answered from its header alone.

Source: spec `mask-payload.md` 13.
"""

from __future__ import annotations

from maskbot.wire.picture.errors import (
    NoPayloadInPicture,
    PictureTextUnsupported,
    PictureTooLong,
    PictureUnreadable,
    PictureWrongSize,
)
from maskbot.wire.picture.image_file import MAX_FILE_BYTES, image_size
from maskbot.wire.picture.payload_picture import read_picture, write_picture
from maskbot.wire.picture.preset import (
    PRESET_2022,
    PRESET_2023,
    PRESET_2023_FIREFLY,
    PRESETS,
    Content,
    Preset,
    preset_of_size,
    writable_preset,
)

__all__ = [
    "MAX_FILE_BYTES",
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
    "image_size",
    "preset_of_size",
    "read_picture",
    "writable_preset",
    "write_picture",
]
