"""A payload in, and out of, a picture file.

Reading takes any PNG or JPEG; the size picks the preset, and any other size is answered before decoding. Writing uses the presets
of today. V2 pictures ignore the password altogether: whoever has the picture has the payload, as upstream; the payload's own
encryption is what protects it.

Source: spec `mask-payload.md` 13, `conformance.md` 3 (picture ops).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maskbot.wire.crypto import InvalidBase64, decode_base64_forgiving, encode_base64
from maskbot.wire.picture.bit_stream import slots_of_text, text_of_slots
from maskbot.wire.picture.errors import NoPayloadInPicture, PictureTextUnsupported, PictureWrongSize
from maskbot.wire.picture.frequency_code import block_strengths, embed_bits
from maskbot.wire.picture.image_file import decode_pixels, encode_png, image_size
from maskbot.wire.picture.pixel_code import read_pixel_code
from maskbot.wire.picture.preset import Algorithm, Content, Preset, preset_of_size
from maskbot.wire.picture.template import template_pixels
from maskbot.wire.picture.uri_text import decode_uri, encode_uri


def read_picture(file: bytes, *, password: str) -> str | bytes:
    """Reads what a PNG or JPEG file carries: payload bytes (2023 presets) or network-encoded text (all others), never empty.

    `password` is the profile text of the presumed author (`person:<network>/<user id>`); only V1 pictures need it.

    Raises:
        PictureUnreadable: no PNG or JPEG, damaged, or beyond our limits.
        NoPayloadInPicture: no preset has this size, nothing is embedded, or the password is wrong.
    """
    preset = preset_of_size(image_size(file))
    if preset is None:
        raise NoPayloadInPicture
    pixels = decode_pixels(file)
    if preset.algorithm is Algorithm.V2:
        carried = text_of_slots(block_strengths(pixels))
    else:
        carried = read_pixel_code(pixels, preset=preset, password=password)
    return _content(carried, preset=preset)


def write_picture(
    data: str | bytes,
    *,
    preset: Preset,
    cover: bytes | None,
    random_bytes: Callable[[int], bytes],
) -> bytes:
    """Writes `data` into `cover` (a PNG or JPEG file of the preset's size), or into our own template; returns a PNG file.

    Bytes go with the 2023 presets, text with 2022. `random_bytes(n)` fills the blocks that carry nothing.

    Raises:
        TypeError, ValueError: the kind of data does not fit the preset, or the preset is read only.
        PictureUnreadable, PictureWrongSize: the cover.
        PictureTooLong: the data do not fit.
        PictureTextUnsupported: text with `#` or half of a surrogate pair.
    """
    text = _carried(data, preset=preset)
    pixels = template_pixels(preset) if cover is None else _cover_pixels(cover, preset=preset)
    blocks = preset.columns * preset.rows
    noise = np.unpackbits(np.frombuffer(random_bytes(-(-blocks // 8)), dtype=np.uint8))[:blocks]
    try:
        bits = slots_of_text(text, blocks=blocks, noise=noise)
    except ValueError:
        raise PictureTextUnsupported("a picture cannot carry the character '#'") from None
    return encode_png(embed_bits(pixels, bits))


def _content(carried: str, *, preset: Preset) -> str | bytes:
    try:
        content = decode_base64_forgiving(carried) if preset.content is Content.BYTES else decode_uri(carried)
    except (InvalidBase64, ValueError):
        raise NoPayloadInPicture from None
    if not content:
        raise NoPayloadInPicture
    return content


def _carried(data: str | bytes, *, preset: Preset) -> str:
    if not preset.is_writable:
        raise ValueError(f"preset {preset.name} is read only")
    if isinstance(data, str) != (preset.content is Content.TEXT):
        raise TypeError(f"preset {preset.name} carries {preset.content.value}")
    if isinstance(data, bytes):
        return encode_base64(data)
    try:
        return encode_uri(data)
    except ValueError:
        raise PictureTextUnsupported("the text holds half of a surrogate pair") from None


def _cover_pixels(cover: bytes, *, preset: Preset) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    size = image_size(cover)
    if size != preset.size:
        raise PictureWrongSize(expected=preset.size, found=size)
    return decode_pixels(cover)
