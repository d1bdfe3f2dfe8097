"""Percent-encoding as JavaScript's `encodeURI` and `decodeURI` do it: the text form inside pictures.

Source: spec `mask-payload.md` 13.1 (text form); ECMA-262, 19.2.6 (which escapes `decodeURI` leaves alone).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

_KEPT: Final = "-_.!~*'();,/?:@&=+$#"
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RESERVED_ESCAPE: Final = re.compile(r"%(?=3[BbFfAaDd]|2[Ff]|40|26|2[BbCc]|24|23)")


def encode_uri(text: str) -> str:
    """Percent-encodes `text` to ASCII; an existing `%` becomes `%25`.

    Raises:
        ValueError: the text holds half of a surrogate pair, which has no UTF-8 form.
    """
    return quote(text, safe=_KEPT)


def decode_uri(text: str) -> str:
    """Undoes `encode_uri`. Escapes of reserved characters (`%23`, `%2F`, ...) stay as they are, as in JavaScript.

    Raises:
        ValueError: a `%` without two hex digits, a character outside ASCII, or escapes that are no UTF-8.
    """
    if not text.isascii() or _BROKEN_ESCAPE.search(text):
        raise ValueError("not the output of encodeURI")
    return unquote_to_bytes(_RESERVED_ESCAPE.sub("%25", text)).decode("utf-8")
