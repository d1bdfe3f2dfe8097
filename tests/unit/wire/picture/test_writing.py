"""What we embed comes out again, also after a platform has pressed the picture into a JPEG file."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from maskbot.wire.picture import (
    PRESET_2022,
    PRESET_2023,
    PRESET_2023_FIREFLY,
    PRESETS,
    PictureTextUnsupported,
    PictureTooLong,
    PictureUnreadable,
    PictureWrongSize,
    Preset,
    read_picture,
    write_picture,
)
from maskbot.wire.picture.bit_stream import capacity, slots_of_text, text_of_slots
from maskbot.wire.picture.frequency_code import STRENGTH
from maskbot.wire.picture.template import template_pixels

STEGO = Path(__file__).parents[3] / "vectors" / "stego"
noise = random.Random(7).randbytes


def pixels_of(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)))


def png_of(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def jpeg_of(file: bytes, quality: int) -> bytes:
    pressed = io.BytesIO()
    Image.open(io.BytesIO(file)).save(pressed, "JPEG", quality=quality)
    return pressed.getvalue()


def cover_of(preset: Preset) -> bytes:
    return (STEGO / f"cover-{preset.name}.png").read_bytes()


def longest(preset: Preset) -> bytes:
    symbols = capacity(preset.columns * preset.rows)
    return random.Random(1).randbytes(symbols // 4 * 3)


def photograph(preset: Preset) -> np.ndarray:
    """A hard cover: strong texture everywhere, pure black, pure white and pure colours."""
    generator = np.random.default_rng(3)
    row, column = np.mgrid[0 : preset.height, 0 : preset.width]
    waves = 127 + 127 * np.sin(row / 7) * np.sin(column / 5)
    pixels = np.repeat(waves[:, :, np.newaxis], 3, axis=2) + generator.normal(0, 12, (preset.height, preset.width, 3))
    pixels[:200, :300], pixels[:200, 300:600], pixels[:200, 600:900] = 0, 255, (255, 0, 0)
    return np.clip(pixels, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("preset", [PRESET_2023, PRESET_2023_FIREFLY], ids=lambda preset: preset.name)
@pytest.mark.parametrize("cover", ["template", "gradient", "photograph"])
def test_a_full_picture_survives_jpeg_of_quality_75(preset: Preset, cover: str) -> None:
    covers = {"template": None, "gradient": cover_of(preset), "photograph": png_of(photograph(preset))}
    data = longest(preset)
    written = write_picture(data, preset=preset, cover=covers[cover], random_bytes=noise)
    assert read_picture(written, password="") == data
    assert read_picture(jpeg_of(written, 75), password="") == data


def test_text_of_any_script_survives_in_the_2022_preset() -> None:
    text = "https://mask.io/?PostData_v1=%204/4.abc=%40 🎼 für 密码"
    written = write_picture(text, preset=PRESET_2022, cover=cover_of(PRESET_2022), random_bytes=noise)
    assert read_picture(written, password="person:twitter.com/anyone") == text
    assert read_picture(jpeg_of(written, 75), password="") == text


def test_the_picture_is_a_plain_png_of_the_covers_size_and_still_looks_like_it() -> None:
    cover = cover_of(PRESET_2023)
    written = write_picture(b"payload", preset=PRESET_2023, cover=cover, random_bytes=noise)
    image = Image.open(io.BytesIO(written))
    assert (image.format, image.mode, image.size, image.info.get("interlace")) == ("PNG", "RGB", (1200, 671), None)
    difference = np.abs(pixels_of(written).astype(int) - pixels_of(cover)[:, :, :3].astype(int))
    assert difference.mean() < 10
    assert difference.max() <= 32


def test_a_transparent_or_grey_or_jpeg_cover_is_taken_as_well() -> None:
    size = PRESET_2022.size
    for mode, form in (
        ("RGBA", "PNG"),
        ("LA", "PNG"),
        ("P", "PNG"),
        ("1", "PNG"),
        ("I;16", "PNG"),
        ("CMYK", "JPEG"),
        ("L", "JPEG"),
    ):
        file = io.BytesIO()
        Image.new(mode, size).save(file, form)
        written = write_picture("text", preset=PRESET_2022, cover=file.getvalue(), random_bytes=noise)
        assert read_picture(written, password="") == "text", mode


def test_the_same_data_and_randomness_give_the_same_file() -> None:
    first, second = (
        write_picture(b"payload", preset=PRESET_2023, cover=None, random_bytes=random.Random(5).randbytes)
        for _ in range(2)
    )
    assert first == second


def test_one_byte_more_than_fits_is_too_long() -> None:
    data = longest(PRESET_2023) + bytes(3)
    with pytest.raises(PictureTooLong) as caught:
        write_picture(data, preset=PRESET_2023, cover=None, random_bytes=noise)
    assert (caught.value.kind, caught.value.capacity) == ("PictureException.TooLong", 1553)


def test_a_cover_of_another_size_is_refused_before_decoding() -> None:
    damaged_but_sized = cover_of(PRESET_2022)[:100]
    with pytest.raises(PictureWrongSize) as caught:
        write_picture(b"payload", preset=PRESET_2023, cover=damaged_but_sized, random_bytes=noise)
    assert (caught.value.expected, caught.value.found) == ((1200, 671), (1200, 682))


def test_a_damaged_cover_is_unreadable() -> None:
    with pytest.raises(PictureUnreadable):
        write_picture(b"payload", preset=PRESET_2023, cover=cover_of(PRESET_2023)[:5000], random_bytes=noise)


@pytest.mark.parametrize("text", ["a # b", "half \ud83c"])
def test_text_that_the_alphabet_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(PictureTextUnsupported):
        write_picture(text, preset=PRESET_2022, cover=None, random_bytes=noise)


def test_text_for_a_bytes_preset_and_the_reverse_are_type_errors() -> None:
    with pytest.raises(TypeError):
        write_picture("text", preset=PRESET_2023, cover=None, random_bytes=noise)
    with pytest.raises(TypeError):
        write_picture(b"bytes", preset=PRESET_2022, cover=None, random_bytes=noise)


def test_presets_of_the_past_are_never_written() -> None:
    for preset in PRESETS:
        if not preset.is_writable:
            with pytest.raises(ValueError, match="read only"):
                write_picture("text", preset=preset, cover=None, random_bytes=noise)


def test_the_template_leaves_room_for_the_pattern_and_never_changes() -> None:
    for preset in (PRESET_2022, PRESET_2023):
        pixels = template_pixels(preset)
        assert pixels.shape == (preset.height, preset.width, 3)
        assert pixels.min() >= 20
        assert pixels.max() <= 235
        assert pixels is template_pixels(preset)


ALPHABET = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='#"<>[]\\^`{|}')


@given(text=st.text(ALPHABET, min_size=8, max_size=60), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_text_survives_a_flipped_channel_in_a_tenth_of_the_blocks(text: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    bits = slots_of_text(text, blocks=1000, noise=generator.integers(0, 2, 1000).astype(np.uint8))
    strengths = np.where(bits, STRENGTH, -STRENGTH).astype(np.float32)
    hit = generator.choice(1000, 100, replace=False)
    strengths[hit, generator.integers(0, 3, 100)] *= np.float32(-0.4)
    assert text_of_slots(strengths) == text


def test_the_readers_vote_for_a_strong_one_against_two_weak_zeros() -> None:
    bits = slots_of_text("a", blocks=200, noise=np.zeros(200, dtype=np.uint8))
    strengths = np.where(bits, STRENGTH, -STRENGTH).astype(np.float32)
    ones = np.flatnonzero(bits.all(axis=1))
    strengths[ones[-1], :2] = -100
    assert text_of_slots(strengths) == "a"
