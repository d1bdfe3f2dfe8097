"""A vault for tests: a SQLite file, a key file, and a keyring that is used in process or behind its socket."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from maskbot.adapters.store.secrets import SqlSecrets
from maskbot.adapters.store.upgrade import upgrade
from maskbot.adapters.store.work import SqlStore, open_store
from maskbot.adapters.vault import VaultClient
from maskbot.adapters.vault.kek import KekSource
from maskbot.adapters.vault.keyring import Keyring
from maskbot.adapters.vault.server import VaultServer
from maskbot.domain.identity import PublicKey
from maskbot.ports.inside import KeySource, Place, Vault
from maskbot.wire.crypto import public_key_of, sha256

WORDS = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
PRIVATE = sha256(b"alice")
PUBLIC = PublicKey(public_key_of(PRIVATE))
LOCAL = sha256(b"local")
PLACE = Place("account", "a1", "t1", "token")


class RotatingVault(Vault, Protocol):
    """The vault with the operator's command."""

    def rewrap(self, *, rotate: bool) -> int: ...


@dataclass(frozen=True, slots=True)
class VaultStage:
    """One vault, its files and its database."""

    folder: Path
    store: SqlStore
    vault: RotatingVault

    @property
    def rows(self) -> SqlSecrets:
        return SqlSecrets(self.store)

    @property
    def source(self) -> KekSource:
        return KekSource(path=self.folder / "kek")

    @property
    def socket(self) -> Path:
        return self.folder / "s" / "v.sock"

    def restarted(self) -> Keyring:
        """Another vault on the same files, as after a restart."""
        return Keyring(self.rows, source=self.source)

    def bytes_on_disk(self) -> bytes:
        """Database and write-ahead log as they lie on the disk."""
        return b"".join(path.read_bytes() for path in self.folder.glob("m.db*"))


@contextmanager
def vault_stage(*, is_remote: bool) -> Iterator[VaultStage]:
    folder = Path(tempfile.mkdtemp(prefix="mb-v-"))  # short: a socket path has 107 bytes at most
    (folder / "m.db").write_bytes(_empty_database())
    (folder / "m.db").chmod(0o600)
    store = open_store(f"sqlite:///{folder}/m.db")
    keyring = Keyring(SqlSecrets(store), source=KekSource(path=folder / "kek"))
    server = VaultServer(keyring, path=folder / "s" / "v.sock")
    try:
        if is_remote:
            server.start()
            client = VaultClient(folder / "s" / "v.sock")
            yield VaultStage(folder, store, client)
            client.close()
        else:
            yield VaultStage(folder, store, keyring)
    finally:
        server.stop()
        store.close()
        shutil.rmtree(folder)


@cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        upgrade(f"sqlite:///{folder}/m.db")
        return Path(folder, "m.db").read_bytes()


def make_alice(stage: VaultStage) -> PublicKey:
    source = KeySource(private_key=PRIVATE, local_key=LOCAL)
    return stage.vault.create(persona_id="alice", tenant_id="t1", source=source)
