"""Encrypted replies to an encrypted post: `🎶2/4|<base64>:||` (mask-payload.md, section 12).

Every reply to a post has the same key and the same IV, so whoever sees two of them learns their difference. That is the
protocol's design; it is read and written for compatibility only, and nothing else here is built on it.
"""

from __future__ import annotations

from maskbot.wire.crypto import (
    DecryptFailed,
    InvalidBase64,
    InvalidIv,
    aes_gcm_seal,
    aes_gcm_unseal,
    decode_base64_forgiving,
    encode_base64,
    pbkdf2_sha256,
)
from maskbot.wire.payload.errors import DECRYPT_FAILED, NO_PAYLOAD_FOUND, UnsealFailed
from maskbot.wire.payload.values import well_formed

_HEAD = "\U0001f3b62/4|"
_TAIL = ":||"
MAX_TEXT = 64 * 1024
_ITERATIONS = 100_000


def seal_comment(comment: str, *, post_iv: bytes, post_text: str) -> str:
    """The text of a reply. `post_iv`: 16 bytes; `post_text`: the unsealed text of the post. Takes about 30 ms."""
    sealed = aes_gcm_seal(_key(post_iv, post_text), post_iv, well_formed(comment).encode("utf-8"))
    return f"{_HEAD}{encode_base64(sealed)}{_TAIL}"


def unseal_comment(text: str, *, post_iv: bytes, post_text: str) -> str:
    """The reply in a text, which may have words around it. Takes about 30 ms.

    Raises:
        UnsealFailed: no reply in the text, longer than 64 Ki characters, or sealed under another post.
    """
    _, head, rest = text.partition(_HEAD)
    body, tail, _ = rest.partition(_TAIL)
    if not head or not tail or len(text) > MAX_TEXT:
        raise UnsealFailed("no sealed reply in this text", kind=NO_PAYLOAD_FOUND)
    try:
        plaintext = aes_gcm_unseal(_key(post_iv, post_text), post_iv, decode_base64_forgiving(body))
    except (InvalidBase64, DecryptFailed) as error:
        raise UnsealFailed("the reply does not belong to this post, or is damaged", kind=DECRYPT_FAILED) from error
    return plaintext.decode("utf-8", "replace")


def _key(post_iv: bytes, post_text: str) -> bytes:
    if len(post_iv) != 16:
        raise InvalidIv(f"expected a post IV of 16 bytes, got {len(post_iv)}")
    return pbkdf2_sha256(well_formed(post_text).encode("utf-8"), post_iv, iterations=_ITERATIONS, length=32)
