"""Every damaged or hostile file gets a named answer, and nothing larger than a preset is ever decoded."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from maskbot.wire.picture import MAX_FILE_BYTES, NoPayloadInPicture, PictureUnreadable, image_size, read_picture

STEGO = Path(__file__).parents[3] / "vectors" / "stego"
PNG = (STEGO / "cover-2023.png").read_bytes()
JPEG = (STEGO / "stego-2023-q75.jpg").read_bytes()
PROGRESSIVE = io.BytesIO()
Image.open(io.BytesIO(PNG)).convert("RGB").save(PROGRESSIVE, "JPEG", progressive=True, quality=40)


def answer(file: bytes) -> str:
    """What reading gives: `read`, or the kind of the refusal; anything else fails the test."""
    try:
        content = read_picture(file, password="person:twitter.com/alice_dev")
    except (PictureUnreadable, NoPayloadInPicture) as refusal:
        return refusal.kind
    assert content
    return "read"


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize("file", [PNG, JPEG, PROGRESSIVE.getvalue()], ids=["png", "jpeg", "progressive"])
def test_a_truncated_file_is_unreadable(file: bytes) -> None:
    for length in [*range(0, 60, 7), len(file) // 3, len(file) * 2 // 3]:
        assert answer(file[:length]) == "PictureException.Unreadable"


@pytest.mark.parametrize("size", [(1, 1), (1200, 670), (65535, 65535), (2**31 - 1, 2**31 - 1)])
def test_another_size_is_answered_without_decoding(size: tuple[int, int]) -> None:
    assert answer(png_header(*size)) == "DecryptErrorReasons.NoPayloadFound"


def test_a_size_of_zero_is_unreadable() -> None:
    assert answer(png_header(0, 671)) == "PictureException.Unreadable"


def test_a_file_beyond_the_limit_is_unreadable() -> None:
    assert answer(PNG.ljust(MAX_FILE_BYTES + 1, b"\0")) == "PictureException.Unreadable"


@pytest.mark.parametrize("form", ["GIF", "BMP", "WEBP", "TIFF"])
def test_other_formats_are_unreadable(form: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (1200, 671)).save(file, form)
    assert answer(file.getvalue()) == "PictureException.Unreadable"


def test_a_jpeg_with_thousands_of_scans_is_refused_before_decoding() -> None:
    file = PROGRESSIVE.getvalue()
    last_scan = file.rindex(b"\xff\xda")
    assert answer(file[:-2] + file[last_scan:-2] * 2000 + file[-2:]) == "PictureException.Unreadable"


def test_a_jpeg_of_endless_segments_or_fill_bytes_ends_at_once() -> None:
    assert answer(b"\xff\xd8" + b"\xff" * 1_000_000) == "PictureException.Unreadable"
    assert answer(b"\xff\xd8" + b"\xff\xe1\x00\x02" * 250_000) == "PictureException.Unreadable"
    assert answer(b"\xff\xd8" + b"\xff\xe1\x00\x00" * 100) == "PictureException.Unreadable"


def test_a_second_header_of_another_size_is_never_believed() -> None:
    hidden = png_header(30000, 30000)[8:]
    assert answer(PNG[:33] + hidden + PNG[33:]) in ("PictureException.Unreadable", "DecryptErrorReasons.NoPayloadFound")


def test_the_size_is_read_behind_any_application_segment() -> None:
    segment = b"\xff\xff\xe1" + struct.pack(">H", 5000) + b"\xff\xc0" * 2499
    assert image_size(JPEG[:2] + segment + JPEG[2:]) == (1200, 671)


@pytest.mark.parametrize("value", [0, 127, 128, 255])
def test_a_picture_of_one_colour_carries_nothing(value: int) -> None:
    for size in ((1200, 671), (1200, 682), (1200, 681), (1000, 558)):
        file = io.BytesIO()
        Image.new("RGB", size, (value, value, value)).save(file, "PNG")
        assert answer(file.getvalue()) == "DecryptErrorReasons.NoPayloadFound"


@pytest.mark.parametrize("seed", range(4))
def test_noise_carries_nothing(seed: int) -> None:
    generator = np.random.default_rng(seed)
    for width, height in ((1200, 671), (1200, 682), (1000, 560)):
        file = io.BytesIO()
        Image.fromarray(generator.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(
            file, "PNG", compress_level=0
        )
        assert answer(file.getvalue()) == "DecryptErrorReasons.NoPayloadFound"


@given(place=st.integers(0, 3000), value=st.integers(0, 255))
@settings(max_examples=40, deadline=None)
def test_a_changed_byte_in_the_head_of_a_jpeg_gets_a_named_answer(place: int, value: int) -> None:
    answer(JPEG[:place] + bytes([value]) + JPEG[place + 1 :])


@given(place=st.integers(0, len(PNG) - 1), bit=st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_a_flipped_bit_in_a_png_gets_a_named_answer(place: int, bit: int) -> None:
    answer(PNG[:place] + bytes([PNG[place] ^ 1 << bit]) + PNG[place + 1 :])


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", png_header(1200, 671)]))
def test_any_bytes_get_a_named_answer(tail: bytes, head: bytes) -> None:
    assert answer(head + tail) in ("PictureException.Unreadable", "DecryptErrorReasons.NoPayloadFound")
