"""The vault's protocol: length-prefixed MessagePack frames on a unix socket, one answer per request, in order.

A frame is 4 bytes of length (big-endian, at most 8 MiB) and one MessagePack array.
Request: `[1, name, fields...]` with the fields of its dataclass below. Answer: `[1, "ok", result]` or
`[1, "error", family, kind, message, retry_after_s]`. Everything is checked on both sides; nothing is deeper than a list of lists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgpack

from maskbot.adapters.vault.errors import BadFrame, UnknownRequest
from maskbot.adapters.vault.wallet_requests import WALLET_READERS, WalletRequest, wallet_fields
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed
from maskbot.domain.identity import PublicKey
from maskbot.ports.inside import KeySource, Place, SealedKey

VERSION = 1
HEADER_BYTES = 4
FRAME_BYTES_MAX = 8 * 1024 * 1024
LIST_MAX = 65_536
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Create:
    """Make or import the key of a persona; the answer is its public key."""

    persona_id: str
    tenant_id: str
    source: KeySource = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unseal:
    """Try to unseal post keys; the answer is a list of keys and nils."""

    persona_id: str
    tries: tuple[SealedKey, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign a message; the answer is 65 bytes."""

    persona_id: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Erase:
    """Forget a key; the answer is nil."""

    persona_id: str


@dataclass(frozen=True, slots=True)
class Protect:
    """Seal small secrets; the answer is their ciphertexts."""

    secrets: tuple[tuple[Place, bytes], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reveal:
    """Open small secrets; the answer is their plaintexts."""

    secrets: tuple[tuple[Place, bytes], ...]


@dataclass(frozen=True, slots=True)
class Rewrap:
    """Wrap every data key anew; the answer is how many."""

    rotate: bool


@dataclass(frozen=True, slots=True)
class Ping:
    """Is anybody there; the answer is nil."""


Request = Create | Unseal | Sign | Erase | Protect | Reveal | Rewrap | Ping | WalletRequest


def encode_request(request: Request) -> bytes:
    """The frame of a request, header included. Raises BadFrame when it is over 8 MiB."""
    match request:
        case Create(persona_id, tenant_id, source):
            fields: list[object] = [
                *(persona_id, tenant_id, source.mnemonic, source.password, source.private_key, source.local_key)
            ]
        case Unseal(persona_id, tries):
            fields = [persona_id, [[one.payload_version, one.peer, one.iv, one.sealed] for one in tries]]
        case Sign(persona_id, message):
            fields = [persona_id, message]
        case Erase(persona_id):
            fields = [persona_id]
        case Protect(secrets) | Reveal(secrets):
            fields = [[[*_place_fields(place), secret] for place, secret in secrets]]
        case Rewrap(rotate):
            fields = [rotate]
        case Ping():
            fields = []
        case _:
            fields = wallet_fields(request)
    return _frame([VERSION, type(request).__name__.lower(), *fields])


def decode_request(body: bytes) -> Request:
    """The request in a frame's body.

    Raises:
        BadFrame: no MessagePack, another version, or fields of a wrong kind.
        UnknownRequest: a name this version does not know.
    """
    version, name, *fields = _unpacked(body, at_least=2)
    if version != VERSION or not isinstance(name, str):
        raise BadFrame(f"expected a request of protocol version {VERSION}")
    reader = _READERS.get(name)
    if reader is None:
        raise UnknownRequest("the vault does not know this request, it is of another version: restart it")
    try:
        return reader(*fields)
    except (TypeError, ValueError) as error:
        raise BadFrame(f"the fields of the request {name} are of another kind than expected") from error


def encode_result(result: bytes | int | Sequence[bytes | Sequence[bytes | str] | None] | None) -> bytes:
    """The frame of an answer. Raises BadFrame when it is over 8 MiB."""
    return _frame([VERSION, "ok", result])


def encode_error(error: MaskbotError) -> bytes:
    """The frame of a refusal: family, kind, message (never a secret) and the pause asked for."""
    family = next(name for name, one in FAMILIES.items() if isinstance(error, one))
    pause_s = error.retry_after_s if isinstance(error, Unavailable) else None
    return _frame([VERSION, "error", family, error.kind, str(error)[:1000], pause_s])


def decode_answer(body: bytes) -> object:
    """The result in an answer's body.

    Raises:
        MaskbotError: what the vault raised, as the same family with the same kind.
        BadFrame: no answer.
    """
    version, verdict, *rest = _unpacked(body, at_least=3)
    if version != VERSION:
        raise BadFrame(f"expected an answer of protocol version {VERSION}")
    if verdict == "ok" and len(rest) == 1:
        return rest[0]
    if verdict == "error" and len(rest) == 4:
        family, kind, message, pause_s = rest
        if family == "Unavailable":
            raise Unavailable(str(message), kind=str(kind), retry_after_s=None if pause_s is None else float(pause_s))
        if family in FAMILIES:
            raise FAMILIES[family](str(message), kind=str(kind))
    raise BadFrame("expected an answer of the vault")


FAMILIES: dict[str, type[MaskbotError]] = {
    one.__name__: one for one in (Malformed, Refused, Unavailable, Unconfirmed, Misconfigured)
}


def _frame(items: list[object]) -> bytes:
    body: bytes = msgpack.packb(items)
    if len(body) > FRAME_BYTES_MAX:
        raise BadFrame(
            f"expected a frame of at most {FRAME_BYTES_MAX:,} bytes, got {len(body):,}: send fewer items at once"
        )
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def _unpacked(body: bytes, *, at_least: int) -> list[Any]:  # what a stranger may have sent; each field is checked after
    try:
        items = msgpack.unpackb(body, max_array_len=LIST_MAX, max_map_len=0, max_ext_len=0)
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise BadFrame("expected one MessagePack array without maps") from error
    if not isinstance(items, list) or len(items) < at_least:
        raise BadFrame("expected a MessagePack array with version and name")
    return items


def _place_fields(place: Place) -> tuple[str, str, str, str]:
    return place.table, place.row_id, place.tenant_id, place.purpose


def _is(kind: type[_T], value: object) -> _T:
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}")
    return value


def _is_or_none(kind: type[_T], value: object) -> _T | None:
    return None if value is None else _is(kind, value)


def _key_or_none(value: object) -> PublicKey | None:
    key = _is_or_none(bytes, value)
    return None if key is None else PublicKey(key)


def _secrets(value: object) -> tuple[tuple[Place, bytes], ...]:
    return tuple(
        (Place(_is(str, table), _is(str, row_id), _is(str, tenant_id), _is(str, purpose)), _is(bytes, secret))
        for table, row_id, tenant_id, purpose, secret in _is(list, value)
    )


def _read_create(
    persona_id: object, tenant_id: object, mnemonic: object, password: object, private_key: object, local_key: object
) -> Create:
    source = KeySource(
        mnemonic=_is_or_none(str, mnemonic),
        password=_is(str, password),
        private_key=_is_or_none(bytes, private_key),
        local_key=_is_or_none(bytes, local_key),
    )
    return Create(_is(str, persona_id), _is(str, tenant_id), source)


def _read_unseal(persona_id: object, tries: object) -> Unseal:
    return Unseal(
        _is(str, persona_id),
        tuple(
            SealedKey(_is(int, version), _key_or_none(peer), _is(bytes, iv), _is(bytes, sealed))
            for version, peer, iv, sealed in _is(list, tries)
        ),
    )


_READERS: dict[str, Callable[..., Request]] = {
    **WALLET_READERS,
    "create": _read_create,
    "unseal": _read_unseal,
    "sign": lambda persona_id, message: Sign(_is(str, persona_id), _is(bytes, message)),
    "erase": lambda persona_id: Erase(_is(str, persona_id)),
    "protect": lambda secrets: Protect(_secrets(secrets)),
    "reveal": lambda secrets: Reveal(_secrets(secrets)),
    "rewrap": lambda rotate: Rewrap(_is(bool, rotate)),
    "ping": lambda: Ping(),
}
