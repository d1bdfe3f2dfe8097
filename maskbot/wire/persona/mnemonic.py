"""BIP39: words <-> entropy -> seed, English list, 12 to 24 words.

The word list is the data file that eth-account ships (the package itself is not imported; that would cost half a second). Its
SHA-256 is that of the list in the standard and is checked on first use.

Source: BIP39; spec `gun-personas-backup.md` C.1 (the text is taken as it is: lower case, single blanks).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from maskbot.domain.errors import Misconfigured
from maskbot.wire.crypto import pbkdf2_sha512, sha256
from maskbot.wire.persona.errors import InvalidMnemonic

ENTROPY_BYTES: Final = (16, 20, 24, 28, 32)
WORD_COUNTS: Final = (12, 15, 18, 21, 24)
SEED_BYTES: Final = 64

_MAX_CHARACTERS: Final = 24 * 8 + 23
_ITERATIONS: Final = 2048
_BITS_PER_WORD: Final = 11
_LIST_SHA256: Final = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"


def mnemonic_of(entropy: bytes) -> str:
    """Writes 16, 20, 24, 28 or 32 random bytes as 12 to 24 words.

    Raises:
        ValueError: another number of bytes.
    """
    if len(entropy) not in ENTROPY_BYTES:
        raise ValueError(f"entropy of 16 to 32 bytes in steps of 4 was expected, {len(entropy)} came")
    checksum_bits = len(entropy) // 4
    value = int.from_bytes(entropy, "big") << checksum_bits | sha256(entropy)[0] >> (8 - checksum_bits)
    count = (len(entropy) * 8 + checksum_bits) // _BITS_PER_WORD
    words, _ = _word_list()
    return " ".join(words[value >> _BITS_PER_WORD * (count - 1 - i) & 0x7FF] for i in range(count))


def entropy_of(mnemonic: str) -> bytes:
    """Reads the entropy, 16 to 32 bytes, and so checks words, their number and the checksum.

    Raises:
        InvalidMnemonic: any of them is wrong; the text is not trimmed or lower-cased first.
    """
    words = mnemonic.split(" ") if len(mnemonic) <= _MAX_CHARACTERS else []
    if len(words) not in WORD_COUNTS:
        raise InvalidMnemonic("12, 15, 18, 21 or 24 words in lower case with single blanks between them were expected")
    _, indices = _word_list()
    value = 0
    for position, word in enumerate(words, start=1):
        index = indices.get(word)
        if index is None:
            raise InvalidMnemonic(f"word {position} is not in the English BIP39 list")
        value = value << _BITS_PER_WORD | index
    checksum_bits = len(words) // 3
    entropy = (value >> checksum_bits).to_bytes(checksum_bits * 4, "big")
    if value & (1 << checksum_bits) - 1 != sha256(entropy)[0] >> (8 - checksum_bits):
        raise InvalidMnemonic("the checksum does not match: a word is wrong or two are swapped")
    return entropy


def seed_of(mnemonic: str, *, password: str) -> bytes:
    """Stretches a mnemonic and its password (often empty) to the 64-byte seed; about 2 ms.

    Raises:
        InvalidMnemonic: see `entropy_of`.
    """
    entropy_of(mnemonic)
    salt = "mnemonic" + unicodedata.normalize("NFKD", password)
    return pbkdf2_sha512(mnemonic.encode("ascii"), utf8_of(salt), iterations=_ITERATIONS, length=SEED_BYTES)


def utf8_of(text: str) -> bytes:
    """Encodes text as browsers do: half of a surrogate pair becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")


@lru_cache(maxsize=1)
def _word_list() -> tuple[tuple[str, ...], dict[str, int]]:
    package = find_spec("eth_account")
    folders = package.submodule_search_locations if package is not None else None
    file = Path(folders[0] if folders else ".", "hdaccount", "wordlist", "english.txt")
    content = file.read_bytes() if file.is_file() else b""
    if sha256(content).hex() != _LIST_SHA256:
        raise Misconfigured(
            "the English BIP39 word list of the eth-account package is missing or changed; reinstall it"
        )
    words = tuple(content.decode("ascii").split())
    return words, {word: index for index, word in enumerate(words)}
