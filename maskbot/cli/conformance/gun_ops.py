"""`gun.paths` and `gun.merge` (conformance.md, section 3; gun-personas-backup.md, A.2 to A.4 and B.6)."""

from __future__ import annotations

import math

from maskbot.cli.conformance.fields import BadRequest, Request, hex_bytes, mapping, text
from maskbot.wire.crypto import InvalidKey, public_from_jwk
from maskbot.wire.gun import (
    EphemeralKey,
    Field,
    Link,
    UnknownNetwork,
    Value,
    merge,
    read_paths,
    v37_item,
    v38_item,
    v40_path,
    write_path,
)
from maskbot.wire.persona import InvalidIdentifier, public_key_of_identifier

_SECP256K1 = 2


def paths(request: dict[str, object]) -> dict[str, object]:
    """Where the record of one recipient is written and read, and what is put there."""
    where = _Where(request)
    sealed, iv = hex_bytes(request, "wrapped_key"), hex_bytes(request, "wrap_iv", length=16)
    ephemeral = EphemeralKey(_SECP256K1, hex_bytes(request, "ephemeral_public_key", length=65))
    user_id = text(request, "user_id")
    v37 = list(where.write(-37))
    return {
        "write": {
            "v38": {"path": list(where.write(-38)), "data": v38_item(sealed=sealed, iv=iv)},
            "v37": {"path": v37, "data": v37_item(sealed=sealed, ephemeral=None)},
            "v37_append": {"path": v37, "data": v37_item(sealed=sealed, ephemeral=ephemeral)},
        },
        "read": {
            "v37": where.read(-37),
            "v38": where.read(-38),
            "v39": where.read(-39),
            "v40": [list(v40_path(post_iv=where.post_iv, user_id=user_id))],
        },
    }


def merge_(request: dict[str, object]) -> dict[str, object]:
    """What a key holds after a write, by HAM."""
    known_state = request.get("known_state")
    known = None if known_state is None else Field(_value(request, "known"), _number(request, "known_state"))
    incoming = Field(_value(request, "incoming"), _number(request, "incoming_state"))
    verdict = merge(known, incoming, clock_ms=_number(request, "clock"))
    field = verdict.field
    return {
        "value": None if field is None else _json(field.value),
        "state": None if field is None else field.state,
        "deferred": verdict.is_deferred,
    }


class _Where:
    """The network, post and recipient of a request."""

    def __init__(self, request: Request) -> None:
        self._network = text(request, "network")
        self.post_iv = hex_bytes(request, "post_iv", length=16)
        self._recipient = _recipient(request)

    def write(self, version: int) -> tuple[str, ...]:
        try:
            return write_path(version, network=self._network, post_iv=self.post_iv, recipient=self._recipient)
        except UnknownNetwork as error:
            raise BadRequest(str(error)) from error

    def read(self, version: int) -> list[list[str]]:
        found = read_paths(version, network=self._network, post_iv=self.post_iv, recipient=self._recipient)
        return [list(path) for path in found]


def _recipient(request: Request) -> bytes:
    """The public key (33 bytes) that `recipient` and `recipient_public_jwk` name alike."""
    try:
        named = public_key_of_identifier(text(request, "recipient"))
        key = public_from_jwk(mapping(request, "recipient_public_jwk"))
    except (InvalidKey, InvalidIdentifier) as error:
        raise BadRequest("expected a secp256k1 key in recipient and recipient_public_jwk") from error
    if named != key:
        raise BadRequest("expected the same key in recipient and recipient_public_jwk")
    return key


def _value(request: Request, name: str) -> Value:
    value = request.get(name)
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return _number(request, name)
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get("#"), str):
        return Link(value["#"])
    raise BadRequest(f"expected {name} as null, boolean, number, text or link")


def _number(request: Request, name: str) -> int | float:
    """A number that is finite as a double; it is answered as it was asked."""
    value = request.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadRequest(f"expected {name} as a number")
    try:
        is_finite = math.isfinite(float(value))
    except OverflowError:
        is_finite = False
    if not is_finite:
        raise BadRequest(f"expected {name} as a finite number")
    return value


def _json(value: Value) -> object:
    return {"#": value.soul} if isinstance(value, Link) else value


OPS = {"gun.paths": paths, "gun.merge": merge_}
