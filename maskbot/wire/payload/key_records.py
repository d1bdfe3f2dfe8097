"""Sealed post keys as the objects that stand on the graph (mask-payload.md, section 10). Where they stand is the GUN room's affair.

v38 and older: `{"encryptedKey", "salt"}`, base64. v37: `{"e"}`, and for recipients added later `c` (curve number) and `k` (base64
of the uncompressed ephemeral key, 65 bytes).
"""

from __future__ import annotations

from collections.abc import Mapping

from maskbot.wire.crypto import (
    InvalidBase64,
    InvalidKey,
    compress_any,
    decode_base64_forgiving,
    encode_base64,
    p256_compress,
    p256_uncompress,
    uncompress,
)
from maskbot.wire.payload.errors import RecordMalformed
from maskbot.wire.payload.model import Curve, CurveKey
from maskbot.wire.payload.sealed_key import SealedKey

MAX_TEXT = 8 * 1024


def record_of(key: SealedKey) -> dict[str, object]:
    """The object to publish for one recipient."""
    if key.salt is not None:
        return {"encryptedKey": encode_base64(key.sealed), "salt": encode_base64(key.salt)}
    if key.ephemeral_key is None:
        return {"e": encode_base64(key.sealed)}
    point = key.ephemeral_key.point
    raw = uncompress(point) if key.ephemeral_key.curve is Curve.K256 else p256_uncompress(point)
    return {"e": encode_base64(key.sealed), "c": int(key.ephemeral_key.curve), "k": encode_base64(raw)}


def read_record(record: Mapping[str, object], *, version: int) -> SealedKey:
    """The sealed key in an object from the graph, which anybody may have written.

    Raises:
        RecordMalformed: a member is missing, of the wrong type, longer than 8 Ki characters or no base64 or point.
    """
    if version != -37:
        salt = record.get("salt")
        return SealedKey(sealed=_base64(record.get("encryptedKey")), salt=None if salt is None else _base64(salt))
    number, text = record.get("c"), record.get("k")
    if number is None and text is None:
        return SealedKey(sealed=_base64(record.get("e")))
    if number not in (None, 1, 2) or isinstance(number, bool) or not isinstance(text, str | None):
        raise RecordMalformed("expected c as 1 or 2 and k as text")
    sealed = _base64(record.get("e"))
    if not number or not text:
        return SealedKey(sealed=sealed)
    raw = _base64(text)
    try:
        point = compress_any(raw) if number == Curve.K256 else p256_compress(raw)
    except InvalidKey as error:
        raise RecordMalformed("the ephemeral key is no point of its curve") from error
    return SealedKey(sealed=sealed, ephemeral_key=CurveKey(Curve(int(number)), point))


def _base64(value: object) -> bytes:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise RecordMalformed("expected base64 text of at most 8 Ki characters")
    try:
        return decode_base64_forgiving(value)
    except InvalidBase64 as error:
        raise RecordMalformed("expected base64 text") from error
