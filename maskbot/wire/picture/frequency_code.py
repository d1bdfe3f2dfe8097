"""V2: a bit is the sign of the difference of two frequencies of an 8x8 block of one colour channel.

With F the two-dimensional DFT of the block (plain sum over its 64 pixels, 0..255), d = Re F[3][1] - Re F[2][2] (row,
column), and the bit is 1 if d > 0. Both terms are sums of pixels times cosines, so d is one dot product with a fixed
8x8 pattern of squared norm 64, and the smallest change that moves d by delta is delta/64 times that pattern. That
replaces the transforms of the reference, and one matrix product reads a whole picture.

The three channels of a block hold copies of one bit, so the change is mostly one of brightness, which JPEG keeps best.

Source: spec `mask-payload.md` 13.3 (bit of a block).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskbot.wire.picture.image_file import Pixels
from maskbot.wire.picture.preset import BLOCK_PX

STRENGTH: Final = 600.0

_CELLS: Final = BLOCK_PX * BLOCK_PX
_ENOUGH: Final = 0.9 * STRENGTH
_ROUNDS: Final = 5
# room for the pattern above and below: half of STRENGTH/64 times the pattern's peak of 2 would be clipped at black and white
_DARKEST: Final = 20.0
_BRIGHTEST: Final = 235.0

_ROW, _COLUMN = np.mgrid[0:BLOCK_PX, 0:BLOCK_PX]
_PATTERN: Final = (
    (np.cos(2 * np.pi * (3 * _ROW + _COLUMN) / 8) - np.cos(2 * np.pi * (2 * _ROW + 2 * _COLUMN) / 8))
    .astype(np.float32)
    .reshape(_CELLS)
)


def block_strengths(pixels: Pixels) -> NDArray[np.float32]:
    """Measures d of every full block and channel of RGB pixels; shape (blocks, 3), blocks row by row."""
    strengths: NDArray[np.float32] = _channel_blocks(pixels) @ _PATTERN
    return strengths.reshape(-1, 3)


def embed_bits(pixels: Pixels, bits: NDArray[np.bool_]) -> Pixels:
    """Returns a copy of RGB pixels whose blocks carry `bits`, shape (blocks, 3); pixels of partial blocks stay.

    Repeats a few times where clipping or rounding ate too much of the change.
    """
    wanted = np.where(bits.reshape(-1), np.float32(1), np.float32(-1))
    blocks = np.clip(_channel_blocks(pixels), _DARKEST, _BRIGHTEST)
    weak = np.arange(len(blocks))
    for _ in range(_ROUNDS):
        missing = STRENGTH - wanted[weak] * (blocks[weak] @ _PATTERN)
        change = (wanted[weak] * np.maximum(missing, 0) / _CELLS)[:, np.newaxis] * _PATTERN
        blocks[weak] = np.clip(np.rint(blocks[weak] + change), 0, 255)
        weak = weak[wanted[weak] * (blocks[weak] @ _PATTERN) < _ENOUGH]
        if not weak.size:
            break
    return _with_blocks(pixels, blocks)


def _channel_blocks(pixels: Pixels) -> NDArray[np.float32]:
    """Shape (blocks * 3, 64): blocks row by row, in each R, G, B."""
    rows, columns = pixels.shape[0] // BLOCK_PX, pixels.shape[1] // BLOCK_PX
    full = pixels[: rows * BLOCK_PX, : columns * BLOCK_PX]
    tiles = full.reshape(rows, BLOCK_PX, columns, BLOCK_PX, 3).transpose(0, 2, 4, 1, 3)
    return tiles.reshape(-1, _CELLS).astype(np.float32)


def _with_blocks(pixels: Pixels, blocks: NDArray[np.float32]) -> Pixels:
    rows, columns = pixels.shape[0] // BLOCK_PX, pixels.shape[1] // BLOCK_PX
    tiles = blocks.astype(np.uint8).reshape(rows, columns, 3, BLOCK_PX, BLOCK_PX).transpose(0, 3, 1, 4, 2)
    result = pixels.copy()
    result[: rows * BLOCK_PX, : columns * BLOCK_PX] = tiles.reshape(rows * BLOCK_PX, columns * BLOCK_PX, 3)
    return result
