"""Envelopes: KEK -> data key per row -> AES-256-GCM, every layer bound to its place (reliability.md C.5, R32).

The additional data is a MessagePack list of fixed words, the form's version and the place (table, row, tenant, purpose), so a
ciphertext opens in the row it was made for and nowhere else. Nonces are 12 random bytes.
"""

from __future__ import annotations

import os
from typing import Any

import msgpack
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maskbot.adapters.vault.errors import KekUnusable, SecretUnreadable
from maskbot.adapters.vault.kek import Kek, Keks
from maskbot.ports.inside import Place
from maskbot.ports.secret_rows import SecretRow

NONCE_BYTES = 12
KEY_BYTES = 32
VERSION = 1


def bound_to(layer: str, *parts: str | bytes) -> bytes:
    """The additional data for a layer (`wrap`, `row`, `box`) at a place."""
    packed: bytes = msgpack.packb(["maskbot", VERSION, layer, *parts])
    return packed


def seal_bytes(cipher: AESGCM, secret: bytes, *, aad: bytes) -> bytes:
    """Nonce, ciphertext and tag: 28 bytes longer than the secret."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, secret, aad)


def open_bytes(cipher: AESGCM, sealed: bytes, *, aad: bytes) -> bytes:
    """The secret again.

    Raises:
        SecretUnreadable: damaged, of another place, or under another key.
    """
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except (InvalidTag, ValueError) as error:
        raise SecretUnreadable(
            "a stored secret does not open: its row was damaged or moved, or the key-encryption key is another vault's"
        ) from error


def new_row(
    row_id: str, *, tenant_id: str, purpose: str, secret: bytes, public_key: bytes | None, kek: Kek
) -> SecretRow:
    """A row for a secret, with a fresh data key wrapped by `kek`."""
    data_key = os.urandom(KEY_BYTES)
    place = _place_of(row_id, tenant_id, purpose, public_key)
    return SecretRow(
        id=row_id,
        tenant_id=tenant_id,
        purpose=purpose,
        kek_id=kek.id,
        wrapped_key=seal_bytes(kek.cipher, data_key, aad=bound_to("wrap", *place)),
        sealed=seal_bytes(AESGCM(data_key), secret, aad=bound_to("row", *place)),
        public_key=public_key,
    )


def open_row(row: SecretRow, *, keks: Keks) -> bytes:
    """The secret of a row.

    Raises:
        KekUnusable: the KEK that wrapped it is not known.
        SecretUnreadable: it does not open.
    """
    place = _place_of(row.id, row.tenant_id, row.purpose, row.public_key)
    return open_bytes(AESGCM(_data_key(row, keks=keks)), row.sealed, aad=bound_to("row", *place))


def rewrapped(row: SecretRow, *, keks: Keks) -> SecretRow:
    """The row with its data key wrapped by the current KEK. Raises like `open_row`."""
    place = _place_of(row.id, row.tenant_id, row.purpose, row.public_key)
    wrapped = seal_bytes(keks.current.cipher, _data_key(row, keks=keks), aad=bound_to("wrap", *place))
    return SecretRow(row.id, row.tenant_id, row.purpose, keks.current.id, wrapped, row.sealed, row.public_key)


def place_aad(place: Place) -> bytes:
    """The additional data of a small secret at its place."""
    return bound_to("box", place.table, place.row_id, place.tenant_id, place.purpose)


def pack_map(values: dict[str, bytes | str | None]) -> bytes:
    """A small map as bytes, to be sealed."""
    packed: bytes = msgpack.packb(values)
    return packed


def unpack_map(packed: bytes) -> dict[str, Any]:  # values are what `pack_map` was given
    """The map again; it was sealed by us, so its shape is known."""
    values: dict[str, Any] = msgpack.unpackb(packed)
    return values


def _data_key(row: SecretRow, *, keks: Keks) -> bytes:
    kek = keks.by_id.get(row.kek_id)
    if kek is None:
        raise KekUnusable(
            f"a secret is wrapped by key {row.kek_id}, which is neither the present key nor a former one: "
            "restore the key file, or add the former key to the file that ends in .former"
        )
    place = _place_of(row.id, row.tenant_id, row.purpose, row.public_key)
    return open_bytes(kek.cipher, row.wrapped_key, aad=bound_to("wrap", *place))


def _place_of(row_id: str, tenant_id: str, purpose: str, public_key: bytes | None) -> tuple[str | bytes, ...]:
    return "secret", row_id, tenant_id, purpose, public_key or b""
