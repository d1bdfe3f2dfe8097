"""What can be wrong with keys, ciphertexts and base64 that came from outside (mask-payload.md, section 14)."""

from __future__ import annotations

from maskbot.domain.errors import Malformed


class InvalidKey(Malformed):
    """Bytes or a JWK that are no key of the asked kind: wrong length, no point of the curve, scalar out of range."""

    kind = "CryptoException.InvalidCryptoKey"


class InvalidIv(Malformed):
    """An initialisation vector that is not 16 bytes."""

    kind = "CryptoException.InvalidIVLength"


class DecryptFailed(Malformed):
    """AES-GCM refused: another key, another IV, or damaged bytes. Which of them cannot be known."""

    kind = "CryptoException.DecryptFailed"


class InvalidBase64(Malformed):
    """Text outside the base64 alphabet, with wrong padding or of an impossible length."""

    kind = "PayloadException.DecodeFailed"
