"""What a persona's private half is, and the four things done with it: making, unsealing, signing, exporting.

Source: mask-payload.md 7.2 to 7.4 and 9 (unsealing), gun-personas-backup.md C.1 (mnemonic, local key, export text), EIP-191.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from maskbot.adapters.vault.static_secrets import StaticSecrets
from maskbot.domain.errors import Malformed
from maskbot.domain.identity import PublicKey
from maskbot.ports.inside import KeySource, SealedKey
from maskbot.wire.crypto import (
    InvalidKey,
    aes_gcm_try,
    ecdh_x,
    encode_base64,
    is_private_key,
    keccak256,
    public_key_of,
    sign_recoverable,
)
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    FieldError,
    TextMessage,
    audience_of,
    draw_secrets,
    record_of,
    seal,
)
from maskbot.wire.payload.post_key_text import read_post_key_text
from maskbot.wire.payload.sealed_key import derive_v38
from maskbot.wire.persona import ENTROPY_BYTES, mnemonic_of, persona_from_mnemonic

EXPORT_FORMAT = "maskbot-persona-export-1"
POST_KEY_BYTES = 32
LOCAL_KEY_BYTES = 32
_V37 = -37
_V38_AND_OLDER = (-38, -39, -40)


@dataclass(frozen=True, slots=True)
class PersonaSecret:
    """The keys of one persona; the mnemonic is kept so that its owner can be given it back."""

    public_key: bytes
    private_key: bytes = field(repr=False)
    local_key: bytes | None = field(default=None, repr=False)
    mnemonic: str | None = field(default=None, repr=False)

    def as_map(self) -> dict[str, bytes | str | None]:
        """What is sealed in the row; the public key stands beside it."""
        return {"private_key": self.private_key, "local_key": self.local_key, "mnemonic": self.mnemonic}

    @classmethod
    def of_map(cls, values: Mapping[str, bytes | str | None], *, public_key: bytes) -> PersonaSecret:
        """The secret again."""
        private_key, local_key, mnemonic = values["private_key"], values.get("local_key"), values.get("mnemonic")
        if not isinstance(private_key, bytes) or isinstance(local_key, str) or isinstance(mnemonic, bytes):
            raise InvalidKey("the vault's own row has another shape than this version writes")
        return cls(public_key, private_key, local_key, mnemonic)


def keys_from(source: KeySource, *, draw: Callable[[int], bytes]) -> PersonaSecret:
    """The keys of a fresh mnemonic (12 words), a given one, or a bare private key.

    Raises:
        Malformed: the mnemonic or a key is none, or both are given.
    """
    if source.local_key is not None and len(source.local_key) != LOCAL_KEY_BYTES:
        raise InvalidKey("expected a local key of 32 bytes")
    if source.private_key is not None:
        if source.mnemonic is not None:
            raise InvalidKey("expected a mnemonic or a private key, got both")
        if not is_private_key(source.private_key):
            raise InvalidKey("expected a private key of 32 bytes between 1 and the group order")
        return PersonaSecret(public_key_of(source.private_key), source.private_key, source.local_key)
    words = mnemonic_of(draw(ENTROPY_BYTES[0])) if source.mnemonic is None else source.mnemonic
    keys = persona_from_mnemonic(words, password=source.password)
    return PersonaSecret(keys.public_key, keys.private_key, source.local_key or keys.local_key, words)


def unseal_tries(
    keys: PersonaSecret, tries: Sequence[SealedKey | None], *, statics: StaticSecrets | None = None
) -> tuple[bytes | None, ...]:
    """The post key of each try, None where it does not open. One ECDH per peer, however many keys it sealed; none for an author of
    v38 posts whose secret `statics` remembers."""
    shared: dict[tuple[bytes, bool], bytes | None] = {}

    def shared_with(peer: bytes, *, is_static: bool) -> bytes | None:
        pair = peer, is_static
        if pair not in shared:
            try:
                shared[pair] = (
                    statics.agree(keys.private_key, peer, public_key=keys.public_key)
                    if is_static and statics is not None
                    else ecdh_x(keys.private_key, peer)
                )
            except InvalidKey:
                shared[pair] = None
        return shared[pair]

    return tuple(None if one is None else _unsealed(one, keys, shared_with) for one in tries)


def sign_message(private_key: bytes, message: bytes) -> bytes:
    """An EIP-191 personal signature: r, s and v of 27 or 28, 65 bytes; deterministic (RFC 6979)."""
    prefix = b"\x19Ethereum Signed Message:\n" + str(len(message)).encode("ascii")
    signature = sign_recoverable(private_key, keccak256(prefix + message))
    return signature[:64] + bytes([signature[64] + 27])


def export_sealed(keys: PersonaSecret, text: str, *, reader: PublicKey, draw: Callable[[int], bytes]) -> bytes:
    """The private-key text as a Mask post for one reader: JSON, so that it can be mailed and needs no relay.

    `{"format": "maskbot-persona-export-1", "author": <hex of the persona's public key>, "payload": <base64 of the v37 payload>,
    "keys": [<key record as on the graph>]}`. The reader opens the payload with the record like any end-to-end post.

    Raises:
        InvalidKey: the reader's key is no point.
    """
    author = Author(key=CurveKey(Curve.K256, keys.public_key))
    sealed = seal(
        TextMessage(text),
        version=_V37,
        author=author,
        audience=audience_of([reader]),
        secrets=draw_secrets(draw, recipients=1),
    )
    (record,) = sealed.keys
    if isinstance(record, FieldError) or isinstance(sealed.payload, str):
        raise InvalidKey("the reader's key cannot be sealed to")
    bundle = {
        "format": EXPORT_FORMAT,
        "author": keys.public_key.hex(),
        "payload": encode_base64(sealed.payload),
        "keys": [record_of(record)],
    }
    return json.dumps(bundle, indent=1).encode("ascii")


class _SharedWith(Protocol):
    """The ECDH x with a peer, None when its key is none."""

    def __call__(self, peer: bytes, *, is_static: bool) -> bytes | None: ...


def _unsealed(one: SealedKey, keys: PersonaSecret, shared_with: _SharedWith) -> bytes | None:
    if one.payload_version == _V37:
        shared_x = None if one.peer is None else shared_with(one.peer, is_static=False)
        post_key = None if shared_x is None else aes_gcm_try(shared_x, one.iv, one.sealed)
        return post_key if post_key is not None and len(post_key) == POST_KEY_BYTES else None
    if one.payload_version not in _V38_AND_OLDER:
        return None
    if one.peer is None:
        key_text = None if keys.local_key is None else aes_gcm_try(keys.local_key, one.iv, one.sealed)
    else:
        shared_x = shared_with(one.peer, is_static=True)
        key_text = None if shared_x is None else aes_gcm_try(*derive_v38(shared_x, one.iv), one.sealed)
    try:
        return None if key_text is None else read_post_key_text(key_text, is_public=False)
    except Malformed:
        return None
