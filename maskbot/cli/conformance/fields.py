"""Reading the fields of a request: every mistake is `BadRequest` (conformance.md, section 2). Null and absent are the same."""

from __future__ import annotations

from collections.abc import Mapping

from maskbot.domain.errors import Malformed
from maskbot.wire.crypto import InvalidKey, compress, is_private_key, p256_compress, p256_public_key_of, public_key_of

Request = Mapping[str, object]


class BadRequest(Malformed):
    """A field is missing, of the wrong type, no valid hex, base64, key or address, or a value the op does not offer."""

    kind = "BadRequest"


def text(request: Request, name: str) -> str:
    """A text that must be there."""
    value = request.get(name)
    if not isinstance(value, str):
        raise BadRequest(f"expected {name} as text")
    return value


def optional_text(request: Request, name: str) -> str | None:
    """A text, or None."""
    return None if request.get(name) is None else text(request, name)


def integer(request: Request, name: str) -> int:
    """A whole number that must be there (true and false are none)."""
    value = request.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRequest(f"expected {name} as a whole number")
    return value


def optional_boolean(request: Request, name: str) -> bool | None:
    """true, false or None."""
    value = request.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(f"expected {name} as true or false")
    return value


def hex_bytes(request: Request, name: str, *, length: int | None = None) -> bytes:
    """Bytes from hex that must be there; `length` in bytes, if given, must match."""
    value = text(request, name)
    try:
        raw = bytes.fromhex(value) if value.isascii() and " " not in value else None
    except ValueError:
        raw = None
    if raw is None or len(raw) * 2 != len(value) or (length is not None and len(raw) != length):
        raise BadRequest(f"expected {name} as hex" + (f" of {length} bytes" if length else ""))
    return raw


def optional_hex(request: Request, name: str, *, length: int | None = None) -> bytes | None:
    """Bytes from hex, or None."""
    return None if request.get(name) is None else hex_bytes(request, name, length=length)


def mapping(request: Request, name: str) -> dict[str, object]:
    """An object that must be there."""
    value = request.get(name)
    if not isinstance(value, dict):
        raise BadRequest(f"expected {name} as an object")
    return value


def optional_mapping(request: Request, name: str) -> dict[str, object]:
    """An object; empty when absent."""
    return {} if request.get(name) is None else mapping(request, name)


def items(request: Request, name: str) -> list[object]:
    """A list; empty when absent."""
    value = request.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRequest(f"expected {name} as a list")
    return value


def objects(request: Request, name: str) -> list[dict[str, object]]:
    """A list of objects; empty when absent."""
    found = [item for item in items(request, name) if isinstance(item, dict)]
    if len(found) != len(items(request, name)):
        raise BadRequest(f"expected {name} as a list of objects")
    return found


def curve(key: Request) -> str:
    """The curve of a key object: `secp256k1` or `P-256`."""
    name = text(key, "curve")
    if name not in ("secp256k1", "P-256"):
        raise BadRequest("expected curve secp256k1 or P-256")
    return name


def private_key(key: Request) -> bytes:
    """The private key (32 bytes) of a key object."""
    raw = hex_bytes(key, "priv_hex", length=32)
    try:
        valid = is_private_key(raw) if curve(key) == "secp256k1" else bool(p256_public_key_of(raw))
    except InvalidKey:
        valid = False
    if not valid:
        raise BadRequest("expected priv_hex as a private key in range")
    return raw


def public_key(key: Request) -> bytes:
    """The compressed public key (33 bytes) of a key object; a private key stands for its public key."""
    name = curve(key)
    if key.get("priv_hex") is not None:
        raw = private_key(key)
        return public_key_of(raw) if name == "secp256k1" else p256_public_key_of(raw)
    try:
        point = hex_bytes(key, "pub_hex")
        return compress(point) if name == "secp256k1" else p256_compress(point)
    except InvalidKey as error:
        raise BadRequest("expected pub_hex as a point of the curve") from error
