"""Our own cover picture for payloads, drawn by code: a sealed letter above a calm evening sea.

Every shape is a signed distance (negative inside, in pixels), which gives smooth edges without a drawing library; only the caption
uses Pillow's built-in typeface. The same preset gives the same pixels. Colours stay between about 25 and 230 per channel, so that
the embedded pattern is never clipped (`frequency_code`).

Source: our own design; sizes from spec `mask-payload.md` 13.1. No mark or artwork of anybody else is used.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from maskbot.wire.picture.image_file import Pixels
from maskbot.wire.picture.preset import Preset

CAPTION: Final = "A sealed message"
HINT: Final = "Open it with the Mask extension"

Plane: TypeAlias = NDArray[np.float64]
Colour: TypeAlias = tuple[int, int, int]

_SKY: Final[tuple[Colour, ...]] = (
    (36, 36, 88),
    (62, 48, 112),
    (104, 66, 138),
    (158, 90, 144),
    (208, 122, 134),
    (230, 162, 138),
)
_WAVES: Final[tuple[Colour, ...]] = ((118, 78, 142), (84, 62, 128), (58, 52, 112), (40, 40, 90))
_SUN: Final[Colour] = (230, 170, 140)
_PAPER: Final[Colour] = (230, 222, 212)
_PAPER_SHADE: Final[Colour] = (206, 194, 196)
_FLAP: Final[Colour] = (220, 209, 204)
_SHADOW: Final[Colour] = (30, 26, 66)
_WAX: Final[Colour] = (196, 66, 84)
_WAX_RIM: Final[Colour] = (168, 48, 72)
_WAX_MARK: Final[Colour] = (230, 206, 200)
_INK: Final[Colour] = (228, 222, 228)


@lru_cache(maxsize=3)
def template_pixels(preset: Preset) -> Pixels:
    """Draws the template of a preset; RGB, shape (height, width, 3), read only."""
    row, column = np.mgrid[0 : preset.height, 0 : preset.width].astype(np.float64)
    canvas = _sky(row / preset.height)
    centre_x, centre_y = preset.width / 2, preset.height * 0.43
    _glow(canvas, np.hypot(column - centre_x, (row - preset.height * 0.66) * 1.5), radius=preset.height * 0.75)
    sea = np.s_[int(preset.height * 0.6) :]
    _waves(canvas[sea], row[sea], column[sea], height=preset.height)
    around = np.s_[int(centre_y) - 200 : int(centre_y) + 220, int(centre_x) - 270 : int(centre_x) + 270]
    _letter(canvas[around], (column - centre_x)[around], (row - centre_y)[around])
    pixels = np.rint(canvas).astype(np.uint8)
    pixels = _with_captions(pixels, preset)
    pixels.flags.writeable = False
    return pixels


def _sky(height: Plane) -> Plane:
    stops = np.linspace(0.0, 0.72, len(_SKY), dtype=np.float64)
    return np.stack([np.interp(height, stops, [colour[c] for colour in _SKY]) for c in range(3)], axis=2)


def _glow(canvas: Plane, distance: Plane, *, radius: float) -> None:
    _paint(canvas, 0.75 * np.exp(-((distance / radius) ** 2) * 3), _SUN)


def _waves(canvas: Plane, row: Plane, column: Plane, *, height: int) -> None:
    for index, colour in enumerate(_WAVES):
        crest = height * (0.66 + 0.085 * index)
        swing = np.sin(column / (150 - 14 * index) + 1.9 * index) + 0.45 * np.sin(
            column / (61 + 9 * index) + 0.7 * index
        )
        _paint(canvas, _inside(crest + (15 - 2 * index) * swing - row), colour)


def _letter(canvas: Plane, x: Plane, y: Plane) -> None:
    """An envelope of 420 x 270 pixels around the origin, with a flap and a wax seal that shows a keyhole."""
    half_width, half_height = 210.0, 135.0
    body = _box(x, y, half_width, half_height, corner=18)
    _paint(
        canvas,
        0.55 * np.exp(-np.maximum(_box(x, y - 16, half_width - 6, half_height, corner=24), 0) / 17),
        _SHADOW,
    )
    _paint(canvas, _inside(body), _PAPER)
    slope = np.abs(x) * (half_height / half_width)
    _paint(canvas, _inside(body) * _inside(-(y - 128 + slope * 0.98) * 0.8) * 0.75, _PAPER_SHADE)
    flap = (y - (26 - slope * 1.18)) * 0.65
    _paint(canvas, _inside(body) * np.exp(-np.maximum(flap - 1, 0) / 5) * 0.35, _SHADOW)
    _paint(canvas, _inside(np.maximum(body, flap)), _FLAP)
    _seal(canvas, x, y - 24)


def _seal(canvas: Plane, x: Plane, y: Plane) -> None:
    distance = np.hypot(x, y)
    ripple = 2.6 * np.sin(np.arctan2(y, x) * 9 + 0.6)
    _paint(canvas, 0.45 * np.exp(-np.maximum(np.hypot(x, y - 5) - 48, 0) / 5), _SHADOW)
    _paint(canvas, _inside(distance - 50 - ripple), _WAX_RIM)
    _paint(canvas, _inside(distance - 39), _WAX)
    keyhole = np.minimum(np.hypot(x, y + 8) - 11, _box(x, y - 10, 4.5, 13, corner=3))
    _paint(canvas, _inside(keyhole), _WAX_MARK)


def _with_captions(pixels: Pixels, preset: Preset) -> Pixels:
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for text, size, height in ((CAPTION, 44, 0.80), (HINT, 25, 0.875)):
        position = (preset.width / 2, preset.height * height)
        draw.text(position, text, fill=_INK, font=ImageFont.load_default(size), anchor="mm")
    return np.array(image)


def _box(x: Plane, y: Plane, half_width: float, half_height: float, *, corner: float) -> Plane:
    """Signed distance to a rectangle with round corners around the origin."""
    dx, dy = np.abs(x) - (half_width - corner), np.abs(y) - (half_height - corner)
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    distance: Plane = outside + np.minimum(np.maximum(dx, dy), 0) - corner
    return distance


def _inside(distance: Plane) -> Plane:
    """Coverage 0..1 of a pixel from its signed distance: an edge one pixel wide."""
    coverage: Plane = np.clip(0.5 - distance, 0, 1)
    return coverage


def _paint(canvas: Plane, coverage: Plane, colour: Colour) -> None:
    canvas += coverage[:, :, np.newaxis] * (np.array(colour, dtype=np.float64) - canvas)
