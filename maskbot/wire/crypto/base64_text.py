"""Base64 as the protocol reads it, and base64url for JWK.

The reader follows the 'forgiving' rule of the WHATWG Infra standard (mask-payload.md, section 1).
"""

from __future__ import annotations

import binascii

from maskbot.wire.crypto.errors import InvalidBase64

_SPACE = b"\t\n\f\r "
_URL_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
_STANDARD_TO_URL = bytes.maketrans(b"+/", b"-_")
_PADDING = (b"", b"!", b"==", b"=")  # by length modulo 4; 1 cannot be
_MISSING = ("", "!", "==", "=")

_a2b = binascii.a2b_base64
_b2a = binascii.b2a_base64


def encode_base64(raw: bytes) -> str:
    """Standard alphabet, padded, on one line."""
    return _b2a(raw, newline=False).decode("ascii")


def decode_base64_forgiving(text: str) -> bytes:
    """Bytes of standard base64: ASCII white space dropped, padding optional but exact if present, surplus bits ignored.

    Raises:
        InvalidBase64: a foreign character (also `-` and `_`), wrong padding, or a length of 1 modulo 4.
    """
    surplus = len(text) & 3
    if surplus == 1 or text.endswith("=" if surplus else "==="):  # Python's strict mode lets surplus padding pass
        return _decode_lenient(text)
    try:
        return _a2b(text + _MISSING[surplus] if surplus else text, strict_mode=True)
    except ValueError:
        return _decode_lenient(text)


def _decode_lenient(text: str) -> bytes:
    """The slow path: what the strict decoder refuses may still have white space, and with it no padding."""
    try:
        packed = text.encode("ascii").translate(None, _SPACE)
        if len(packed) & 3 == 0 and packed.endswith(b"="):
            packed = packed[:-2] if packed.endswith(b"==") else packed[:-1]
        if b"=" in packed or len(packed) & 3 == 1:
            raise InvalidBase64("expected base64 with exact padding or none")
        return _a2b(packed + _PADDING[len(packed) & 3], strict_mode=True)
    except ValueError:
        raise InvalidBase64("expected characters of the standard base64 alphabet, in fours") from None


def encode_base64url(raw: bytes) -> str:
    """base64url without padding, as JWK members are written."""
    return _b2a(raw, newline=False).rstrip(b"=\n").translate(_STANDARD_TO_URL).decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Bytes of base64url without padding.

    Raises:
        InvalidBase64: a foreign character (also `=`) or a length of 1 modulo 4.
    """
    try:
        raw = text.encode("ascii").translate(_URL_TO_STANDARD)
        return _a2b(raw + _PADDING[len(raw) & 3], strict_mode=True)
    except ValueError:
        raise InvalidBase64("expected base64url without padding") from None
