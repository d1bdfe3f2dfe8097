"""The keyring: what the vault does with its keys. The server exposes it on a socket, tests use it in process; it is one class.

Persona keys lie in rows of their own (`persona:<id>`), each under its own data key. Small secrets of other tables (`protect`) are
sealed under a box key, which is such a row too: a new KEK rewraps the rows of one table and touches nothing else.
Private keys are opened for one call and kept nowhere; Python cannot promise to wipe them (reliability.md C.5). The static secrets
of v38 are remembered (`static_secrets`), for personas whose row is still there.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maskbot.adapters.vault.envelope import (
    KEY_BYTES,
    new_row,
    open_bytes,
    open_row,
    pack_map,
    place_aad,
    rewrapped,
    seal_bytes,
    unpack_map,
)
from maskbot.adapters.vault.errors import KekUnusable, NoSuchKey, OtherKey, RequestTooLarge, SecretUnreadable
from maskbot.adapters.vault.kek import Keks, KekSource
from maskbot.adapters.vault.persona_secret import PersonaSecret, export_sealed, keys_from, sign_message, unseal_tries
from maskbot.adapters.vault.static_secrets import StaticSecrets
from maskbot.domain.identity import PublicKey
from maskbot.ports.inside import KeySource, Place, SealedKey
from maskbot.ports.secret_rows import SecretRow, SecretRows
from maskbot.wire.persona import export_private_key

TRIES_MAX = 2_000
SEALED_BYTES_MAX = 1_024
MESSAGE_BYTES_MAX = 64 * 1024
SECRET_BYTES_MAX = 256 * 1024
REWRAP_BATCH = 200
_BOX = "box"
_PERSONA = "persona"
_BOX_FORM = b"\x01"
_BOX_HEADER_BYTES = 1 + 16


class Keyring:
    """Implements `ports.inside.Vault`, and `rewrap` for operators. Safe to share between threads."""

    def __init__(self, rows: SecretRows, *, source: KekSource) -> None:
        """Raises KekUnusable when stored secrets are wrapped by a key that the source does not have."""
        self._rows = rows
        self._source = source
        self._lock = threading.Lock()
        self._statics = StaticSecrets()
        self._boxes: dict[bytes, AESGCM] = {}
        self._box_id: bytes | None = None
        used = rows.kek_ids()
        self._keks = source.load(may_create=not used)
        strange = used - set(self._keks.by_id)
        if strange:
            raise KekUnusable(
                f"secrets are wrapped by key {', '.join(sorted(strange))}, which is neither the present key nor a former "
                "one: restore the key file, or add the former key to the file that ends in .former"
            )

    # --- persona keys ---------------------------------------------------------------------------------------------------

    def create(self, *, persona_id: str, tenant_id: str, source: KeySource) -> PublicKey:
        """See `ports.inside.PersonaKeys.create`.

        Raises:
            Malformed: a mnemonic or key that is none.
            OtherKey: the persona has another key or tenant already.
        """
        there = self._rows.load(_row_id(persona_id))
        if there is not None and source == KeySource():
            return _public_of(there, tenant_id=tenant_id, wanted=None)
        keys = keys_from(source, draw=os.urandom)
        if there is None:
            row = new_row(
                _row_id(persona_id),
                tenant_id=tenant_id,
                purpose=_PERSONA,
                secret=pack_map(keys.as_map()),
                public_key=keys.public_key,
                kek=self._keks.current,
            )
            there = self._rows.add(row)
        return _public_of(there, tenant_id=tenant_id, wanted=None if source == KeySource() else keys.public_key)

    def unseal(self, *, persona_id: str, tries: Sequence[SealedKey]) -> tuple[bytes | None, ...]:
        """See `ports.inside.PersonaKeys.unseal`. Raises RequestTooLarge, NoSuchKey."""
        if len(tries) > TRIES_MAX:
            raise RequestTooLarge(f"expected at most {TRIES_MAX:,} tries, got {len(tries):,}")
        keys = self._persona(persona_id)
        readable = [one if len(one.sealed) <= SEALED_BYTES_MAX else None for one in tries]
        return unseal_tries(keys, readable, statics=self._statics)

    def sign(self, *, persona_id: str, message: bytes) -> bytes:
        """See `ports.inside.PersonaKeys.sign`. Raises RequestTooLarge, NoSuchKey."""
        if len(message) > MESSAGE_BYTES_MAX:
            raise RequestTooLarge(f"expected a message of at most {MESSAGE_BYTES_MAX:,} bytes, got {len(message):,}")
        return sign_message(self._persona(persona_id).private_key, message)

    def export(self, *, persona_id: str, reader: PublicKey | None) -> bytes:
        """The persona as a private-key text: sealed to `reader` (see `persona_secret.export_sealed`), or plain when None. The audit
        tells of it before anything leaves. Raises NoSuchKey, Malformed (the reader's key is none)."""
        keys = self._persona(persona_id)
        text = export_private_key(keys.private_key)
        exported = text.encode("ascii") if reader is None else export_sealed(keys, text, reader=reader, draw=os.urandom)
        self._rows.note(action="export", subject=persona_id, detail="plain" if reader is None else reader.hex())
        return exported

    def erase(self, *, persona_id: str) -> None:
        """See `ports.inside.PersonaKeys.erase`. What was remembered with it goes too."""
        row = self._rows.load(_row_id(persona_id))
        if row is not None and row.public_key is not None:
            self._statics.forget(row.public_key)
        self._rows.erase(_row_id(persona_id), action="erase", subject=persona_id)

    # --- small secrets --------------------------------------------------------------------------------------------------

    def protect(self, secrets: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """See `ports.inside.SecretBox.protect`. Raises RequestTooLarge."""
        for _, secret in secrets:
            if len(secret) > SECRET_BYTES_MAX:
                raise RequestTooLarge(f"expected secrets of at most {SECRET_BYTES_MAX:,} bytes, got {len(secret):,}")
        if not secrets:
            return ()
        box_id, cipher = self._writing_box()
        header = _BOX_FORM + box_id
        return tuple(header + seal_bytes(cipher, secret, aad=place_aad(place)) for place, secret in secrets)

    def reveal(self, secrets: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """See `ports.inside.SecretBox.reveal`. Raises SecretUnreadable."""
        return tuple(self._revealed(place, sealed) for place, sealed in secrets)

    # --- rows of other rooms of the vault -------------------------------------------------------------------------------

    def keep(self, row_id: str, *, tenant_id: str, purpose: str, secret: bytes, public: bytes) -> SecretRow:
        """Store a secret in a row of its own unless the row is there; the row that is there now. `public` stands beside it."""
        row = new_row(
            row_id, tenant_id=tenant_id, purpose=purpose, secret=secret, public_key=public, kek=self._keks.current
        )
        return self._rows.add(row)

    def open_kept(self, row_id: str) -> tuple[SecretRow, bytes] | None:
        """A row and its secret; None if it is not there."""
        row = self._rows.load(row_id)
        return None if row is None else (row, self._opened(row))

    def note(self, *, action: str, subject: str, detail: str) -> None:
        """Note in the vault's audit what is about to leave it."""
        self._rows.note(action=action, subject=subject, detail=detail)

    # --- rotation -------------------------------------------------------------------------------------------------------

    def rewrap(self, *, rotate: bool) -> int:
        """Wrap every data key anew under the current KEK, online; how many rows. With `rotate`, make a new KEK file first, unless a
        rotation before was left unfinished: then that one is finished.

        Killed at any point it leaves rows under the old and the new KEK, and both open; the next call takes up the rest.

        Raises:
            KekUnusable: see `KekSource.rotate`.
        """
        with self._lock:
            self._keks = self._source.load(may_create=False)
            self._box_id = None
            if rotate and not self._rows.not_under(self._keks.current.id, limit=1):
                self._keks = self._source.rotate()
                self._rows.note(action="rotate", subject="", detail=self._keks.current.id)
        self._writing_box()  # made before the old one is wrapped anew: what is protected from now on gets a fresh box key
        count = 0
        while rows := self._rows.not_under(self._keks.current.id, limit=REWRAP_BATCH):
            self._rows.rewrap([(row, rewrapped(row, keks=self._keks)) for row in rows])
            count += len(rows)
        return count

    # --- private --------------------------------------------------------------------------------------------------------

    def _persona(self, persona_id: str) -> PersonaSecret:
        row = self._rows.load(_row_id(persona_id))
        if row is None:
            raise NoSuchKey(f"the vault holds no key of persona {persona_id}")
        return PersonaSecret.of_map(unpack_map(self._opened(row)), public_key=row.public_key or b"")

    def _opened(self, row: SecretRow) -> bytes:
        return open_row(row, keks=self._keks_for(row))

    def _keks_for(self, row: SecretRow) -> Keks:
        """The keys in memory; read again when another vault wrapped this row with a newer one."""
        if row.kek_id not in self._keks.by_id:
            with self._lock:
                self._keks = self._source.load(may_create=False)
        return self._keks

    def _writing_box(self) -> tuple[bytes, AESGCM]:
        with self._lock:
            if self._box_id is None:
                kek = self._keks.current
                row = self._rows.newest(purpose=_BOX, kek_id=kek.id) or self._rows.add(
                    new_row(
                        f"{_BOX}:{uuid.uuid4().hex}",
                        tenant_id="",
                        purpose=_BOX,
                        secret=os.urandom(KEY_BYTES),
                        public_key=None,
                        kek=kek,
                    )
                )
                box_id = bytes.fromhex(row.id.removeprefix(f"{_BOX}:"))
                self._boxes[box_id] = AESGCM(open_row(row, keks=self._keks))
                self._box_id = box_id
            return self._box_id, self._boxes[self._box_id]

    def _revealed(self, place: Place, sealed: bytes) -> bytes:
        box_id = sealed[1:_BOX_HEADER_BYTES]
        if sealed[:1] != _BOX_FORM or len(box_id) != _BOX_HEADER_BYTES - 1:
            raise SecretUnreadable(
                "a stored secret is in no form this vault knows: it is damaged, or of a newer maskbot"
            )
        cipher = self._boxes.get(box_id)
        if cipher is None:
            row = self._rows.load(f"{_BOX}:{box_id.hex()}")
            if row is None:
                raise SecretUnreadable(
                    "a stored secret belongs to another vault: database and secrets do not fit together"
                )
            cipher = self._boxes[box_id] = AESGCM(self._opened(row))
        return open_bytes(cipher, sealed[_BOX_HEADER_BYTES:], aad=place_aad(place))


def _row_id(persona_id: str) -> str:
    return f"{_PERSONA}:{persona_id}"


def _public_of(row: SecretRow, *, tenant_id: str, wanted: bytes | None) -> PublicKey:
    if row.tenant_id != tenant_id or (wanted is not None and wanted != row.public_key):
        raise OtherKey("the vault holds another key under this persona id: make the persona under a new id")
    return PublicKey(row.public_key or b"")
