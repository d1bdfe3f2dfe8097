"""V2: which slot of a picture holds which bit, and the bit stream around the text.

A picture of G blocks has 3*G slots: block by block, and in each block R, G, B. The stream is 36 parameter bits (the
number of copies, nine times per bit), then the symbols (each bit `copies` times, padded to whole blocks), then an end
mark of ones. Groups of three slots are shuffled, so a local damage spreads over the text.

Source: spec `mask-payload.md` 13.3 (bit stream, slot order).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskbot.wire.picture.alphabet import END_CODE, codes_of, is_code, text_of
from maskbot.wire.picture.errors import NoPayloadInPicture, PictureTooLong

COPIES: Final = 3

_CHANNELS: Final = 3
_PARAMETER_BITS: Final = 4
_PARAMETER_COPIES: Final = 9
_HEAD: Final = _PARAMETER_BITS * _PARAMETER_COPIES
_SWAPS: Final = (
    76221, 13388, 20800, 80672, 15974, 87005, 71203, 84444, 16928, 51335, 94092, 83586, 37656, 2240, 26283,
    1887, 93419, 96857, 20866, 21797, 42065, 39781, 50192, 24399, 98969, 54274, 38815, 45159, 36824,
)  # fmt: skip
# Noise gates. Fair coins give 23 of 36 for the parameter bits, 0.25 for three equal copies, 0.68 for bytes that are no code.
_MIN_PARAMETER_AGREEMENT: Final = 28
_MIN_AGREEMENT: Final = 0.6
_MAX_REPAIRED: Final = 0.25


def capacity(blocks: int) -> int:
    """How many symbols fit into a picture of `blocks` blocks, with three copies and the end mark."""
    return max(0, (_CHANNELS * blocks - _HEAD) // (8 * COPIES) - 1)


def slots_of_text(text: str, *, blocks: int, noise: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Lays percent-encoded text out as bits; shape (blocks, 3), in scan order.

    `noise`, shape (blocks,), holds the 0 or 1 of each group of slots behind the end mark. The three slots of a group get the
    same bit, as those before it do: so nothing shows where the text ends, and the picture stays free of coloured specks.

    Raises:
        ValueError: a character outside the alphabet.
        PictureTooLong: the text does not fit.
    """
    codes = codes_of(text)
    if len(codes) > capacity(blocks):
        raise PictureTooLong(capacity=capacity(blocks), needed=len(codes))
    parameter = [(COPIES - 1) // 2 >> bit & 1 for bit in range(_PARAMETER_BITS)]
    symbols = np.unpackbits(np.frombuffer(codes + bytes([END_CODE]), dtype=np.uint8))
    head = np.concatenate([np.repeat(parameter, _PARAMETER_COPIES), np.repeat(symbols, COPIES)]).astype(bool)
    stream = np.repeat(noise.astype(bool), _CHANNELS)
    stream[: len(head)] = head
    return stream.reshape(blocks, _CHANNELS)[_shuffle(blocks)]


def text_of_slots(strengths: NDArray[np.float32]) -> str:
    """Reads percent-encoded text from slots, shape (blocks, 3) in scan order: the sign is the bit, the size its certainty.

    Raises:
        NoPayloadInPicture: no plausible parameters, no end mark, no text before it, or noise.
    """
    shuffled = np.empty_like(strengths)
    shuffled[_shuffle(len(strengths))] = strengths
    stream = shuffled.reshape(-1)
    copies = _copies(stream[:_HEAD])
    stride = _CHANNELS * -(-copies // _CHANNELS)
    symbols = (len(stream) - _HEAD) // (8 * stride)
    votes = stream[_HEAD : _HEAD + symbols * 8 * stride].reshape(symbols, 8, stride)[:, :, :copies]
    codes = np.packbits(_voted(votes), axis=1)[:, 0]
    ends = np.flatnonzero(codes == END_CODE)
    if not ends.size or not ends[0]:
        raise NoPayloadInPicture
    return _plausible_text(codes[: ends[0]], votes[: ends[0]])


def _plausible_text(codes: NDArray[np.uint8], votes: NDArray[np.float32]) -> str:
    copies = votes.shape[2]
    agreement = float(np.isin((votes > 0).sum(axis=2), (0, copies)).mean())
    if (copies > 1 and agreement < _MIN_AGREEMENT) or (~is_code(codes)).mean() > _MAX_REPAIRED:
        raise NoPayloadInPicture
    return text_of(codes, weights=np.abs(votes).mean(axis=2))


def _voted(votes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """One bit per group of copies: the majority, save where the ones were read more than twice as strongly as the zeros."""
    is_one = votes > 0
    ones = is_one.sum(axis=-1)
    zeros = votes.shape[-1] - ones
    sizes = np.abs(votes)
    mean_one = np.where(is_one, sizes, 0).sum(axis=-1) / np.maximum(ones, 1)
    mean_zero = np.where(is_one, 0, sizes).sum(axis=-1) / np.maximum(zeros, 1)
    is_strong = (ones > 0) & (zeros > 0) & (mean_one > 2 * mean_zero)
    voted: NDArray[np.bool_] = is_strong | (2 * ones > votes.shape[-1])
    return voted


def _copies(head: NDArray[np.float32]) -> int:
    ones = (head > 0).reshape(_PARAMETER_BITS, _PARAMETER_COPIES).sum(axis=1)
    if int(np.maximum(ones, _PARAMETER_COPIES - ones).sum()) < _MIN_PARAMETER_AGREEMENT:
        raise NoPayloadInPicture
    value = sum(1 << bit for bit, count in enumerate(ones.tolist()) if 2 * count > _PARAMETER_COPIES)
    return 2 * value + 1


@lru_cache(maxsize=8)
def _shuffle(blocks: int) -> NDArray[np.intp]:
    """The group of three bits that each block holds; shape (blocks,)."""
    order = list(range(blocks))
    for index in range(blocks):
        other = _SWAPS[index % len(_SWAPS)] % blocks
        order[index], order[other] = order[other], order[index]
    shuffled = np.array(order, dtype=np.intp)
    shuffled.flags.writeable = False
    return shuffled
