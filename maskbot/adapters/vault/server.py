"""The vault's server: one thread per connection on a unix socket in a private folder.

Only processes of the allowed users are served (SO_PEERCRED). A frame that is too large, cut or no request gets a named error; the
connection ends then, and the server lives on. A request that began must be whole within 10 s.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from maskbot.adapters.vault.errors import BadFrame, PeerRefused, SocketUnusable, UnknownRequest
from maskbot.adapters.vault.keyring import Keyring
from maskbot.adapters.vault.protocol import (
    HEADER_BYTES,
    Create,
    Erase,
    Ping,
    Protect,
    Request,
    Reveal,
    Rewrap,
    Sign,
    Unseal,
    decode_request,
    encode_error,
    encode_result,
)
from maskbot.adapters.vault.socket_frames import check_path, frame_size, peer_uid, receive_exactly
from maskbot.adapters.vault.wallet_requests import do_wallet_request
from maskbot.domain.errors import MaskbotError, Unavailable
from maskbot.ports.treasury import WalletKeys

CONNECTIONS_MAX = 64
WHOLE_FRAME_S = 10.0
BACKLOG = 64

_log = structlog.get_logger("vault")


class VaultServer:
    """Serves a keyring on a socket from `start` until `stop`."""

    def __init__(
        self,
        keyring: Keyring,
        *,
        path: Path,
        allowed_uids: frozenset[int] | None = None,
        wallets: WalletKeys | None = None,
    ) -> None:
        """`allowed_uids` None means the user this process runs as. Without `wallets` nothing is signed for the chain."""
        self._keyring = keyring
        self._wallets = wallets
        self._path = path
        self._allowed_uids = frozenset({os.getuid()}) if allowed_uids is None else allowed_uids
        self._listener: socket.socket | None = None
        self._lock_file: int | None = None
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._slots = threading.BoundedSemaphore(CONNECTIONS_MAX)

    def start(self) -> None:
        """Listen; requests are answered by threads of their own from here on.

        Raises:
            SocketUnusable: the path is too long, the folder is open to others, or another vault serves it.
        """
        check_path(self._path)
        _make_private_folder(self._path.parent)
        self._lock_file = _lock(self._path.with_name(self._path.name + ".lock"))
        self._path.unlink(missing_ok=True)  # ours: whoever made it held the lock and is gone
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            listener.bind(str(self._path))
        finally:
            os.umask(mask)
        listener.listen(BACKLOG)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="vault-accept", daemon=True).start()

    def stop(self) -> None:
        """Close the socket and every connection; requests under way may still end. Repeating it changes nothing."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with self._guard:
            connections = tuple(self._connections)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        self._path.unlink(missing_ok=True)
        if self._lock_file is not None:
            os.close(self._lock_file)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if peer_uid(connection) not in self._allowed_uids:
                _last_word(connection, PeerRefused("the vault serves processes of its own user only"))
            elif not self._slots.acquire(blocking=False):
                busy = Unavailable("the vault has no connection left", retry_after_s=1.0, kind="VaultBusy")
                _last_word(connection, busy)
            else:
                with self._guard:
                    self._connections.add(connection)
                threading.Thread(target=self._converse, args=(connection,), name="vault-peer", daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            with suppress(OSError):
                while self._answer_one(connection):
                    pass
        finally:
            with self._guard:
                self._connections.discard(connection)
            self._slots.release()
            connection.close()

    def _answer_one(self, connection: socket.socket) -> bool:
        """Answer one request; whether the conversation goes on."""
        connection.settimeout(None)
        try:
            first = receive_exactly(connection, 1)
            if first is None:
                return False
            connection.settimeout(WHOLE_FRAME_S)
            size = frame_size(first + _rest(connection, HEADER_BYTES - 1))
            request = decode_request(_rest(connection, size))
        except UnknownRequest as error:
            connection.sendall(encode_error(error))
            return True
        except BadFrame as error:
            _log.warning("vault.bad_frame", kind=error.kind)
            connection.sendall(encode_error(error))
            return False
        connection.sendall(self._answer(request))
        return True

    def _answer(self, request: Request) -> bytes:
        try:
            return encode_result(_do(self._keyring, self._wallets, request))
        except MaskbotError as error:
            _log.info("vault.refused", action=type(request).__name__, kind=error.kind)
            return encode_error(error)
        except Exception as error:  # a fault of ours must not end the vault, nor carry a secret in its text
            _log.error("vault.fault", action=type(request).__name__, error=type(error).__name__)
            return encode_error(Unavailable("the vault failed at this request; see its log", kind="VaultFault"))


def _do(
    keyring: Keyring, wallets: WalletKeys | None, request: Request
) -> bytes | int | Sequence[bytes | Sequence[bytes | str] | None] | None:
    match request:
        case Create(persona_id, tenant_id, source):
            return keyring.create(persona_id=persona_id, tenant_id=tenant_id, source=source)
        case Unseal(persona_id, tries):
            return keyring.unseal(persona_id=persona_id, tries=tries)
        case Sign(persona_id, message):
            return keyring.sign(persona_id=persona_id, message=message)
        case Erase(persona_id):
            keyring.erase(persona_id=persona_id)
            return None
        case Protect(secrets):
            return keyring.protect(secrets)
        case Reveal(secrets):
            return keyring.reveal(secrets)
        case Rewrap(rotate):
            return keyring.rewrap(rotate=rotate)
        case Ping():
            return None
        case _:
            if wallets is None:
                raise UnknownRequest("this vault holds no wallet keys")
            return do_wallet_request(wallets, request)


def _rest(connection: socket.socket, size: int) -> bytes:
    received = receive_exactly(connection, size) if size else b""
    if received is None:
        raise BadFrame("the connection ended within a frame")
    return received


def _last_word(connection: socket.socket, error: MaskbotError) -> None:
    with suppress(OSError):
        connection.settimeout(1.0)
        connection.sendall(encode_error(error))
    connection.close()


def _make_private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        raise SocketUnusable(f"the socket's folder {folder} cannot be made: name one you can write") from error
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise SocketUnusable(f"others can enter {folder}, where the vault's socket would lie; run: chmod 700 {folder}")


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise SocketUnusable(f"another vault serves {path.with_suffix('')}: stop it first") from error
    return descriptor
