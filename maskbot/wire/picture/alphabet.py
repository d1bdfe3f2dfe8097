"""The 82 symbols of V2 pictures, their eight-bit codes, and the repair of codes damaged by a platform.

A code is a Gray code of an even number, so all codes have an even number of one bits and one flipped bit never turns a symbol into
another. `G` and `J` stand swapped in the alphabet, as in every picture of the extension.

Source: spec `mask-payload.md` 13.3 (alphabet, reading).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

SYMBOLS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFJHIGKLMNOPQRSTUVWXYZ-._!~*'();,/?:@&=+$%"
END_CODE: Final = 255

_HEX_DIGITS: Final = "0123456789abcdefABCDEF"
_CODES: Final = np.array([(2 * i) ^ i for i in range(len(SYMBOLS))], dtype=np.uint8)
_CODE_OF: Final = dict(zip(SYMBOLS, _CODES.tolist(), strict=True))
_SYMBOL_OF: Final = {code: symbol for symbol, code in _CODE_OF.items()}
_BITS: Final = np.unpackbits(_CODES[:, np.newaxis], axis=1)
_IS_HEX: Final = np.array([symbol in _HEX_DIGITS for symbol in SYMBOLS])


def codes_of(text: str) -> bytes:
    """Encodes percent-encoded text, one byte per symbol, without the end mark.

    Raises:
        ValueError: a character that is not in the alphabet, such as `#`.
    """
    try:
        return bytes([_CODE_OF[symbol] for symbol in text])
    except KeyError:
        raise ValueError("a character is not in the picture alphabet") from None


def is_code(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tells for each byte whether it is the code of a symbol; same shape."""
    return np.isin(codes, _CODES)


def text_of(codes: NDArray[np.uint8], *, weights: NDArray[np.float32]) -> str:
    """Decodes codes, shape (n,), to text; a byte that is no code becomes the nearest symbol.

    `weights`, shape (n, 8), says how strongly each bit was read: of equally near symbols the one that contradicts weaker bits wins.
    Directly after `%` only hex digits are candidates.
    """
    text: list[str] = []
    for position, code in enumerate(codes.tolist()):
        symbol = _SYMBOL_OF.get(code)
        if symbol is None:
            symbol = _nearest(code, weights=weights[position], is_after_percent=bool(text) and text[-1] == "%")
        text.append(symbol)
    return "".join(text)


def _nearest(code: int, *, weights: NDArray[np.float32], is_after_percent: bool) -> str:
    flipped = np.unpackbits(np.array([code], dtype=np.uint8)) != _BITS
    distances = flipped.sum(axis=1).astype(np.float64)
    if is_after_percent:
        distances[~_IS_HEX] = np.inf
    costs = flipped @ weights
    costs[distances > distances.min()] = np.inf
    return SYMBOLS[int(np.argmin(costs))]
