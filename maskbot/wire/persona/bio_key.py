"""Public keys in profile descriptions, 2019 to 2021: history, read only.

They carry no signature: whoever wrote the text claims the key.

Source: spec `gun-personas-backup.md` C.3, `mask-payload.md` 12.
"""

from __future__ import annotations

import re
from typing import Final

from maskbot.wire.crypto import InvalidBase64, InvalidKey, compress, decode_base64_forgiving

_MAX_CHARACTERS: Final = 20_000
_LOCKED: Final = re.compile("🔒([0-9A-Za-z+/=]{20,60}?)🔒")
_CHECKED: Final = re.compile("[0-9A-Za-z+=/]{20,60}")
_BASE19: Final = "0123456789ABCDEFGHI"
_WEIGHTS: Final = (7, 3, 1)


def keys_in_bio(text: str) -> tuple[bytes, ...]:
    """Lists the public keys (33 bytes) between 🔒, or with a check character (once between 🎭), in order and each once."""
    text = text[:_MAX_CHARACTERS]
    candidates = [match[1] for match in _LOCKED.finditer(text)]
    candidates += [match[0][:-1] for match in _CHECKED.finditer(text) if has_check_character(match[0])]
    keys = (_key(candidate) for candidate in candidates)
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def check_character(text: str) -> str:
    """Computes the base-19 check character of a base64 text."""
    digits = (0 if character in "+=/" else int(character, 36) for character in text.upper())
    return _BASE19[sum(digit * _WEIGHTS[i % 3] for i, digit in enumerate(digits)) % 19]


def has_check_character(text: str) -> bool:
    """Tells whether the last character checks the others."""
    return check_character(text[:-1]) == text[-1:]


def _key(text: str) -> bytes | None:
    try:
        return compress(decode_base64_forgiving(text))
    except (InvalidBase64, InvalidKey):
        return None
