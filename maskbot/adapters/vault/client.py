"""The vault's client: `ports.inside.Vault` and `ports.treasury.WalletKeys` over the socket, for processes that hold no keys.

Safe to share between threads: connections are kept in a small pool. A connection that the vault closed meanwhile (it was
restarted) is replaced once; every request may be repeated without harm. No call may be made inside a unit of work that writes: the
vault writes into the same SQLite file through its own connection, and the two would wait for each other.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Full, LifoQueue

from maskbot.adapters.vault.errors import BadFrame, PeerRefused, VaultAway
from maskbot.adapters.vault.protocol import (
    Create,
    Erase,
    Ping,
    Protect,
    Request,
    Reveal,
    Rewrap,
    Sign,
    Unseal,
    decode_answer,
    encode_request,
)
from maskbot.adapters.vault.socket_frames import check_path, peer_uid, receive_frame
from maskbot.adapters.vault.wallet_requests import (
    CreateWallet,
    SignPayments,
    SignProposal,
    SignReplacement,
    read_answers,
)
from maskbot.domain.errors import MaskbotError, Misconfigured
from maskbot.domain.gas import GasOffer
from maskbot.domain.identity import PublicKey
from maskbot.domain.money import Address
from maskbot.ports.inside import KeySource, Place, SealedKey
from maskbot.ports.treasury import SignOrder, WalletSource

TIMEOUT_S = 15.0
REWRAP_TIMEOUT_S = 600.0
POOL_SIZE = 8
BATCH_BYTES = 4 * 1024 * 1024
PING_TIMEOUT_S = 2.0


class VaultClient:
    """The vault behind a socket."""

    def __init__(self, path: Path, *, timeout_s: float = TIMEOUT_S) -> None:
        """Connects at the first call. Raises SocketUnusable for a path over 107 bytes."""
        check_path(path)
        self._path = path
        self._timeout_s = timeout_s
        self._idle: LifoQueue[socket.socket] = LifoQueue(POOL_SIZE)

    def create(self, *, persona_id: str, tenant_id: str, source: KeySource) -> PublicKey:
        """See `ports.inside.PersonaKeys.create`."""
        return PublicKey(_bytes(self._ask(Create(persona_id, tenant_id, source))))

    def unseal(self, *, persona_id: str, tries: Sequence[SealedKey]) -> tuple[bytes | None, ...]:
        """See `ports.inside.PersonaKeys.unseal`."""
        answer = self._ask(Unseal(persona_id, tuple(tries)))
        keys = tuple(None if one is None else _bytes(one) for one in _list(answer))
        if len(keys) != len(tries):
            raise BadFrame("the vault answered another number of tries")
        return keys

    def sign(self, *, persona_id: str, message: bytes) -> bytes:
        """See `ports.inside.PersonaKeys.sign`."""
        return _bytes(self._ask(Sign(persona_id, message)))

    def erase(self, *, persona_id: str) -> None:
        """See `ports.inside.PersonaKeys.erase`."""
        self._ask(Erase(persona_id))

    def protect(self, secrets: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """See `ports.inside.SecretBox.protect`."""
        return self._in_batches(secrets, Protect)

    def reveal(self, secrets: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """See `ports.inside.SecretBox.reveal`."""
        return self._in_batches(secrets, Reveal)

    def create_wallet_key(self, *, key_id: str, tenant_id: str, source: WalletSource) -> Address:
        """See `ports.treasury.WalletKeys.create_wallet_key`."""
        return Address(_bytes(self._ask(CreateWallet(key_id, tenant_id, source))))

    def sign_payments(self, orders: Sequence[SignOrder]) -> tuple[bytes | MaskbotError, ...]:
        """See `ports.treasury.WalletKeys.sign_payments`."""
        return read_answers(self._ask(SignPayments(tuple(orders))), count=len(orders))

    def sign_replacement(self, *, intent_id: str, offer: GasOffer, after: int, is_cancel: bool) -> bytes:
        """See `ports.treasury.WalletKeys.sign_replacement`."""
        return _bytes(self._ask(SignReplacement(intent_id, offer, after, is_cancel)))

    def sign_proposal(self, *, proposal_id: str) -> bytes:
        """See `ports.treasury.WalletKeys.sign_proposal`."""
        return _bytes(self._ask(SignProposal(proposal_id)))

    def rewrap(self, *, rotate: bool) -> int:
        """Wrap every data key anew, under a new key-encryption key if `rotate`; how many rows. For operators."""
        answer = self._ask(Rewrap(rotate), timeout_s=REWRAP_TIMEOUT_S)
        if not isinstance(answer, int):
            raise BadFrame("expected a number from the vault")
        return answer

    def ping(self, *, timeout_s: float = PING_TIMEOUT_S) -> None:
        """Raises VaultAway or Misconfigured unless the vault answers."""
        self._ask(Ping(), timeout_s=timeout_s)

    def close(self) -> None:
        """Close the idle connections; the client may be used again."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def _in_batches(
        self,
        secrets: Sequence[tuple[Place, bytes]],
        request_of: Callable[[tuple[tuple[Place, bytes], ...]], Protect | Reveal],
    ) -> tuple[bytes, ...]:
        results: list[bytes] = []
        batch: list[tuple[Place, bytes]] = []
        size = 0
        for place, secret in secrets:
            if batch and size + len(secret) > BATCH_BYTES:
                results += [_bytes(one) for one in _list(self._ask(request_of(tuple(batch))))]
                batch, size = [], 0
            batch.append((place, secret))
            size += len(secret)
        if batch:
            results += [_bytes(one) for one in _list(self._ask(request_of(tuple(batch))))]
        if len(results) != len(secrets):
            raise BadFrame("the vault answered another number of secrets")
        return tuple(results)

    def _ask(self, request: Request, *, timeout_s: float | None = None) -> object:
        """The answer of the vault.

        Raises:
            VaultAway: it does not answer. PeerRefused: it runs as another user.
            MaskbotError: whatever the vault raised.
        """
        frame = encode_request(request)
        kept = self._kept_connection()
        if kept is not None:
            try:
                return self._converse(kept, frame, timeout_s=timeout_s)
            except (ConnectionError, BadFrame):
                self.close()  # the vault was restarted: the other kept connections are as dead as this one
            except TimeoutError as error:
                raise _away(self._path) from error
        try:
            return self._converse(self._fresh_connection(), frame, timeout_s=timeout_s)
        except (OSError, BadFrame) as error:
            raise _away(self._path) from error

    def _converse(self, connection: socket.socket, frame: bytes, *, timeout_s: float | None) -> object:
        try:
            connection.settimeout(self._timeout_s if timeout_s is None else timeout_s)
            with suppress(BrokenPipeError):  # the vault may have said why before it closed
                connection.sendall(frame)
            body = receive_frame(connection)
            if body is None:
                raise ConnectionResetError("the vault closed the connection")
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        return decode_answer(body)

    def _kept_connection(self) -> socket.socket | None:
        try:
            return self._idle.get_nowait()
        except Empty:
            return None

    def _keep(self, connection: socket.socket) -> None:
        try:
            self._idle.put_nowait(connection)
        except Full:
            connection.close()

    def _fresh_connection(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self._timeout_s)
            connection.connect(str(self._path))
            if peer_uid(connection) not in (os.getuid(), 0):
                raise PeerRefused(f"the socket {self._path} belongs to another user: somebody else listens there")
        except PermissionError as error:
            connection.close()
            raise Misconfigured(
                f"this user may not use the vault's socket {self._path}: run as the vault's user", kind="PeerRefused"
            ) from error
        except BaseException:
            connection.close()
            raise
        return connection


def is_answering(path: Path) -> bool:
    """Whether a vault of our own user answers on this socket."""
    client = VaultClient(path, timeout_s=PING_TIMEOUT_S)
    try:
        client.ping()
    except (VaultAway, Misconfigured):
        return False
    finally:
        client.close()
    return True


def _away(path: Path) -> VaultAway:
    return VaultAway(f"the vault does not answer on {path}; it may be starting", retry_after_s=1.0)


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise BadFrame("expected bytes from the vault")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise BadFrame("expected a list from the vault")
    return value
