"""A client that is not ours: it shares the wire room with the bot and nothing else, and uses GUN in JavaScript.

It seals v38 posts as the extension does (static author key, local key), publishes the keys, and opens posts addressed to it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from maskbot.sandbox.gun import GunClient
from maskbot.wire.crypto import public_key_of
from maskbot.wire.gun.key_paths import read_paths, write_path
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    FieldError,
    Message,
    Meta,
    Reader,
    RecordMalformed,
    SealedKey,
    TextMessage,
    UnsealFailed,
    draw_secrets,
    encode_link,
    find_payloads,
    parse_payload,
    plain_text,
    read_record,
    record_of,
    seal,
    unseal,
)

_NETWORK = "twitter.com"


class ForeignClient:
    """One person's extension: a key pair, a local key, and a JavaScript GUN peer of the given relays."""

    def __init__(self, name: str, *, relays: Sequence[str]) -> None:
        self.name = name
        self._private_key = hashlib.sha256(os.urandom(32)).digest()
        self._local_key = os.urandom(32)
        self.public_key = public_key_of(self._private_key)
        self._relays = tuple(relays)

    def seal_text(self, text: str, *, author: str, recipient: bytes, meta: Meta | None = None) -> str:
        """Seal a v38 post for one recipient, publish its key on the relays, and return the payload text `🎼4/4|…:||`."""
        secrets = draw_secrets(os.urandom, recipients=1)
        writer = Author(
            profile=author,
            key=CurveKey(Curve.K256, self.public_key),
            private_key=self._private_key,
            local_key=self._local_key,
        )
        sealed = seal(
            TextMessage(content=text, meta=meta),
            version=-38,
            author=writer,
            audience=[CurveKey(Curve.K256, recipient)],
            secrets=secrets,
        )
        (key,) = sealed.keys
        assert not isinstance(key, FieldError)
        assert isinstance(sealed.payload, str)
        path = write_path(-38, network=_NETWORK, post_iv=sealed.post_iv, recipient=recipient)
        with GunClient(*self._relays) as gun:
            gun.set(list(path), dict(record_of(key)))
        return sealed.payload

    @staticmethod
    def link_of(payload: str) -> str:
        """The mask.io link of a payload."""
        return encode_link(payload)

    def keys_on(self, relay: str, text: str) -> list[SealedKey]:
        """The key records that one relay holds in this client's bucket for the post in `text`."""
        payload = parse_payload(find_payloads(text)[0])
        assert payload.post_iv is not None
        found = []
        with GunClient(relay) as gun:
            for path in read_paths(
                payload.version, network=_NETWORK, post_iv=payload.post_iv, recipient=self.public_key
            ):
                for item in gun.once_items(list(path)):
                    if isinstance(item, dict):
                        try:
                            found.append(read_record(item, version=payload.version))
                        except RecordMalformed:
                            continue
        return found

    def read(self, text: str) -> str | None:
        """What the post in `text` says to this client; None if it is not for it."""
        message = self.open(text)
        return None if message is None else plain_text(message)

    def open(self, text: str) -> Message | None:
        """The message of the post in `text`, with its metadata; None if it is not for this client. A public one needs no key."""
        payload = parse_payload(find_payloads(text)[0])
        reader = Reader(private_keys=(self._private_key,))
        try:
            return unseal(payload, reader=reader, records=[]).message
        except UnsealFailed:
            records = [record for relay in self._relays for record in self.keys_on(relay, text)]
        try:
            return unseal(payload, reader=reader, records=records).message
        except UnsealFailed:
            return None
