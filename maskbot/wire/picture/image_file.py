"""PNG and JPEG files <-> pixels: the only door to Pillow for payload pictures.

The size is read from the file's own header before any decoder runs, so a decoder never meets a picture larger than the presets:
no decompression bomb, and no work at all for the ordinary photograph of an ordinary post.

Bounds: 8 MiB per file (the largest picture of a preset is 1.3 megapixels); at most 64 scans in a JPEG, because a progressive file
can ask for a full pass per scan at a few bytes each. Colour profiles and orientation tags are ignored, as the reference does.

Source: PNG (ISO/IEC 15948) 11.2.2 IHDR; JPEG (ITU-T T.81) Annex B (markers); spec `mask-payload.md` 13, `conformance.md` 3.
"""

from __future__ import annotations

import io
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskbot.wire.picture.errors import PictureUnreadable
from maskbot.wire.picture.preset import MAX_FILE_BYTES

MAX_JPEG_SCANS: Final = 64

Pixels: TypeAlias = NDArray[np.uint8]

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_JPEG_SIGNATURE: Final = b"\xff\xd8"
_MAX_JPEG_SEGMENTS: Final = 4096
_JPEG_SCAN: Final = b"\xff\xda"
# start-of-frame markers: C0..CF without DHT (C4), JPG (C8) and DAC (CC)
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


def image_size(file: bytes) -> tuple[int, int]:
    """Reads (width, height) in pixels from the header of a PNG or JPEG file without decoding it.

    Raises:
        PictureUnreadable: longer than `MAX_FILE_BYTES`, another format, or a header without a size.
    """
    if len(file) > MAX_FILE_BYTES:
        raise PictureUnreadable(f"a picture of at most {MAX_FILE_BYTES} bytes was expected, {len(file)} came")
    size = None
    if file.startswith(_PNG_SIGNATURE):
        size = _png_size(file)
    elif file.startswith(_JPEG_SIGNATURE):
        size = _jpeg_size(file)
    if size is None or 0 in size:
        raise PictureUnreadable("a PNG or JPEG file was expected")
    return size


def decode_pixels(file: bytes) -> Pixels:
    """Decodes a PNG or JPEG file to RGB; shape (height, width, 3), 0..255. Transparency is dropped.

    The caller has checked `image_size` against the presets; that check bounds memory and time here.

    Raises:
        PictureUnreadable: damaged, truncated, too many scans, or a size that contradicts the header.
    """
    expected_size = image_size(file)
    if file.startswith(_JPEG_SIGNATURE) and file.count(_JPEG_SCAN) > MAX_JPEG_SCANS:
        raise PictureUnreadable("the JPEG file has too many scans")
    try:
        with Image.open(io.BytesIO(file), formats=("PNG", "JPEG")) as image:
            if image.size != expected_size:
                raise PictureUnreadable("the picture contradicts its header")
            return np.asarray(_to_rgb(image))
    except PictureUnreadable:
        raise
    except (
        Exception
    ) as error:  # Pillow raises OSError, SyntaxError, ValueError, struct.error, zlib.error, ... on damage
        raise PictureUnreadable("the picture is damaged or incomplete") from error


def encode_png(pixels: Pixels) -> bytes:
    """Encodes RGB pixels, shape (height, width, 3), as an 8-bit PNG without interlace."""
    file = io.BytesIO()
    Image.fromarray(pixels, mode="RGB").save(file, format="PNG", compress_level=3)
    return file.getvalue()


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey: Pillow would clamp to 255 instead of scaling
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def _png_size(file: bytes) -> tuple[int, int] | None:
    if len(file) < 24 or file[12:16] != b"IHDR":
        return None
    return int.from_bytes(file[16:20], "big"), int.from_bytes(file[20:24], "big")


def _jpeg_size(file: bytes) -> tuple[int, int] | None:
    """Walks the segments up to the first frame header."""
    position = 2
    for _ in range(_MAX_JPEG_SEGMENTS):
        if position + 9 > len(file) or file[position] != 0xFF:
            return None
        marker = file[position + 1]
        if marker == 0xFF or marker in _JPEG_STANDALONE:
            position += 1 if marker == 0xFF else 2
            continue
        if marker in _JPEG_FRAMES:
            height = int.from_bytes(file[position + 5 : position + 7], "big")
            return int.from_bytes(file[position + 7 : position + 9], "big"), height
        length = int.from_bytes(file[position + 2 : position + 4], "big")
        if length < 2:
            return None
        position += 2 + length
    return None
