"""What can be wrong with a payload, and why sealing or unsealing ended (mask-payload.md, section 14).

Every leaf carries the kind of the specification, e.g. `DecryptErrorReasons.NotShareTarget`, as `kind`. To the outside the
bot answers all of `PayloadMalformed` and `UnsealFailed` alike, so that nobody learns whether they were no recipient or the
payload was broken.
"""

from __future__ import annotations

from maskbot.domain.errors import Malformed, Refused

INVALID_PAYLOAD = "PayloadException.InvalidPayload"
DECODE_FAILED = "PayloadException.DecodeFailed"
UNKNOWN_VERSION = "PayloadException.UnknownVersion"
UNKNOWN_ENUM_MEMBER = "PayloadException.UnknownEnumMember"
ENCODE_FAILED = "PayloadException.EncodeFailed"
INVALID_CRYPTO_KEY = "CryptoException.InvalidCryptoKey"
INVALID_IV_LENGTH = "CryptoException.InvalidIVLength"
UNSUPPORTED_ALGORITHM = "CryptoException.UnsupportedAlgorithm"
TOO_COMPLEX_FOR_V38 = "EncryptErrorReasons.ComplexTypedMessageNotSupportedInPayload38"
PUBLIC_KEY_NOT_FOUND = "EncryptErrorReasons.PublicKeyNotFound"
AES_KEY_USAGE_ERROR = "EncryptErrorReasons.AESKeyUsageError"
PAYLOAD_BROKEN = "DecryptErrorReasons.PayloadBroken"
DECRYPT_FAILED = "DecryptErrorReasons.DecryptFailed"
CANNOT_DECRYPT_AS_AUTHOR = "DecryptErrorReasons.CannotDecryptAsAuthor"
AUTHOR_PUBLIC_KEY_NOT_FOUND = "DecryptErrorReasons.AuthorPublicKeyNotFound"
NOT_SHARE_TARGET = "DecryptErrorReasons.NotShareTarget"
MESSAGE_BROKEN = "DecryptErrorReasons.PayloadDecryptedButTypedMessageBroken"
NO_PAYLOAD_FOUND = "DecryptErrorReasons.NoPayloadFound"


class PayloadMalformed(Malformed):
    """A payload that is broken as a whole."""

    kind = INVALID_PAYLOAD


class MessageMalformed(Malformed):
    """A plaintext that is no typed message."""

    kind = MESSAGE_BROKEN


class RecordMalformed(Malformed):
    """A key record from the graph that is none."""

    kind = DECODE_FAILED


class UnsealFailed(Malformed):
    """Reading ended without a message. `cause` is the kind of the broken field, or None."""

    kind = DECRYPT_FAILED

    def __init__(self, message: str, *, kind: str, cause: str | None = None) -> None:
        super().__init__(message, kind=kind)
        self.cause = cause


class SealRefused(Refused):
    """This message cannot be sealed so: its form, the author's name or a key does not fit the version."""

    kind = ENCODE_FAILED
