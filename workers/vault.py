"""The vault process: holds the private keys, and nothing that parses what strangers send (reliability.md C.5, E14, E18).

It opens the database on a connection of its own, reads the key-encryption key, and serves typed requests on a unix socket. Core
dumps are off, other processes of the same user cannot trace it, and its memory is locked where the system lets it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import threading

import structlog

from maskbot.adapters.store.work import open_store
from maskbot.adapters.system import SystemClock
from maskbot.adapters.vault import VaultClient, is_answering
from maskbot.adapters.vault.server import VaultServer
from maskbot.adapters.vault.signer import PaymentSigner
from maskbot.assembly.keys import open_keyring
from maskbot.settings import Settings

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4

_log = structlog.get_logger("vault")


def serve_vault(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way may end.

    Raises:
        Misconfigured: the database, the key-encryption key or the socket cannot be used.
    """
    harden_process()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    store = open_store(settings.database)
    keyring = open_keyring(settings, store)
    signer = PaymentSigner(keyring, store=store, clock=SystemClock())
    server = VaultServer(keyring, path=settings.vault_socket_path, wallets=signer)
    try:
        server.start()
        _log.info("vault.ready", socket=str(settings.vault_socket_path))
        stop.wait()
    finally:
        server.stop()
        store.close()


def rewrap(settings: Settings) -> int:
    """Make a new key-encryption key file (when the key is a file's) and wrap every data key anew; how many were wrapped.

    Through the running vault if there is one, else here. Can be killed and repeated: what is left of one rotation is finished
    before another one begins.

    Raises:
        Misconfigured: see `KekSource.rotate`; or secrets under a key that is not known.
    """
    is_file = settings.kek is None and settings.kek_passphrase is None
    if is_answering(settings.vault_socket_path):
        client = VaultClient(settings.vault_socket_path)
        try:
            return client.rewrap(rotate=is_file)
        finally:
            client.close()
    harden_process()
    store = open_store(settings.database)
    try:
        return open_keyring(settings, store).rewrap(rotate=is_file)
    finally:
        store.close()


def harden_process() -> None:
    """No core dumps, no tracing by other processes of the user, pages locked as they are touched where the limit allows."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    is_unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    if is_unlimited or os.geteuid() == 0:  # under a small limit every later allocation would fail instead
        libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT)
