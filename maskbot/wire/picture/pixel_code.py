"""V1: one bit in the brightness of one pixel per block and channel. Read only; pictures of 2019 to 2021.

Which pixel of a block is asked, is decided by a chain of string hashes that starts from the password (the author's profile text).
The same cell serves the three channels, which hold three copies of one bit, so a block holds one voted bit. A character takes eight
blocks, most significant bit first; eight one bits end the text.

Source: spec `mask-payload.md` 13.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import numpy as np

from maskbot.wire.picture.errors import NoPayloadInPicture
from maskbot.wire.picture.image_file import Pixels
from maskbot.wire.picture.preset import BLOCK_PX, Preset
from maskbot.wire.picture.visible_blocks import visible_blocks

MAX_PASSWORD_CHARACTERS: Final = 1024

_TOLERANCE: Final = 128
_END: Final = 255
_CELL_WITHOUT_PASSWORD: Final = 36
_BATCH_BLOCKS: Final = 2048
_WORD: Final = 0xFFFFFFFF
# cells (8 * row + column) within distance 3 of the centre of a block, row by row
_CELLS: Final = (*range(10, 14), *range(17, 23), *range(25, 31), *range(33, 39), *range(41, 47), *range(50, 54))
# of random bits three copies agree in a quarter of all cases; of a readable picture in nearly all
_MIN_AGREEMENT: Final = 0.6


def read_pixel_code(pixels: Pixels, *, preset: Preset, password: str) -> str:
    """Reads the embedded ASCII text (still percent-encoded) from RGB pixels, shape (height, width, 3).

    Raises:
        NoPayloadInPicture: no end mark, no text before it, or noise: also what a wrong password gives.
    """
    blocks = visible_blocks(preset.columns, preset.rows, disc=preset.disc)
    rows, columns = np.divmod(blocks, preset.columns)
    cells = _cells(password[:MAX_PASSWORD_CHARACTERS])
    symbols = np.empty(0, dtype=np.uint8)
    agreements = np.empty(0, dtype=bool)
    for start in range(0, len(blocks), _BATCH_BLOCKS):
        batch = slice(start, start + _BATCH_BLOCKS)
        cell = np.fromiter(islice(cells, len(blocks[batch])), dtype=np.intp)
        values = pixels[rows[batch] * BLOCK_PX + cell // BLOCK_PX, columns[batch] * BLOCK_PX + cell % BLOCK_PX]
        ones = ((values.astype(np.int16) + _TOLERANCE // 2) // _TOLERANCE % 2).sum(axis=1)
        symbols = np.concatenate([symbols, np.packbits(ones[: len(ones) // 8 * 8] >= 2)])
        agreements = np.concatenate([agreements, ones % 3 == 0])
        ends = np.flatnonzero(symbols == _END)
        if ends.size:
            return _text(
                symbols[: ends[0]].tobytes(), agreement=float(agreements[: ends[0] * 8].mean() if ends[0] else 0)
            )
    raise NoPayloadInPicture


def _text(symbols: bytes, *, agreement: float) -> str:
    if agreement < _MIN_AGREEMENT or not symbols.isascii():
        raise NoPayloadInPicture
    return symbols.decode("ascii")


def _cells(password: str) -> Iterator[int]:
    """Yields the cell of each visible block; a 32-bit string hash of `<password>_<previous hash>` picks it."""
    if not password:
        while True:
            yield _CELL_WITHOUT_PASSWORD
    prefix = _hashed(0, (password + "_").encode("utf-16-le", "surrogatepass"))
    previous = b""
    while True:
        value = prefix
        for digit in previous:
            value = (31 * value + digit) & _WORD
        signed = value - (1 << 32) if value >> 31 else value
        yield _CELLS[abs(signed) % len(_CELLS)]
        previous = str(signed).encode("ascii")


def _hashed(value: int, utf16: bytes) -> int:
    for low, high in zip(utf16[::2], utf16[1::2], strict=True):
        value = (31 * value + (high << 8 | low)) & _WORD
    return value
