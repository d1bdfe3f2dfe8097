"""A parsed payload as JSON of the vectors: every field a value or an error (mask-payload.md, 15.2)."""

from __future__ import annotations

from maskbot.wire.crypto import sha256
from maskbot.wire.payload import Curve, CurveKey, FieldError, Payload, PublicEncryption, Signature

_CURVE_NAMES = {Curve.K256: "secp256k1", Curve.P256: "P-256"}


def payload_json(payload: Payload) -> dict[str, object]:
    """Version and the five fields."""
    return {
        "version": payload.version,
        "signature": field_json(payload.signature),
        "author": field_json(payload.author),
        "authorPublicKey": field_json(payload.author_key),
        "encryption": _encryption(payload),
        "encrypted": field_json(payload.ciphertext),
    }


def field_json(value: Signature | CurveKey | FieldError | bytes | str | None) -> dict[str, object]:
    """One field: `{ok, value}` or `{ok, error}`."""
    match value:
        case FieldError(kind=kind):
            return {"ok": False, "error": kind}
        case bytes():
            return {"ok": True, "value": value.hex()}
        case Signature(signature=signature, signee=signee):
            return {"ok": True, "value": {"signature": signature.hex(), "signee_sha256": sha256(signee).hex()}}
        case CurveKey(curve=curve, point=point):
            return {"ok": True, "value": {"algr": int(curve), "pub_hex": point.hex()}}
        case _:
            return {"ok": True, "value": value}


def key_json(key: CurveKey) -> dict[str, object]:
    """A public key as requests write it."""
    return {"curve": _CURVE_NAMES[key.curve], "pub_hex": key.point.hex()}


def _encryption(payload: Payload) -> dict[str, object]:
    encryption = payload.encryption
    if isinstance(encryption, FieldError):
        return field_json(encryption)
    value: dict[str, object] = {"iv": field_json(encryption.post_iv)}
    if isinstance(encryption, PublicEncryption):
        return {"ok": True, "value": {"type": "public", **value, "AESKey": field_json(encryption.post_key)}}
    keys = {name: field_json(key) for name, key in encryption.ephemeral_keys.items()}
    return {
        "ok": True,
        "value": {
            "type": "E2E",
            **value,
            "ownersAESKeyEncrypted": field_json(encryption.owner_key),
            "ephemeralPublicKey": keys,
        },
    }
