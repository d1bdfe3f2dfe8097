"""Payload v38: `🎼4/4|A|I|E|S|K|P|U:||` (mask-payload.md, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from maskbot.wire.crypto import (
    InvalidBase64,
    InvalidKey,
    aes_gcm_opener,
    aes_gcm_sealer,
    compress,
    decode_base64_forgiving,
    encode_base64,
)
from maskbot.wire.payload.errors import (
    DECODE_FAILED,
    ENCODE_FAILED,
    INVALID_CRYPTO_KEY,
    INVALID_IV_LENGTH,
    PayloadMalformed,
    SealRefused,
)
from maskbot.wire.payload.identifiers import author_from_text
from maskbot.wire.payload.model import (
    Curve,
    CurveKey,
    EndToEndEncryption,
    FieldError,
    Payload,
    PublicEncryption,
    Signature,
)
from maskbot.wire.payload.post_key_text import public_post_key_text, read_post_key_text
from maskbot.wire.payload.values import well_formed

VERSION = -38
HEADER = "\U0001f3bc4/4"
TAIL = ":||"
_SHARED_KEY = bytes.fromhex("dc17fc049dd93d23143368e0d9384e0de2ee4510fffbf8b040469e2dd7105e98")
_unseal_shared = aes_gcm_opener(_SHARED_KEY)
_seal_shared = aes_gcm_sealer(_SHARED_KEY)
_NOT_A_KEY = FieldError(INVALID_CRYPTO_KEY)
_NO_KEYS: Mapping[str, CurveKey | FieldError] = MappingProxyType({})
_UNDECODABLE = FieldError(DECODE_FAILED)
_WRONG_IV = FieldError(INVALID_IV_LENGTH)


@dataclass(frozen=True, slots=True)
class PayloadV38(Payload):
    """The texts of fields K and U; `author` and `author_key` read them."""

    key_text: str
    author_text: str

    @property
    def author(self) -> str | FieldError | None:
        if not self.author_text:
            return None
        raw = base64_field(self.author_text, _UNDECODABLE)
        if isinstance(raw, FieldError):
            return raw
        return author_from_text("person:" + raw.decode("latin-1")) or _UNDECODABLE

    @property
    def author_key(self) -> CurveKey | FieldError | None:
        if not self.key_text:
            return None
        try:
            return CurveKey(Curve.K256, compress(decode_base64_forgiving(self.key_text)))
        except (InvalidBase64, InvalidKey):
            return _NOT_A_KEY


def parse_v38(text: str) -> PayloadV38:
    """The payload in a v38 text.

    Raises:
        PayloadMalformed: the header is another.
    """
    if not text.startswith(HEADER):
        raise PayloadMalformed("no v38 header")
    fields = without_tail(text).split("|", 8)
    if len(fields) < 8:
        fields += [""] * (8 - len(fields))
    sealed_key, post_iv = base64_field(fields[1], _NOT_A_KEY), read_iv(fields[2])
    ciphertext = base64_field(fields[3], _UNDECODABLE)
    if FieldError in (type(sealed_key), type(post_iv), type(ciphertext)):
        fields[4] = ""  # a signature is looked at only when A, I and E are sound
    return _assembled(fields, post_iv, ciphertext, sealed_key)


def _assembled(
    fields: list[str], post_iv: bytes | FieldError, ciphertext: bytes | FieldError, sealed_key: bytes | FieldError
) -> PayloadV38:
    """A payload from its fields."""
    signature = None
    if fields[4] != "_" and fields[4]:
        signature = read_signature(fields[4], signee=f"4/4|{fields[1]}|{fields[2]}|{fields[3]}")
    encryption: PublicEncryption | EndToEndEncryption
    if fields[6] == "1":
        encryption = PublicEncryption(post_iv, _public_key(post_iv, sealed_key))
    else:
        encryption = EndToEndEncryption(post_iv, sealed_key, _NO_KEYS)
    return PayloadV38(VERSION, signature, encryption, ciphertext, fields[5], fields[7])


def write_v38(
    *,
    sealed_key: bytes,
    post_iv: bytes,
    ciphertext: bytes,
    author_key: bytes | None,
    is_public: bool,
    author: str | None,
) -> str:
    """A v38 text. `author_key`: 33 bytes, empty for a key that has no compressed form here (P-256), None for none.

    Raises:
        SealRefused: the author's name has a character above U+00FF, which v38 cannot carry.
    """
    key = "" if author_key is None else encode_base64(author_key) or "_"
    head = f"{HEADER}|{encode_base64(sealed_key)}|{encode_base64(post_iv)}|{encode_base64(ciphertext)}|_|{key}"
    head += "|1" if is_public else "|0"
    if author is None:
        return head + TAIL
    try:
        name = author.removeprefix("person:").encode("latin-1")
    except UnicodeEncodeError as error:
        raise SealRefused("v38 cannot carry an author's name beyond Latin-1; use v37", kind=ENCODE_FAILED) from error
    return f"{head}|{encode_base64(name)}{TAIL}"


def seal_public_key(post_key: bytes, *, post_iv: bytes) -> bytes:
    """Field A of a public post: 138 bytes."""
    return _seal_shared(post_iv, public_post_key_text(post_key))


def without_tail(text: str) -> str:
    """The text before the last `:||`; without one, the text less its final UTF-16 unit, as the reference cuts it."""
    end = text.rfind(TAIL)
    if end >= 0:
        return text[:end]
    last = ord(text[-1])
    return text[:-1] if last <= 0xFFFF else text[:-1] + chr(0xD800 | last - 0x10000 >> 10)


def base64_field(text: str, failure: FieldError) -> bytes | FieldError:
    """The bytes of a field, or `failure`."""
    try:
        return decode_base64_forgiving(text)
    except InvalidBase64:
        return failure


def read_iv(text: str, failure: FieldError = _NOT_A_KEY) -> bytes | FieldError:
    """The post IV of a field: 16 bytes."""
    raw = base64_field(text, failure)
    return raw if isinstance(raw, FieldError) or len(raw) == 16 else _WRONG_IV


def read_signature(text: str, *, signee: str) -> Signature | FieldError:
    """The signature of a field, over the UTF-8 of `signee`."""
    raw = base64_field(text, _UNDECODABLE)
    return raw if isinstance(raw, FieldError) else Signature(raw, well_formed(signee).encode("utf-8"))


def _public_key(post_iv: bytes | FieldError, sealed_key: bytes | FieldError) -> bytes | FieldError:
    if isinstance(post_iv, FieldError):
        return post_iv
    if isinstance(sealed_key, FieldError):
        return sealed_key
    key_text = _unseal_shared(post_iv, sealed_key)
    try:
        return _NOT_A_KEY if key_text is None else read_post_key_text(key_text, is_public=True)
    except InvalidKey:
        return _NOT_A_KEY
